// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CountedPorts.h"

#include "dialects/step/StepBodies.h"
#include "targets/cpu/codegen/BodyOrder.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::cpu {
namespace {

/// What a traversal adds to a port of this step whatever the synapse is, where it does nothing else; or null.
FloatAttr constantOf(Operation* op, ProgramOp program) {
  auto traverse = dyn_cast<TraverseOp>(op);
  if (!traverse || traverse->getParentOp() != program || traverse.getKind() != TraverseKind::Emit ||
      yieldOf(op).getWrites().size() != 1) {
    return {};
  }
  auto table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
  FloatAttr unit;
  bool isConstant = matchPattern(yieldOf(op).getValues().front(), m_Constant(&unit));
  if (!isConstant || table.getDelayField() || table.getMaxDelay() != 0 || unit.getValue().isZero() ||
      !unit.getValue().isFinite()) {
    return {};
  }
  return unit;
}

/// Whether a map takes so long to compute that it does not wait for memory: Hodgkin-Huxley cells take 3 %
/// longer with counts than with sums.
bool isLong(Operation* op) {
  constexpr int64_t many = 64;
  return operationsOf(op->getRegion(0).front()) > many;
}

} // namespace

CountedPorts::CountedPorts(ProgramOp program) {
  llvm::StringSet<> read;
  llvm::StringSet<> others; // ports that something else is done with
  program.walk([&](Operation* op) {
    if (!isa<MapOp, TraverseOp>(op)) {
      return;
    }
    for (auto one : readsOf(op).getAsRange<ReadAttr>()) {
      StringRef name = one.getSource().getValue();
      bool first = read.insert(name).second;
      if (!first || !isa<MapOp>(op) || op->getParentOp() != program || isLong(op)) {
        others.insert(name);
      }
    }
    for (auto write : yieldOf(op).getWrites().getAsRange<WriteAttr>()) {
      StringRef name = write.getTarget().getValue();
      FloatAttr unit = constantOf(op, program);
      if (!unit || units.try_emplace(name, unit).first->second != unit) {
        others.insert(name);
      }
    }
  });
  for (auto port : program.getOps<PortOp>()) {
    if (port.getSlots() != 1 || !read.contains(port.getSymName())) {
      others.insert(port.getSymName());
    }
  }
  for (StringRef other : others.keys()) {
    units.erase(other);
  }
}

bool CountedPorts::concern(Operation* op) const {
  auto reads = [&](ReadAttr read) { return units.contains(read.getSource().getValue()); };
  auto adds = [&](WriteAttr write) { return units.contains(write.getTarget().getValue()); };
  return llvm::any_of(readsOf(op).getAsRange<ReadAttr>(), reads) ||
         llvm::any_of(yieldOf(op).getWrites().getAsRange<WriteAttr>(), adds);
}

} // namespace nissl::cpu
