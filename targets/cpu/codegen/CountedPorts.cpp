// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CountedPorts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::cpu {
namespace {

ArrayAttr readsOf(Operation* op) {
  auto map = dyn_cast<MapOp>(op);
  return map ? map.getReads() : cast<TraverseOp>(op).getReads();
}

ArrayRef<Attribute> writesOf(Operation* op) {
  return cast<YieldOp>(op->getRegion(0).front().getTerminator()).getWrites().getValue();
}

/// What a traversal adds to a port of this step whatever the synapse is, where it does nothing else; or null.
FloatAttr constantOf(Operation* op, ProgramOp program) {
  auto traverse = dyn_cast<TraverseOp>(op);
  if (!traverse || traverse->getParentOp() != program || traverse.getKind() != TraverseKind::Emit ||
      writesOf(op).size() != 1) {
    return {};
  }
  auto table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
  FloatAttr unit;
  auto yield = cast<YieldOp>(traverse.getBody().front().getTerminator());
  bool isConstant = matchPattern(yield.getValues().front(), m_Constant(&unit));
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
  auto operations = op->getRegion(0).front().without_terminator();
  return llvm::count_if(operations, [](Operation& inner) { return !isa<arith::ConstantOp>(inner); }) > many;
}

} // namespace

CountedPorts::CountedPorts(ProgramOp program) {
  llvm::StringMap<Operation*> readers;
  llvm::StringSet<> others; // ports that something else is done with
  program.walk([&](Operation* op) {
    if (!isa<MapOp, TraverseOp>(op)) {
      return;
    }
    for (auto read : readsOf(op)) {
      StringRef name = cast<ReadAttr>(read).getSource().getValue();
      bool first = readers.try_emplace(name, op).second;
      if (!first || !isa<MapOp>(op) || op->getParentOp() != program || isLong(op)) {
        others.insert(name);
      }
    }
    for (auto write : writesOf(op)) {
      StringRef name = cast<WriteAttr>(write).getTarget().getValue();
      FloatAttr unit = constantOf(op, program);
      if (!unit || units.try_emplace(name, unit).first->second != unit) {
        others.insert(name);
      }
    }
  });
  for (auto port : program.getOps<PortOp>()) {
    if (port.getSlots() != 1 || !readers.contains(port.getSymName())) {
      others.insert(port.getSymName());
    }
  }
  for (StringRef other : others.keys()) {
    units.erase(other);
  }
}

bool CountedPorts::concern(Operation* op) const {
  auto counted = [&](FlatSymbolRefAttr name) { return unitOf(name.getValue()) != nullptr; };
  return llvm::any_of(readsOf(op),
                      [&](Attribute read) { return counted(cast<ReadAttr>(read).getSource()); }) ||
         llvm::any_of(writesOf(op),
                      [&](Attribute write) { return counted(cast<WriteAttr>(write).getTarget()); });
}

} // namespace nissl::cpu
