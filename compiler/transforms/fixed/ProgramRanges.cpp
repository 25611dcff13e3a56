// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/ProgramRanges.h"
#include "dialects/step/StepBodies.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <fmt/format.h>

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr int exactRounds = 4;    // without widening
constexpr int integerRounds = 20; // after them an integer that still grows gets its type's range
constexpr int allRounds = 400;
constexpr int narrowingRounds = 40;
constexpr int halvings = 10;
/// Growth from the first rounds on that no decay explains: a time constant of 2^30 steps. Far beyond it sums
/// would seem to settle because doubles absorb what is added.
constexpr double hopelessGrowth = 0x1p30;
/// A proven range is taken instead of a profiled one if it is at most so much wider: three bits, or twelve
/// where a host feeds the network, as a profile then shows what happens without input.
constexpr double widestProof = 8, widestProofWithInputs = 4096;

std::optional<Interval> intervalAttribute(Operation* op, StringRef name) {
  Attribute attribute = op->getAttr(name);
  if (auto dense = dyn_cast_or_null<DenseF64ArrayAttr>(attribute); dense && dense.size() == 2) {
    return Interval{dense[0], dense[1]};
  }
  auto array = dyn_cast_or_null<ArrayAttr>(attribute);
  if (!array || array.size() != 2 || !isa<FloatAttr>(array[0]) || !isa<FloatAttr>(array[1])) {
    return std::nullopt;
  }
  return Interval{cast<FloatAttr>(array[0]).getValueAsDouble(), cast<FloatAttr>(array[1]).getValueAsDouble()};
}

Interval twiceAsWide(Interval range) {
  double half = (range.high - range.low) / 2;
  return {range.low - half, range.high + half};
}

Interval rangeOfType(Type type) {
  if (!type.isInteger()) {
    return {-HUGE_VAL, HUGE_VAL};
  }
  double limit = type.isInteger(1) ? 1 : std::ldexp(1.0, type.getIntOrFloatBitWidth() - 1);
  return type.isInteger(1) ? Interval{0, 1} : Interval{-limit, limit - 1};
}

Interval rangeOfValues(ElementsAttr values) {
  Interval range = Interval::empty();
  if (isa<FloatType>(values.getElementType())) {
    for (const APFloat& value : values.getValues<APFloat>()) {
      range = hull(range, Interval::point(value.convertToDouble()));
    }
  } else {
    for (const APInt& value : values.getValues<APInt>()) {
      range = hull(range, Interval::point(static_cast<double>(value.getSExtValue())));
    }
  }
  return range.isEmpty() ? Interval::point(0.0) : range;
}

Type typeOf(Operation* declaration) {
  if (auto state = dyn_cast<step::StateOp>(declaration)) {
    return state.getType();
  }
  if (auto port = dyn_cast<step::PortOp>(declaration)) {
    return port.getType();
  }
  return cast<step::InputOp>(declaration).getType();
}

using step::readsOf;
using step::yieldOf;

bool isInSetup(Operation* action) { return action->getParentOfType<step::SetupOp>() != nullptr; }

int64_t sizeOf(step::ProgramOp program, StringRef owner) {
  Operation* op = program.lookupSymbol(owner);
  if (auto extent = dyn_cast_or_null<step::ExtentOp>(op)) {
    return extent.getSize();
  }
  return 0;
}

int64_t sourcesOf(step::ProgramOp program, step::SynapsesOp table) {
  if (std::optional<ArrayRef<int64_t>> range = table.getSourceRange()) {
    return (*range)[1] - (*range)[0];
  }
  return sizeOf(program, table.getSource());
}

int64_t targetsOf(step::ProgramOp program, step::SynapsesOp table) {
  if (std::optional<ArrayRef<int64_t>> range = table.getTargetRange()) {
    return (*range)[1] - (*range)[0];
  }
  return sizeOf(program, table.getTarget());
}

} // namespace

double largestIndegree(step::SynapsesOp table, step::ProgramOp program) {
  step::ConnectAttr rule = table.getConnect();
  double sources = static_cast<double>(sourcesOf(program, table)),
         count = static_cast<double>(rule.getCount());
  switch (rule.getKind()) {
  case step::ConnectKind::OneToOne:
    return 1;
  case step::ConnectKind::AllToAll:
  case step::ConnectKind::Bernoulli:
    return sources;
  case step::ConnectKind::FixedIndegree:
    return count;
  case step::ConnectKind::FixedOutdegree:
    return rule.getMultapses() ? sources * count : sources;
  case step::ConnectKind::FixedTotal:
    return rule.getMultapses() ? count : std::min(count, sources);
  case step::ConnectKind::Pairs: {
    std::map<int32_t, int> indegree;
    int most = 0;
    for (int32_t post : rule.getPost() ? rule.getPost().asArrayRef() : ArrayRef<int32_t>()) {
      most = std::max(most, ++indegree[post]);
    }
    return most;
  }
  }
  return sources * count;
}

FailureOr<ProgramRanges> ProgramRanges::analyse(step::ProgramOp program) {
  ProgramRanges declared(program);
  if (failed(declared.declare())) {
    return failure();
  }
  ProgramRanges ranges = declared;
  ranges.proveProfiled();
  ranges.runSetup();
  if (failed(ranges.refuseStartsOutside())) {
    return failure();
  }
  ranges.settle();
  if (!ranges.isSettled()) {
    ranges = declared;
    ranges.runSetup();
    ranges.settle();
  }
  if (failed(ranges.refuseEndless())) {
    return failure();
  }
  ranges.narrow();
  for (Operation* action : ranges.actions) {
    if (!isa<step::ReduceOp>(action)) {
      ranges.bodies[action] = ranges.evaluate(action);
    }
  }
  return ranges;
}

/// A profile shows a part of a run only, so that a proof is better: unless it is so wide that it costs bits.
void ProgramRanges::proveProfiled() {
  ProgramRanges plain = *this;
  auto release = [](DeclaredRange& variable) { variable = {Interval::point(0), RangeSource::Proven}; };
  bool isAny = false;
  for (auto& entry : plain.declared) {
    if (entry.second.source == RangeSource::Profiled) {
      release(entry.second);
      isAny = true;
    }
  }
  if (!isAny) {
    return;
  }
  plain.runSetup();
  plain.settle();
  double widest = program.getBody().getOps<step::InputOp>().empty() ? widestProof : widestProofWithInputs;
  for (auto& entry : declared) {
    DeclaredRange& variable = entry.second;
    Interval proven = plain.declared[entry.first()].range;
    double most = variable.range.magnitude() == 0 ? 1.0 : widest * variable.range.magnitude();
    if (variable.source == RangeSource::Profiled && proven.isFinite() && proven.magnitude() <= most) {
      release(variable);
    }
  }
}

LogicalResult ProgramRanges::declare() {
  bool failed = false;
  for (Operation& op : program.getBody().front()) {
    if (auto array = dyn_cast<step::ArrayOp>(op)) {
      declared[array.getSymName()] = {rangeOfValues(array.getValues())};
      continue;
    }
    if (!isa<step::StateOp, step::PortOp, step::InputOp>(op)) {
      continue;
    }
    StringRef name = SymbolTable::getSymbolName(&op).getValue();
    DeclaredRange& variable = declared[name];
    variable.range =
        typeOf(&op).isInteger() && isa<step::InputOp>(op) ? rangeOfType(typeOf(&op)) : Interval::point(0);
    for (StringRef attribute : {"bounds", "range"}) {
      if (!op.hasAttr(attribute)) {
        continue;
      }
      std::optional<Interval> range = intervalAttribute(&op, attribute);
      if (!range || range->isEmpty() || !range->isFinite()) {
        failed = true;
        op.emitError() << "'" << attribute << "' of @" << name
                       << " must be two floats, [low, high] with low <= high";
      } else if (isa<step::PortOp>(op)) {
        op.emitWarning() << "'" << attribute << "' of port @" << name
                         << " is not used: a port's range follows from what is added to it";
      } else if (variable.source == RangeSource::Proven) {
        bool isProfile = attribute == "range";
        variable = {isProfile ? twiceAsWide(*range) : *range,
                    isProfile ? RangeSource::Profiled : RangeSource::Declared};
      }
    }
    if (isa<step::InputOp>(op) && typeOf(&op).isF64() + typeOf(&op).isF32() &&
        variable.source == RangeSource::Proven) {
      failed = true;
      op.emitError()
          << "input @" << name
          << " has no range, so that no fixed-point format follows: declare `bounds = [low, high]` on it or "
             "profile a run";
    }
  }
  program.walk([&](Operation* op) {
    if (isa<step::MapOp, step::TraverseOp, step::ReduceOp>(op) && !isInSetup(op)) {
      actions.push_back(op);
    }
  });
  return failure(failed);
}

bool ProgramRanges::isFree(StringRef symbol) const {
  return declared.lookup(symbol).source == RangeSource::Proven;
}

BodyRanges ProgramRanges::evaluate(Operation* action) {
  SmallVector<Interval> arguments;
  for (auto read : readsOf(action).getAsRange<step::ReadAttr>()) {
    arguments.push_back(declared.lookup(read.getSource().getValue()).range);
  }
  return evaluateRanges(action->getRegion(0).front(), arguments,
                        [&](StringRef array) { return declared.lookup(array).range; });
}

void ProgramRanges::runSetup() {
  // A setup action writes every element of its owner, so that the zero from before is gone.
  program.walk([&](step::SetupOp setup) {
    for (Operation& action : setup.getBody().front()) {
      if (auto reduce = dyn_cast<step::ReduceOp>(action)) {
        llvm::StringMap<Interval> result;
        addReduction(reduce, result);
        if (isFree(reduce.getInto())) {
          declared[reduce.getInto()].range = result[reduce.getInto()];
        }
        continue;
      }
      BodyRanges body = evaluate(&action);
      for (auto [write, range] :
           llvm::zip(yieldOf(&action).getWrites().getAsRange<step::WriteAttr>(), body.yields)) {
        if (write.getKind() == step::WriteKind::State && isFree(write.getTarget().getValue())) {
          declared[write.getTarget().getValue()].range = range;
        }
      }
    }
  });
  for (const auto& entry : declared) {
    afterSetup[entry.first()] = entry.second.range;
  }
}

/// Initial values may stray beyond declared bounds, as a normal draw does; not all of them.
LogicalResult ProgramRanges::refuseStartsOutside() {
  llvm::StringMap<Interval> starts;
  program.walk([&](step::SetupOp setup) {
    for (Operation& action : setup.getBody().front()) {
      if (isa<step::ReduceOp>(action)) {
        continue;
      }
      BodyRanges body = evaluate(&action);
      for (auto [write, range] :
           llvm::zip(yieldOf(&action).getWrites().getAsRange<step::WriteAttr>(), body.yields)) {
        starts[write.getTarget().getValue()] = range;
      }
    }
  });
  bool failed = false;
  for (auto state : program.getBody().getOps<step::StateOp>()) {
    DeclaredRange known = of(state.getSymName());
    auto written = starts.find(state.getSymName());
    Interval start = written == starts.end() ? Interval::point(0) : written->second;
    if (known.source == RangeSource::Declared && !start.isEmpty() &&
        intersect(known.range, start).isEmpty()) {
      failed = true;
      state.emitError() << fmt::format(
          "@{} starts in [{:g}, {:g}], outside its bounds [{:g}, {:g}]: widen them or start it within",
          state.getSymName().str(), start.low, start.high, known.range.low, known.range.high);
    }
  }
  return failure(failed);
}

void ProgramRanges::addReduction(step::ReduceOp reduce, llvm::StringMap<Interval>& result) {
  Interval range = declared.lookup(reduce.getSource()).range;
  if (reduce.getKind() == step::ReduceKind::Sum) {
    auto source = cast<step::StateOp>(program.lookupSymbol(reduce.getSource()));
    double count = static_cast<double>(sizeOf(program, source.getOwner()));
    if (auto table = dyn_cast<step::SynapsesOp>(program.lookupSymbol(source.getOwner()))) {
      double sources = static_cast<double>(sourcesOf(program, table)),
             indegree = largestIndegree(table, program);
      double targets = static_cast<double>(targetsOf(program, table));
      bool isOutdegree = table.getConnect().getKind() == step::ConnectKind::FixedOutdegree;
      double outdegree =
          isOutdegree ? static_cast<double>(table.getConnect().getCount()) : targets * indegree;
      count = reduce.getBy() == step::ReduceBy::Post  ? indegree
              : reduce.getBy() == step::ReduceBy::Pre ? outdegree
                                                      : std::min(sources * outdegree, targets * indegree);
    }
    // A key without values sums to zero.
    range = {std::min(0.0, range.low * count), std::max(0.0, range.high * count)};
  }
  auto [known, isNew] = result.try_emplace(reduce.getInto(), range);
  known->second = hull(known->second, range);
}

/// The ranges after one step from the present ones; ports by what can be added for one step. Joined with the
/// present ranges, or with those after the setup. `only` leaves out bodies that do not write that variable.
llvm::StringMap<Interval> ProgramRanges::next(bool fromSetup, StringRef only) {
  llvm::StringMap<Interval> result, sums;
  for (const auto& entry : declared) {
    result[entry.first()] = fromSetup ? afterSetup[entry.first()] : entry.second.range;
  }
  for (Operation* action : actions) {
    if (auto reduce = dyn_cast<step::ReduceOp>(action)) {
      addReduction(reduce, result);
      continue;
    }
    auto writesIt = [&](step::WriteAttr write) { return write.getTarget().getValue() == only; };
    if (!only.empty() && llvm::none_of(yieldOf(action).getWrites().getAsRange<step::WriteAttr>(), writesIt)) {
      continue;
    }
    BodyRanges body = evaluate(action);
    auto traverse = dyn_cast<step::TraverseOp>(action);
    double meetings = 1;
    if (traverse) {
      meetings = largestIndegree(cast<step::SynapsesOp>(program.lookupSymbol(traverse.getTable())), program);
    }
    for (auto [write, range] :
         llvm::zip(yieldOf(action).getWrites().getAsRange<step::WriteAttr>(), body.yields)) {
      StringRef target = write.getTarget().getValue();
      if (write.getKind() == step::WriteKind::State) {
        result[target] = hull(result[target], range);
      } else if (write.getKind() == step::WriteKind::Port && !range.isEmpty()) {
        auto port = cast<step::PortOp>(program.lookupSymbol(target));
        // Contributions whose delay is computed can meet in one slot from several steps.
        double most = meetings * (write.getDelayed() ? static_cast<double>(port.getSlots()) : 1.0);
        Interval sum = {std::min(0.0, range.low * most), std::max(0.0, range.high * most)};
        auto [known, isNew] = sums.try_emplace(target, Interval::point(0));
        known->second = known->second + sum;
      }
    }
  }
  for (const auto& sum : sums) {
    result[sum.first()] = fromSetup ? sum.second : hull(result[sum.first()], sum.second);
  }
  return result;
}

/// Widens the ranges until the step maps them into themselves; what grows without end becomes endless.
void ProgramRanges::settle() {
  llvm::StringMap<double> early; // magnitude when widening began
  for (int round = 0; round < allRounds; ++round) {
    bool changed = false;
    for (auto& entry : next(/*fromSetup=*/false)) {
      DeclaredRange& variable = declared[entry.first()];
      Interval range = entry.second;
      if (!isFree(entry.first()) || variable.range.contains(range)) {
        continue;
      }
      changed = true;
      Operation* op = program.lookupSymbol(entry.first());
      bool isInteger = !isa<step::ArrayOp>(op) && typeOf(op).isInteger();
      if (round >= exactRounds) {
        // A decay only nears its limit; a step beyond it finds a range that the step maps into itself.
        double step = 0.25 * std::max(range.high - range.low, 1e-300);
        range.low -= range.low < variable.range.low ? step : 0;
        range.high += range.high > variable.range.high ? step : 0;
      }
      if (isInteger && (round >= integerRounds || !rangeOfType(typeOf(op)).contains(range))) {
        range = rangeOfType(typeOf(op));
      }
      if (round >= exactRounds && !isInteger) {
        double first = early.try_emplace(entry.first(), range.magnitude()).first->second;
        range = range.magnitude() > first * hopelessGrowth ? Interval{-HUGE_VAL, HUGE_VAL} : range;
      }
      variable.range = range;
    }
    if (!changed) {
      break;
    }
  }
}

bool ProgramRanges::isSettled() const {
  return llvm::all_of(declared, [](const auto& entry) { return entry.second.range.isFinite(); });
}

LogicalResult ProgramRanges::refuseEndless() {
  bool failed = false;
  for (Operation& op : program.getBody().front()) {
    if (isa<step::StateOp, step::PortOp>(op)) {
      StringRef name = SymbolTable::getSymbolName(&op).getValue();
      if (!declared[name].range.isFinite()) {
        failed = true;
        op.emitError()
            << "the range of @" << name
            << " cannot be proven, so that no fixed-point format follows: declare `bounds = [low, high]` "
            << (isa<step::PortOp>(op) ? "on the states that feed it" : "on it") << " or profile a run";
      }
    }
  }
  return failure(failed);
}

/// From ranges that the step maps into itself, one more step gives such ranges again, and narrower ones. A
/// slow decay narrows little by that, so that each end is then moved by halves as far as its variable's step
/// allows.
void ProgramRanges::narrow() {
  for (int round = 0; round < narrowingRounds; ++round) {
    bool changed = false;
    for (auto& entry : next(/*fromSetup=*/true)) {
      DeclaredRange& variable = declared[entry.first()];
      Interval range = intersect(variable.range, entry.second);
      if (isFree(entry.first()) && !range.isEmpty() && !(range == variable.range)) {
        double gain = (variable.range.high - variable.range.low) - (range.high - range.low);
        changed |= gain > 1e-3 * (range.high - range.low);
        variable.range = range;
      }
    }
    if (!changed) {
      break;
    }
  }
  llvm::StringMap<DeclaredRange> proven = declared;
  for (auto state : program.getBody().getOps<step::StateOp>()) {
    if (isa<FloatType>(state.getType()) && isFree(state.getSymName())) {
      moveEnd(state.getSymName(), &Interval::low);
      moveEnd(state.getSymName(), &Interval::high);
    }
  }
  // Only what the whole step maps into itself is a proof.
  for (auto& entry : next(/*fromSetup=*/false)) {
    if (isFree(entry.first()) && !declared[entry.first()].range.contains(entry.second)) {
      declared = std::move(proven);
      return;
    }
  }
}

void ProgramRanges::moveEnd(StringRef name, double Interval::* end) {
  Interval& range = declared[name].range;
  double inner = afterSetup[name].*end;
  for (int halving = 0; halving < halvings && range.*end != inner; ++halving) {
    double outer = range.*end;
    range.*end = (outer + inner) / 2;
    if (!range.contains(next(/*fromSetup=*/false, name)[name])) {
      inner = range.*end;
      range.*end = outer;
    }
  }
}

} // namespace nissl::transforms
