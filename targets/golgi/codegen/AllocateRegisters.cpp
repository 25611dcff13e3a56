// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass over a program: sixteen registers, the value that is needed last is spilled, loads and constants
// are done again instead.
#include "dialects/golgi/GolgiDialect.h"
#include "targets/golgi/codegen/Passes.h"

#include "llvm/ADT/MapVector.h"

#include <array>

using namespace mlir;

namespace nissl::golgi {

#define GEN_PASS_DEF_ALLOCATEREGISTERS
#include "targets/golgi/codegen/Passes.h.inc"

namespace {

constexpr unsigned noRegister = ~0u, never = ~0u;

class Allocation {
public:
  explicit Allocation(ProgramOp program)
      : program(program), block(program.getBody().front()), builder(program.getContext()) {}

  /// The number of spill words.
  unsigned run() {
    computeUses();
    SmallVector<Operation*> code = llvm::map_to_vector(block, [](Operation& op) { return &op; });
    bool ending = false, storing = false;
    for (Operation* op : code) {
      if (isSkipped(op)) {
        continue;
      }
      builder.setInsertionPoint(op);
      if (op->hasTrait<LeavesBehind>()) {
        // What a program leaves behind is one moment: nothing is given up within it.
        time = ending ? time : positions[op];
        ending = true;
        if (isa<StsOp>(op) && !storing) {
          storing = true;
          keepOldValues(op);
        }
        allocate(op);
        pinned.fill(false);
      } else {
        time = positions[op];
        allocate(op);
        releaseDead();
      }
    }
    for (Operation* op : llvm::reverse(code)) {
      if (isSkipped(op)) {
        op->erase(); // its values were made again where they were needed
      }
    }
    return spillSlots;
  }

  unsigned spilledValues() const { return spilled; }

private:
  static bool isRemade(Value value) { return value.getDefiningOp()->hasTrait<Remade>(); }
  static bool isSkipped(Operation* op) {
    return op->hasTrait<Remade>() || (op->getNumResults() > 0 && op->use_empty());
  }

  //===-- When values are needed -----------------------------------------------------------------===//

  void computeUses() {
    unsigned at = 0;
    bool ending = false;
    for (Operation& op : block) {
      bool leaves = op.hasTrait<LeavesBehind>();
      at += !(leaves && ending);
      ending |= leaves;
      positions[&op] = at;
      for (Value operand : op.getOperands()) {
        uses[operand].push_back(at);
      }
    }
  }

  unsigned nextUse(Value value, unsigned from) {
    for (unsigned use : uses[value]) {
      if (use >= from) {
        return use;
      }
    }
    return never;
  }

  //===-- Registers ------------------------------------------------------------------------------===//

  /// A register that holds nothing needed before the pinned ones are used; spills the value needed last.
  unsigned freeRegister() {
    for (unsigned r = 0; r < holds.size(); ++r) {
      if (!holds[r] && !pinned[r]) {
        return r;
      }
    }
    unsigned victim = noRegister, latest = 0;
    for (unsigned r = 0; r < holds.size(); ++r) {
      if (!pinned[r] && (victim == noRegister || nextUse(holds[r], time) > latest)) {
        victim = r;
        latest = nextUse(holds[r], time);
      }
    }
    Value evicted = holds[victim];
    if (latest != never && !isRemade(evicted) && !slotOf.count(evicted)) {
      spill(evicted);
    }
    registerOf.erase(evicted);
    holds[victim] = {};
    return victim;
  }

  void spill(Value value) {
    unsigned slot = takeSlot();
    slotOf[value] = slot;
    store(value, slot);
  }

  unsigned takeSlot() { return freeSlots.empty() ? spillSlots++ : freeSlots.pop_back_val(); }

  void store(Value value, unsigned slot) {
    SpillOp::create(builder, value.getLoc(), slot, current[value]);
    ++spilled;
  }

  /// The register of `value`, loaded or made again where it is in none; stays until it is unpinned.
  unsigned use(Value value) {
    auto known = registerOf.find(value);
    unsigned r = known != registerOf.end() ? known->second : noRegister;
    if (r == noRegister) {
      r = freeRegister();
      Value again;
      if (auto slot = slotOf.find(value); slot != slotOf.end()) {
        again = ReloadOp::create(builder, value.getLoc(), typeOf(r), slot->second);
      } else {
        again = builder.clone(*value.getDefiningOp())->getResult(0);
        again.setType(typeOf(r));
      }
      bind(value, r, again);
    }
    pinned[r] = true;
    return r;
  }

  void bind(Value value, unsigned r, Value now) {
    holds[r] = value;
    registerOf[value] = r;
    current[value] = now;
  }

  Type typeOf(unsigned r) { return RegType::get(program.getContext(), r); }

  void allocate(Operation* op) {
    for (Value operand : op->getOperands()) {
      use(operand);
    }
    if (op->getNumResults() > 0) {
      Value result = op->getResult(0);
      unsigned r = isa<RndcOp>(op) ? takeOver(op->getOperand(0)) : freeRegister();
      bind(result, r, result);
      result.setType(typeOf(r));
      pinned[r] = true;
    }
    for (OpOperand& operand : op->getOpOperands()) {
      operand.set(current[operand.get()]);
    }
  }

  /// The register of an operand that nothing else needs, for the result.
  unsigned takeOver(Value operand) {
    if (nextUse(operand, time + 1) != never) {
      return freeRegister();
    }
    unsigned r = registerOf[operand];
    registerOf.erase(operand);
    return r;
  }

  /// Registers and slots of values that no later instruction uses.
  void releaseDead() {
    pinned.fill(false);
    for (Value& held : holds) {
      if (held && nextUse(held, time + 1) == never) {
        registerOf.erase(held);
        held = {};
      }
    }
    for (auto slot = slotOf.begin(); slot != slotOf.end();) {
      if (nextUse(slot->first, time + 1) == never) {
        freeSlots.push_back(slot->second);
        slot = slotOf.erase(slot);
      } else {
        ++slot;
      }
    }
  }

  /// Copies states that stores from `first` on write elsewhere: a store may overwrite the word that they are
  /// loaded from.
  void keepOldValues(Operation* first) {
    llvm::MapVector<Value, unsigned> kept;
    for (Operation* op = first; op; op = op->getNextNode()) {
      auto ending = dyn_cast<StsOp>(op);
      if (!ending || !isa_and_nonnull<LdsOp>(ending.getValue().getDefiningOp()) ||
          kept.count(ending.getValue())) {
        continue;
      }
      Value value = ending.getValue();
      unsigned slot = takeSlot();
      kept[value] = slot;
      use(value);
      store(value, slot);
      pinned.fill(false);
    }
    for (auto [value, slot] : kept) {
      if (auto held = registerOf.find(value); held != registerOf.end()) {
        holds[held->second] = {};
        registerOf.erase(value);
      }
      slotOf[value] = slot;
    }
  }

  ProgramOp program;
  Block& block;
  OpBuilder builder;
  unsigned time = 0;
  llvm::DenseMap<Operation*, unsigned> positions;
  llvm::DenseMap<Value, SmallVector<unsigned>> uses; ///< ascending positions
  std::array<Value, RegType::count> holds;
  std::array<bool, RegType::count> pinned{};
  llvm::DenseMap<Value, unsigned> registerOf;
  llvm::DenseMap<Value, Value>
      current; ///< the value that a register or a reload stands for → what holds it now
  llvm::MapVector<Value, unsigned> slotOf;
  SmallVector<unsigned> freeSlots;
  unsigned spillSlots = 0, spilled = 0;
};

struct AllocateRegistersPass : impl::AllocateRegistersBase<AllocateRegistersPass> {
  void runOnOperation() override {
    for (ProgramOp program : getOperation().getBody().front().getOps<ProgramOp>()) {
      for (Operation& op : program.getBody().front()) {
        auto has = [](Value value) { return cast<RegType>(value.getType()).isAllocated(); };
        if (llvm::any_of(op.getResults(), has) || isa<SpillOp, ReloadOp>(op)) {
          op.emitError() << "has a register already";
          return signalPassFailure();
        }
      }
      Allocation allocation(program);
      program.setSpills(allocation.run());
      spilled += allocation.spilledValues();
    }
  }
};

} // namespace
} // namespace nissl::golgi
