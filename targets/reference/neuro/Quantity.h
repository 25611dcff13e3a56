// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A number of the reference interpreter, and what is known about how well a target must agree with it.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nissl::reference {

/// Whether a target's value can be compared with a number.
enum class Trust : uint8_t {
  Sure,
  Doubtful, ///< depends on a comparison whose sides lie within the bound of each other
  Unknown,  ///< depends on what the interpreter does not know: a random draw, a projection's deliveries
};

/// When a number may change. What the compiler may solve exactly depends on it.
enum class Origin : uint8_t { Constant, Parameter, Moving };

/// A number with a running error bound: a target that rounds each operation with a relative error of at most
/// `bound` is off by no more than `bound * slack`, to first order. So the allowance is relative to the terms
/// that a sum is made of, not to a sum that has cancelled.
struct Quantity {
  double value = 0.0;
  double slack = 0.0;
  Trust trust = Trust::Sure;
  Origin origin = Origin::Constant;
  const std::string* reason = nullptr; ///< why Unknown

  bool isTrue() const { return value != 0.0; }
};

/// The arithmetic of quantities in double, with libm.
class Arithmetic {
public:
  explicit Arithmetic(double bound) : bound(bound) {}
  const double bound;

  static Quantity constant(double value) { return {value, value < 0 ? -value : value}; }
  /// A number that the target holds exactly: one of its states.
  static Quantity exact(double value) { return {value, 0.0, Trust::Sure, Origin::Moving}; }
  Quantity add(const Quantity& a, const Quantity& b) const;
  Quantity subtract(const Quantity& a, const Quantity& b) const;
  Quantity multiply(const Quantity& a, const Quantity& b) const;
  Quantity divide(const Quantity& a, const Quantity& b) const;
  Quantity negate(const Quantity& a) const;
  Quantity apply(double (*function)(double), const Quantity& a) const;
  Quantity power(const Quantity& a, const Quantity& b) const;
  /// The result of a comparison that says `truth`; doubtful where the two are within the bound.
  Quantity compared(bool truth, const Quantity& a, const Quantity& b) const;
  /// `chosen` if `condition` holds, else `other`.
  Quantity select(const Quantity& condition, const Quantity& chosen, const Quantity& other) const;
  static Quantity both(const Quantity& a, const Quantity& b);
  static Quantity either(const Quantity& a, const Quantity& b);
  static Quantity opposite(const Quantity& a);
  /// Takes over the lesser trust and the later origin of the two.
  static Quantity inherit(Quantity result, const Quantity& a, const Quantity& b);
};

/// A value of an expression as a form in the unknowns of an update group:
/// value = constant + sum of slopes * unknowns + rest. Linear in them where there is no rest.
struct Number {
  Number() = default;
  explicit Number(const Quantity& value) : value(value), constant(value) {}
  static Number unknown(const Quantity& value, unsigned index, unsigned count);

  bool depends() const { return !slopes.empty(); }
  bool isLinear() const { return !rest; }

  Quantity value, constant;
  std::vector<std::optional<Quantity>> slopes; ///< empty where it depends on no unknown
  std::optional<Quantity> rest;
};

class Forms : public Arithmetic {
public:
  using Arithmetic::Arithmetic;
  Number sum(const Number& a, const Number& b, bool minus) const;
  Number product(const Number& a, const Number& b) const;
  Number quotient(const Number& a, const Number& b) const;
  Number opposed(const Number& a) const;
  /// A function of numbers of which some may depend on unknowns: then it is no linear form.
  static Number opaque(const Quantity& value, llvm::ArrayRef<const Number*> operands);

private:
  Number scaled(const Number& form, const Quantity& factor, bool divides) const;
};

} // namespace nissl::reference
