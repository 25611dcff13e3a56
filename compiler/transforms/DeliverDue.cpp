// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Marks the traversals whose contributions are computed when they arrive; see Passes.td. Changes no result.
#include "compiler/transforms/Passes.h"
#include "dialects/step/StepDue.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_DELIVERDUE
#include "compiler/transforms/Passes.h.inc"

namespace {

using Run = std::vector<step::TraverseOp>;

/// How many synapses a source has in a table, on the average.
double meanRow(step::ProgramOp program, step::SynapsesOp table) {
  auto size = [&](StringRef extent, std::optional<ArrayRef<int64_t>> range) {
    return range ? static_cast<double>((*range)[1] - (*range)[0])
                 : static_cast<double>(program.lookupSymbol<step::ExtentOp>(extent).getSize());
  };
  double sources = std::max(1.0, size(table.getSource(), table.getSourceRange()));
  double targets = size(table.getTarget(), table.getTargetRange());
  step::ConnectAttr connect = table.getConnect();
  auto count = static_cast<double>(connect.getCount());
  switch (connect.getKind()) {
  case step::ConnectKind::OneToOne:
    return 1;
  case step::ConnectKind::AllToAll:
    return targets;
  case step::ConnectKind::Bernoulli:
    return targets * connect.getProbability().getValueAsDouble();
  case step::ConnectKind::FixedOutdegree:
    return count;
  case step::ConnectKind::FixedIndegree:
    return count * targets / sources;
  case step::ConnectKind::FixedTotal:
    return count / sources;
  case step::ConnectKind::Pairs:
    return connect.getPre() ? static_cast<double>(connect.getPre().size()) / sources : 0;
  }
  return 0;
}

struct DeliverDue : impl::DeliverDueBase<DeliverDue> {
  using DeliverDueBase::DeliverDueBase;

  void runOnOperation() override {
    getOperation()->walk([&](step::ProgramOp program) {
      for (const Run& run : step::neighbours(program, step::TraverseKind::Emit)) {
        choose(program, run);
      }
    });
  }

  void choose(step::ProgramOp program, Run run) {
    Operation* first = run.front();
    dropUnfit(run);
    dropSparse(program, run);
    dropUnfit(run);
    if (run.empty()) {
      return;
    }
    // They add to ports of their own, so that the others may come later.
    for (step::TraverseOp traverse : run) {
      if (traverse == first) {
        first = first->getNextNode();
      } else {
        traverse->moveBefore(first);
      }
      traverse.setKind(step::TraverseKind::Due);
      ++delivered;
    }
  }

  /// What one adds to a port the others may have to keep away from.
  static void dropUnfit(Run& run) {
    for (size_t before = run.size() + 1; before != run.size();) {
      before = run.size();
      const Run all = run;
      llvm::erase_if(run, [&](step::TraverseOp traverse) { return !step::whyNotDue(traverse, all).empty(); });
    }
  }

  static step::SynapsesOp tableOf(step::ProgramOp program, step::TraverseOp traverse) {
    return program.lookupSymbol<step::SynapsesOp>(traverse.getTable());
  }

  void dropSparse(step::ProgramOp program, Run& run) {
    // Of one delay for all synapses there is one slot to meet. But an event that visits a short row in each
    // of many tables visits one row of all of them when it is due.
    constexpr unsigned manyTables = 8;
    constexpr double shortRow = 16;
    llvm::MapVector<StringRef, double> perDelay; // synapses of a source, by its events
    llvm::MapVector<StringRef, unsigned> together;
    for (step::TraverseOp traverse : run) {
      step::SynapsesOp table = tableOf(program, traverse);
      ++together[*traverse.getEvents()];
      auto delays = static_cast<double>(table.getMaxDelay() - table.getMinDelay() + 1);
      perDelay[*traverse.getEvents()] += meanRow(program, table) / delays;
    }
    llvm::erase_if(run, [&](step::TraverseOp traverse) {
      return perDelay[*traverse.getEvents()] < density ||
             (!tableOf(program, traverse).getDelayField() &&
              (together[*traverse.getEvents()] < manyTables ||
               meanRow(program, tableOf(program, traverse)) > shortRow));
    });
  }
};

} // namespace
} // namespace nissl::transforms
