// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/golgi/ChipVerifier.h"

#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::golgi {
namespace {

/// Finds what an instruction reads or writes; it must be a word of the program's own cells.
template <typename OpT>
FailureOr<OpT> findWord(Operation* op, FlatSymbolRefAttr name, StringRef what, ProgramOp program,
                        const ChipSymbols& symbols) {
  FailureOr<OpT> word = symbols.find<OpT>(op, name, what);
  if (succeeded(word) && word->getOwnerAttr() != program.getPopulationAttr()) {
    InFlightDiagnostic diagnostic = op->emitError()
                                    << name << " belongs to " << word->getOwnerAttr()
                                    << ", but the program runs on " << program.getPopulationAttr();
    diagnostic.attachNote(word->getLoc()) << "declared here";
    return diagnostic;
  }
  return word;
}

LogicalResult verifyParameter(Operation* op, FlatSymbolRefAttr name, bool wide, ProgramOp program,
                              const ChipSymbols& symbols) {
  FailureOr<ParameterOp> parameter = findWord<ParameterOp>(op, name, "a parameter", program, symbols);
  if (failed(parameter)) {
    return failure();
  }
  if (parameter->getWide() != wide) {
    return op->emitError() << name << " has " << (wide ? 16 : 32) << " bits, use golgi."
                           << (wide ? "ldp" : "ldpw");
  }
  return success();
}

LogicalResult verifySlot(Operation* op, int64_t slot, ProgramOp program) {
  if (slot >= static_cast<int64_t>(program.getSpills())) {
    return op->emitError() << "slot " << slot << " of " << program.getSpills() << " spill words";
  }
  return success();
}

/// The memory that an instruction names.
LogicalResult verifyMemory(Operation& op, ProgramOp program, const ChipSymbols& symbols,
                           llvm::SmallBitVector& spilled) {
  return TypeSwitch<Operation*, LogicalResult>(&op)
      .Case<LdsOp, StsOp>([&](auto access) {
        return LogicalResult(findWord<StateOp>(access, access.getStateAttr(), "a state", program, symbols));
      })
      .Case<LdpOp>([&](LdpOp load) {
        return verifyParameter(load, load.getParameterAttr(), /*wide=*/false, program, symbols);
      })
      .Case<LdpwOp>([&](LdpwOp load) {
        return verifyParameter(load, load.getParameterAttr(), /*wide=*/true, program, symbols);
      })
      .Case<LdxOp>([&](LdxOp load) {
        return LogicalResult(findWord<PortOp>(load, load.getPortAttr(), "a port", program, symbols));
      })
      .Case<LdhOp>([&](LdhOp load) {
        return LogicalResult(findWord<InputOp>(load, load.getInputAttr(), "an input", program, symbols));
      })
      .Case<SpkrOp>([&](SpkrOp spike) -> LogicalResult {
        if (static_cast<int64_t>(spike.getEvent()) >= program.eventCount()) {
          return spike.emitError() << "event " << spike.getEvent() << " of a program with "
                                   << program.eventCount() << " events";
        }
        return success();
      })
      .Case<SpillOp>([&](SpillOp spill) -> LogicalResult {
        if (failed(verifySlot(spill, spill.getSlot(), program))) {
          return failure();
        }
        spilled.set(static_cast<unsigned>(spill.getSlot()));
        return success();
      })
      .Case<ReloadOp>([&](ReloadOp reload) -> LogicalResult {
        if (failed(verifySlot(reload, reload.getSlot(), program))) {
          return failure();
        }
        if (!spilled.test(static_cast<unsigned>(reload.getSlot()))) {
          return reload.emitError() << "slot " << reload.getSlot() << " holds nothing yet";
        }
        return success();
      })
      .Default([](Operation*) { return success(); });
}

/// Events and stores stand at the end, and behind the first store no state is loaded.
LogicalResult verifyOrder(ProgramOp program) {
  Operation* leaving = nullptr;
  Operation* store = nullptr;
  for (Operation& op : program.getBody().front()) {
    bool leaves = op.hasTrait<LeavesBehind>();
    bool loads = op.hasTrait<Remade>() || isa<SpillOp, ReloadOp>(op);
    if (leaving && !leaves && !loads) {
      InFlightDiagnostic diagnostic = op.emitError() << "computes behind what the program leaves behind";
      diagnostic.attachNote(leaving->getLoc()) << "events and stores stand at its end";
      return diagnostic;
    }
    if (store && isa<LdsOp, SpkrOp>(op)) {
      InFlightDiagnostic diagnostic = op.emitError() << "stands behind a store";
      diagnostic.attachNote(store->getLoc()) << "stores stand last";
      return diagnostic;
    }
    leaving = leaves && !leaving ? &op : leaving;
    store = isa<StsOp>(op) && !store ? &op : store;
  }
  return success();
}

LogicalResult verifyHead(ProgramOp program, ChipOp chip, const ChipSymbols& symbols) {
  if (failed(symbols.find<PopulationOp>(program, program.getPopulationAttr(), "a population"))) {
    return failure();
  }
  if (program.getTick() >= chip.getTicks()) {
    return program.emitError() << "runs in tick " << program.getTick() << " of " << chip.getTicks();
  }
  if (program.getOffset() >= program.getEvery()) {
    return program.emitError() << "offset " << program.getOffset() << " must be below " << program.getEvery()
                               << ", the steps of 'every'";
  }
  if (program.eventCount() > ProgramOp::maxEvents) {
    return program.emitError() << "has " << program.eventCount() << " events, a group has "
                               << ProgramOp::maxEvents;
  }
  return success();
}

} // namespace

LogicalResult verifyProgram(ProgramOp program, ChipOp chip, const ChipSymbols& symbols) {
  if (failed(verifyHead(program, chip, symbols))) {
    return failure();
  }
  llvm::SmallBitVector spilled(static_cast<unsigned>(program.getSpills()));
  for (Operation& op : program.getBody().front()) {
    if (op.getDialect() != program->getDialect()) {
      return op.emitError() << "is no instruction of the chip";
    }
    if (failed(verifyMemory(op, program, symbols, spilled))) {
      return failure();
    }
  }
  return verifyOrder(program);
}

} // namespace nissl::golgi
