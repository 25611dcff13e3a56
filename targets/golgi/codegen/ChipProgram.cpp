// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/ChipProgram.h"

#include "runtime/program/Connectivity.h"
#include "targets/reference/step/Body.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace mlir;
using namespace nissl::step;

namespace nissl::golgi {
namespace {

constexpr int64_t narrowLow = -32768, narrowHigh = 32767;

class Analysis {
public:
  Analysis(ProgramOp program, const program::Program& artefact, runtime::Device& initial)
      : program(program), artefact(artefact), initial(initial) {
    result.op = program;
  }

  FailureOr<ChipProgram> run() {
    collectWrites();
    collectCells();
    collectMaps();
    if (!failed) {
      assignStrata();
      refuseSplitPorts();
      collectEdges();
    }
    if (failed) {
      return failure();
    }
    return std::move(result);
  }

private:
  InFlightDiagnostic refuse(Operation* op) {
    failed = true;
    return op->emitError() << "the golgi chip ";
  }
  Operation* symbol(FlatSymbolRefAttr name) { return SymbolTable::lookupSymbolIn(program, name); }

  //===-- Cells --------------------------------------------------------------------------------===//

  void collectWrites() {
    program.walk([&](YieldOp yield) {
      if (yield->getParentOfType<SetupOp>()) {
        return;
      }
      for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
        if (write.getKind() == WriteKind::State) {
          written.insert(write.getTarget().getValue());
        }
      }
    });
  }

  std::vector<int32_t> initialValues(StringRef name, int64_t count) {
    auto state = llvm::find_if(artefact.states, [&](const program::State& s) { return name == s.name; });
    std::vector<double> numbers(static_cast<size_t>(count));
    initial.readState(static_cast<program::Index>(state - artefact.states.begin()), 0, numbers);
    std::vector<int32_t> values;
    for (double number : numbers) { // exact: the number is integer * 2^-frac
      values.push_back(static_cast<int32_t>(std::ldexp(number, std::max(0, state->frac))));
    }
    return values;
  }

  void collectCells() {
    for (Operation& op : program.getBody().front()) {
      if (auto extent = dyn_cast<ExtentOp>(op)) {
        cellOf[extent.getSymName()] = result.cells.size();
        CellLayout& cell = result.cells.emplace_back();
        cell.name = extent.getSymName().str();
        cell.size = extent.getSize();
      }
    }
    for (Operation& op : program.getBody().front()) {
      if (auto state = dyn_cast<StateOp>(op)) {
        collectState(state);
      } else if (auto port = dyn_cast<PortOp>(op)) {
        requireWord(port, port.getType());
        CellLayout& cell = result.cells[cellOf[port.getOwner()]];
        cell.port[port.getSymName()] = cell.ports.size();
        cell.ports.push_back(port.getSymName().str());
      } else if (auto input = dyn_cast<InputOp>(op)) {
        requireWord(input, input.getType());
        CellLayout& cell = result.cells[cellOf[input.getOwner()]];
        cell.input[input.getSymName()] = cell.inputs.size();
        cell.inputs.push_back(input.getSymName().str());
      }
    }
  }

  void requireWord(Operation* op, Type type) {
    if (isa<FloatType>(type)) {
      refuse(op) << "computes in fixed point; compile with --precision fixed";
    } else if (!type.isInteger(32) && !type.isInteger(1)) {
      refuse(op) << "has words of 32 bits, found " << type;
    }
  }

  void collectState(StateOp state) {
    StringRef name = state.getSymName();
    if (state.getHistory() > 0) {
      refuse(state) << "keeps no history of a state; " << state.getSymNameAttr() << " needs "
                    << state.getHistory() << " values";
      return;
    }
    requireWord(state, state.getType());
    auto owner = cellOf.find(state.getOwner());
    if (owner == cellOf.end()) {
      if (written.contains(name)) {
        refuse(state) << "has no learning engine yet; " << state.getSymNameAttr()
                      << " of a synapse table is changed by a rule";
      }
      return;
    }
    CellLayout& cell = result.cells[owner->second];
    if (written.contains(name)) {
      cell.stateWord[name] = cell.states.size();
      cell.states.push_back(name.str());
      return;
    }
    Parameter& parameter = cell.parameters[name];
    parameter.values = initialValues(name, cell.size);
    parameter.uniform = llvm::all_equal(parameter.values);
    if (parameter.uniform) {
      return;
    }
    parameter.wide =
        llvm::any_of(parameter.values, [](int32_t v) { return v < narrowLow || v > narrowHigh; });
    parameter.halfword = cell.parameterHalfwords;
    cell.parameterHalfwords += parameter.wide ? 2 : 1;
  }

  //===-- Maps ---------------------------------------------------------------------------------===//

  void collectMaps() {
    for (Operation& op : program.getBody().front()) {
      if (auto map = dyn_cast<MapOp>(op)) {
        addMap(map, 1, 0);
      } else if (auto every = dyn_cast<EveryOp>(op)) {
        for (Operation& inner : every.getBody().front()) {
          if (auto map = dyn_cast<MapOp>(inner)) {
            addMap(map, every.getPeriod(), every.getOffset());
          } else {
            refuse(&inner) << "runs only maps every " << every.getPeriod() << " steps, not '"
                           << inner.getName() << "'";
          }
        }
      } else if (isa<PushOp, ReduceOp, WhenOp, RestoreOp>(op)) {
        refuse(&op) << "does not build '" << op.getName() << "'";
      } else if (auto traverse = dyn_cast<TraverseOp>(op);
                 traverse && traverse.getKind() != TraverseKind::Emit) {
        refuse(traverse) << "has no learning engine yet; it delivers only what is fixed at emission, not '"
                         << stringifyTraverseKind(traverse.getKind()) << "' traversals";
      }
    }
  }

  void addMap(MapOp map, int64_t period, int64_t offset) {
    MapPlan plan;
    plan.op = map;
    plan.cell = cellOf[map.getOver()];
    plan.period = period;
    plan.offset = offset;
    for (auto read : map.getReads().getAsRange<ReadAttr>()) {
      if (read.getRole() == ReadRole::Broadcast && !parameterOf(read.getSource())) {
        refuse(map) << "does not broadcast states between cells yet; the map reads " << read.getSource();
      }
    }
    auto yield = cast<YieldOp>(map.getBody().front().getTerminator());
    for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
      if (write.getKind() == WriteKind::Port) {
        refuse(map) << "does not let a map add to a port; the map adds to " << write.getTarget();
      } else if (write.getKind() == WriteKind::Event) {
        if (period != 1) {
          refuse(map) << "emits events only from maps of every step, not " << write.getTarget();
        }
        plan.events.push_back(write.getTarget().getValue().str());
      }
    }
    if (plan.events.size() > 8) {
      refuse(map) << "has 8 named events per cell, wanted " << plan.events.size();
    }
    result.maps.push_back(std::move(plan));
  }

  const Parameter* parameterOf(FlatSymbolRefAttr name) {
    for (const CellLayout& cell : result.cells) {
      auto found = cell.parameters.find(name.getValue());
      if (found != cell.parameters.end()) {
        return &found->second;
      }
    }
    return nullptr;
  }

  //===-- Edges --------------------------------------------------------------------------------===//

  /// The map that yields an events set, and the event's number there.
  std::optional<std::pair<unsigned, unsigned>> emitterOf(StringRef events) {
    for (auto [m, map] : llvm::enumerate(result.maps)) {
      for (auto [e, name] : llvm::enumerate(map.events)) {
        if (name == events) {
          return std::pair<unsigned, unsigned>(m, e);
        }
      }
    }
    return std::nullopt;
  }

  /// The only map that reads a port, or none where no map does.
  std::optional<unsigned> readerOf(StringRef port) {
    for (auto [m, map] : llvm::enumerate(result.maps)) {
      for (auto read : map.op.getReads().getAsRange<ReadAttr>()) {
        if (read.getSource().getValue() == port) {
          return m;
        }
      }
    }
    return std::nullopt;
  }

  static Operation* topLevel(Operation* op) {
    return isa<ProgramOp>(op->getParentOp()) ? op : op->getParentOp();
  }
  static bool precedes(Operation* a, Operation* b) {
    return topLevel(a) == topLevel(b) ? a->isBeforeInBlock(b) : topLevel(a)->isBeforeInBlock(topLevel(b));
  }

  static auto writesOf(TraverseOp traverse) {
    return cast<YieldOp>(traverse.getBody().front().getTerminator()).getWrites().getAsRange<WriteAttr>();
  }

  /// A map runs a tick later than a map whose events reach it within the step, and never before an earlier
  /// map of the same cells.
  void assignStrata() {
    Operation* sample = sampleBetweenMaps();
    for (auto [m, map] : llvm::enumerate(result.maps)) {
      if (sample && precedes(sample, map.op)) {
        map.stratum = result.sampleStratum;
      }
      for (unsigned earlier = 0; earlier < m; ++earlier) {
        if (result.maps[earlier].cell == map.cell) {
          map.stratum = std::max(map.stratum, result.maps[earlier].stratum);
        }
      }
      for (TraverseOp traverse : program.getBody().front().getOps<TraverseOp>()) {
        auto table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
        auto emitter = emitterOf(*traverse.getEvents());
        if (table.getMinDelay() > 0 || !emitter || !precedes(result.maps[emitter->first].op, traverse) ||
            !precedes(traverse, map.op)) {
          continue;
        }
        for (auto write : writesOf(traverse)) {
          if (readerOf(write.getTarget().getValue()) == m) {
            map.stratum = std::max(map.stratum, result.maps[emitter->first].stratum + 1);
          }
        }
      }
      result.ticksPerStep = std::max(result.ticksPerStep, map.stratum + 1);
      if (sample && precedes(map.op, sample)) {
        result.sampleStratum = std::max(result.sampleStratum, map.stratum + 1);
      }
    }
    if (sample && !precedes(sample, result.maps.back().op)) {
      result.sampleStratum = result.ticksPerStep;
    }
  }

  /// The program's sample, where maps stand before it and a state is probed; the maps behind it then run in
  /// a later tick, because the host sees states only as a tick begins.
  Operation* sampleBetweenMaps() {
    auto probes = program.getBody().front().getOps<ProbeOp>();
    auto samples = program.getBody().front().getOps<SampleOp>();
    bool probed =
        llvm::any_of(probes, [&](ProbeOp probe) { return isa<StateOp>(symbol(probe.getSubjectAttr())); });
    if (samples.empty() || !probed || result.maps.empty()) {
      return nullptr;
    }
    Operation* sample = *samples.begin();
    return precedes(result.maps.front().op, sample) ? sample : nullptr;
  }

  /// A port's sums live for one tick.
  void refuseSplitPorts() {
    llvm::StringMap<unsigned> stratumOf;
    for (MapPlan& map : result.maps) {
      for (auto read : map.op.getReads().getAsRange<ReadAttr>()) {
        if (!isa<PortOp>(symbol(read.getSource()))) {
          continue;
        }
        auto [known, isNew] = stratumOf.try_emplace(read.getSource().getValue(), map.stratum);
        if (!isNew && known->second != map.stratum) {
          refuse(map.op) << "keeps a port's sums for one tick; " << read.getSource()
                         << " is read by maps of two ticks";
        }
      }
    }
  }

  void collectEdges() {
    for (TraverseOp traverse : program.getBody().front().getOps<TraverseOp>()) {
      auto emitter = emitterOf(*traverse.getEvents());
      if (!emitter) {
        continue; // nobody emits: nothing is ever delivered
      }
      for (auto [w, write] : llvm::enumerate(writesOf(traverse))) {
        std::optional<unsigned> reader = readerOf(write.getTarget().getValue());
        if (reader) {
          addEdge(traverse, w, write.getTarget().getValue(), *emitter, *reader);
        }
      }
    }
  }

  void addEdge(TraverseOp traverse, unsigned write, StringRef port, std::pair<unsigned, unsigned> emitter,
               unsigned reader) {
    auto table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
    Edge edge;
    edge.name = table.getSymName().str();
    edge.sourceMap = emitter.first;
    edge.sourceEvent = emitter.second;
    edge.targetCell = cellOf[table.getTarget()];
    edge.targetPort = result.cells[edge.targetCell].port[port];
    edge.targetStratum = result.maps[reader].stratum;
    edge.nextStep = precedes(traverse, result.maps[emitter.first].op);
    if (!evaluateSynapses(traverse, table, write, edge)) {
      return;
    }
    result.edges.push_back(std::move(edge));
  }

  /// What each synapse delivers, by running the traversal's body on its static values.
  bool evaluateSynapses(TraverseOp traverse, SynapsesOp table, unsigned write, Edge& edge) {
    auto declared =
        llvm::find_if(artefact.tables, [&](const program::Table& t) { return edge.name == t.name; });
    program::Rows rows = program::expandRows(declared->connect, program::shapeOf(*declared),
                                             artefact.structureSeed, declared->name, 1);
    auto count = static_cast<int64_t>(rows.target.size());
    std::vector<std::vector<int32_t>> columns;
    for (auto read : traverse.getReads().getAsRange<ReadAttr>()) {
      auto state = dyn_cast<StateOp>(symbol(read.getSource()));
      if (!state || written.contains(read.getSource().getValue()) || read.hasLag()) {
        refuse(traverse) << "delivers what is fixed when it is compiled, but the body reads "
                         << read.getSource() << ", which changes";
        return false;
      }
      bool own = read.getRole() == ReadRole::Own;
      columns.push_back(own ? initialValues(state.getSymName(), count)
                            : parameterOf(read.getSource())->values);
    }
    bool random = false;
    traverse.walk([&](Operation* op) { random |= isa<RandomBitsOp, NowOp>(op); });
    if (random) {
      refuse(traverse) << "delivers what is fixed when it is compiled, but the body draws random numbers or "
                          "reads the time";
      return false;
    }
    std::vector<int32_t> delays = table.getDelayField()
                                      ? initialValues(*table.getDelayField(), count)
                                      : std::vector<int32_t>(static_cast<size_t>(count), table.getMinDelay());
    llvm::StringMap<std::vector<reference::Bits>> arrays;
    reference::Body body(traverse.getBody().front(), [&](StringRef name) {
      std::vector<reference::Bits>& values = arrays[name];
      for (APInt value : program.lookupSymbol<ArrayOp>(name).getValues().getValues<APInt>()) {
        values.push_back(static_cast<reference::Bits>(value.getSExtValue()));
      }
      return &values;
    });
    if (!body.ok()) {
      failed = true;
      return false;
    }
    for (size_t row = 0; row + 1 < rows.rowStart.size(); ++row) {
      for (uint64_t s = rows.rowStart[row]; s < rows.rowStart[row + 1]; ++s) {
        reference::BodyPosition position;
        position.pre = declared->sourceBegin + static_cast<int64_t>(row);
        position.post = rows.target[s];
        position.ordinal = static_cast<int64_t>(s - rows.rowStart[row]);
        position.synapse = static_cast<int64_t>(s);
        std::vector<reference::Bits> arguments;
        for (auto [read, column] : llvm::zip_equal(traverse.getReads().getAsRange<ReadAttr>(), columns)) {
          int64_t at = read.getRole() == ReadRole::Own    ? position.synapse
                       : read.getRole() == ReadRole::Pre  ? position.pre
                       : read.getRole() == ReadRole::Post ? position.post
                                                          : 0;
          arguments.push_back(static_cast<reference::Bits>(int64_t{column[static_cast<size_t>(at)]}));
        }
        body.run(arguments.data(), position);
        edge.source.push_back(static_cast<uint32_t>(position.pre));
        edge.target.push_back(rows.target[s]);
        edge.weight.push_back(static_cast<int32_t>(static_cast<int64_t>(body.yielded(write))));
        edge.delay.push_back(delays[s]);
      }
    }
    return true;
  }

  ProgramOp program;
  const program::Program& artefact;
  runtime::Device& initial;
  ChipProgram result;
  llvm::StringSet<> written;
  llvm::StringMap<unsigned> cellOf;
  bool failed = false;
};

} // namespace

FailureOr<ChipProgram> analyze(ProgramOp program, const program::Program& artefact,
                               runtime::Device& initial) {
  return Analysis(program, artefact, initial).run();
}

} // namespace nissl::golgi
