// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Refuses a program in which two names of random streams have the same 24-bit number; see
// Passes.td. Changes nothing.
#include "compiler/transforms/Passes.h"
#include "dialects/step/StepDialect.h"
#include "runtime/support/Random.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_CHECKSTREAMS
#include "compiler/transforms/Passes.h.inc"

namespace {

struct Use {
  std::string name;
  Operation* op;
};

/// The streams that an op draws from. A table's connectivity draws from three at load
/// (runtime/program/Connectivity.h).
SmallVector<std::string> streamsOf(Operation* op) {
  if (auto random = dyn_cast<step::RandomOp>(op)) {
    return {random.getStream().str()};
  }
  if (auto bits = dyn_cast<step::RandomBitsOp>(op)) {
    return {bits.getStream().str()};
  }
  if (auto table = dyn_cast<step::SynapsesOp>(op)) {
    std::string name = table.getSymName().str();
    return {name + ".connect", name + ".connect.split", name + ".connect.rows"};
  }
  return {};
}

struct CheckStreams : impl::CheckStreamsBase<CheckStreams> {
  void runOnOperation() override {
    bool failed = false;
    getOperation()->walk([&](step::ProgramOp program) {
      llvm::MapVector<uint32_t, Use> streams;
      program.walk([&](Operation* op) {
        for (std::string& name : streamsOf(op)) {
          auto [known, isNew] = streams.try_emplace(support::streamOf(name), Use{name, op});
          if (!isNew && known->second.name != name) {
            failed = true;
            InFlightDiagnostic diagnostic = op->emitError("random stream '")
                                            << name << "' has the same 24-bit number as '"
                                            << known->second.name
                                            << "', so both would give the same numbers: rename one of them";
            diagnostic.attachNote(known->second.op->getLoc())
                << "'" << known->second.name << "' is drawn from here";
          }
        }
      });
    });
    if (failed) {
      signalPassFailure();
    }
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace nissl::transforms
