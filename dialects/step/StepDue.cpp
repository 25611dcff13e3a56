// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/step/StepDue.h"

#include "dialects/step/StepBodies.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace nissl::step {
namespace {

bool isInSetup(Operation* op) { return op->getParentOfType<SetupOp>() != nullptr; }

/// Whether anything but the setup writes a state.
bool changes(ProgramOp program, FlatSymbolRefAttr state) {
  WalkResult walked = program.walk([&](Operation* op) {
    if (auto restore = dyn_cast<RestoreOp>(op); restore && restore.getStateAttr() == state) {
      return WalkResult::interrupt();
    }
    if (!isa<MapOp, TraverseOp>(op) || isInSetup(op)) {
      return WalkResult::advance();
    }
    bool writes = llvm::any_of(yieldOf(op).getWrites().getAsRange<WriteAttr>(),
                               [&](WriteAttr write) { return write.getTarget() == state; });
    return writes ? WalkResult::interrupt() : WalkResult::advance();
  });
  return walked.wasInterrupted();
}

/// What the body needs besides values that never change.
std::string whyNotLater(ProgramOp program, TraverseOp traverse) {
  auto table = dyn_cast_or_null<SynapsesOp>(program.lookupSymbol(traverse.getTable()));
  if (!table) {
    return "it has no table";
  }
  for (auto read : traverse.getReads().getAsRange<ReadAttr>()) {
    std::string name = read.getSource().getValue().str();
    if (read.getRole() != ReadRole::Own || read.hasLag() || read.getAt()) {
      return "it reads @" + name + ", which is no state of its table";
    }
    if (changes(program, read.getSource())) {
      return "it reads @" + name + ", which changes";
    }
  }
  bool alone = true;
  program.walk([&](TraverseOp other) {
    alone &= other == traverse || isInSetup(other) || other.getTable() != traverse.getTable();
  });
  if (!alone) {
    return "its table is traversed elsewhere too";
  }
  bool moment = false;
  traverse.walk([&](Operation* op) { moment |= isa<RandomOp, RandomBitsOp, IndexOp, NowOp>(op); });
  if (moment) {
    return "its body depends on more than what it reads";
  }
  return yieldOf(traverse).getWrites().size() == 1 ? "" : "it does not add to one port";
}

/// What else has to do with the port it adds to.
std::string whyNotFirst(ProgramOp program, TraverseOp traverse, ArrayRef<TraverseOp> run) {
  FlatSymbolRefAttr port = cast<WriteAttr>(yieldOf(traverse).getWrites()[0]).getTarget();
  std::string why;
  program.walk([&](Operation* op) {
    if (!isa<MapOp, TraverseOp>(op) || isInSetup(op) || llvm::is_contained(run, op)) {
      return;
    }
    Operation* action = op;
    while (action->getParentOp() != program) {
      action = action->getParentOp();
    }
    bool before = action->isBeforeInBlock(run.front());
    auto other = dyn_cast<TraverseOp>(op);
    bool emits = other && (other.getKind() == TraverseKind::Emit || other.getKind() == TraverseKind::Due);
    for (auto write : yieldOf(op).getWrites().getAsRange<WriteAttr>()) {
      if (write.getTarget() == port && (before || emits || write.getDelayed())) {
        why = llvm::formatv("@{0} takes contributions of another kind too", port.getValue());
      }
    }
    for (auto read : readsOf(op).getAsRange<ReadAttr>()) {
      if (read.getSource() == port && before) {
        why = llvm::formatv("@{0} is read before", port.getValue());
      }
    }
  });
  return why;
}

} // namespace

std::vector<std::vector<TraverseOp>> neighbours(ProgramOp program, TraverseKind kind) {
  std::vector<std::vector<TraverseOp>> runs(1);
  for (Operation& op : program.getBody().front()) {
    if (auto traverse = dyn_cast<TraverseOp>(op); traverse && traverse.getKind() == kind) {
      runs.back().push_back(traverse);
    } else if (!runs.back().empty()) {
      runs.emplace_back();
    }
  }
  if (runs.back().empty()) {
    runs.pop_back();
  }
  return runs;
}

std::string whyNotDue(TraverseOp traverse, ArrayRef<TraverseOp> run) {
  auto program = traverse->getParentOfType<ProgramOp>();
  std::string why = whyNotLater(program, traverse);
  return why.empty() ? whyNotFirst(program, traverse, run) : why;
}

LogicalResult verifyDue(ProgramOp program) {
  for (ArrayRef<TraverseOp> run : neighbours(program, TraverseKind::Due)) {
    for (TraverseOp traverse : run) {
      if (std::string why = whyNotDue(traverse, run); !why.empty()) {
        return traverse.emitError() << "cannot be 'due': " << why << "; use 'emit'";
      }
    }
  }
  WalkResult inner = program.walk([&](TraverseOp traverse) {
    bool nested = traverse.getKind() == TraverseKind::Due && traverse->getParentOp() != program;
    return nested ? WalkResult(traverse.emitError() << "cannot be 'due' inside another action; use 'emit'")
                  : WalkResult::advance();
  });
  return failure(inner.wasInterrupted());
}

} // namespace nissl::step
