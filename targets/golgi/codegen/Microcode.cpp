// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/Microcode.h"

#include "runtime/support/Random.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

#include <array>

using namespace mlir;
using namespace nissl::step;

namespace nissl::golgi {

unsigned ConstantPool::place(int32_t value) {
  auto known = llvm::find(constants, value);
  if (known == constants.end()) {
    constants.push_back(value);
    return constants.size() - 1;
  }
  return known - constants.begin();
}

unsigned ConstantPool::placePair(int32_t first, int32_t second) {
  for (size_t i = 0; i + 1 < constants.size(); ++i) {
    if (constants[i] == first && constants[i + 1] == second) {
      return i;
    }
  }
  constants.push_back(first);
  constants.push_back(second);
  return constants.size() - 2;
}

namespace {

constexpr int32_t immediateLow = -(1 << 17), immediateHigh = (1 << 17) - 1;
constexpr unsigned noRegister = ~0u;

class Generator {
public:
  Generator(const MapPlan& map, CellLayout& cell, const ChipProgram& program, ConstantPool& pool)
      : op(map.op), cell(cell), program(program), pool(pool), block(op.getBody().front()) {}

  FailureOr<std::vector<uint32_t>> run() {
    computeNextUses();
    for (Operation& op : block.without_terminator()) {
      ++time;
      if (!isFree(op) && !emitOp(op)) {
        return failure();
      }
      releaseDead();
    }
    ++time;
    emitWrites();
    cell.spillWords = std::max(cell.spillWords, spillSlots);
    return code;
  }

private:
  //===-- Values that cost nothing to make again ------------------------------------------------===//

  /// Constants, and 64-bit views that are only cut back to 32 bits: made where they are used.
  bool isFree(Operation& op) {
    return isa<arith::ConstantOp, NowOp>(op) || isTruncatedNow(op) || op.use_empty();
  }
  static bool isTruncatedNow(Operation& op) {
    auto cut = dyn_cast<arith::TruncIOp>(op);
    return cut && cut.getIn().getDefiningOp<NowOp>() && cut.getType().isInteger(32);
  }
  bool isRemade(Value value) {
    Operation* op = value.getDefiningOp();
    return !op || isa<arith::ConstantOp>(op) || isTruncatedNow(*op);
  }

  void remake(Value value, unsigned rd) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      loadArgument(argument, rd);
    } else if (auto constant = value.getDefiningOp<arith::ConstantOp>()) {
      loadConstant(constantOf(constant), rd);
    } else {
      emit({.op = Opcode::Step, .rd = reg(rd)});
    }
  }

  static int32_t constantOf(arith::ConstantOp constant) {
    APInt value = cast<IntegerAttr>(constant.getValue()).getValue();
    return value.getBitWidth() == 1 ? static_cast<int32_t>(value.getZExtValue())
                                    : static_cast<int32_t>(value.getSExtValue());
  }

  void loadConstant(int32_t value, unsigned rd) {
    if (value >= immediateLow && value <= immediateHigh) {
      emit({.op = Opcode::Ldi, .rd = reg(rd), .imm = value});
    } else {
      emit({.op = Opcode::Ldc, .rd = reg(rd), .imm = static_cast<int32_t>(pool.place(value))});
    }
  }

  void loadArgument(BlockArgument argument, unsigned rd) {
    auto read = cast<ReadAttr>(op.getReads()[argument.getArgNumber()]);
    StringRef name = read.getSource().getValue();
    auto at = [&](Opcode op, unsigned index) {
      emit({.op = op, .rd = reg(rd), .imm = static_cast<int32_t>(index)});
    };
    if (cell.stateWord.count(name)) {
      at(Opcode::Lds, cell.stateWord.lookup(name));
    } else if (cell.port.count(name)) {
      at(Opcode::Ldx, cell.port.lookup(name));
    } else if (cell.input.count(name)) {
      at(Opcode::Ldh, cell.input.lookup(name));
    } else if (read.getRole() == ReadRole::Broadcast) {
      loadConstant(broadcast(name), rd);
    } else {
      const Parameter& parameter = cell.parameters.find(name)->second;
      if (parameter.uniform) {
        loadConstant(parameter.values.empty() ? 0 : parameter.values.front(), rd);
      } else {
        at(parameter.wide ? Opcode::Ldpw : Opcode::Ldp, parameter.halfword);
      }
    }
  }

  int32_t broadcast(StringRef name) {
    for (const CellLayout& other : program.cells) {
      auto found = other.parameters.find(name);
      if (found != other.parameters.end()) {
        return found->second.values.front();
      }
    }
    return 0;
  }

  //===-- Registers ----------------------------------------------------------------------------===//

  static uint8_t reg(unsigned number) { return static_cast<uint8_t>(number); }
  void emit(const Instruction& instruction) { code.push_back(encode(instruction)); }

  void computeNextUses() {
    unsigned at = 0;
    for (Operation& op : block) {
      ++at;
      for (Value operand : op.getOperands()) {
        uses[operand].push_back(at);
      }
    }
  }

  unsigned nextUse(Value value) {
    for (unsigned use : uses[value]) {
      if (use >= time) {
        return use;
      }
    }
    return ~0u;
  }

  /// A register that holds nothing needed before `pinned` ones are used; spills the value needed last.
  unsigned freeRegister() {
    for (unsigned r = 0; r < registerCount; ++r) {
      if (!holds[r] && !pinned[r]) {
        return r;
      }
    }
    unsigned victim = noRegister, latest = 0;
    for (unsigned r = 0; r < registerCount; ++r) {
      if (!pinned[r] && (victim == noRegister || nextUse(holds[r]) > latest)) {
        victim = r;
        latest = nextUse(holds[r]);
      }
    }
    Value evicted = holds[victim];
    if (latest != ~0u && !isRemade(evicted) && !slotOf.count(evicted)) {
      unsigned slot = takeSlot();
      slotOf[evicted] = slot;
      emit({.op = Opcode::Sts, .ra = reg(victim), .imm = static_cast<int32_t>(spillBase() + slot)});
    }
    registerOf.erase(evicted);
    holds[victim] = {};
    return victim;
  }

  unsigned spillBase() const { return cell.states.size(); }
  unsigned takeSlot() {
    if (!freeSlots.empty()) {
      return freeSlots.pop_back_val();
    }
    return spillSlots++;
  }

  /// The register of `value`, loading or remaking it; stays until `unpin`.
  unsigned use(Value value) {
    auto known = registerOf.find(value);
    unsigned r = known != registerOf.end() ? known->second : noRegister;
    if (r == noRegister) {
      r = freeRegister();
      if (auto slot = slotOf.find(value); slot != slotOf.end()) {
        emit({.op = Opcode::Lds, .rd = reg(r), .imm = static_cast<int32_t>(spillBase() + slot->second)});
      } else {
        remake(value, r);
      }
      bind(value, r);
    }
    pinned[r] = true;
    return r;
  }

  void bind(Value value, unsigned r) {
    holds[r] = value;
    registerOf[value] = r;
  }

  unsigned define(Value value) {
    unsigned r = freeRegister();
    bind(value, r);
    pinned[r] = true;
    return r;
  }

  void unpin() { pinned.fill(false); }

  /// Registers and slots of values that no later op uses.
  void releaseDead() {
    unpin();
    ++time;
    for (unsigned r = 0; r < registerCount; ++r) {
      if (holds[r] && nextUse(holds[r]) == ~0u) {
        registerOf.erase(holds[r]);
        holds[r] = {};
      }
    }
    for (auto slot = slotOf.begin(); slot != slotOf.end();) {
      if (nextUse(slot->first) == ~0u) {
        freeSlots.push_back(slot->second);
        slot = slotOf.erase(slot);
      } else {
        ++slot;
      }
    }
    --time;
  }

  //===-- Ops ----------------------------------------------------------------------------------===//

  bool emitBinary(Operation& op, Opcode code, int32_t imm = 0) {
    unsigned a = use(op.getOperand(0)), b = use(op.getOperand(1));
    // Wrapping i1 arithmetic is exclusive or; comparisons and selects keep 0 and 1.
    unsigned d = define(op.getResult(0));
    emit({.op = code, .rd = reg(d), .ra = reg(a), .rb = reg(b), .imm = imm});
    return true;
  }

  bool emitUnary(Operation& op, Opcode code, int32_t imm = 0) {
    unsigned a = use(op.getOperand(0));
    unsigned d = define(op.getResult(0));
    emit({.op = code, .rd = reg(d), .ra = reg(a), .imm = imm});
    return true;
  }

  bool emitUnsignedExtreme(Operation& op, Condition condition) {
    unsigned a = use(op.getOperand(0)), b = use(op.getOperand(1));
    unsigned chosen = freeRegister();
    pinned[chosen] = true;
    emit({.op = Opcode::Rcmp,
          .rd = reg(chosen),
          .ra = reg(a),
          .rb = reg(b),
          .imm = static_cast<int32_t>(condition)});
    unsigned d = define(op.getResult(0));
    emit({.op = Opcode::Selr, .rd = reg(d), .ra = reg(a), .rb = reg(b), .imm = static_cast<int32_t>(chosen)});
    return true;
  }

  bool emitSelect(arith::SelectOp op) {
    unsigned c = use(op.getCondition()), a = use(op.getTrueValue()), b = use(op.getFalseValue());
    unsigned d = define(op.getResult());
    emit({.op = Opcode::Selr, .rd = reg(d), .ra = reg(a), .rb = reg(b), .imm = static_cast<int32_t>(c)});
    return true;
  }

  bool emitRandom(RandomBitsOp op) {
    uint32_t stream = support::streamOf(std::string_view(op.getStream()));
    unsigned pair = pool.placePair(static_cast<int32_t>(stream), static_cast<int32_t>(op.getDraw()));
    unsigned d = define(op.getResult());
    emit({.op = Opcode::Cid, .rd = reg(d)});
    emit({.op = Opcode::Rnd,
          .rd = reg(d),
          .ra = reg(d),
          .imm = static_cast<int32_t>(4 * pair + op.getWord())});
    return true;
  }

  bool emitLookup(LookupOp op) {
    auto known = pool.tableOf.find(op.getArray());
    if (known == pool.tableOf.end()) {
      auto values = SymbolTable::lookupNearestSymbolFrom(op, op.getArrayAttr());
      LutTable table{static_cast<uint32_t>(pool.lut.size()), 0, 0};
      for (APInt value : cast<ArrayOp>(values).getValues().getValues<APInt>()) {
        pool.lut.push_back({static_cast<int32_t>(value.getSExtValue()), 0});
        ++table.size;
      }
      known = pool.tableOf.try_emplace(op.getArray(), pool.tables.size()).first;
      pool.tables.push_back(table);
    }
    return emitUnary(*op, Opcode::Lut, static_cast<int32_t>(known->second));
  }

  bool emitExtend(Operation& op, bool isSigned) {
    bool bit = op.getOperand(0).getType().isInteger(1);
    return emitUnary(op, bit && isSigned ? Opcode::Neg : Opcode::Mov);
  }

  static bool words(Operation& op) {
    auto isWord = [](Type type) { return type.isInteger(32) || type.isInteger(1); };
    return llvm::all_of(op.getOperandTypes(), isWord) && llvm::all_of(op.getResultTypes(), isWord);
  }

  bool emitOp(Operation& op) {
    bool bit = op.getNumResults() == 1 && op.getResult(0).getType().isInteger(1);
    bool done =
        words(op) &&
        TypeSwitch<Operation*, bool>(&op)
            .Case<arith::AddIOp>([&](auto) { return emitBinary(op, bit ? Opcode::Xor : Opcode::Add); })
            .Case<arith::SubIOp>([&](auto) { return emitBinary(op, bit ? Opcode::Xor : Opcode::Sub); })
            .Case<arith::MulIOp>([&](auto) { return emitBinary(op, bit ? Opcode::And : Opcode::Mul); })
            .Case<arith::AndIOp>([&](auto) { return emitBinary(op, Opcode::And); })
            .Case<arith::OrIOp>([&](auto) { return emitBinary(op, Opcode::Or); })
            .Case<arith::XOrIOp>([&](auto) { return emitBinary(op, Opcode::Xor); })
            .Case<arith::ShLIOp>([&](auto) { return !bit && emitBinary(op, Opcode::Shl); })
            .Case<arith::ShRUIOp>([&](auto) { return !bit && emitBinary(op, Opcode::Shr); })
            .Case<arith::ShRSIOp>([&](auto) { return !bit && emitBinary(op, Opcode::Sar); })
            .Case<arith::MaxSIOp>([&](auto) { return !bit && emitBinary(op, Opcode::Max); })
            .Case<arith::MinSIOp>([&](auto) { return !bit && emitBinary(op, Opcode::Min); })
            .Case<arith::MaxUIOp>([&](auto) { return emitUnsignedExtreme(op, Condition::Ugt); })
            .Case<arith::MinUIOp>([&](auto) { return emitUnsignedExtreme(op, Condition::Ult); })
            .Case<arith::CmpIOp>([&](arith::CmpIOp compare) {
              // Signed i1 comparisons read 1 as -1.
              bool isSigned = compare.getPredicate() >= arith::CmpIPredicate::slt &&
                              compare.getPredicate() <= arith::CmpIPredicate::sge;
              bool bits = compare.getLhs().getType().isInteger(1);
              return !(bits && isSigned) &&
                     emitBinary(op, Opcode::Rcmp, static_cast<int32_t>(compare.getPredicate()));
            })
            .Case<arith::SelectOp>([&](arith::SelectOp select) { return emitSelect(select); })
            .Case<arith::ExtUIOp>([&](auto) { return emitExtend(op, false); })
            .Case<arith::ExtSIOp>([&](auto) { return emitExtend(op, true); })
            .Case<arith::TruncIOp>([&](auto) { return emitUnary(op, Opcode::Andi, 1); })
            .Case<MulQOp>([&](MulQOp mulq) {
              return emitBinary(op, Opcode::Mulq, static_cast<int32_t>(mulq.getShift()));
            })
            .Case<RandomBitsOp>([&](RandomBitsOp random) { return emitRandom(random); })
            .Case<LookupOp>([&](LookupOp lookup) { return emitLookup(lookup); })
            .Case<IndexOp>([&](IndexOp index) {
              emit({.op = Opcode::Cid, .rd = reg(define(index.getResult()))});
              return true;
            })
            .Default([](Operation*) { return false; });
    if (!done) {
      op.emitError() << "the golgi chip has no instruction for '" << op.getName() << "' on these types";
    }
    return done;
  }

  //===-- What the body yields -----------------------------------------------------------------===//

  void emitWrites() {
    auto yield = cast<YieldOp>(block.getTerminator());
    unsigned event = 0;
    // Events first: they change no state. Then a state that is written with another state's old value takes a
    // copy before any store.
    for (auto [write, value] :
         llvm::zip_equal(yield.getWrites().getAsRange<WriteAttr>(), yield.getValues())) {
      if (write.getKind() == WriteKind::Event) {
        emit({.op = Opcode::Spkr, .ra = reg(use(value)), .imm = static_cast<int32_t>(event++)});
        unpin();
      }
    }
    llvm::MapVector<Value, unsigned> oldValues; // argument → spill slot
    for (auto [write, value] :
         llvm::zip_equal(yield.getWrites().getAsRange<WriteAttr>(), yield.getValues())) {
      auto argument = dyn_cast<BlockArgument>(value);
      if (write.getKind() != WriteKind::State || !argument || oldValues.count(value)) {
        continue;
      }
      auto read = cast<ReadAttr>(op.getReads()[argument.getArgNumber()]);
      if (cell.stateWord.count(read.getSource().getValue())) {
        unsigned slot = takeSlot();
        oldValues[value] = slot;
        emit({.op = Opcode::Sts, .ra = reg(use(value)), .imm = static_cast<int32_t>(spillBase() + slot)});
        unpin();
      }
    }
    for (auto [value, slot] : oldValues) {
      if (auto held = registerOf.find(value); held != registerOf.end()) {
        holds[held->second] = {};
        registerOf.erase(value);
      }
      slotOf[value] = slot;
    }
    for (auto [write, value] :
         llvm::zip_equal(yield.getWrites().getAsRange<WriteAttr>(), yield.getValues())) {
      if (write.getKind() == WriteKind::State) {
        auto word = static_cast<int32_t>(cell.stateWord.lookup(write.getTarget().getValue()));
        emit({.op = Opcode::Sts, .ra = reg(use(value)), .imm = word});
        unpin();
      }
    }
  }

  MapOp op;
  CellLayout& cell;
  const ChipProgram& program;
  ConstantPool& pool;
  Block& block;
  std::vector<uint32_t> code;

  unsigned time = 0;
  llvm::DenseMap<Value, SmallVector<unsigned>> uses; ///< ascending positions in the block
  std::array<Value, registerCount> holds;
  std::array<bool, registerCount> pinned{};
  llvm::DenseMap<Value, unsigned> registerOf;
  llvm::MapVector<Value, unsigned> slotOf;
  SmallVector<unsigned> freeSlots;
  unsigned spillSlots = 0;
};

} // namespace

FailureOr<std::vector<uint32_t>> generateMicrocode(const MapPlan& map, CellLayout& cell,
                                                   const ChipProgram& program, ConstantPool& pool) {
  return Generator(map, cell, program, pool).run();
}

} // namespace nissl::golgi
