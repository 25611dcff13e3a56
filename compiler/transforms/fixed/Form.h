// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values of a body as polynomials in what the body reads, so that v + k * (e - v) is seen to contract.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cmath>
#include <map>
#include <utility>

namespace nissl::transforms {

/// A closed interval of reals; empty when low > high.
struct Interval {
  double low = 0;
  double high = 0;

  static Interval point(double value) { return {value, value}; }
  static Interval empty() { return {HUGE_VAL, -HUGE_VAL}; }
  bool isEmpty() const { return low > high; }
  bool isFinite() const { return std::isfinite(low) && std::isfinite(high); }
  double magnitude() const { return std::fmax(std::fabs(low), std::fabs(high)); }
  bool contains(Interval other) const { return other.isEmpty() || (low <= other.low && other.high <= high); }
  bool operator==(const Interval&) const = default;
};

Interval hull(Interval a, Interval b);
Interval intersect(Interval a, Interval b);
Interval operator+(Interval a, Interval b);
Interval operator-(Interval a, Interval b);
Interval operator*(Interval a, Interval b);

/// A polynomial of degree at most 2 in numbered variables. Each variable has one value in an evaluation, so
/// that x - x is 0 and products of different variables take their extremes at the corners of their box.
class Form {
public:
  static Form constant(double value);
  static Form variable(int number);

  bool isConstant() const { return terms.empty() || (terms.size() == 1 && terms.begin()->first == unit()); }
  double constantTerm() const;
  /// The factor of a variable that occurs in linear terms only; 0 if it does not occur.
  double slope(int variable) const;
  /// The variable if this is factor * variable + constant, else -1.
  int onlyVariable() const;
  int degree() const;
  size_t size() const { return terms.size(); }

  /// The range of the polynomial for variables within `ranges`. Exact where at most one variable is squared
  /// and at most maxCorners variables stand in products; an enclosure otherwise.
  Interval range(llvm::ArrayRef<Interval> ranges) const;

  Form scaled(double factor) const;
  friend Form operator+(const Form& a, const Form& b);
  /// Needs a.degree() + b.degree() <= 2.
  friend Form operator*(const Form& a, const Form& b);

  static constexpr int maxCorners = 8;

private:
  using Monomial = std::pair<int, int>; // variables ascending, -1 for none first
  static Monomial unit() { return {-1, -1}; }
  void add(Monomial monomial, double factor);
  Interval cornerRange(llvm::ArrayRef<Interval> ranges, llvm::ArrayRef<int> corners, int squared) const;
  Interval termRange(llvm::ArrayRef<Interval> ranges) const;

  std::map<Monomial, double> terms;
};

} // namespace nissl::transforms
