// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A value in a description: a number, an expression, an array or a distribution.
#pragma once

#include "compiler/import/equations/Emitter.h"
#include "compiler/import/equations/Typing.h"
#include "compiler/import/json/Fields.h"

namespace nissl::import {

/// What stands for a parameter, an initial value, a weight or a delay.
class ValueSpec {
public:
  enum class Kind { Expression, Array, Uniform, Normal, Lognormal, Gamma, Exponential };

  /// Reads a node; nothing after saying what is wrong. `where` names it in messages.
  static std::optional<ValueSpec> read(const Node& node, std::string where, DiagnosticList& diagnostics);
  /// An expression from elsewhere.
  static ValueSpec of(ExprPtr expression);
  /// An array from elsewhere, in SI units.
  static ValueSpec array(Span span, std::vector<double> numbers, const neuro::Dimension& dimension);

  /// Finds the dimension; false after saying what is wrong.
  bool type(Names& names, DiagnosticList& diagnostics);
  const neuro::Dimension& dimension() const { return dimension_; }
  bool isFlexible() const { return flexible_; }
  /// Checks the dimension of a typed value.
  bool expect(const neuro::Dimension& dimension, std::string_view what, DiagnosticList& diagnostics) const;

  Kind kind() const { return kind_; }
  Span span() const { return span_; }
  /// The number of entries of an array.
  size_t size() const { return numbers_.size(); }
  /// The entries of an array in SI units.
  const std::vector<double>& numbers() const { return numbers_; }
  /// The value, if it is one constant.
  std::optional<double> constant() const;
  /// Every expression in it, for analyses of what it reads.
  std::vector<const Expr*> expressions() const;

  /// Writes a typed value that is no array.
  mlir::Value emit(Emitter& emitter, mlir::OpBuilder& builder, int64_t& nextPlace) const;

private:
  bool readArray(const Node& node, DiagnosticList& diagnostics);
  bool readDistribution(const Node& node, DiagnosticList& diagnostics);
  /// Checks that all parts have one dimension, or with `free` the first parts none.
  bool unify(size_t free, DiagnosticList& diagnostics);

  Kind kind_ = Kind::Expression;
  std::string where_;
  Span span_;
  std::vector<ExprPtr> parts_; ///< the expression, or what a distribution takes
  ExprPtr lower_, upper_;      ///< of a distribution that is clipped or kept
  bool keeps_ = false;
  std::vector<double> numbers_;
  neuro::Dimension dimension_;
  bool flexible_ = false;
};

/// The dimension and scale of a unit such as "mV/ms".
struct ScaledUnit {
  double scale = 1.0;
  std::optional<int> exponent = 0; ///< of ten, where it is nothing but units
  neuro::Dimension dimension;

  /// A number node in this unit, in SI units.
  double of(const Node& number) const;
};
/// Nothing after saying what is wrong.
std::optional<ScaledUnit> readUnit(const Node& node, DiagnosticList& diagnostics);

/// A constant time in seconds, such as "10 ms"; nothing after saying what is wrong.
std::optional<double> readTime(const Text& text, std::string_view where, DiagnosticList& diagnostics);
std::optional<double> readTime(const Node& node, std::string_view where, DiagnosticList& diagnostics);

} // namespace nissl::import
