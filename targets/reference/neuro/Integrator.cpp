// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Integrator.h"

#include "runtime/support/Error.h"

#include "llvm/ADT/MapVector.h"

#include <cmath>
#include <map>

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {

using neuro::Method;

Number ModelScope::numberOf(StringRef name) {
  for (auto [i, unknown] : llvm::enumerate(unknowns)) {
    if (unknown == name) {
      return Number::unknown(variable(name), i, unknowns.size());
    }
  }
  return Number(variable(name));
}

namespace {

using Real = long double;

/// exp(a h) and its integral over h, side by side: the upper half of the exponential of [[a, 1], [0, 0]] h.
/// It has n rows of 2n numbers.
std::vector<Real> propagate(const std::vector<double>& a, size_t n, double h) {
  size_t size = 2 * n;
  std::vector<Real> scaled(size * size), power(size * size), sum(size * size);
  Real norm = 0;
  for (size_t i = 0; i < n; ++i) {
    Real row = 0;
    for (size_t j = 0; j < n; ++j) {
      row += std::abs(Real{a[i * n + j]} * h);
    }
    norm = std::max(norm, row);
  }
  int halvings = norm > 0.5L ? static_cast<int>(std::ceil(std::log2(norm / 0.5L))) : 0;
  // The right half only scales with itself, so that it has no part in the norm.
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      scaled[i * size + j] = std::ldexp(Real{a[i * n + j]} * h, -halvings);
    }
    scaled[i * size + n + i] = std::ldexp(Real{h}, -halvings);
  }
  auto product = [&](const std::vector<Real>& left, const std::vector<Real>& right) {
    std::vector<Real> result(size * size);
    for (size_t i = 0; i < size; ++i) {
      for (size_t j = 0; j < size; ++j) {
        for (size_t k = 0; k < size; ++k) {
          result[i * size + j] += left[i * size + k] * right[k * size + j];
        }
      }
    }
    return result;
  };
  for (size_t i = 0; i < size; ++i) {
    power[i * size + i] = sum[i * size + i] = 1;
  }
  // 0.5^25 / 25! is far below the precision of a long double.
  for (int k = 1; k <= 25; ++k) {
    power = product(power, scaled);
    for (size_t i = 0; i < power.size(); ++i) {
      power[i] /= k;
      sum[i] += power[i];
    }
  }
  for (int i = 0; i < halvings; ++i) {
    sum = product(sum, sum);
  }
  sum.resize(n * size);
  return sum;
}

} // namespace

std::vector<double> solveLinear(const std::vector<double>& a, const std::vector<double>& b,
                                const std::vector<double>& x, double h) {
  // All cells of a kind have the same coefficients.
  thread_local std::map<std::pair<std::vector<double>, double>, std::vector<Real>> known;
  size_t n = x.size();
  std::vector<Real>& propagator = known[{a, h}];
  if (propagator.empty()) {
    propagator = propagate(a, n, h);
  }
  std::vector<double> result(n);
  for (size_t i = 0; i < n; ++i) {
    Real value = 0;
    for (size_t j = 0; j < n; ++j) {
      value += propagator[i * 2 * n + j] * x[j] + propagator[i * 2 * n + n + j] * b[j];
    }
    result[i] = static_cast<double>(value);
  }
  return result;
}

namespace {

/// One sub-step of one group.
class Group {
public:
  Group(ModelScope& scope, Operation* model, ArrayRef<neuro::EquationOp> equations, double h)
      : scope(scope), model(model), forms(scope.forms), h(h) {
    for (neuro::EquationOp equation : equations) {
      bool isRate = equation.getKind() == neuro::EquationKind::Rate;
      (isRate ? rates : recurrences).push_back(equation);
    }
    for (neuro::EquationOp equation : rates) {
      olds.push_back(scope.variable(equation.getVariable()));
    }
    news.resize(olds.size());
  }
  void advance(Method method);

private:
  void rungeKutta();
  void implicitly();
  void exactly(Method method);
  void solveAlone(unsigned i, Method method);
  bool solveTogether(ArrayRef<unsigned> members);
  Number rate(unsigned i, ArrayRef<unsigned> unknowns);
  Quantity moved(const Quantity& old, const Quantity& rate, double by) {
    return forms.add(old, forms.multiply(rate, Arithmetic::constant(by)));
  }
  Quantity exponential(const std::optional<Quantity>& slope, const Quantity& constant, const Quantity& old);
  bool isHeld(unsigned i) { return scope.isHeld(rates[i].getVariable()); }
  std::string modelName() const {
    return fmt::format("{} '{}'", isa<neuro::CellOp>(model) ? "cell" : "rule",
                       SymbolTable::getSymbolName(model).getValue().str());
  }

  ModelScope& scope;
  Operation* model;
  const Forms& forms;
  double h;
  SmallVector<neuro::EquationOp> rates, recurrences;
  SmallVector<Quantity> olds;
  SmallVector<std::optional<Quantity>> news;
  std::vector<Number> systems; ///< of the exact solution: each rate as a form in all variables
};

Number Group::rate(unsigned i, ArrayRef<unsigned> unknowns) {
  for (unsigned j : unknowns) {
    scope.unknowns.push_back(rates[j].getVariable());
  }
  Number result = evaluate(rates[i].getBody(), scope, forms).front();
  scope.unknowns.clear();
  return result;
}

void Group::advance(Method method) {
  SmallVector<Quantity> nexts;
  for (neuro::EquationOp equation : recurrences) {
    nexts.push_back(scope.value(equation.getBody()));
  }
  if (method == Method::Rk4) {
    rungeKutta();
  } else if (method == Method::Implicit) {
    implicitly();
    exactly(Method::Automatic);
  } else if (method == Method::Exact || method == Method::Automatic) {
    exactly(method);
  }
  for (unsigned i = 0; i < rates.size(); ++i) {
    if (!news[i]) {
      solveAlone(i, method);
    }
  }
  for (unsigned i = 0; i < rates.size(); ++i) {
    scope.assign(rates[i].getVariable(), isHeld(i) ? olds[i] : *news[i]);
  }
  for (auto [equation, next] : llvm::zip_equal(recurrences, nexts)) {
    if (!scope.isHeld(equation.getVariable())) {
      scope.assign(equation.getVariable(), next);
    }
  }
}

/// The classical method of order 4: x + h/6 (k1 + 2 k2 + 2 k3 + k4).
void Group::rungeKutta() {
  SmallVector<Quantity> sums(olds.size());
  for (unsigned stage = 0; stage < 4; ++stage) {
    SmallVector<Quantity> slopes;
    for (unsigned i = 0; i < rates.size(); ++i) {
      slopes.push_back(rate(i, {}).value);
      Quantity weighted =
          forms.multiply(slopes[i], Arithmetic::constant(stage == 1 || stage == 2 ? 2.0 : 1.0));
      sums[i] = stage == 0 ? weighted : forms.add(sums[i], weighted);
    }
    for (unsigned i = 0; stage < 3 && i < rates.size(); ++i) {
      if (!isHeld(i)) {
        scope.assign(rates[i].getVariable(), moved(olds[i], slopes[i], stage == 2 ? h : h / 2));
      }
    }
  }
  for (unsigned i = 0; i < rates.size(); ++i) {
    news[i] = moved(olds[i], sums[i], h / 6);
  }
}

//===-- Methods that need the form of a rate -------------------------------------------------------===//

/// Backward Euler for the voltages that are coupled, by Gaussian elimination row by row; the numbers that are
/// missing are zeros. With rates A v + c the system is (1 - h A) v(t + h) = v(t) + h c.
void Group::implicitly() {
  llvm::StringSet<> coupled = neuro::coupledVoltages(model);
  SmallVector<unsigned> members;
  for (unsigned i = 0; i < rates.size(); ++i) {
    if (coupled.contains(rates[i].getVariable())) {
      members.push_back(i);
    }
  }
  size_t n = members.size();
  Quantity one = Arithmetic::constant(1.0), step = Arithmetic::constant(h);
  std::vector<std::vector<std::optional<Quantity>>> matrix(n, std::vector<std::optional<Quantity>>(n));
  std::vector<Quantity> right(n);
  for (size_t row = 0; row < n; ++row) {
    unsigned i = members[row];
    Number form = rate(i, members);
    if (!form.isLinear()) {
      throw Error::input(
          "NS0622", "the rate of '{}' in {} is not linear in the voltages, but is to be solved implicitly",
          rates[i].getVariable().str(), modelName());
    }
    matrix[row][row] = one;
    right[row] = olds[i];
    if (isHeld(i)) {
      continue;
    }
    right[row] = moved(olds[i], form.constant, h);
    form.slopes.resize(n);
    for (size_t column = 0; column < n; ++column) {
      if (const std::optional<Quantity>& slope = form.slopes[column]) {
        Quantity part = forms.multiply(step, *slope);
        matrix[row][column] = row == column ? forms.subtract(one, part) : forms.negate(part);
      }
    }
  }
  for (size_t pivot = 0; pivot < n; ++pivot) {
    for (size_t row = pivot + 1; row < n; ++row) {
      if (!matrix[row][pivot]) {
        continue;
      }
      Quantity factor = forms.divide(*matrix[row][pivot], *matrix[pivot][pivot]);
      for (size_t column = pivot + 1; column < n; ++column) {
        if (matrix[pivot][column]) {
          Quantity part = forms.multiply(factor, *matrix[pivot][column]);
          std::optional<Quantity>& entry = matrix[row][column];
          entry = entry ? forms.subtract(*entry, part) : forms.negate(part);
        }
      }
      right[row] = forms.subtract(right[row], forms.multiply(factor, right[pivot]));
    }
  }
  for (size_t row = n; row-- > 0;) {
    Quantity sum = right[row];
    for (size_t column = row + 1; column < n; ++column) {
      if (matrix[row][column]) {
        sum = forms.subtract(sum, forms.multiply(*matrix[row][column], *news[members[column]]));
      }
    }
    news[members[row]] = forms.divide(sum, *matrix[row][row]);
  }
}

/// Variables that are linear with slopes that never change are solved exactly: alone, or together with
/// those that they depend on and that no event can hold, up to four if all slopes are plain constants.
void Group::exactly(Method method) {
  SmallVector<unsigned> all;
  for (unsigned i = 0; i < rates.size(); ++i) {
    all.push_back(i);
  }
  SmallVector<bool> solved;
  for (unsigned i : all) {
    systems.push_back(rate(i, all));
    if (method == Method::Exact && !systems[i].isLinear()) {
      throw Error::input("NS0622", "the rate of '{}' in {} is not linear, but is to be solved exactly",
                         rates[i].getVariable().str(), modelName());
    }
    systems[i].slopes.resize(rates.size());
    solved.push_back(!news[i] && systems[i].isLinear() &&
                     llvm::all_of(systems[i].slopes, [](const std::optional<Quantity>& slope) {
                       return !slope || slope->origin != Origin::Moving;
                     }));
  }
  std::vector<std::vector<bool>> joined(rates.size(), std::vector<bool>(rates.size(), false));
  for (unsigned i : all) {
    for (unsigned j : all) {
      if (!solved[i] || i == j || !systems[i].slopes[j]) {
        continue;
      }
      if (solved[j] && !scope.canBeHeld(rates[j].getVariable())) {
        joined[i][j] = joined[j][i] = true;
      } else {
        systems[i].constant = forms.add(systems[i].constant, forms.multiply(*systems[i].slopes[j], olds[j]));
        systems[i].slopes[j] = std::nullopt;
      }
    }
  }
  SmallVector<bool> seen(rates.size(), false);
  for (unsigned first : all) {
    if (!solved[first] || seen[first]) {
      continue;
    }
    SmallVector<unsigned> members = {first};
    seen[first] = true;
    for (unsigned at = 0; at < members.size(); ++at) {
      for (unsigned next : all) {
        if (joined[members[at]][next] && !seen[next]) {
          seen[next] = true;
          members.push_back(next);
        }
      }
    }
    if (members.size() == 1) {
      news[first] = exponential(systems[first].slopes[first], systems[first].constant, olds[first]);
    } else {
      solveTogether(members);
    }
  }
}

bool Group::solveTogether(ArrayRef<unsigned> members) {
  constexpr unsigned largest = 4;
  if (members.size() > largest) {
    return false;
  }
  size_t n = members.size();
  std::vector<double> a(n * n), b(n), x(n), slackOfA(n * n), slackOfB(n), slackOfX(n), magnitude(n);
  Quantity inherited;
  for (auto [row, i] : llvm::enumerate(members)) {
    b[row] = systems[i].constant.value;
    x[row] = olds[i].value;
    slackOfX[row] = olds[i].slack + std::abs(olds[i].value);
    slackOfB[row] = systems[i].constant.slack + std::abs(b[row]);
    inherited = Arithmetic::inherit(inherited, systems[i].constant, olds[i]);
    for (auto [column, j] : llvm::enumerate(members)) {
      if (const std::optional<Quantity>& slope = systems[i].slopes[j]) {
        if (slope->origin != Origin::Constant) {
          return false;
        }
        a[row * n + column] = std::abs(slope->value);
        slackOfB[row] += slope->slack * std::abs(olds[j].value);
      }
    }
  }
  // Errors grow at most as the system with all entries taken as positive does.
  std::vector<double> slack = solveLinear(a, slackOfB, slackOfX, h);
  for (auto [row, i] : llvm::enumerate(members)) {
    for (auto [column, j] : llvm::enumerate(members)) {
      a[row * n + column] = systems[i].slopes[j] ? systems[i].slopes[j]->value : 0.0;
    }
  }
  std::vector<double> result = solveLinear(a, b, x, h);
  for (auto [row, i] : llvm::enumerate(members)) {
    news[i] = Arithmetic::inherit({result[row], slack[row] + std::abs(result[row])}, inherited, inherited);
    news[i]->origin = Origin::Moving;
  }
  return true;
}

/// x' = slope x + constant over h, both constant meanwhile.
Quantity Group::exponential(const std::optional<Quantity>& slope, const Quantity& constant,
                            const Quantity& old) {
  if (!slope || slope->value == 0.0) {
    Quantity result = moved(old, constant, h);
    return slope ? Arithmetic::inherit(result, result, *slope) : result;
  }
  Quantity exponent = forms.multiply(*slope, Arithmetic::constant(h));
  Quantity gain = forms.divide(forms.apply(std::expm1, exponent), *slope);
  return forms.add(forms.multiply(forms.apply(std::exp, exponent), old), forms.multiply(gain, constant));
}

void Group::solveAlone(unsigned i, Method method) {
  if (method == Method::Euler) {
    news[i] = moved(olds[i], rate(i, {}).value, h);
    return;
  }
  Number form = rate(i, {i});
  std::optional<Quantity> slope = form.depends() ? form.slopes[0] : std::nullopt;
  if (method == Method::SemiImplicit) {
    Quantity explicitly = form.rest ? forms.add(form.constant, *form.rest) : form.constant;
    Quantity result = moved(olds[i], explicitly, h);
    Quantity one = Arithmetic::constant(1.0), step = Arithmetic::constant(h);
    news[i] = slope ? forms.divide(result, forms.subtract(one, forms.multiply(step, *slope))) : result;
  } else if (form.isLinear()) {
    news[i] = exponential(slope, form.constant, olds[i]);
  } else if (method == Method::ExponentialEuler) {
    throw Error::input("NS0622", "the rate of '{}' in {} is not linear in it, as exponential Euler needs",
                       rates[i].getVariable().str(), modelName());
  } else {
    news[i] = moved(olds[i], form.value, h);
  }
}

} // namespace

void integrate(ModelScope& scope, Operation* model, llvm::function_ref<bool(StringRef)> takes) {
  llvm::MapVector<StringRef, neuro::EquationOp> equations;
  Block& body = model->getRegion(0).front();
  for (neuro::EquationOp equation : body.getOps<neuro::EquationOp>()) {
    if (takes(equation.getVariable())) {
      equations[equation.getVariable()] = equation;
    }
  }
  auto advance = [&](ArrayRef<neuro::EquationOp> members, Method method, int64_t substeps) {
    for (int64_t i = 0; i < substeps; ++i) {
      Group(scope, model, members, scope.dt / static_cast<double>(substeps)).advance(method);
    }
  };
  for (neuro::GroupOp group : body.getOps<neuro::GroupOp>()) {
    SmallVector<neuro::EquationOp> members;
    for (auto name : group.getVariables().getAsRange<FlatSymbolRefAttr>()) {
      if (equations.contains(name.getValue())) {
        members.push_back(equations[name.getValue()]);
        equations.erase(name.getValue());
      }
    }
    advance(members, group.getMethod(), static_cast<int64_t>(group.getSubsteps()));
  }
  SmallVector<neuro::EquationOp> rest;
  for (auto& [name, equation] : equations) {
    rest.push_back(equation);
  }
  advance(rest, Method::Automatic, 1);
}

} // namespace nissl::reference
