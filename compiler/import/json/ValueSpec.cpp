// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/ValueSpec.h"

#include "compiler/import/equations/Parser.h"

#include <fmt/format.h>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

namespace {

/// The scope of texts in which only numbers and units stand.
class NoNames final : public Names {
public:
  std::optional<Quantity> find(std::string_view, const Span&) override { return std::nullopt; }
  std::optional<Quantity> findReduced(std::string_view, const Span&) override { return std::nullopt; }
  const Function* findFunction(std::string_view) const override { return nullptr; }
  std::vector<std::string> known() const override { return {}; }
  unsigned features() const override { return 0; }
  std::string place() const override { return "a constant"; }
};

} // namespace

static ExprPtr readExpression(const Node& node, DiagnosticList& diagnostics) {
  return parseExpression(node.text(), diagnostics);
}

//===-- Constants --------------------------------------------------------------------------------===//

/// A typed constant, or nothing after saying what is wrong.
static ExprPtr readConstant(const Text& text, std::string_view where, DiagnosticList& diagnostics) {
  NoNames names;
  ExprPtr expr = parseExpression(text, diagnostics);
  if (!expr || !typeExpression(*expr, names, diagnostics)) {
    return nullptr;
  }
  if (!constantValue(*expr)) {
    diagnostics.error(Code::WrongValue, text.span(),
                      fmt::format("{} must be a constant, such as \"10 ms\"", where));
    return nullptr;
  }
  return expr;
}

std::optional<ScaledUnit> nissl::import::readUnit(const Node& node, DiagnosticList& diagnostics) {
  if (!node.isString()) {
    wrongKind(node, "a string such as \"mV/ms\"", "a unit", diagnostics);
    return std::nullopt;
  }
  ExprPtr expr = readConstant(node.text(), "a unit", diagnostics);
  return expr ? std::optional(ScaledUnit{*constantValue(*expr), unitExponent(*expr), expr->dimension})
              : std::nullopt;
}

double ScaledUnit::of(const Node& number) const {
  // 17 mV and 0.017 V are one number; 17 * 1e-3 is another one.
  std::string_view literal = number.source->text().substr(number.begin, number.end - number.begin);
  return exponent ? scaledLiteral(std::string(literal), *exponent) : number.number * scale;
}

std::optional<double> nissl::import::readTime(const Text& text, std::string_view where,
                                              DiagnosticList& diagnostics) {
  ExprPtr expr = readConstant(text, where, diagnostics);
  if (!expr || !expectDimension(*expr, findUnit("s")->dimension, where, diagnostics)) {
    return std::nullopt;
  }
  return constantValue(*expr);
}

std::optional<double> nissl::import::readTime(const Node& node, std::string_view where,
                                              DiagnosticList& diagnostics) {
  if (!node.isString() && !node.isNumber()) {
    wrongKind(node, "a time such as \"10 ms\"", where, diagnostics);
    return std::nullopt;
  }
  return readTime(node.text(), where, diagnostics);
}

//===-- Reading ----------------------------------------------------------------------------------===//

ValueSpec ValueSpec::of(ExprPtr expression) {
  ValueSpec value;
  value.span_ = expression->span();
  value.parts_.push_back(std::move(expression));
  return value;
}

ValueSpec ValueSpec::array(Span span, std::vector<double> numbers, const neuro::Dimension& dimension) {
  ValueSpec value;
  value.kind_ = Kind::Array;
  value.span_ = std::move(span);
  value.numbers_ = std::move(numbers);
  value.dimension_ = dimension;
  return value;
}

std::optional<ValueSpec> ValueSpec::read(const Node& node, std::string where, DiagnosticList& diagnostics) {
  ValueSpec value;
  value.where_ = std::move(where);
  value.span_ = node.span();
  if (node.isNumber() || node.isString()) {
    ExprPtr expression = readExpression(node, diagnostics);
    if (!expression) {
      return std::nullopt;
    }
    value.parts_.push_back(std::move(expression));
    return value;
  }
  bool isArray = node.isArray() || (node.isObject() && node.get("values"));
  if (isArray ? value.readArray(node, diagnostics)
              : node.isObject() && value.readDistribution(node, diagnostics)) {
    return value;
  }
  if (!node.isArray() && !node.isObject()) {
    wrongKind(node, "a number, an expression, an array or a distribution", value.where_, diagnostics);
  }
  return std::nullopt;
}

bool ValueSpec::readArray(const Node& node, DiagnosticList& diagnostics) {
  kind_ = Kind::Array;
  ScaledUnit unit;
  const Node* list = &node;
  bool hasUnit = node.isObject() && node.get("unit");
  if (node.isObject()) {
    Fields fields(node, where_, diagnostics);
    fields.allow({"values", "unit"});
    list = fields.array("values");
    std::optional<ScaledUnit> given = hasUnit ? readUnit(*node.get("unit"), diagnostics) : unit;
    if (!list || !given) {
      return false;
    }
    unit = *given;
  }
  dimension_ = unit.dimension;
  for (const Node& element : list->elements) {
    if (element.isNumber()) {
      numbers_.push_back(unit.of(element));
      continue;
    }
    if (hasUnit || !element.isString()) {
      wrongKind(element, "a number", fmt::format("an entry of {}", where_), diagnostics);
      return false;
    }
    ExprPtr expr = readConstant(element.text(), "an entry of an array", diagnostics);
    if (!expr) {
      return false;
    }
    if (!numbers_.empty() && expr->dimension != dimension_) {
      return expectDimension(*expr, dimension_, "an entry of this array", diagnostics);
    }
    dimension_ = expr->dimension;
    numbers_.push_back(*constantValue(*expr));
  }
  if (numbers_.empty()) {
    diagnostics.error(Code::WrongValue, span_, fmt::format("{} is an empty array", where_));
  }
  return !numbers_.empty();
}

bool ValueSpec::readDistribution(const Node& node, DiagnosticList& diagnostics) {
  struct Known {
    std::string_view name;
    Kind kind;
    size_t parts;
    std::string_view wanted;
  };
  static constexpr Known known[] = {{"uniform", Kind::Uniform, 2, "[smallest, largest]"},
                                    {"normal", Kind::Normal, 2, "[mean, standard deviation]"},
                                    {"lognormal", Kind::Lognormal, 2, "[mean, standard deviation]"},
                                    {"gamma", Kind::Gamma, 2, "[shape, scale]"},
                                    {"exponential", Kind::Exponential, 1, "[mean]"}};
  Fields fields(node, where_, diagnostics);
  fields.allow({"uniform", "normal", "lognormal", "gamma", "exponential", "clip", "keep", "values", "unit"});
  auto expressions = [&](const Node& list, size_t count, std::string_view name, std::string_view wanted,
                         auto store) -> bool {
    bool plain = count == 1 && !list.isArray();
    if (!plain && (!list.isArray() || list.elements.size() != count)) {
      diagnostics.error(Code::WrongValue, list.span(), fmt::format("\"{}\" takes {}", name, wanted));
      return false;
    }
    for (size_t i = 0; i < count; ++i) {
      const Node& element = plain ? list : list.elements[i];
      if (!element.isNumber() && !element.isString()) {
        wrongKind(element, "a number or an expression", fmt::format("an entry of \"{}\"", name), diagnostics);
        return false;
      }
      ExprPtr expr = readExpression(element, diagnostics);
      if (!expr) {
        return false;
      }
      store(std::move(expr));
    }
    return true;
  };
  const Known* found = nullptr;
  for (const Known& one : known) {
    if (!fields.has(one.name)) {
      continue;
    }
    if (found) {
      diagnostics.error(Code::WrongValue, span_,
                        fmt::format("{} is both \"{}\" and \"{}\"", where_, found->name, one.name));
      return false;
    }
    found = &one;
    kind_ = one.kind;
    if (!expressions(*node.get(one.name), one.parts, one.name, one.wanted,
                     [&](ExprPtr expr) { parts_.push_back(std::move(expr)); })) {
      return false;
    }
  }
  if (!found) {
    diagnostics.error(Code::WrongValue, span_, fmt::format("{} names no distribution", where_))
        .suggest(
            "it is one of uniform, normal, lognormal, gamma, exponential; an array is {\"values\": […]}");
    return false;
  }
  keeps_ = fields.has("keep");
  if (keeps_ && fields.has("clip")) {
    diagnostics.error(Code::WrongValue, span_, fmt::format("{} has both \"keep\" and \"clip\"", where_));
    return false;
  }
  std::string_view key = keeps_ ? "keep" : "clip";
  if (!fields.has(key)) {
    return true;
  }
  return expressions(*node.get(key), 2, key, "[smallest, largest]",
                     [&](ExprPtr expr) { (lower_ ? upper_ : lower_) = std::move(expr); });
}

//===-- Typing -----------------------------------------------------------------------------------===//

std::vector<const Expr*> ValueSpec::expressions() const {
  std::vector<const Expr*> all;
  for (const ExprPtr& part : parts_) {
    all.push_back(part.get());
  }
  if (lower_) {
    all.push_back(lower_.get());
    all.push_back(upper_.get());
  }
  return all;
}

bool ValueSpec::unify(size_t free, DiagnosticList& diagnostics) {
  const Expr* model = nullptr;
  std::vector<const Expr*> all = expressions();
  for (size_t i = 0; i < all.size(); ++i) {
    if (i < free) {
      if (!expectDimension(*all[i], {}, "the shape of a distribution", diagnostics)) {
        return false;
      }
    } else if (!all[i]->flexible) {
      if (model &&
          !expectDimension(*all[i], model->dimension, "an entry of this distribution", diagnostics)) {
        return false;
      }
      model = all[i];
    }
  }
  dimension_ = model ? model->dimension : neuro::Dimension{};
  flexible_ = !model && kind_ == Kind::Expression;
  return true;
}

bool ValueSpec::type(Names& names, DiagnosticList& diagnostics) {
  if (kind_ == Kind::Array) {
    return true;
  }
  for (const Expr* expr : expressions()) {
    // The tree belongs to this value; typing writes into it.
    if (!typeExpression(const_cast<Expr&>(*expr), names, diagnostics)) {
      return false;
    }
  }
  return unify(kind_ == Kind::Gamma ? 1 : 0, diagnostics);
}

bool ValueSpec::expect(const neuro::Dimension& dimension, std::string_view what,
                       DiagnosticList& diagnostics) const {
  if (kind_ == Kind::Expression) {
    return expectDimension(*parts_[0], dimension, what, diagnostics);
  }
  if (dimension_ == dimension) {
    return true;
  }
  std::string found = dimension_.isNone() ? "has no unit" : "is in " + describe(dimension_);
  diagnostics.error(Code::Dimension, span_,
                    fmt::format("this {}, but {} needs {}", found, what, describe(dimension)));
  return false;
}

std::optional<double> ValueSpec::constant() const {
  return kind_ == Kind::Expression ? constantValue(*parts_[0]) : std::nullopt;
}

//===-- Emission ---------------------------------------------------------------------------------===//

mlir::Value ValueSpec::emit(Emitter& emitter, OpBuilder& builder, int64_t& nextPlace) const {
  assert(kind_ != Kind::Array && "arrays are looked up by whoever knows the position");
  if (kind_ == Kind::Expression) {
    return emitter.number(*parts_[0]);
  }
  Location location = locationOf(span_, builder.getContext());
  mlir::Value first = emitter.number(*parts_[0]);
  mlir::Value second = parts_.size() > 1 ? emitter.number(*parts_[1]) : mlir::Value();
  auto add = [&](mlir::Value a, mlir::Value b) -> mlir::Value {
    return arith::AddFOp::create(builder, location, a, b);
  };
  auto sub = [&](mlir::Value a, mlir::Value b) -> mlir::Value {
    return arith::SubFOp::create(builder, location, a, b);
  };
  auto mul = [&](mlir::Value a, mlir::Value b) -> mlir::Value {
    return arith::MulFOp::create(builder, location, a, b);
  };
  auto div = [&](mlir::Value a, mlir::Value b) -> mlir::Value {
    return arith::DivFOp::create(builder, location, a, b);
  };
  auto log = [&](mlir::Value a) -> mlir::Value { return math::LogOp::create(builder, location, a); };
  auto constant = [&](double value) { return emitter.constant(value, location); };

  // Every distribution is offset + scale * draw (no offset: 0), or the exponential of that.
  neuro::Distribution distribution = neuro::Distribution::Uniform;
  mlir::Value offset = first, scale = second, shape;
  switch (kind_) {
  case Kind::Uniform:
    scale = sub(second, first);
    break;
  case Kind::Normal:
    distribution = neuro::Distribution::Normal;
    break;
  case Kind::Lognormal: {
    // Mean m and deviation s of the value itself: sigma^2 = log(1 + (s/m)^2), mu = log(m) - sigma^2/2.
    distribution = neuro::Distribution::Normal;
    mlir::Value ratio = div(second, first);
    mlir::Value variance = log(add(constant(1.0), mul(ratio, ratio)));
    offset = sub(log(first), mul(constant(0.5), variance));
    scale = math::SqrtOp::create(builder, location, variance);
    break;
  }
  case Kind::Gamma:
    distribution = neuro::Distribution::Gamma;
    shape = first;
    offset = {};
    break;
  default:
    distribution = neuro::Distribution::Exponential;
    offset = {};
    scale = first;
    break;
  }
  mlir::Value lower = lower_ ? emitter.number(*lower_) : mlir::Value();
  mlir::Value upper = upper_ ? emitter.number(*upper_) : mlir::Value();
  mlir::Value drawLower, drawUpper;
  if (keeps_) {
    bool isLog = kind_ == Kind::Lognormal;
    auto toDraw = [&](mlir::Value bound) {
      bound = isLog ? log(bound) : bound;
      return div(offset ? sub(bound, offset) : bound, scale);
    };
    drawLower = toDraw(lower);
    drawUpper = toDraw(upper);
  }
  mlir::Value draw = neuro::RandomOp::create(builder, location, builder.getF64Type(), distribution, shape,
                                             drawLower, drawUpper, nextPlace++);
  mlir::Value result = mul(scale, draw);
  result = offset ? add(offset, result) : result;
  if (kind_ == Kind::Lognormal) {
    result = math::ExpOp::create(builder, location, result);
  }
  if (lower_ && !keeps_) {
    result = arith::MaximumFOp::create(builder, location, result, lower);
    result = arith::MinimumFOp::create(builder, location, result, upper);
  }
  return result;
}
