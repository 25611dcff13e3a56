// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/Strata.h"

#include "targets/golgi/model/ChipModel.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::golgi {

std::optional<std::pair<unsigned, unsigned>> emitterOf(const std::vector<MapPlan>& maps, StringRef events) {
  for (auto [m, map] : llvm::enumerate(maps)) {
    for (auto [e, name] : llvm::enumerate(map.events)) {
      if (name.getValue() == events) {
        return std::pair<unsigned, unsigned>(m, e);
      }
    }
  }
  return std::nullopt;
}

std::optional<unsigned> readerOf(const std::vector<MapPlan>& maps, StringRef port) {
  for (auto [m, map] : llvm::enumerate(maps)) {
    for (auto read : MapOp(map.op).getReads().getAsRange<ReadAttr>()) {
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

bool precedes(Operation* a, Operation* b) {
  return topLevel(a) == topLevel(b) ? a->isBeforeInBlock(b) : topLevel(a)->isBeforeInBlock(topLevel(b));
}

namespace {

/// The program's sample, where maps stand before it and a state is probed; the maps behind it then run in
/// a later tick, because the host sees states only as a tick begins.
Operation* sampleBetweenMaps(ProgramOp program, const std::vector<MapPlan>& maps) {
  auto samples = program.getBody().front().getOps<SampleOp>();
  bool probed = llvm::any_of(program.getBody().front().getOps<ProbeOp>(), [&](ProbeOp probe) {
    return isa<StateOp>(SymbolTable::lookupSymbolIn(program, probe.getSubjectAttr()));
  });
  if (samples.empty() || !probed || maps.empty()) {
    return nullptr;
  }
  Operation* sample = *samples.begin();
  return precedes(maps.front().op, sample) ? sample : nullptr;
}

/// The smallest tick in which map `m` may run, from the maps before it whose events reach it in this step.
int64_t tickAfterEvents(ProgramOp program, const std::vector<MapPlan>& maps, unsigned m) {
  int64_t tick = maps[m].tick;
  for (TraverseOp traverse : program.getBody().front().getOps<TraverseOp>()) {
    auto table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
    auto emitter = emitterOf(maps, *traverse.getEvents());
    if (table.getMinDelay() > 0 || !emitter || !precedes(maps[emitter->first].op, traverse) ||
        !precedes(traverse, maps[m].op)) {
      continue;
    }
    for (auto write : writesOf(traverse)) {
      if (readerOf(maps, write.getTarget().getValue()) == m) {
        tick = std::max(tick, maps[emitter->first].tick + 1);
      }
    }
  }
  return tick;
}

/// A port's sums live for one tick.
LogicalResult refuseSplitPorts(ProgramOp program, const std::vector<MapPlan>& maps) {
  llvm::StringMap<int64_t> tickOf;
  LogicalResult result = success();
  for (const MapPlan& map : maps) {
    for (auto read : MapOp(map.op).getReads().getAsRange<ReadAttr>()) {
      if (!isa<PortOp>(SymbolTable::lookupSymbolIn(program, read.getSource()))) {
        continue;
      }
      auto [known, isNew] = tickOf.try_emplace(read.getSource().getValue(), map.tick);
      if (!isNew && known->second != map.tick) {
        MapOp(map.op).emitError() << "the golgi chip keeps a port's sums for one tick; " << read.getSource()
                                  << " is read by maps of two ticks";
        result = failure();
      }
    }
  }
  return result;
}

} // namespace

FailureOr<Strata> stratify(ProgramOp program, std::vector<MapPlan>& maps) {
  Strata result;
  Operation* sample = sampleBetweenMaps(program, maps);
  for (auto [m, map] : llvm::enumerate(maps)) {
    if (sample && precedes(sample, map.op)) {
      map.tick = result.sampleTick;
    }
    for (const MapPlan& earlier : llvm::ArrayRef(maps).take_front(m)) {
      if (MapOp(earlier.op).getOver() == map.op.getOver()) {
        map.tick = std::max(map.tick, earlier.tick);
      }
    }
    map.tick = tickAfterEvents(program, maps, m);
    result.ticksPerStep = std::max(result.ticksPerStep, map.tick + 1);
    if (sample && precedes(map.op, sample)) {
      result.sampleTick = std::max(result.sampleTick, map.tick + 1);
    }
  }
  if (sample && !precedes(sample, maps.back().op)) {
    result.sampleTick = result.ticksPerStep;
  }
  if (result.ticksPerStep > ChipModel::maxTicksPerStep) {
    return program.emitError() << "the golgi chip has " << ChipModel::maxTicksPerStep
                               << " ticks in a step, its edges within a step want " << result.ticksPerStep;
  }
  if (failed(refuseSplitPorts(program, maps))) {
    return failure();
  }
  return result;
}

} // namespace nissl::golgi
