// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/golgi/ChipVerifier.h"
#include "dialects/golgi/CoreMemory.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nissl::golgi;

namespace {

constexpr int64_t maxWidth = 31, maxHeight = 32; // G2.1

class ChipVerifier {
public:
  explicit ChipVerifier(ChipOp chip) : chip(chip), symbols(chip) {}

  LogicalResult run() {
    if (failed(verifyMesh())) {
      return failure();
    }
    for (Operation& op : chip.getBody().front()) {
      if (op.getDialect() != chip->getDialect()) {
        return op.emitError() << "does not belong on a golgi.chip";
      }
      if (failed(verifyDeclaration(op))) {
        return failure();
      }
    }
    // Memories are counted once every name is known to be right.
    populations = populationsOf(chip);
    for (CoreOp core : chip.getBody().front().getOps<CoreOp>()) {
      if (failed(verifyCore(core))) {
        return failure();
      }
    }
    return verifyArrivals();
  }

private:
  LogicalResult verifyMesh() {
    if (chip.getMesh().size() != 2 || chip.width() < 1 || chip.width() > maxWidth || chip.height() < 1 ||
        chip.height() > maxHeight) {
      return chip.emitError() << "mesh must be [width, height], at most [" << maxWidth << ", " << maxHeight
                              << "]";
    }
    if (chip.getSample() > chip.getTicks()) {
      return chip.emitError() << "samples in tick " << chip.getSample() << ", a step has " << chip.getTicks();
    }
    return success();
  }

  LogicalResult verifyDeclaration(Operation& op) {
    return TypeSwitch<Operation*, LogicalResult>(&op)
        .Case<StateOp, InputOp>([&](auto word) { return verifyNumber(word, word.getWord(), "word", 1); })
        .Case<ParameterOp>([&](ParameterOp parameter) {
          return verifyNumber(parameter, parameter.getHalfword(), "halfword", parameter.getWide() ? 2 : 1);
        })
        .Case<PortOp>([&](PortOp port) { return verifyNumber(port, port.getNumber(), "number", 1); })
        .Case<ProgramOp>([&](ProgramOp program) { return verifyProgram(program, chip, symbols); })
        .Case<ProjectionOp>([&](ProjectionOp projection) { return verifyProjection(projection); })
        .Default([](Operation*) { return success(); });
  }

  /// The words of a cell are numbered in the order of the text, without gaps.
  template <typename OpT>
  LogicalResult verifyNumber(OpT word, int64_t number, StringRef what, int64_t width) {
    if (failed(symbols.find<PopulationOp>(word, word.getOwnerAttr(), "a population"))) {
      return failure();
    }
    int64_t& next = nextNumber[{word.getOwnerAttr(), word->getName().getAsOpaquePointer()}];
    if (number != next) {
      return word.emitError() << what << " " << number << " of " << word.getOwnerAttr() << ", expected "
                              << next << ": they follow each other";
    }
    next += width;
    return success();
  }

  LogicalResult verifyProjection(ProjectionOp projection) {
    FailureOr<ProgramOp> source =
        symbols.find<ProgramOp>(projection, projection.getSourceAttr(), "a program that emits events");
    if (failed(source) || failed(symbols.find<PortOp>(projection, projection.getTargetAttr(), "a port"))) {
      return failure();
    }
    if (static_cast<int64_t>(projection.getEvent()) >= source->eventCount()) {
      return projection.emitError() << "event " << projection.getEvent() << " of "
                                    << projection.getSourceAttr() << ", which has " << source->eventCount();
    }
    auto ticks = static_cast<int64_t>(chip.getTicks());
    auto lag = static_cast<int64_t>(projection.getLag());
    if (lag < -ticks || lag > 2 * ticks - 2) {
      return projection.emitError() << "lag " << lag << ", expected " << -ticks << " to " << 2 * ticks - 2
                                    << " in a step of " << ticks << " ticks";
    }
    return success();
  }

  LogicalResult verifyCore(CoreOp core) {
    ArrayRef<int64_t> place = core.getPlace();
    if (place.size() != 2 || place[0] < 0 || place[0] >= chip.width() || place[1] < 0 ||
        place[1] >= chip.height()) {
      return core.emitError() << "stands outside the mesh of " << chip.width() << " x " << chip.height();
    }
    std::pair<int64_t, int64_t> position(place[1], place[0]);
    if (previous && position <= previousPosition) {
      InFlightDiagnostic diagnostic = core.emitError()
                                      << "stands before or at the place of the core above it";
      diagnostic.attachNote(previous.getLoc()) << "cores ascend by (y, x)";
      return diagnostic;
    }
    previous = core;
    previousPosition = position;
    if (!llvm::isPowerOf2_64(core.getSlots())) {
      return core.emitError() << core.getSlots() << " slots, expected a power of two";
    }
    SmallVector<std::pair<StringRef, int64_t>> slices;
    llvm::SmallDenseSet<Attribute> targets;
    int64_t axonsOut = 0;
    for (Operation& op : core.getBody().front()) {
      if (auto slice = dyn_cast<SliceOp>(op)) {
        if (failed(verifySlice(slice))) {
          return failure();
        }
        slices.emplace_back(slice.getPopulation(), slice.getCount());
      } else if (auto route = dyn_cast<RouteOp>(op)) {
        if (failed(symbols.find<CoreOp>(route, route.getTargetAttr(), "a core"))) {
          return failure();
        }
        if (!targets.insert(route.getTargetAttr()).second) {
          return route.emitError() << "a second route to " << route.getTargetAttr();
        }
        axonsOut += route.getAxons();
        axonsIn[route.getTarget()] += route.getAxons();
      } else {
        return op.emitError() << "does not belong in a golgi.core, which takes slices and routes";
      }
    }
    CapacitiesAttr capacities = chip.capacitiesOrDefault();
    SmallVector<MemoryUse> uses = memoryOfCells(populations, slices, core.getSlots(), capacities);
    uses.push_back(
        {"synapse_words", static_cast<int64_t>(core.getSynapseWords()), capacities.getSynapseWords()});
    uses.push_back({"axons_out", axonsOut, capacities.getAxonsOut()});
    return verifyUses(core, uses);
  }

  static LogicalResult verifyUses(CoreOp core, ArrayRef<MemoryUse> uses) {
    for (const MemoryUse& use : uses) {
      if (use.wanted > use.available) {
        return core.emitError() << use.name << ": " << use.wanted << " wanted, " << use.available
                                << " available";
      }
    }
    return success();
  }

  /// A slice lies in its population and shares no cell with another one.
  LogicalResult verifySlice(SliceOp slice) {
    FailureOr<PopulationOp> population =
        symbols.find<PopulationOp>(slice, slice.getPopulationAttr(), "a population");
    if (failed(population)) {
      return failure();
    }
    int64_t first = slice.getFirst(), end = first + slice.getCount(), size = population->getSize();
    if (end > size) {
      return slice.emitError() << "cells " << first << " to " << end - 1 << " of "
                               << slice.getPopulationAttr() << ", which has " << size;
    }
    std::map<int64_t, SliceOp>& others = slicesOf[slice.getPopulation()];
    auto next = others.lower_bound(first);
    SliceOp other;
    if (next != others.end() && next->first < end) {
      other = next->second;
    } else if (next != others.begin()) {
      SliceOp before = std::prev(next)->second;
      other = static_cast<int64_t>(before.getFirst() + before.getCount()) > first ? before : SliceOp();
    }
    if (other) {
      InFlightDiagnostic diagnostic = slice.emitError() << "holds cells of " << slice.getPopulationAttr()
                                                        << " that another slice holds";
      diagnostic.attachNote(other.getLoc()) << "this one";
      return diagnostic;
    }
    others[first] = slice;
    return success();
  }

  LogicalResult verifyArrivals() {
    for (CoreOp core : chip.getBody().front().getOps<CoreOp>()) {
      int64_t wanted = axonsIn.lookup(core.getSymName()), available = chip.capacitiesOrDefault().getAxonsIn();
      if (failed(verifyUses(core, MemoryUse{"axons_in", wanted, available}))) {
        return failure();
      }
    }
    return success();
  }

  ChipOp chip;
  ChipSymbols symbols;
  Populations populations;
  llvm::DenseMap<std::pair<Attribute, const void*>, int64_t> nextNumber;
  CoreOp previous;
  std::pair<int64_t, int64_t> previousPosition;
  llvm::StringMap<int64_t> axonsIn;
  llvm::StringMap<std::map<int64_t, SliceOp>> slicesOf;
};

} // namespace

LogicalResult ChipOp::verifyRegions() { return ChipVerifier(*this).run(); }
