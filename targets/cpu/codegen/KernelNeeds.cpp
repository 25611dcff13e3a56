// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/KernelNeeds.h"

#include "dialects/step/StepBodies.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::cpu {

KernelNeeds::KernelNeeds(Operation* op, ProgramOp program, const compiler::ProgramIndex& index,
                         std::string name, const CountedPorts* counts)
    : op(op), program(program), index(index), counts(counts), traverse(dyn_cast<TraverseOp>(op)) {
  kernel.name = std::move(name);
  if (traverse) {
    table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
    yield = cast<YieldOp>(traverse.getBody().front().getTerminator());
    reads = traverse.getReads();
  } else {
    auto map = cast<MapOp>(op);
    yield = cast<YieldOp>(map.getBody().front().getTerminator());
    reads = map.getReads();
  }
  kernel.kind = !traverse     ? program::KernelKind::Map
                : needsList() ? program::KernelKind::List
                              : program::KernelKind::Row;
}

bool KernelNeeds::needsList() {
  if (traverse.getKind() == TraverseKind::Back) {
    return true;
  }
  bool ports = llvm::any_of(yield.getWrites().getAsRange<WriteAttr>(),
                            [](WriteAttr w) { return w.getKind() == WriteKind::Port; });
  return traverse.getKind() == TraverseKind::All && ports && table.getDelayField();
}

LogicalResult KernelNeeds::refuseHazards() {
  llvm::SmallDenseSet<Attribute> written;
  for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
    written.insert(write.getTarget());
    auto state = dyn_cast<StateOp>(symbol(write.getTarget()));
    if (state && state.getHistory() > 0 && traverse) {
      return op->emitError() << "the cpu target keeps no history of a table's state " << write.getTarget();
    }
  }
  for (auto read : reads.getAsRange<ReadAttr>()) {
    bool others = read.getRole() == ReadRole::Pre || read.getRole() == ReadRole::Broadcast;
    if (others && isa<PortOp>(symbol(read.getSource()))) {
      return op->emitError()
             << "reads port " << read.getSource() << " of other cells, which the cpu target "
             << "does not build: a port lies with its cells' thread; copy it to a state first";
    }
    if (read.getAt() && written.contains(read.getSource())) {
      return op->emitError() << "reads " << read.getSource()
                             << " at an index and writes it in the same map, which "
                             << "the cpu target does not build; copy it to another state first";
    }
  }
  return success();
}

unsigned KernelNeeds::operand(program::OperandKind kind, program::Index subject, int64_t lag, bool shared) {
  for (auto [i, known] : llvm::enumerate(kernel.operands)) {
    if (known.kind == kind && known.subject == subject && known.lag == lag) {
      known.shared |= shared;
      return i;
    }
  }
  kernel.operands.push_back({kind, subject, lag, shared});
  return kernel.operands.size() - 1;
}

bool KernelNeeds::delayNeeded() {
  bool emits = traverse && traverse.getKind() == TraverseKind::Emit &&
               llvm::any_of(yield.getWrites().getAsRange<WriteAttr>(),
                            [](WriteAttr w) { return w.getKind() == WriteKind::Port; });
  bool lags = llvm::any_of(reads.getAsRange<ReadAttr>(), [&](ReadAttr read) { return lagsByDelay(read); });
  return emits || lags;
}

bool KernelNeeds::lagsByDelay(ReadAttr read) {
  return read.getLag() == ReadAttr::delayLag && table.getDelayField();
}

bool KernelNeeds::mayWait() {
  if (!traverse || traverse.getKind() != TraverseKind::Back || table.getDelayField() || usesRandom()) {
    return false;
  }
  bool pre = false, others = false, places = false;
  for (auto read : reads.getAsRange<ReadAttr>()) {
    bool ofSource =
        read.getRole() == ReadRole::Pre && isa<StateOp>(symbol(read.getSource())) && !read.getAt();
    pre |= ofSource;
    others |= !ofSource && read.getRole() != ReadRole::Own;
  }
  for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
    others |= write.getKind() != WriteKind::State;
  }
  op->walk([&](Operation* inner) { places |= isa<IndexOp, NowOp>(inner); });
  return pre && !others && !places;
}

bool KernelNeeds::postNeeded() {
  bool needed = false;
  for (auto read : reads.getAsRange<ReadAttr>()) {
    needed |= read.getRole() == ReadRole::Post;
  }
  for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
    needed |= write.getKind() == WriteKind::Port;
  }
  return traverse && (needed || usesIndex(IndexKind::Post));
}

bool KernelNeeds::usesIndex(IndexKind kind) {
  bool found = false;
  op->walk([&](IndexOp index) { found |= index.getKind() == kind; });
  return found;
}

bool KernelNeeds::usesRandom() {
  bool found = false;
  op->walk([&](RandomBitsOp) { found = true; });
  return found;
}

bool KernelNeeds::sourceNeeded() {
  bool reads = llvm::any_of(this->reads.getAsRange<ReadAttr>(),
                            [](ReadAttr r) { return r.getRole() == ReadRole::Pre; });
  return reads || usesRandom() || usesIndex(IndexKind::Pre);
}

void KernelNeeds::collectOperands() {
  for (auto read : reads.getAsRange<ReadAttr>()) {
    readOperand(read);
  }
  for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
    writeOperand(write);
  }
  op->walk([&](LookupOp lookup) { operand(program::OperandKind::Array, index.array(lookup.getArray())); });
  if (!traverse) {
    return;
  }
  kernel.waits = mayWait();
  if (delayNeeded() && table.getDelayField()) {
    stateOperand(*table.getDelayField());
  }
  if (postNeeded()) {
    tableOperand(program::OperandKind::Target);
  }
  if (kernel.kind == program::KernelKind::List && sourceNeeded()) {
    tableOperand(program::OperandKind::Source);
  }
  if (!countsAlongRows() && (usesRandom() || usesIndex(IndexKind::Ordinal))) {
    tableOperand(program::OperandKind::Ordinal);
  }
  if (!countsAlongRows() && usesIndex(IndexKind::Synapse)) {
    tableOperand(program::OperandKind::Synapse);
  }
}

bool KernelNeeds::countsAlongRows() {
  if (kernel.kind != program::KernelKind::Row) {
    return false;
  }
  bool sorted = false;
  program.walk([&](TraverseOp other) {
    sorted |= other.getKind() == TraverseKind::Arrive && other.getTable() == table.getSymName() &&
              table.getDelayField();
  });
  return !sorted || op->getParentOfType<SetupOp>();
}

unsigned KernelNeeds::readOperand(ReadAttr read) {
  StringRef name = read.getSource().getValue();
  Operation* source = symbol(read.getSource());
  bool shared = read.getRole() == ReadRole::Pre || read.getRole() == ReadRole::Broadcast;
  if (read.getAt()) {
    stateOperand(read.getAt().getValue());
  }
  if (isa<PortOp>(source)) {
    unsigned slot =
        operand(unitOf(read.getSource()) ? program::OperandKind::PortCounts : program::OperandKind::PortSlot,
                index.port(name));
    kernel.operands[slot].clears = clearsPort(read.getSource());
    return slot;
  }
  if (isa<InputOp>(source)) {
    return operand(program::OperandKind::Input, index.input(name));
  }
  if (lagsByDelay(read)) {
    return operand(program::OperandKind::HistoryRing, index.state(name), 0, shared);
  }
  if (read.hasLag()) {
    int64_t lag =
        read.getLag() == ReadAttr::delayLag ? static_cast<int64_t>(table.getMinDelay()) : read.getLag();
    return operand(program::OperandKind::HistorySlot, index.state(name), lag, shared);
  }
  return operand(program::OperandKind::State, index.state(name), 0, shared);
}

bool KernelNeeds::clearsPort(FlatSymbolRefAttr port) {
  if (traverse || !isa<ProgramOp>(op->getParentOp())) {
    return false;
  }
  // What a traversal would add to the slot after it was read the verifier refuses; of a map the delay is not
  // known.
  bool last = true, after = false;
  program.walk<WalkOrder::PreOrder>([&](Operation* other) {
    if (!isa<MapOp, TraverseOp>(other) || other->getParentOfType<SetupOp>()) {
      return;
    }
    after |= other == op;
    for (auto write : yieldOf(other).getWrites().getAsRange<WriteAttr>()) {
      last &= write.getTarget() != port || !isa<MapOp>(other) || !after;
    }
    for (auto read : readsOf(other).getAsRange<ReadAttr>()) {
      last &= read.getSource() != port || other == op;
    }
  });
  return last;
}

unsigned KernelNeeds::writeOperand(WriteAttr write) {
  StringRef name = write.getTarget().getValue();
  switch (write.getKind()) {
  case WriteKind::State:
    return stateOperand(name);
  case WriteKind::Event:
    return operand(program::OperandKind::EventMask, index.events(name));
  case WriteKind::Port: {
    if (unitOf(write.getTarget())) {
      return operand(program::OperandKind::PortCounts, index.port(name));
    }
    bool later = write.getDelayed() || (traverse && traverse.getKind() == TraverseKind::Emit);
    return operand(later ? program::OperandKind::PortRing : program::OperandKind::PortSlot, index.port(name));
  }
  }
  return 0;
}

} // namespace nissl::cpu
