// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Quantity.h"

#include <algorithm>
#include <cmath>

namespace nissl::reference {

Quantity Arithmetic::inherit(Quantity result, const Quantity& a, const Quantity& b) {
  const Quantity& worse = a.trust >= b.trust ? a : b;
  result.trust = worse.trust;
  result.reason = worse.reason;
  result.origin = std::max(a.origin, b.origin);
  return result;
}

Quantity Arithmetic::add(const Quantity& a, const Quantity& b) const {
  double value = a.value + b.value;
  return inherit({value, a.slack + b.slack + std::abs(value)}, a, b);
}

Quantity Arithmetic::subtract(const Quantity& a, const Quantity& b) const { return add(a, negate(b)); }

Quantity Arithmetic::negate(const Quantity& a) const {
  Quantity result = a;
  result.value = -a.value;
  return result;
}

Quantity Arithmetic::multiply(const Quantity& a, const Quantity& b) const {
  double value = a.value * b.value;
  double slack = std::abs(a.value) * b.slack + std::abs(b.value) * a.slack + std::abs(value);
  return inherit({value, slack}, a, b);
}

Quantity Arithmetic::divide(const Quantity& a, const Quantity& b) const {
  double value = a.value / b.value;
  double slack = (a.slack + std::abs(value) * b.slack) / std::abs(b.value) + std::abs(value);
  return inherit({value, slack}, a, b);
}

Quantity Arithmetic::apply(double (*function)(double), const Quantity& a) const {
  double value = function(a.value), off = a.slack * bound;
  double spread =
      std::max(std::abs(function(a.value + off) - value), std::abs(function(a.value - off) - value));
  return inherit({value, spread / bound + std::abs(value)}, a, a);
}

Quantity Arithmetic::power(const Quantity& a, const Quantity& b) const {
  double value = std::pow(a.value, b.value), base = a.slack * bound, exponent = b.slack * bound;
  double spread = 0.0;
  for (double sign : {-1.0, 1.0}) {
    spread = std::max({spread, std::abs(std::pow(a.value + sign * base, b.value) - value),
                       std::abs(std::pow(a.value, b.value + sign * exponent) - value)});
  }
  return inherit({value, 2 * spread / bound + std::abs(value)}, a, b);
}

Quantity Arithmetic::compared(bool truth, const Quantity& a, const Quantity& b) const {
  Quantity result = inherit({truth ? 1.0 : 0.0}, a, b);
  // Two values without any slack are exact on the target too.
  double slack = a.slack + b.slack;
  if (result.trust == Trust::Sure && slack > 0 && std::abs(a.value - b.value) <= bound * slack) {
    result.trust = Trust::Doubtful;
  }
  return result;
}

Quantity Arithmetic::select(const Quantity& condition, const Quantity& chosen, const Quantity& other) const {
  Quantity result = condition.isTrue() ? chosen : other;
  result.origin = std::max({condition.origin, chosen.origin, other.origin});
  bool same = chosen.trust == Trust::Sure && other.trust == Trust::Sure && chosen.value == other.value;
  if (condition.trust > result.trust && !same) {
    result.trust = condition.trust;
    result.reason = condition.reason;
  }
  return result;
}

Quantity Arithmetic::both(const Quantity& a, const Quantity& b) {
  // What is surely false decides.
  for (const Quantity* side : {&a, &b}) {
    if (side->trust == Trust::Sure && !side->isTrue()) {
      return {0.0, 0.0, Trust::Sure, std::max(a.origin, b.origin)};
    }
  }
  return inherit({a.isTrue() && b.isTrue() ? 1.0 : 0.0}, a, b);
}

Quantity Arithmetic::either(const Quantity& a, const Quantity& b) {
  return opposite(both(opposite(a), opposite(b)));
}

Quantity Arithmetic::opposite(const Quantity& a) {
  Quantity result = a;
  result.value = a.isTrue() ? 0.0 : 1.0;
  return result;
}

//===-- Forms ------------------------------------------------------------------------------------===//

Number Number::unknown(const Quantity& value, unsigned index, unsigned count) {
  Number number;
  number.value = value;
  number.slopes.resize(count);
  number.slopes[index] = Arithmetic::constant(1.0);
  return number;
}

Number Forms::sum(const Number& a, const Number& b, bool minus) const {
  if (minus) {
    return sum(a, opposed(b), false);
  }
  Number result(add(a.value, b.value));
  if (!a.depends() && !b.depends()) {
    return result;
  }
  result.constant = add(a.constant, b.constant);
  auto merge = [&](std::optional<Quantity>& to, const std::optional<Quantity>& from) {
    if (from) {
      to = to ? add(*to, *from) : *from;
    }
  };
  result.slopes.resize(std::max(a.slopes.size(), b.slopes.size()));
  for (const Number* side : {&a, &b}) {
    for (unsigned i = 0; i < side->slopes.size(); ++i) {
      merge(result.slopes[i], side->slopes[i]);
    }
    merge(result.rest, side->rest);
  }
  return result;
}

Number Forms::scaled(const Number& form, const Quantity& factor, bool divides) const {
  auto scale = [&](const Quantity& q) { return divides ? divide(q, factor) : multiply(q, factor); };
  Number result;
  result.value = scale(form.value);
  result.constant = scale(form.constant);
  for (const std::optional<Quantity>& slope : form.slopes) {
    result.slopes.push_back(slope ? std::optional(scale(*slope)) : std::nullopt);
  }
  if (form.rest) {
    result.rest = scale(*form.rest);
  }
  return result;
}

Number Forms::product(const Number& a, const Number& b) const {
  if (!b.depends()) {
    return scaled(a, b.value, false);
  }
  if (!a.depends()) {
    return scaled(b, a.value, false);
  }
  return opaque(multiply(a.value, b.value), {&a, &b});
}

Number Forms::quotient(const Number& a, const Number& b) const {
  return b.depends() ? opaque(divide(a.value, b.value), {&a, &b}) : scaled(a, b.value, true);
}

Number Forms::opposed(const Number& a) const { return scaled(a, {-1.0, 0.0}, false); }

Number Forms::opaque(const Quantity& value, llvm::ArrayRef<const Number*> operands) {
  Number result(value);
  for (const Number* operand : operands) {
    if (operand->slopes.size() > result.slopes.size()) {
      result.slopes.resize(operand->slopes.size());
    }
  }
  if (result.depends()) {
    result.constant = {};
    result.rest = value;
  }
  return result;
}

} // namespace nissl::reference
