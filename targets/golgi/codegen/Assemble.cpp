// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/Assemble.h"

#include "dialects/golgi/CoreMemory.h"
#include "runtime/support/Random.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

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

class Assembler {
public:
  Assembler(ChipOp chip, step::ProgramOp program) : chip(chip), program(program) {}

  Microcode run() {
    Populations populations = populationsOf(chip);
    for (ProgramOp code : chip.getBody().front().getOps<ProgramOp>()) {
      spillBase = populations.find(code.getPopulation())->second.states;
      std::vector<uint32_t>& words = result.programs.emplace_back();
      for (Operation& op : code.getBody().front()) {
        words.push_back(encode(instructionOf(op)));
      }
    }
    return std::move(result);
  }

private:
  static uint8_t reg(Value value) { return static_cast<uint8_t>(cast<RegType>(value.getType()).getNumber()); }

  /// Registers are in their fields in the order of the operands; mnemonics are those of the instruction set.
  Instruction instructionOf(Operation& op) {
    Instruction instruction;
    if (isa<SpillOp, ReloadOp>(op)) {
      instruction.op = isa<SpillOp>(op) ? Opcode::Sts : Opcode::Lds;
    } else {
      llvm::StringRef mnemonic = op.getName().stripDialect();
      instruction.op = findOpcode(std::string_view(mnemonic))->opcode;
    }
    instruction.rd = op.getNumResults() > 0 ? reg(op.getResult(0)) : 0;
    if (auto select = dyn_cast<SelrOp>(op)) {
      instruction.ra = reg(select.getLhs());
      instruction.rb = reg(select.getRhs());
    } else {
      instruction.ra = op.getNumOperands() > 0 ? reg(op.getOperand(0)) : 0;
      instruction.rb = op.getNumOperands() > 1 ? reg(op.getOperand(1)) : 0;
    }
    instruction.imm = static_cast<int32_t>(immediateOf(op));
    return instruction;
  }

  template <typename OpT>
  OpT wordOf(FlatSymbolRefAttr name) {
    return cast<OpT>(SymbolTable::lookupSymbolIn(chip, name));
  }

  int64_t immediateOf(Operation& op) {
    return TypeSwitch<Operation*, int64_t>(&op)
        .Case<LdsOp, StsOp>([&](auto access) { return wordOf<StateOp>(access.getStateAttr()).getWord(); })
        .Case<LdpOp, LdpwOp>(
            [&](auto load) { return wordOf<ParameterOp>(load.getParameterAttr()).getHalfword(); })
        .Case<LdxOp>([&](LdxOp load) { return wordOf<PortOp>(load.getPortAttr()).getNumber(); })
        .Case<LdhOp>([&](LdhOp load) { return wordOf<InputOp>(load.getInputAttr()).getWord(); })
        .Case<LdiOp>([](LdiOp load) { return static_cast<int32_t>(load.getValue()); })
        .Case<LdcOp>([&](LdcOp load) { return result.pool.place(static_cast<int32_t>(load.getValue())); })
        .Case<SpillOp, ReloadOp>(
            [&](auto access) { return spillBase + static_cast<int64_t>(access.getSlot()); })
        .Case<MulqOp>([](MulqOp product) { return product.getShift(); })
        .Case<AndiOp>([](AndiOp masked) { return masked.getMask(); })
        .Case<RcmpOp>([](RcmpOp compare) { return static_cast<int64_t>(compare.getCondition()); })
        .Case<SelrOp>([](SelrOp select) { return reg(select.getCondition()); })
        .Case<LutOp>([&](LutOp lookup) { return tableOf(lookup.getTableAttr()); })
        .Case<RndcOp>([&](RndcOp random) {
          uint32_t stream = support::streamOf(std::string_view(random.getStream()));
          return 4 * int64_t{result.pool.placePair(static_cast<int32_t>(stream),
                                                   static_cast<int32_t>(random.getDraw()))} +
                 static_cast<int64_t>(random.getWord());
        })
        .Case<SpkrOp>([](SpkrOp spike) { return spike.getEvent(); })
        .Default([](Operation*) { return 0; });
  }

  unsigned tableOf(FlatSymbolRefAttr name) {
    auto [known, isNew] = result.pool.tableOf.try_emplace(name.getValue(), result.pool.tables.size());
    if (isNew) {
      LutTable table{static_cast<uint32_t>(result.pool.lut.size()), 0, 0};
      auto array = cast<step::ArrayOp>(SymbolTable::lookupSymbolIn(program, name));
      for (APInt value : array.getValues().getValues<APInt>()) {
        // Single bits are 0 or 1 in registers.
        int64_t entry =
            value.getBitWidth() == 1 ? static_cast<int64_t>(value.getZExtValue()) : value.getSExtValue();
        result.pool.lut.push_back({static_cast<int32_t>(entry), 0});
        ++table.size;
      }
      result.pool.tables.push_back(table);
    }
    return known->second;
  }

  ChipOp chip;
  step::ProgramOp program;
  int64_t spillBase = 0;
  Microcode result;
};

} // namespace

Microcode assemble(ChipOp chip, step::ProgramOp program) { return Assembler(chip, program).run(); }

} // namespace nissl::golgi
