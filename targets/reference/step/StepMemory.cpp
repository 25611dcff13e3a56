// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/step/StepMemory.h"

#include "llvm/ADT/TypeSwitch.h"

#include <bit>
#include <cmath>

using namespace mlir;

namespace nissl::reference {
namespace {

std::vector<Bits> arrayValues(ElementsAttr values) {
  std::vector<Bits> result;
  if (isa<FloatType>(cast<ShapedType>(values.getType()).getElementType())) {
    for (APFloat value : values.getValues<APFloat>()) {
      result.push_back(value.bitcastToAPInt().getZExtValue());
    }
  } else {
    for (APInt value : values.getValues<APInt>()) {
      result.push_back(wrap(value.getZExtValue(), value.getBitWidth()));
    }
  }
  return result;
}

TableMemory tableMemory(step::SynapsesOp op, const program::Table& table, const program::Program& artefact) {
  TableMemory memory;
  memory.op = op;
  memory.rows =
      program::expandRows(table.connect, program::shapeOf(table), artefact.structureSeed, table.name, 1);
  memory.sourceBegin = table.sourceBegin;
  memory.ofTarget.resize(artefact.extents[table.target].size);
  for (size_t row = 0; row + 1 < memory.rows.rowStart.size(); ++row) {
    for (uint64_t s = memory.rows.rowStart[row]; s < memory.rows.rowStart[row + 1]; ++s) {
      memory.source.push_back(static_cast<uint32_t>(table.sourceBegin + row));
      memory.ordinal.push_back(static_cast<uint32_t>(s - memory.rows.rowStart[row]));
      memory.ofTarget[memory.rows.target[s]].push_back(static_cast<uint32_t>(s));
    }
  }
  return memory;
}

} // namespace

StepMemory StepMemory::create(step::ProgramOp program, const program::Program& artefact) {
  StepMemory memory;
  size_t nextTable = 0;
  for (Operation& op : program.getBody().front()) {
    TypeSwitch<Operation*>(&op)
        .Case<step::ExtentOp>([&](step::ExtentOp op) { memory.extents[op.getSymName()] = op.getSize(); })
        .Case<step::SynapsesOp>([&](step::SynapsesOp op) {
          memory.tables[op.getSymName()] = tableMemory(op, artefact.tables[nextTable++], artefact);
        })
        .Case<step::ArrayOp>(
            [&](step::ArrayOp op) { memory.arrays[op.getSymName()] = arrayValues(op.getValues()); });
  }
  auto sizeOf = [&](StringRef owner) -> size_t {
    auto table = memory.tables.find(owner);
    return table != memory.tables.end() ? table->second.size() : memory.extents.lookup(owner);
  };
  for (Operation& op : program.getBody().front()) {
    TypeSwitch<Operation*>(&op)
        .Case<step::StateOp>([&](step::StateOp op) {
          StateMemory& state = memory.states[op.getSymName()];
          state.type = op.getType();
          state.frac = op.getFrac() ? static_cast<int32_t>(*op.getFrac()) : program::none;
          state.values.assign(sizeOf(op.getOwner()), 0);
        })
        .Case<step::PortOp>([&](step::PortOp op) {
          memory.ports[op.getSymName()] = {
              op.getType(),
              std::vector<std::vector<Bits>>(op.getSlots(), std::vector<Bits>(sizeOf(op.getOwner()), 0))};
        })
        .Case<step::InputOp>(
            [&](step::InputOp op) { memory.inputs[op.getSymName()].assign(sizeOf(op.getOwner()), 0); })
        .Case<step::EventsOp>([&](step::EventsOp op) { memory.events[op.getSymName()] = {}; });
  }
  return memory;
}

double numberOf(Bits bits, Type type, int32_t frac) {
  if (type.isF64()) {
    return std::bit_cast<double>(bits);
  }
  if (type.isF32()) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  }
  double number = static_cast<double>(static_cast<int64_t>(bits));
  return frac > 0 ? std::ldexp(number, -frac) : number;
}

Bits bitsOfNumber(double number, Type type, int32_t frac, uint64_t& saturations) {
  if (type.isF64()) {
    return std::bit_cast<uint64_t>(number);
  }
  if (type.isF32()) {
    return std::bit_cast<uint32_t>(static_cast<float>(number));
  }
  unsigned width = type.getIntOrFloatBitWidth();
  if (width == 1) {
    return number != 0;
  }
  double scaled = std::nearbyint(frac > 0 ? std::ldexp(number, frac) : number);
  double limit = std::ldexp(1.0, static_cast<int>(width) - 1);
  if (!(scaled >= -limit && scaled < limit)) { // NaN too
    ++saturations;
    int64_t extreme = scaled > 0 ? INT64_MAX : INT64_MIN;
    return static_cast<Bits>(extreme >> (64 - width));
  }
  return static_cast<Bits>(static_cast<int64_t>(scaled));
}

Bits addBits(Bits a, Bits b, Type type) {
  if (type.isF64()) {
    return std::bit_cast<uint64_t>(std::bit_cast<double>(a) + std::bit_cast<double>(b));
  }
  if (type.isF32()) {
    float sum =
        std::bit_cast<float>(static_cast<uint32_t>(a)) + std::bit_cast<float>(static_cast<uint32_t>(b));
    return std::bit_cast<uint32_t>(sum);
  }
  return wrap(a + b, type.getIntOrFloatBitWidth());
}

} // namespace nissl::reference
