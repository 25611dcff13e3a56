// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/Form.h"

#include <algorithm>
#include <cassert>

namespace nissl::transforms {

Interval hull(Interval a, Interval b) {
  if (a.isEmpty() || b.isEmpty()) {
    return a.isEmpty() ? b : a;
  }
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
}

Interval intersect(Interval a, Interval b) { return {std::max(a.low, b.low), std::min(a.high, b.high)}; }

Interval operator+(Interval a, Interval b) { return {a.low + b.low, a.high + b.high}; }

Interval operator-(Interval a, Interval b) { return {a.low - b.high, a.high - b.low}; }

Interval operator*(Interval a, Interval b) {
  auto [low, high] = std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return {low, high};
}

Form Form::constant(double value) {
  Form form;
  form.add(unit(), value);
  return form;
}

Form Form::variable(int number) {
  Form form;
  form.add({-1, number}, 1.0);
  return form;
}

void Form::add(Monomial monomial, double factor) {
  double& sum = terms[monomial];
  sum += factor;
  if (sum == 0.0) {
    terms.erase(monomial);
  }
}

double Form::constantTerm() const {
  auto found = terms.find(unit());
  return found == terms.end() ? 0.0 : found->second;
}

double Form::slope(int variable) const {
  auto found = terms.find({-1, variable});
  return found == terms.end() ? 0.0 : found->second;
}

int Form::onlyVariable() const {
  int only = -1;
  for (const auto& [monomial, factor] : terms) {
    if (monomial == unit()) {
      continue;
    }
    if (monomial.first >= 0 || only >= 0) {
      return -1;
    }
    only = monomial.second;
  }
  return only;
}

int Form::degree() const {
  int degree = 0;
  for (const auto& [monomial, factor] : terms) {
    degree = std::max(degree, (monomial.first >= 0) + (monomial.second >= 0));
  }
  return degree;
}

Form Form::scaled(double factor) const {
  Form result;
  for (const auto& [monomial, value] : terms) {
    result.add(monomial, value * factor);
  }
  return result;
}

Form operator+(const Form& a, const Form& b) {
  Form result = a;
  for (const auto& [monomial, factor] : b.terms) {
    result.add(monomial, factor);
  }
  return result;
}

Form operator*(const Form& a, const Form& b) {
  Form result;
  for (const auto& [left, leftFactor] : a.terms) {
    for (const auto& [right, rightFactor] : b.terms) {
      std::array<int, 4> variables = {left.first, left.second, right.first, right.second};
      std::sort(variables.begin(), variables.end());
      assert(variables[1] < 0 && "a product of forms has degree 2 at most");
      result.add({variables[2], variables[3]}, leftFactor * rightFactor);
    }
  }
  return result;
}

/// Each term by itself: an enclosure.
Interval Form::termRange(llvm::ArrayRef<Interval> ranges) const {
  Interval sum = Interval::point(0.0);
  for (const auto& [monomial, factor] : terms) {
    Interval term = Interval::point(factor);
    if (monomial.first >= 0 && monomial.first == monomial.second) {
      Interval x = ranges[monomial.first];
      double most = x.magnitude() * x.magnitude();
      bool crosses = x.low <= 0 && x.high >= 0;
      term = term * Interval{crosses ? 0.0 : std::min(x.low * x.low, x.high * x.high), most};
    } else {
      for (int variable : {monomial.first, monomial.second}) {
        if (variable >= 0) {
          term = term * ranges[variable];
        }
      }
    }
    sum = sum + term;
  }
  return sum;
}

/// The corners of the box of `corners`; between them a parabola in `squared` (none: -1), and intervals for
/// the variables that stand alone.
Interval Form::cornerRange(llvm::ArrayRef<Interval> ranges, llvm::ArrayRef<int> corners, int squared) const {
  Interval result = Interval::empty();
  for (unsigned corner = 0; corner < (1u << corners.size()); ++corner) {
    auto valueOf = [&](int variable) {
      auto found = llvm::find(corners, variable);
      if (found == corners.end()) {
        return std::optional<double>();
      }
      bool high = corner >> (found - corners.begin()) & 1;
      return std::optional<double>(high ? ranges[variable].high : ranges[variable].low);
    };
    Interval rest = Interval::point(0.0);
    double linear = 0, quadratic = 0;
    for (const auto& [monomial, factor] : terms) {
      double known = factor;
      int powers = 0, alone = -1;
      for (int variable : {monomial.first, monomial.second}) {
        if (variable < 0) {
          continue;
        }
        if (variable == squared) {
          ++powers;
        } else if (std::optional<double> value = valueOf(variable)) {
          known *= *value;
        } else {
          alone = variable;
        }
      }
      if (powers == 2) {
        quadratic += known;
      } else if (powers == 1) {
        linear += known;
      } else {
        rest = rest + (alone < 0 ? Interval::point(known) : Interval::point(known) * ranges[alone]);
      }
    }
    Interval parabola = Interval::point(0.0);
    if (squared >= 0) {
      auto at = [&](double x) { return Interval::point((quadratic * x + linear) * x); };
      parabola = hull(at(ranges[squared].low), at(ranges[squared].high));
      double turn = quadratic != 0 ? -linear / (2 * quadratic) : HUGE_VAL;
      if (ranges[squared].low < turn && turn < ranges[squared].high) {
        parabola = hull(parabola, at(turn));
      }
    }
    result = hull(result, rest + parabola);
  }
  return result;
}

Interval Form::range(llvm::ArrayRef<Interval> ranges) const {
  llvm::SmallVector<int, 8> corners;
  int squared = -1;
  bool exact = true;
  for (const auto& [monomial, factor] : terms) {
    if (monomial.first >= 0 && monomial.first == monomial.second) {
      exact &= squared < 0 || squared == monomial.first;
      squared = monomial.first;
    }
  }
  for (const auto& [monomial, factor] : terms) {
    if (monomial.first >= 0) {
      for (int variable : {monomial.first, monomial.second}) {
        if (variable != squared && !llvm::is_contained(corners, variable)) {
          corners.push_back(variable);
        }
      }
    }
    for (int variable : {monomial.first, monomial.second}) {
      if (variable >= 0 && ranges[variable].isEmpty()) {
        return Interval::empty();
      }
      exact &= variable < 0 || ranges[variable].isFinite();
    }
  }
  Interval result =
      exact && corners.size() <= maxCorners ? cornerRange(ranges, corners, squared) : termRange(ranges);
  if (std::isnan(result.low) || std::isnan(result.high)) {
    return {-HUGE_VAL, HUGE_VAL};
  }
  return result;
}

} // namespace nissl::transforms
