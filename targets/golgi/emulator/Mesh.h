// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Phase C: the emitters and the mesh, flit by flit and cycle by cycle (SPEC.md G8).
#pragma once

#include "targets/golgi/emulator/Image.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nissl::golgi {

/// An AXOUT word on its way.
using Flit = uint32_t;

/// What one core has to send in this tick: the scan of its spike mask (G8.1).
class Emitter {
public:
  /// `words` are positions of 64-bit words in the mask, in the order in which they are scanned.
  Emitter(uint32_t router, std::vector<uint32_t> words, std::span<const uint64_t> mask,
          std::span<const uint16_t> pointers, std::span<const uint32_t> axonsOut);

  bool done() const { return state == State::Done; }
  uint32_t router() const { return position; }
  /// One cycle. Gives true and the flit where one was pushed; that needs `room`.
  bool advance(bool room, Flit& flit);

private:
  enum class State : uint8_t { Scan, Spike, Stream, Done };
  void nextSpikeOrWord();
  void nextWord();

  uint32_t position;
  std::vector<uint32_t> scanned;
  std::span<const uint64_t> mask;
  std::span<const uint16_t> pointers;
  std::span<const uint32_t> axons;
  State state = State::Scan;
  size_t word = 0;
  uint64_t pending = 0;
  uint32_t next = 0;
  uint32_t end = 0;
};

struct MeshResult {
  /// T_C (G8.7).
  uint64_t cycles = 0;
  uint64_t flits = 0;
  uint64_t hops = 0;
};

class Mesh {
public:
  /// `width` × `height` routers; router y·width + x stands at (x, y).
  Mesh(unsigned width, unsigned height, unsigned fifoDepth);

  /// Called in the cycle in which a flit is ejected; `cycle` counts from 0 at the start of C.
  using Eject = std::function<void(uint32_t router, Flit flit, uint64_t cycle)>;

  /// Runs until every emitter is done and the mesh is empty.
  MeshResult drain(std::span<Emitter> emitters, const Eject& eject);

private:
  static constexpr unsigned portCount = 5;
  static constexpr unsigned maxFifoDepth = 16;
  enum Port : uint8_t { Local, North, East, South, West };

  struct Fifo {
    std::array<Flit, maxFifoDepth> flits;
    uint8_t head = 0;
    uint8_t count = 0;
  };
  struct Router {
    std::array<Fifo, portCount> inputs;
    std::array<Flit, portCount> outputs;
    std::array<bool, portCount> outputValid = {};
    std::array<uint8_t, portCount> pointers = {};
    /// Flits in its FIFOs and registers.
    uint32_t held = 0;
  };
  struct Arrival {
    uint32_t router;
    uint8_t port;
    Flit flit;
  };

  void drainOutputs(uint32_t router, uint64_t cycle, const Eject& eject, MeshResult& result);
  void grant(Router& router, uint32_t x, uint32_t y);
  void push(const Arrival& arrival);
  uint32_t neighbour(uint32_t router, unsigned port) const;
  static unsigned route(Flit flit, uint32_t x, uint32_t y);

  unsigned width;
  unsigned depth;
  std::vector<Router> routers;
  /// Bits of the routers that hold flits.
  std::vector<uint64_t> busy;
  std::vector<Arrival> arrivals;
};

} // namespace nissl::golgi
