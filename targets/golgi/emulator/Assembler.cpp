// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/emulator/Assembler.h"

#include "targets/golgi/model/CycleModel.h"

#include <charconv>

using nissl::support::Error;

namespace nissl::golgi {

//===-- Text of an instruction -------------------------------------------------------------------===//

static std::string operandsOf(const Instruction& i) {
  auto r = [](unsigned index) { return fmt::format("r{}", index); };
  auto p = [](unsigned index) { return fmt::format("p{}", index); };
  switch (infoOf(i.op).form) {
  case Form::None:
    return "";
  case Form::RdK:
    return fmt::format("{}, [{}]", r(i.rd), i.imm);
  case Form::KRa:
    return fmt::format("[{}], {}", i.imm, r(i.ra));
  case Form::RdKShift:
    return fmt::format("{}, [{}], {}", r(i.rd), i.imm, i.rb);
  case Form::RdWide:
  case Form::RdImm:
    return fmt::format("{}, {}", r(i.rd), i.imm);
  case Form::Rd:
    return r(i.rd);
  case Form::RdRaRb:
  case Form::CompareR:
    return fmt::format("{}, {}, {}", r(i.rd), r(i.ra), r(i.rb));
  case Form::RdRaRbImm:
    return fmt::format("{}, {}, {}, {}", r(i.rd), r(i.ra), r(i.rb), i.imm);
  case Form::RdRa:
    return fmt::format("{}, {}", r(i.rd), r(i.ra));
  case Form::RdRaImm:
    return fmt::format("{}, {}, {}", r(i.rd), r(i.ra), i.imm);
  case Form::CompareP:
    return fmt::format("{}, {}, {}", p(i.rd), r(i.ra), r(i.rb));
  case Form::Select:
    return fmt::format("{}, {}, {}, {}{}", r(i.rd), r(i.ra), r(i.rb), i.pred.negated() ? "!" : "",
                       p(i.pred.predicate()));
  case Form::SelectR:
    return fmt::format("{}, {}, {}, {}", r(i.rd), r(i.ra), r(i.rb), r(static_cast<unsigned>(i.imm)));
  case Form::PdRa:
    return fmt::format("{}, {}", p(i.rd), r(i.ra));
  case Form::RdPa:
    return fmt::format("{}, {}", r(i.rd), p(static_cast<unsigned>(i.imm)));
  case Form::PdPaPb:
    return fmt::format("{}, {}, {}", p(i.rd), p(i.ra), p(i.rb));
  case Form::PdPa:
    return fmt::format("{}, {}", p(i.rd), p(i.ra));
  case Form::Random:
    return fmt::format("{}, {}, [{}], {}", r(i.rd), r(i.ra), i.imm / 4, i.imm % 4);
  case Form::Imm:
    return fmt::format("{}", i.imm);
  case Form::RaImm:
    return fmt::format("{}, {}", r(i.ra), i.imm);
  }
  return "";
}

std::string disassemble(const Instruction& instruction) {
  const OpcodeInfo& info = infoOf(instruction.op);
  std::string text;
  if (!instruction.pred.always() && info.form != Form::Select) {
    text = fmt::format("@{}p{} ", instruction.pred.negated() ? "!" : "", instruction.pred.predicate());
  }
  text += info.mnemonic;
  if (info.form == Form::CompareP || info.form == Form::CompareR) {
    text += fmt::format(".{}", nameOf(static_cast<Condition>(instruction.imm)));
  }
  std::string operands = operandsOf(instruction);
  return operands.empty() ? text : text + " " + operands;
}

std::string disassemble(std::span<const uint32_t> program) {
  std::string text;
  for (uint32_t word : program) {
    text += disassemble(decode(word)) + "\n";
  }
  return text;
}

std::string disassemble(const CoreImage& core) {
  std::string text =
      fmt::format("; core ({}, {}): {} axons in, {} axons out, accumulators {} x {}\n", core.x, core.y,
                  core.axonsIn.size(), core.axonsOut.size(), core.accSlots, core.accPlane);
  for (size_t i = 0; i < core.groups.size(); ++i) {
    const Group& g = core.groups[i];
    std::span<const uint32_t> program = std::span(core.program).subspan(g.entry, g.length);
    text += fmt::format(
        "; group {}: {} cells from id {}, state {}..+{}, parameters {}..+{}, ports {}..+{}, inputs "
        "{}..+{}, events {}..+{}, every {} at {}, stratum {}, {} cycles\n",
        i, g.cells, g.idBase, g.stateBase, g.stateWords, g.parameterBase, g.parameterHalfwords, g.accBase,
        g.ports, g.inputBase, g.inputs, g.spikeBase, g.events, g.period, g.offset, g.stratum,
        groupCycles(g.cells, program));
    text += disassemble(program);
  }
  return text;
}

//===-- Reading ----------------------------------------------------------------------------------===//

/// Takes tokens from one line.
class LineParser {
public:
  LineParser(std::string_view line, std::string_view where, size_t number)
      : rest(line), where(where), number(number) {}

  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) const {
    throw Error::input("NS0804", "{}:{}: {}", where, number, fmt::format(text, std::forward<Args>(args)...));
  }

  void skipSpace() {
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t' || rest.front() == '\r')) {
      rest.remove_prefix(1);
    }
  }
  bool atEnd() {
    skipSpace();
    return rest.empty();
  }
  bool accept(char character) {
    skipSpace();
    if (rest.empty() || rest.front() != character) {
      return false;
    }
    rest.remove_prefix(1);
    return true;
  }
  void expect(char character) {
    if (!accept(character)) {
      fail("found {}, expected '{}'", found(), character);
    }
  }
  std::string found() const {
    return rest.empty() ? std::string("the end of the line") : fmt::format("'{}'", rest);
  }

  std::string_view word() {
    skipSpace();
    size_t length = 0;
    while (length < rest.size() &&
           (std::isalnum(static_cast<unsigned char>(rest[length])) || rest[length] == '.')) {
      ++length;
    }
    std::string_view result = rest.substr(0, length);
    rest.remove_prefix(length);
    return result;
  }

  int32_t integer() {
    skipSpace();
    int32_t value = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc()) {
      fail("found {}, expected a number", found());
    }
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    return value;
  }

  /// `r7` or `p2`.
  uint8_t indexed(char letter, unsigned count) {
    skipSpace();
    std::string before = found();
    std::string_view name = word();
    unsigned index = count;
    if (name.size() > 1 && name.front() == letter) {
      auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), index);
      if (error != std::errc() || end != name.data() + name.size()) {
        index = count;
      }
    }
    if (index >= count) {
      fail("found {}, expected {}0 to {}{}", before, letter, letter, count - 1);
    }
    return static_cast<uint8_t>(index);
  }
  uint8_t reg() { return indexed('r', registerCount); }
  uint8_t predicate() { return indexed('p', predicateCount); }
  Predication predication() {
    bool negated = accept('!');
    unsigned index = predicate();
    return negated ? Predication::unless(index) : Predication::when(index);
  }
  int32_t address() {
    expect('[');
    int32_t value = integer();
    expect(']');
    return value;
  }

private:
  std::string_view rest;
  std::string_view where;
  size_t number;
};

/// Reads the operands in the order in which operandsOf() writes them.
static void parseOperands(LineParser& line, Instruction& i) {
  auto comma = [&] { line.expect(','); };
  auto rd = [&] { i.rd = line.reg(); };
  auto ra = [&] { i.ra = line.reg(); };
  auto rb = [&] { i.rb = line.reg(); };
  auto commaRa = [&] { comma(), ra(); };
  auto commaRb = [&] { comma(), rb(); };
  auto commaInteger = [&] { comma(), i.imm = line.integer(); };
  switch (infoOf(i.op).form) {
  case Form::None:
    return;
  case Form::RdK:
    return rd(), comma(), void(i.imm = line.address());
  case Form::KRa:
    return i.imm = line.address(), commaRa();
  case Form::RdKShift: {
    rd(), comma();
    i.imm = line.address();
    comma();
    int32_t shift = line.integer();
    if (shift < 0 || shift > 15) {
      line.fail("the shift is {}, expected 0 to 15", shift);
    }
    i.rb = static_cast<uint8_t>(shift);
    return;
  }
  case Form::RdWide:
  case Form::RdImm:
    return rd(), commaInteger();
  case Form::Rd:
    return rd();
  case Form::RdRaRb:
  case Form::CompareR:
    return rd(), commaRa(), commaRb();
  case Form::RdRaRbImm:
    return rd(), commaRa(), commaRb(), commaInteger();
  case Form::RdRa:
    return rd(), commaRa();
  case Form::RdRaImm:
    return rd(), commaRa(), commaInteger();
  case Form::CompareP:
    return i.rd = line.predicate(), commaRa(), commaRb();
  case Form::Select:
    return rd(), commaRa(), commaRb(), comma(), void(i.pred = line.predication());
  case Form::SelectR:
    return rd(), commaRa(), commaRb(), comma(), void(i.imm = line.reg());
  case Form::PdRa:
    return i.rd = line.predicate(), commaRa();
  case Form::RdPa:
    return rd(), comma(), void(i.imm = line.predicate());
  case Form::PdPaPb:
    i.rd = line.predicate();
    comma();
    i.ra = line.predicate();
    comma();
    i.rb = line.predicate();
    return;
  case Form::PdPa:
    i.rd = line.predicate();
    comma();
    i.ra = line.predicate();
    return;
  case Form::Random: {
    rd(), commaRa(), comma();
    int32_t index = line.address();
    comma();
    int32_t word = line.integer();
    if (index < 0 || index > 255 || word < 0 || word > 3) {
      line.fail("constant {} and word {}, expected 0 to 255 and 0 to 3", index, word);
    }
    i.imm = 4 * index + word;
    return;
  }
  case Form::Imm:
    i.imm = line.integer();
    return;
  case Form::RaImm:
    return ra(), commaInteger();
  }
}

static void parseMnemonic(LineParser& line, Instruction& instruction) {
  line.skipSpace();
  std::string before = line.found();
  std::string_view name = line.word();
  std::string_view condition;
  if (size_t dot = name.find('.'); dot != std::string_view::npos) {
    condition = name.substr(dot + 1);
    name = name.substr(0, dot);
  }
  const OpcodeInfo* info = findOpcode(name);
  if (!info) {
    line.fail("found {}, expected an instruction", before);
  }
  instruction.op = info->opcode;
  bool compares = info->form == Form::CompareP || info->form == Form::CompareR;
  if (compares != !condition.empty()) {
    line.fail("'{}' {} a condition; write pcmp.slt, or add without one", name,
              compares ? "needs" : "takes no");
  }
  if (compares) {
    unsigned index = 0;
    while (index < conditionCount && nameOf(static_cast<Condition>(index)) != condition) {
      ++index;
    }
    if (index == conditionCount) {
      line.fail("condition '{}' is not known, expected eq, ne, slt, sle, sgt, sge, ult, ule, ugt or uge",
                condition);
    }
    instruction.imm = static_cast<int32_t>(index);
  }
}

std::vector<uint32_t> assemble(std::string_view text, std::string_view where) {
  std::vector<uint32_t> words;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    size_t end = text.find('\n');
    std::string_view content = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    LineParser line(content.substr(0, content.find(';')), where, number);
    if (line.atEnd()) {
      continue;
    }
    Instruction instruction;
    if (line.accept('@')) {
      instruction.pred = line.predication();
    }
    bool predicated = !instruction.pred.always();
    parseMnemonic(line, instruction);
    if (predicated && instruction.op == Opcode::Sel) {
      line.fail("'sel' cannot be predicated; its last operand selects");
    }
    parseOperands(line, instruction);
    if (!line.atEnd()) {
      line.fail("found {} after the instruction, expected the end of the line", line.found());
    }
    try {
      words.push_back(encode(instruction));
    } catch (const Error& failure) {
      line.fail("{}", failure.what());
    }
  }
  return words;
}

} // namespace nissl::golgi
