// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/emulator/Core.h"

#include "targets/golgi/emulator/SynapseRow.h"
#include "targets/golgi/model/CycleModel.h"

#include <algorithm>
#include <bit>

namespace nissl::golgi {

/// Registers and predicates that an instruction reads.
struct Reads {
  uint32_t registers = 0;
  uint32_t predicates = 0;
};

static Reads readsOf(const Instruction& instruction) {
  Reads reads;
  if (!instruction.pred.always()) {
    reads.predicates |= 1u << instruction.pred.predicate();
  }
  const uint32_t a = 1u << instruction.ra;
  const uint32_t b = 1u << instruction.rb;
  switch (infoOf(instruction.op).form) {
  case Form::KRa:
  case Form::RdRa:
  case Form::RdRaImm:
  case Form::PdRa:
  case Form::Random:
  case Form::RaImm:
    reads.registers |= a;
    break;
  case Form::RdRaRb:
  case Form::RdRaRbImm:
  case Form::CompareP:
  case Form::CompareR:
  case Form::Select:
    reads.registers |= a | b;
    break;
  case Form::SelectR:
    reads.registers |= a | b | 1u << instruction.imm;
    break;
  case Form::RdPa:
    reads.predicates |= 1u << instruction.imm;
    break;
  case Form::PdPaPb:
    reads.predicates |= a | b;
    break;
  case Form::PdPa:
    reads.predicates |= a;
    break;
  case Form::None:
  case Form::RdK:
  case Form::RdKShift:
  case Form::RdWide:
  case Form::Rd:
  case Form::RdImm:
  case Form::Imm:
    break;
  }
  return reads;
}

static bool writesPredicate(Form form) {
  return form == Form::CompareP || form == Form::PdRa || form == Form::PdPaPb || form == Form::PdPa;
}
static bool writesRegister(Form form) {
  return !writesPredicate(form) && form != Form::None && form != Form::KRa && form != Form::Imm &&
         form != Form::RaImm;
}

static std::vector<uint8_t> positionsOf(uint32_t bits) {
  std::vector<uint8_t> positions;
  for (; bits != 0; bits &= bits - 1) {
    positions.push_back(static_cast<uint8_t>(std::countr_zero(bits)));
  }
  return positions;
}

Core::Program Core::prepare(const CoreImage& image, const Group& group) {
  std::span<const uint32_t> words = std::span(image.program).subspan(group.entry, group.length);
  Program program;
  program.cycles = groupCycles(group.cells, words);
  Reads written;
  Reads cleared;
  for (uint32_t word : words) {
    const Instruction& instruction = program.instructions.emplace_back(decode(word));
    Form form = infoOf(instruction.op).form;
    Reads reads = readsOf(instruction);
    // A write that does not hold everywhere leaves the old value.
    bool partial = !instruction.pred.always() && form != Form::Select;
    uint32_t target = 1u << instruction.rd;
    if (writesRegister(form)) {
      reads.registers |= partial ? target : 0;
    }
    if (writesPredicate(form)) {
      reads.predicates |= partial ? target : 0;
    }
    cleared.registers |= reads.registers & ~written.registers;
    cleared.predicates |= reads.predicates & ~written.predicates;
    written.registers |= writesRegister(form) ? target : 0;
    written.predicates |= writesPredicate(form) ? target : 0;
    program.clearsRandom |= instruction.op == Opcode::Rndn;
  }
  program.clearedRegisters = positionsOf(cleared.registers);
  program.clearedPredicates = positionsOf(cleared.predicates);
  return program;
}

Core::Core(const CoreImage& image) : contents(image) {
  slotWords = static_cast<uint32_t>(ceilDivide(image.axonsIn.size(), ChipModel::scanBits));
  memories.state = image.state;
  memories.accumulators.assign(size_t{image.accPlane} * image.accSlots, 0);
  memories.events.assign(size_t{slotWords} * ChipModel::eventSlots, 0);
  inputs.assign(image.inputWords, 0);
  uint64_t sources = 0;
  for (const Group& group : image.groups) {
    programs.push_back(prepare(image, group));
    sources = std::max<uint64_t>(sources, group.spikeBase + uint64_t{group.events} * pad64(group.cells));
  }
  spikes.assign(sources / ChipModel::scanBits, 0);
}

void Core::setEvent(uint64_t tick, uint32_t axon) {
  if (slotWords == 0) {
    return;
  }
  size_t word = axon / ChipModel::scanBits % slotWords;
  memories.events[tick % ChipModel::eventSlots * slotWords + word] |= uint64_t{1}
                                                                      << axon % ChipModel::scanBits;
}

uint64_t Core::deliver(const Tick& now, Counters& counters) {
  uint64_t cycles = deliverCycles(contents.axonsIn.size());
  auto planeStart = static_cast<uint32_t>(now.tick % contents.accSlots * contents.accPlane);
  uint64_t* slot = memories.events.data() + now.tick % ChipModel::eventSlots * slotWords;
  for (uint32_t word = 0; word < slotWords; ++word) {
    uint64_t bits = std::exchange(slot[word], 0);
    for (; bits != 0; bits &= bits - 1) {
      size_t axon = word * ChipModel::scanBits + static_cast<unsigned>(std::countr_zero(bits));
      uint32_t entry = axon < contents.axonsIn.size() ? contents.axonsIn[axon] : 0;
      if (entry >> 28 == static_cast<uint32_t>(AxonKind::None)) {
        ++counters.droppedEvents;
        ++cycles;
        continue;
      }
      cycles += walkRows(entry & 0x0fffffff, planeStart, counters);
    }
  }
  return cycles;
}

/// Adds the synapses of a row to the accumulators; `at(i)` gives the i-th offset and weight.
template <typename At>
static void addSynapses(uint32_t* accumulators, uint32_t ring, uint32_t planeStart, const RowHeader& header,
                        At at) {
  for (uint32_t i = 0; i < header.count; ++i) {
    auto [offset, weight] = at(i);
    uint32_t index = planeStart + offset;
    index = index >= ring ? index - ring : index;
    accumulators[index] += static_cast<uint32_t>(weight) << header.exponent;
  }
}

uint64_t Core::walkRows(uint32_t address, uint32_t planeStart, Counters& counters) {
  uint32_t* accumulators = memories.accumulators.data();
  auto ring = static_cast<uint32_t>(memories.accumulators.size());
  uint64_t cycles = 0;
  bool more = true;
  while (more) {
    RowHeader header = RowHeader::decode(contents.synapses[address]).value();
    const uint64_t* payload = contents.synapses.data() + address + 1;
    auto add = [&](auto at) { addSynapses(accumulators, ring, planeStart, header, at); };
    switch (header.format) {
    case RowFormat::Sparse16:
      add([&](uint32_t i) {
        auto half = static_cast<uint32_t>(payload[i / 2] >> (32 * (i % 2)));
        return std::pair<uint32_t, int32_t>(half >> 16, static_cast<int16_t>(half & 0xffff));
      });
      break;
    case RowFormat::Sparse32:
      add([&](uint32_t i) {
        return std::pair<uint32_t, int32_t>(static_cast<uint32_t>(payload[i] >> 32),
                                            static_cast<int32_t>(payload[i]));
      });
      break;
    case RowFormat::Dense8:
      add([&](uint32_t i) {
        return std::pair<uint32_t, int32_t>(header.base + i,
                                            static_cast<int8_t>(payload[i / 8] >> (8 * (i % 8)) & 0xff));
      });
      break;
    case RowFormat::Dense16:
      add([&](uint32_t i) {
        return std::pair<uint32_t, int32_t>(header.base + i,
                                            static_cast<int16_t>(payload[i / 4] >> (16 * (i % 4)) & 0xffff));
      });
      break;
    }
    counters.synapticOps += header.count;
    cycles += rowCycles(header.beats());
    address += 1 + header.payloadWords();
    more = header.more;
  }
  return cycles;
}

uint64_t Core::update(const Tick& now, uint64_t seed, Counters& counters) {
  active.clear();
  uint64_t cycles = 0;
  for (size_t i = 0; i < contents.groups.size(); ++i) {
    const Group& group = contents.groups[i];
    if (group.stratum == now.stratum && now.step % group.period == group.offset) {
      active.push_back(static_cast<uint32_t>(i));
      runGroup(i, now, seed, counters);
      cycles += programs[i].cycles;
    }
  }
  auto planeStart = static_cast<ptrdiff_t>(now.tick % contents.accSlots * contents.accPlane);
  auto plane = memories.accumulators.begin() + planeStart;
  std::fill(plane, plane + contents.accPlane, 0);
  return cycles + clearCycles(contents.accPlane);
}

void Core::runGroup(size_t index, const Tick& now, uint64_t seed, Counters& counters) {
  const Group& group = contents.groups[index];
  const Program& program = programs[index];
  auto spikeArea = spikes.begin() + group.spikeBase / ChipModel::scanBits;
  size_t spikeWords = size_t{group.events} * pad64(group.cells) / ChipModel::scanBits;
  if (spikeWords != 0) {
    std::fill(spikeArea, spikeArea + static_cast<ptrdiff_t>(spikeWords), 0);
  }
  LaneEnvironment environment;
  environment.group = &group;
  environment.stride = pad4(group.cells);
  environment.state = memories.state.data();
  environment.parameters = contents.parameters.data();
  environment.ports = plane(now.tick).data();
  environment.inputs = inputs.data();
  environment.spikeMask = spikes.data();
  environment.constants = contents.constants;
  environment.lut = contents.lut;
  environment.tables = contents.tables;
  environment.step = now.step;
  environment.seed = seed;
  static_assert(laneCount == ChipModel::scanBits, "a batch writes one word of the spike mask");
  Lanes lanes;
  for (uint32_t first = 0; first < group.cells; first += laneCount) {
    environment.first = first;
    environment.count = std::min<uint32_t>(laneCount, group.cells - first);
    for (uint8_t position : program.clearedRegisters) {
      lanes.registers[position].fill(0);
    }
    for (uint8_t position : program.clearedPredicates) {
      lanes.predicates[position].fill(0);
    }
    if (program.clearsRandom) {
      lanes.random = {};
    }
    execute(program.instructions, lanes, environment);
  }
  counters.saturations += environment.saturations;
  counters.instructions += program.instructions.size() * uint64_t{group.cells};
  for (size_t i = 0; i < spikeWords; ++i) {
    counters.events += static_cast<unsigned>(std::popcount(spikeArea[static_cast<ptrdiff_t>(i)]));
  }
}

std::span<const uint32_t> Core::plane(uint64_t tick) const {
  return std::span(memories.accumulators)
      .subspan(tick % contents.accSlots * contents.accPlane, contents.accPlane);
}

void Core::setInput(uint32_t word, int32_t value) {
  inputs[word] = value;
  inputsValid = true;
}

void Core::clearInputs() {
  if (inputsValid) {
    std::fill(inputs.begin(), inputs.end(), 0);
    inputsValid = false;
  }
}

} // namespace nissl::golgi
