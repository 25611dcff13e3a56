// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/emulator/Mesh.h"

#include <algorithm>
#include <bit>

namespace nissl::golgi {

//===-- Emitter ----------------------------------------------------------------------------------===//

Emitter::Emitter(uint32_t router, std::vector<uint32_t> words, std::span<const uint64_t> mask,
                 std::span<const uint16_t> pointers, std::span<const uint32_t> axonsOut)
    : position(router), scanned(std::move(words)), mask(mask), pointers(pointers), axons(axonsOut) {
  if (scanned.empty()) {
    state = State::Done;
  }
}

bool Emitter::advance(bool room, Flit& flit) {
  switch (state) {
  case State::Done:
    return false;
  case State::Scan:
    pending = mask[scanned[word]];
    nextSpikeOrWord();
    return false;
  case State::Spike: {
    uint32_t source = scanned[word] * ChipModel::scanBits + static_cast<unsigned>(std::countr_zero(pending));
    pending &= pending - 1;
    next = pointers.empty() ? 0 : pointers[source];
    end = pointers.empty() ? 0 : pointers[source + 1];
    if (next == end) {
      nextSpikeOrWord();
    } else {
      state = State::Stream;
    }
    return false;
  }
  case State::Stream:
    if (!room) {
      return false;
    }
    flit = axons[next++];
    if (next == end) {
      nextSpikeOrWord();
    }
    return true;
  }
  return false;
}

void Emitter::nextSpikeOrWord() {
  if (pending != 0) {
    state = State::Spike;
    return;
  }
  ++word;
  state = word == scanned.size() ? State::Done : State::Scan;
}

//===-- Mesh -------------------------------------------------------------------------------------===//

Mesh::Mesh(unsigned width, unsigned height, unsigned fifoDepth)
    : width(width), depth(fifoDepth), routers(size_t{width} * height),
      busy((size_t{width} * height + 63) / 64, 0) {}

unsigned Mesh::route(Flit flit, uint32_t x, uint32_t y) {
  AxonOut target = AxonOut::decode(flit);
  if (target.x != x) {
    return target.x > x ? East : West;
  }
  if (target.y != y) {
    return target.y > y ? South : North;
  }
  return Local;
}

uint32_t Mesh::neighbour(uint32_t router, unsigned port) const {
  switch (port) {
  case North:
    return router - width;
  case East:
    return router + 1;
  case South:
    return router + width;
  default:
    return router - 1;
  }
}

/// The input port of the neighbour that an output port leads to.
static unsigned opposite(unsigned port) { return (port + 1) % 4 + 1; }

/// G8.5 (a), on the state at the start of the cycle: nothing has been popped or pushed yet.
void Mesh::drainOutputs(uint32_t index, uint64_t cycle, const Eject& eject, MeshResult& result) {
  Router& router = routers[index];
  for (unsigned port = 0; port < portCount; ++port) {
    if (!router.outputValid[port]) {
      continue;
    }
    if (port == Local) {
      eject(index, router.outputs[port], cycle);
    } else {
      uint32_t target = neighbour(index, port);
      auto input = static_cast<uint8_t>(opposite(port));
      if (routers[target].inputs[input].count >= depth) {
        continue;
      }
      arrivals.push_back({target, input, router.outputs[port]});
      ++result.hops;
    }
    router.outputValid[port] = false;
    --router.held;
  }
}

/// G8.5 (b): heads are those of the cycle's start, so an input gives at most one flit.
void Mesh::grant(Router& router, uint32_t x, uint32_t y) {
  constexpr unsigned none = portCount;
  std::array<unsigned, portCount> wanted;
  unsigned anyWanted = 0;
  for (unsigned port = 0; port < portCount; ++port) {
    const Fifo& fifo = router.inputs[port];
    wanted[port] = fifo.count == 0 ? none : route(fifo.flits[fifo.head], x, y);
    anyWanted |= 1u << wanted[port];
  }
  for (unsigned output = 0; output < portCount; ++output) {
    if (!(anyWanted >> output & 1) || router.outputValid[output]) {
      continue;
    }
    unsigned input = router.pointers[output];
    while (wanted[input] != output) {
      input = (input + 1) % portCount;
    }
    Fifo& fifo = router.inputs[input];
    router.outputs[output] = fifo.flits[fifo.head];
    router.outputValid[output] = true;
    fifo.head = static_cast<uint8_t>((fifo.head + 1) % maxFifoDepth);
    --fifo.count;
    router.pointers[output] = static_cast<uint8_t>((input + 1) % portCount);
  }
}

void Mesh::push(const Arrival& arrival) {
  Router& router = routers[arrival.router];
  Fifo& fifo = router.inputs[arrival.port];
  fifo.flits[(fifo.head + fifo.count) % maxFifoDepth] = arrival.flit;
  ++fifo.count;
  ++router.held;
  busy[arrival.router / 64] |= uint64_t{1} << arrival.router % 64;
}

MeshResult Mesh::drain(std::span<Emitter> emitters, const Eject& eject) {
  MeshResult result;
  for (Router& router : routers) {
    router.pointers = {};
  }
  std::vector<Emitter*> emitting;
  for (Emitter& emitter : emitters) {
    if (!emitter.done()) {
      emitting.push_back(&emitter);
    }
  }
  auto forBusy = [&](auto visit) {
    for (size_t word = 0; word < busy.size(); ++word) {
      for (uint64_t bits = busy[word]; bits != 0; bits &= bits - 1) {
        visit(static_cast<uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
      }
    }
  };
  auto anyBusy = [&] {
    return std::any_of(busy.begin(), busy.end(), [](uint64_t word) { return word != 0; });
  };
  while (!emitting.empty() || anyBusy()) {
    arrivals.clear();
    forBusy([&](uint32_t router) { drainOutputs(router, result.cycles, eject, result); });
    for (Emitter* emitter : emitting) {
      Flit flit = 0;
      if (emitter->advance(routers[emitter->router()].inputs[Local].count < depth, flit)) {
        arrivals.push_back({emitter->router(), Local, flit});
        ++result.flits;
      }
    }
    std::erase_if(emitting, [](const Emitter* emitter) { return emitter->done(); });
    forBusy([&](uint32_t router) {
      if (routers[router].held == 0) {
        busy[router / 64] &= ~(uint64_t{1} << router % 64);
      } else {
        grant(routers[router], router % width, router / width);
      }
    });
    for (const Arrival& arrival : arrivals) {
      push(arrival);
    }
    ++result.cycles;
  }
  return result;
}

} // namespace nissl::golgi
