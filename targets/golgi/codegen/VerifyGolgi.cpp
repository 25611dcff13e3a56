// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the verifiers of single ops cannot see: whole programs, whole populations, and the step program.
#include "dialects/golgi/GolgiDialect.h"
#include "targets/golgi/codegen/Passes.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <array>

using namespace mlir;

namespace nissl::golgi {

#define GEN_PASS_DEF_VERIFYGOLGI
#include "targets/golgi/codegen/Passes.h.inc"

namespace {

/// Runs the program's registers: each operand must still be in the register that its type names.
LogicalResult verifyRegisters(ProgramOp program) {
  std::array<Value, RegType::count> holds;
  for (Operation& op : program.getBody().front()) {
    for (Value operand : op.getOperands()) {
      auto type = cast<RegType>(operand.getType());
      if (type.isAllocated() && holds[static_cast<size_t>(type.getNumber())] != operand) {
        InFlightDiagnostic diagnostic = op.emitError() << "reads r" << type.getNumber()
                                                       << ", which holds another value by now";
        if (Value other = holds[static_cast<size_t>(type.getNumber())]) {
          diagnostic.attachNote(other.getLoc()) << "this one";
        }
        return diagnostic;
      }
    }
    for (Value result : op.getResults()) {
      auto type = cast<RegType>(result.getType());
      if (!type.isAllocated()) {
        return op.emitError() << "has no register; run golgi-allocate-registers";
      }
      holds[static_cast<size_t>(type.getNumber())] = result;
    }
  }
  return success();
}

/// Slices overlap nowhere (the chip's own rule), so every cell is placed where the counts agree.
LogicalResult verifyPlaced(ChipOp chip) {
  llvm::StringMap<int64_t> placed;
  chip.walk([&](SliceOp slice) { placed[slice.getPopulation()] += static_cast<int64_t>(slice.getCount()); });
  for (PopulationOp population : chip.getBody().front().getOps<PopulationOp>()) {
    int64_t found = placed.lookup(population.getSymName()), size = static_cast<int64_t>(population.getSize());
    if (found != size) {
      return population.emitError() << "has " << size << " cells, " << found
                                    << " of them are on cores; run golgi-place";
    }
  }
  return success();
}

class StepReferences {
public:
  StepReferences(ChipOp chip, step::ProgramOp step)
      : chip(chip), step(step), traversals(step.getBody().front().getOps<step::TraverseOp>()) {}

  LogicalResult verify() {
    for (Operation& op : chip.getBody().front()) {
      LogicalResult known =
          TypeSwitch<Operation*, LogicalResult>(&op)
              .Case<PopulationOp>([&](PopulationOp population) { return verifyExtent(population); })
              .Case<StateOp, ParameterOp>(
                  [&](auto word) { return verifyWord<step::StateOp>(word, "a state"); })
              .Case<PortOp>([&](PortOp port) { return verifyWord<step::PortOp>(port, "a port"); })
              .Case<InputOp>([&](InputOp input) { return verifyWord<step::InputOp>(input, "an input"); })
              .Case<ProgramOp>([&](ProgramOp program) { return verifyProgram(program); })
              .Case<ProjectionOp>([&](ProjectionOp projection) { return verifyProjection(projection); })
              .Default([](Operation*) { return success(); });
      if (failed(known)) {
        return failure();
      }
    }
    return success();
  }

private:
  template <typename OpT>
  FailureOr<OpT> find(Operation* from, StringRef name, StringRef what) {
    auto found = step.lookupSymbol<OpT>(name);
    if (!found) {
      return from->emitError() << "@" << name << " is not " << what << " of the step program @"
                               << step.getSymName();
    }
    return found;
  }

  LogicalResult verifyExtent(PopulationOp population) {
    FailureOr<step::ExtentOp> extent = find<step::ExtentOp>(population, population.getSymName(), "an extent");
    if (succeeded(extent) && extent->getSize() != population.getSize()) {
      return population.emitError() << "has " << population.getSize() << " cells, its extent "
                                    << extent->getSize();
    }
    return extent;
  }

  template <typename StepOpT, typename OpT>
  LogicalResult verifyWord(OpT word, StringRef what) {
    FailureOr<StepOpT> found = find<StepOpT>(word, word.getSymName(), what);
    if (succeeded(found) && found->getOwner() != word.getOwner()) {
      return word.emitError() << "belongs to @" << word.getOwner() << ", in the step program to @"
                              << found->getOwner();
    }
    return found;
  }

  LogicalResult verifyProgram(ProgramOp program) {
    if (program.getEvents()) {
      for (auto event : program.getEventsAttr().getAsRange<FlatSymbolRefAttr>()) {
        if (failed(find<step::EventsOp>(program, event.getValue(), "events"))) {
          return failure();
        }
      }
    }
    for (LutOp lookup : program.getBody().front().getOps<LutOp>()) {
      if (failed(find<step::ArrayOp>(lookup, lookup.getTable(), "an array"))) {
        return failure();
      }
    }
    return success();
  }

  LogicalResult verifyProjection(ProjectionOp projection) {
    if (projection.getTraversal() >= traversals.size()) {
      return projection.emitError() << "names traversal " << projection.getTraversal() << " of "
                                    << traversals.size();
    }
    step::TraverseOp traverse = traversals[projection.getTraversal()];
    auto yield = cast<step::YieldOp>(traverse.getBody().front().getTerminator());
    auto writes = llvm::to_vector(yield.getWrites().getAsRange<step::WriteAttr>());
    bool right = traverse.getTable() == projection.getTable() && projection.getWrite() < writes.size() &&
                 writes[projection.getWrite()].getTarget() == projection.getTargetAttr();
    if (!right) {
      InFlightDiagnostic diagnostic = projection.emitError()
                                      << "names a write of " << projection.getTableAttr() << " to "
                                      << projection.getTargetAttr() << " that the traversal does not have";
      diagnostic.attachNote(traverse.getLoc()) << "traversal " << projection.getTraversal();
      return diagnostic;
    }
    return success();
  }

  ChipOp chip;
  step::ProgramOp step;
  SmallVector<step::TraverseOp> traversals;
};

struct VerifyGolgiPass : impl::VerifyGolgiBase<VerifyGolgiPass> {
  void runOnOperation() override {
    for (ChipOp chip : getOperation().getOps<ChipOp>()) {
      if (failed(verify(chip))) {
        return signalPassFailure();
      }
    }
    markAllAnalysesPreserved();
  }

  LogicalResult verify(ChipOp chip) {
    for (ProgramOp program : chip.getBody().front().getOps<ProgramOp>()) {
      if (failed(verifyRegisters(program))) {
        return failure();
      }
    }
    if (failed(verifyPlaced(chip))) {
      return failure();
    }
    auto step = getOperation().lookupSymbol<step::ProgramOp>(chip.getProgramAttr());
    if (!step) {
      return chip.emitError() << "needs its step program " << chip.getProgramAttr() << ", which is not there";
    }
    return StepReferences(chip, step).verify();
  }
};

} // namespace

void buildGolgiPipeline(OpPassManager& manager, const std::string& chip, std::shared_ptr<SetupValues> setup) {
  manager.addPass(createConvertStepToGolgi(chip, setup));
  // Spill words take room in NSTATE, so registers come before places.
  manager.addNestedPass<ChipOp>(createAllocateRegisters());
  manager.addPass(createPlaceCells(setup));
  manager.addPass(createVerifyGolgi());
}

} // namespace nissl::golgi
