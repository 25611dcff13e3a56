// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase 4: the groups of a cell or rule, in order, each by its method.
#include "compiler/conversion/neuro_to_step/Affine.h"
#include "compiler/conversion/neuro_to_step/Populations.h"
#include "compiler/conversion/neuro_to_step/Propagator.h"
#include "compiler/conversion/neuro_to_step/TreeSolver.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

using neuro::Method;
using Held = llvm::function_ref<Value(StringRef)>;

/// A linear system is solved as a whole up to this size.
constexpr unsigned largestSystem = 4;

bool isConstant(Value value, double& number) {
  FloatAttr attribute;
  if (!value || !matchPattern(value, m_Constant(&attribute))) {
    return false;
  }
  number = attribute.getValueAsDouble();
  return true;
}

/// One sub-step of one group.
class GroupWriter {
public:
  GroupWriter(Names& names, Operation* model, ArrayRef<neuro::EquationOp> equations, Held held)
      : names(names), body(names.body), model(model), equations(equations), held(held) {}

  LogicalResult write(Method method, double h);
  /// What was chosen: variables by the name of their method.
  llvm::MapVector<StringRef, std::string> chosen;

private:
  LogicalResult evaluate(SmallVectorImpl<Value>& rates);
  LogicalResult rungeKutta(double h);
  LogicalResult linear(Method method, double h);
  LogicalResult solveImplicitly(ArrayRef<Value> rates, double h);
  LogicalResult solveExactly(Method method, ArrayRef<Value> rates, double h);
  bool solveTogether(ArrayRef<unsigned> members, ArrayRef<std::optional<Affine>> forms, double h);
  LogicalResult solveAlone(unsigned i, Method method, Value rate, double h);
  Value exponential(const Affine& form, Value old, double h);
  bool isInvariant(Value value) const;
  void put(unsigned i, Value value);
  void done(unsigned i, StringRef method, Value value) {
    std::string& list = chosen[method];
    list += (list.empty() ? "@" : ", @") + rateEquations[i].getVariable().str();
    news[i] = value;
  }

  Names& names;
  BodyWriter& body;
  Operation* model;
  ArrayRef<neuro::EquationOp> equations;
  Held held;
  SmallVector<neuro::EquationOp> rateEquations;
  SmallVector<Value> olds, news, unknowns; ///< of the rate equations
};

bool GroupWriter::isInvariant(Value value) const {
  if (!value) {
    return true;
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    step::ReadAttr read = body.readOf(argument);
    return !read.hasLag() && names.lowering.writer.isParameter(read.getSource().getValue());
  }
  Operation* op = value.getDefiningOp();
  return !isa<step::RandomOp, step::NowOp, UnrealizedConversionCastOp>(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) { return isInvariant(operand); });
}

void GroupWriter::put(unsigned i, Value value) {
  StringRef variable = rateEquations[i].getVariable();
  Value isHeld = held(variable);
  names.assign(variable, isHeld ? body.select(isHeld, olds[i], value) : value);
}

LogicalResult GroupWriter::evaluate(SmallVectorImpl<Value>& rates) {
  for (neuro::EquationOp equation : rateEquations) {
    rates.push_back(names.value(equation.getBody()));
    if (!rates.back()) {
      return failure();
    }
  }
  return success();
}

LogicalResult GroupWriter::write(Method method, double h) {
  // 'next' equations read the values before the group, as all others do.
  SmallVector<std::pair<StringRef, Value>> recurrences;
  for (neuro::EquationOp equation : equations) {
    if (equation.getKind() == neuro::EquationKind::Rate) {
      rateEquations.push_back(equation);
      olds.push_back(names.variable(equation.getVariable()));
      continue;
    }
    Value next = names.value(equation.getBody());
    if (!next) {
      return failure();
    }
    recurrences.emplace_back(equation.getVariable(), next);
  }
  news.resize(olds.size());
  LogicalResult result = method == Method::Rk4 ? rungeKutta(h) : linear(method, h);
  if (failed(result)) {
    return failure();
  }
  for (unsigned i = 0; i < news.size(); ++i) {
    put(i, news[i]);
  }
  for (auto& [variable, next] : recurrences) {
    Value isHeld = held(variable);
    names.assign(variable, isHeld ? body.select(isHeld, names.variable(variable), next) : next);
  }
  return success();
}

LogicalResult GroupWriter::rungeKutta(double h) {
  constexpr double weights[] = {1, 2, 2, 1}, offsets[] = {0.5, 0.5, 1.0};
  SmallVector<Value> totals(olds.size());
  for (unsigned stage = 0; stage < 4; ++stage) {
    SmallVector<Value> rates;
    if (failed(evaluate(rates))) {
      return failure();
    }
    for (unsigned i = 0; i < rates.size(); ++i) {
      totals[i] = body.add(totals[i], body.multiply(rates[i], body.constant(weights[stage])));
    }
    for (unsigned i = 0; stage < 3 && i < rates.size(); ++i) {
      put(i, body.add(olds[i], body.multiply(rates[i], body.constant(offsets[stage] * h))));
    }
  }
  for (unsigned i = 0; i < olds.size(); ++i) {
    done(i, "RK4", body.add(olds[i], body.multiply(totals[i], body.constant(h / 6.0))));
  }
  return success();
}

//===-- Methods that look at the form of a rate ----------------------------------------------------===//

LogicalResult GroupWriter::linear(Method method, double h) {
  // Stand-ins for the variables, so that an old value that is a constant or occurs twice is told apart.
  for (auto [i, old] : llvm::enumerate(olds)) {
    unknowns.push_back(
        UnrealizedConversionCastOp::create(body.build, TypeRange{old.getType()}, ValueRange{old})
            .getResult(0));
    names.assign(rateEquations[i].getVariable(), unknowns.back());
  }
  SmallVector<Value> rates;
  LogicalResult result = evaluate(rates);
  if (succeeded(result) && method == Method::Implicit) {
    result = solveImplicitly(rates, h);
  }
  bool exact = method == Method::Exact || method == Method::Automatic || method == Method::Implicit;
  if (succeeded(result) && exact) {
    result = solveExactly(method, rates, h);
  }
  for (unsigned i = 0; succeeded(result) && i < rates.size(); ++i) {
    if (!news[i]) {
      result = solveAlone(i, method, rates[i], h);
    }
  }
  for (auto [unknown, old] : llvm::zip_equal(unknowns, olds)) {
    for (Value& value : news) {
      value = value == unknown ? old : value;
    }
    unknown.replaceAllUsesWith(old);
    unknown.getDefiningOp()->erase();
  }
  return result;
}

/// Backward Euler for the coupled voltages v: with rates A v + c, (1 - h A) v(t + h) = v(t) + h c, where A
/// and c are those of the values before the group.
LogicalResult GroupWriter::solveImplicitly(ArrayRef<Value> rates, double h) {
  llvm::StringSet<> coupled = neuro::coupledVoltages(model);
  SmallVector<unsigned> members;
  SmallVector<Value> voltages;
  for (auto [i, equation] : llvm::enumerate(rateEquations)) {
    if (coupled.contains(equation.getVariable())) {
      members.push_back(i);
      voltages.push_back(unknowns[i]);
    }
  }
  SmallVector<TreeRow> rows(members.size());
  for (auto [row, i] : llvm::zip_equal(rows, members)) {
    std::optional<Affine> form = affineForm(body, rates[i], voltages, nullptr, Division::Reciprocal);
    if (!form) {
      return rateEquations[i].emitError("is to be solved implicitly, but the rate of @")
             << rateEquations[i].getVariable()
             << " is not linear in the voltages of its group; choose another method";
    }
    // What is held stays as it is, whatever its neighbours do.
    Value isHeld = held(rateEquations[i].getVariable());
    auto unlessHeld = [&](Value value, Value otherwise) {
      return isHeld ? body.select(isHeld, otherwise, value) : value;
    };
    row.diagonal = body.constant(1.0);
    row.constant = unlessHeld(body.add(olds[i], body.multiply(form->constant, body.constant(h))), olds[i]);
    for (auto [j, slope] : llvm::enumerate(form->slopes)) {
      if (slope && members[j] == i) {
        row.diagonal =
            unlessHeld(body.subtract(row.diagonal, body.multiply(slope, body.constant(h))), row.diagonal);
      } else if (slope) {
        row.others[j] = unlessHeld(body.multiply(slope, body.constant(-h)), body.constant(0.0));
      }
    }
  }
  SmallVector<unsigned> cycle = findCycle(rows);
  if (!cycle.empty()) {
    InFlightDiagnostic error =
        rateEquations[members[cycle.front()]].emitError("is to be solved implicitly, but the voltages ");
    llvm::interleaveComma(cycle, error,
                          [&](unsigned j) { error << "@" << rateEquations[members[j]].getVariable(); });
    return error << " form a cycle; couple the compartments as a tree, or choose another method";
  }
  for (auto [i, value] : llvm::zip_equal(members, solveTree(body, rows))) {
    done(i, "implicit Euler", value);
  }
  return success();
}

LogicalResult GroupWriter::solveExactly(Method method, ArrayRef<Value> rates, double h) {
  SmallVector<std::optional<Affine>> forms;
  for (auto [i, rate] : llvm::enumerate(rates)) {
    if (news[i]) {
      forms.emplace_back();
      continue;
    }
    forms.push_back(affineForm(body, rate, unknowns));
    if (method == Method::Exact && !forms.back()) {
      return rateEquations[i].emitError("is to be solved exactly, but the rate of @")
             << rateEquations[i].getVariable()
             << " is not linear in the variables of its group; choose another method or other groups";
    }
    if (forms.back() &&
        !llvm::all_of(forms.back()->slopes, [&](Value slope) { return isInvariant(slope); })) {
      forms.back() = std::nullopt;
    }
  }
  // Variables that are not solved exactly count as constant within the step.
  llvm::SmallVector<llvm::SmallSetVector<unsigned, 4>> neighbours(rates.size());
  for (unsigned i = 0; i < rates.size(); ++i) {
    for (unsigned j = 0; forms[i] && j < rates.size(); ++j) {
      if (!forms[i]->slopes[j] || i == j) {
        continue;
      }
      if (forms[j] && !held(rateEquations[j].getVariable())) {
        neighbours[i].insert(j);
        neighbours[j].insert(i);
      } else {
        forms[i]->constant = body.add(forms[i]->constant, body.multiply(forms[i]->slopes[j], unknowns[j]));
        forms[i]->slopes[j] = {};
      }
    }
  }
  llvm::SmallSetVector<unsigned, 8> seen;
  for (unsigned i = 0; i < rates.size(); ++i) {
    if (!forms[i] || seen.contains(i)) {
      continue;
    }
    SmallVector<unsigned> members = {i};
    seen.insert(i);
    for (unsigned at = 0; at < members.size(); ++at) {
      for (unsigned next : neighbours[members[at]]) {
        if (seen.insert(next)) {
          members.push_back(next);
        }
      }
    }
    llvm::sort(members);
    if (members.size() == 1) {
      done(i, "the exact solution", exponential({{forms[i]->slopes[i]}, forms[i]->constant}, olds[i], h));
    } else {
      solveTogether(members, forms, h);
    }
  }
  return success();
}

bool GroupWriter::solveTogether(ArrayRef<unsigned> members, ArrayRef<std::optional<Affine>> forms, double h) {
  if (members.size() > largestSystem) {
    return false;
  }
  Matrix a(members.size(), std::vector<double>(members.size(), 0.0));
  for (auto [row, i] : llvm::enumerate(members)) {
    for (auto [column, j] : llvm::enumerate(members)) {
      Value slope = forms[i]->slopes[j];
      if (slope && !isConstant(slope, a[row][column])) {
        return false;
      }
    }
  }
  Propagator propagator = propagate(a, h);
  for (auto [row, i] : llvm::enumerate(members)) {
    Value sum;
    auto addTerm = [&](double factor, Value value) {
      if (factor != 0 && value) {
        sum = body.add(sum, body.multiply(body.constant(factor), value));
      }
    };
    for (auto [column, j] : llvm::enumerate(members)) {
      addTerm(propagator.state[row][column], olds[j]);
      addTerm(propagator.input[row][column], forms[j]->constant);
    }
    done(i, "the exact solution", sum ? sum : body.constant(0.0));
  }
  return true;
}

/// x' = slope x + constant over h, both constant meanwhile.
Value GroupWriter::exponential(const Affine& form, Value old, double h) {
  Value slope = form.slopes[0];
  double known = 0;
  bool isKnown = !slope || isConstant(slope, known);
  if (isKnown && known == 0) {
    return body.add(old, body.multiply(form.constant, body.constant(h)));
  }
  Value decay, gain;
  if (isKnown) {
    Propagator propagator = propagate({{known}}, h);
    decay = body.constant(propagator.state[0][0]);
    gain = body.constant(propagator.input[0][0]);
  } else {
    Value exponent = body.multiply(slope, body.constant(h));
    decay = math::ExpOp::create(body.build, exponent);
    Value isZero = body.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ, slope, body.constant(0.0));
    Value quotient = body.divide(math::ExpM1Op::create(body.build, exponent), slope);
    gain = body.select(isZero, body.constant(h), quotient);
  }
  return body.add(body.multiply(decay, old), body.multiply(gain, form.constant));
}

LogicalResult GroupWriter::solveAlone(unsigned i, Method method, Value rate, double h) {
  Value step = body.constant(h);
  if (method == Method::Euler) {
    done(i, "Euler", body.add(olds[i], body.multiply(step, rate)));
    return success();
  }
  if (method == Method::SemiImplicit) {
    Value rest;
    Affine form = *affineForm(body, rate, unknowns[i], &rest);
    Value moved = body.add(olds[i], body.multiply(step, body.add(rest, form.constant)));
    Value slope = form.slopes[0];
    Value damped = body.subtract(body.constant(1.0), body.multiply(step, slope));
    done(i, "semi-implicit Euler", slope ? body.divide(moved, damped) : moved);
    return success();
  }
  if (std::optional<Affine> form = affineForm(body, rate, unknowns[i])) {
    done(i, "exponential Euler", exponential(*form, olds[i], h));
    return success();
  }
  if (method == Method::ExponentialEuler) {
    return rateEquations[i].emitError("is to be solved by exponential Euler, but the rate of @")
           << rateEquations[i].getVariable() << " is not linear in @" << rateEquations[i].getVariable()
           << "; choose another method";
  }
  done(i, "Euler", body.add(olds[i], body.multiply(step, rate)));
  return success();
}

} // namespace

LogicalResult integrateModel(Names& names, Operation* model, llvm::function_ref<bool(StringRef)> takes,
                             Held held, Operation* remarks) {
  llvm::MapVector<StringRef, neuro::EquationOp> equations;
  for (neuro::EquationOp equation : model->getRegion(0).getOps<neuro::EquationOp>()) {
    if (takes(equation.getVariable())) {
      equations[equation.getVariable()] = equation;
    }
  }
  auto integrate = [&](ArrayRef<neuro::EquationOp> group, Method method, int64_t substeps) -> LogicalResult {
    for (int64_t i = 0; i < substeps && !group.empty(); ++i) {
      GroupWriter writer(names, model, group, held);
      if (failed(writer.write(method, names.lowering.dt / static_cast<double>(substeps)))) {
        return failure();
      }
      for (auto& [name, variables] : writer.chosen) {
        if (i == 0) {
          remarks->emitRemark() << variables << (StringRef(variables).contains(',') ? " are" : " is")
                                << " integrated by " << name;
        }
      }
    }
    return success();
  };
  for (neuro::GroupOp group : model->getRegion(0).getOps<neuro::GroupOp>()) {
    SmallVector<neuro::EquationOp> members;
    for (Attribute name : group.getVariables()) {
      auto found = equations.find(cast<FlatSymbolRefAttr>(name).getValue());
      if (found != equations.end()) {
        members.push_back(found->second);
        equations.erase(found);
      }
    }
    if (failed(integrate(members, group.getMethod(), group.getSubsteps()))) {
      return failure();
    }
  }
  SmallVector<neuro::EquationOp> rest;
  for (auto& [name, equation] : equations) {
    rest.push_back(equation);
  }
  return integrate(rest, Method::Automatic, 1);
}

} // namespace nissl::conversion
