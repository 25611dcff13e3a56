// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cycles of phase C worked out by hand from SPEC.md G8, and random traffic against a naive mesh.
#include "targets/golgi/emulator/Mesh.h"

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <random>

using namespace nissl::golgi;

namespace {

/// What each core sends: one spike of source i per entry of lists[i].
struct Sender {
  uint32_t router = 0;
  std::vector<uint64_t> mask;
  std::vector<uint32_t> words;
  std::vector<uint16_t> pointers;
  std::vector<uint32_t> axons;

  Sender(uint32_t router, const std::vector<std::vector<AxonOut>>& lists) : router(router) {
    mask.assign((lists.size() + 63) / 64, 0);
    pointers = {0};
    for (size_t i = 0; i < lists.size(); ++i) {
      mask[i / 64] |= uint64_t{1} << i % 64;
      for (const AxonOut& out : lists[i]) {
        axons.push_back(out.encode());
      }
      pointers.push_back(static_cast<uint16_t>(axons.size()));
    }
    for (uint32_t word = 0; word < mask.size(); ++word) {
      words.push_back(word);
    }
  }
  Emitter emitter() const { return {router, words, mask, pointers, axons}; }
};

struct Ejected {
  uint32_t router;
  uint32_t axon;
  uint64_t cycle;
  friend bool operator==(const Ejected&, const Ejected&) = default;
};
std::ostream& operator<<(std::ostream& out, const Ejected& e) {
  return out << "{router " << e.router << ", axon " << e.axon << ", cycle " << e.cycle << "}";
}

struct Run {
  MeshResult result;
  std::vector<Ejected> ejected;
};

Run drain(unsigned width, unsigned height, const std::vector<Sender>& senders) {
  Mesh mesh(width, height, 4);
  std::vector<Emitter> emitters;
  for (const Sender& sender : senders) {
    emitters.push_back(sender.emitter());
  }
  Run run;
  run.result = mesh.drain(emitters, [&](uint32_t router, Flit flit, uint64_t cycle) {
    run.ejected.push_back({router, AxonOut::decode(flit).axon, cycle});
  });
  return run;
}

} // namespace

TEST_CASE("a flit to its own core takes five cycles", "[golgi][mesh][G8.1][G8.6]") {
  // 0 scan, 1 spike, 2 push, 3 grant, 4 eject.
  Run run = drain(1, 1, {Sender(0, {{{0, 0, 7, 0}}})});
  CHECK(run.result.cycles == 5);
  CHECK(run.result.hops == 0);
  CHECK(run.ejected == std::vector<Ejected>{{0, 7, 4}});
}

TEST_CASE("each hop takes two cycles, in x before y", "[golgi][mesh][G8.4][G8.6]") {
  auto [x, y, cycles, hops] = GENERATE(table<uint32_t, uint32_t, uint64_t, uint64_t>(
      {{1, 0, 7, 1}, {0, 1, 7, 1}, {2, 0, 9, 2}, {2, 1, 11, 3}, {3, 3, 17, 6}}));
  Run run = drain(4, 4, {Sender(0, {{{x, y, 1, 0}}})});
  CHECK(run.result.cycles == cycles);
  CHECK(run.result.hops == hops);
  CHECK(run.ejected == std::vector<Ejected>{{y * 4 + x, 1, cycles - 1}});
  // And back.
  Run back = drain(4, 4, {Sender(y * 4 + x, {{{0, 0, 1, 0}}})});
  CHECK(back.result.cycles == cycles);
}

TEST_CASE("one flit a cycle streams without stalls", "[golgi][mesh][G8.5]") {
  // Pushes in cycles 2 … 11, the last ejected two cycles later: 14 cycles for 10 flits.
  std::vector<AxonOut> list;
  for (uint32_t i = 0; i < 10; ++i) {
    list.push_back({0, 0, i, 0});
  }
  Run run = drain(1, 1, {Sender(0, {list})});
  CHECK(run.result.cycles == 14);
  CHECK(run.result.flits == 10);
}

TEST_CASE("spikes without axons and empty words cost their scan only", "[golgi][mesh][G8.1]") {
  // Scan, spike, spike, scan of the second word, spike: the last action is cycle 4.
  Sender sender(0, {{}, {}});
  sender.mask = {3, 1};
  sender.words = {0, 1};
  sender.pointers.assign(130, 0);
  CHECK(drain(1, 1, {sender}).result.cycles == 5);
  sender.mask = {0, 0};
  CHECK(drain(1, 1, {sender}).result.cycles == 2);
  sender.words.clear();
  CHECK(drain(1, 1, {sender}).result.cycles == 0);
}

TEST_CASE("two flits for one core take turns", "[golgi][mesh][G8.5]") {
  // Both reach the middle router in cycle 4. Pointer 0: east (2) is granted in 5, west (4) in 6.
  std::vector<AxonOut> one = {{1, 0, 100, 0}};
  std::vector<AxonOut> two = {{1, 0, 200, 0}};
  Run run = drain(3, 1, {Sender(0, {one}), Sender(2, {two})});
  CHECK(run.ejected == std::vector<Ejected>{{1, 200, 6}, {1, 100, 7}});
  CHECK(run.result.cycles == 8);

  // Two each: east, west, east, west, because the pointer moves past what it granted.
  one.push_back({1, 0, 101, 0});
  two.push_back({1, 0, 201, 0});
  run = drain(3, 1, {Sender(0, {one}), Sender(2, {two})});
  CHECK(run.ejected == std::vector<Ejected>{{1, 200, 6}, {1, 100, 7}, {1, 201, 8}, {1, 101, 9}});
  CHECK(run.result.cycles == 10);
}

TEST_CASE("the turns of one tick do not carry over to the next", "[golgi][mesh][G8.6]") {
  // A flit from the east alone would leave the pointer behind the east; the next tick still serves the east
  // first.
  Sender west(0, {{{1, 0, 100, 0}}});
  Sender east(2, {{{1, 0, 200, 0}}});
  Mesh mesh(3, 1, 4);
  std::vector<uint32_t> order;
  auto eject = [&](uint32_t, Flit flit, uint64_t) { order.push_back(AxonOut::decode(flit).axon); };
  std::vector<Emitter> alone = {east.emitter()};
  mesh.drain(alone, eject);
  std::vector<Emitter> both = {west.emitter(), east.emitter()};
  mesh.drain(both, eject);
  CHECK(order == std::vector<uint32_t>{200, 200, 100});
}

TEST_CASE("a full FIFO holds the emitter back", "[golgi][mesh][G8.1][G8.5]") {
  // A 2 x 1 mesh: both cores send 20 flits to core 1. Its local output serves port 0 and port 4 in turns, so
  // each FIFO drains every second cycle. The first grant is in cycle 3 and, as some flit always waits, one
  // flit is ejected in each cycle from 4 on: 40 flits end in cycle 43.
  std::vector<AxonOut> list(20, {1, 0, 3, 0});
  Run run = drain(2, 1, {Sender(0, {list}), Sender(1, {list})});
  CHECK(run.result.cycles == 44);
  CHECK(run.result.hops == 20);
}

namespace {

/// The clauses once more, with deques and without any bookkeeping of who is busy.
struct NaiveMesh {
  struct Node {
    std::deque<Flit> in[5];
    std::deque<Flit> out[5];
    unsigned pointer[5] = {};
  };
  unsigned width, height;
  std::vector<Node> nodes;

  unsigned want(Flit flit, unsigned node) const {
    AxonOut to = AxonOut::decode(flit);
    unsigned x = node % width, y = node / width;
    return to.x > x ? 2 : to.x < x ? 4 : to.y < y ? 1 : to.y > y ? 3 : 0;
  }

  Run run(std::vector<Emitter> emitters) {
    Run run;
    auto full = [&](unsigned node, unsigned port) { return nodes[node].in[port].size() >= 4; };
    while (true) {
      bool idle = true;
      for (const Emitter& emitter : emitters) {
        idle &= emitter.done();
      }
      for (const Node& node : nodes) {
        for (unsigned port = 0; port < 5; ++port) {
          idle &= node.in[port].empty() && node.out[port].empty();
        }
      }
      if (idle) {
        return run;
      }
      std::vector<Node> before = nodes;
      std::vector<std::tuple<unsigned, unsigned, Flit>> moves;
      const int dx[] = {0, 0, 1, 0, -1}, dy[] = {0, -1, 0, 1, 0};
      const unsigned entersAt[] = {0, 3, 4, 1, 2};
      for (unsigned node = 0; node < nodes.size(); ++node) {
        for (unsigned port = 0; port < 5; ++port) {
          if (before[node].out[port].empty()) {
            continue;
          }
          Flit flit = before[node].out[port].front();
          if (port == 0) {
            run.ejected.push_back({node, AxonOut::decode(flit).axon, run.result.cycles});
          } else {
            auto to =
                static_cast<unsigned>((static_cast<int>(node / width) + dy[port]) * static_cast<int>(width) +
                                      static_cast<int>(node % width) + dx[port]);
            if (full(to, entersAt[port])) {
              continue;
            }
            moves.emplace_back(to, entersAt[port], flit);
            ++run.result.hops;
          }
          nodes[node].out[port].clear();
        }
      }
      for (Emitter& emitter : emitters) {
        Flit flit = 0;
        if (emitter.advance(!full(emitter.router(), 0), flit)) {
          moves.emplace_back(emitter.router(), 0, flit);
          ++run.result.flits;
        }
      }
      for (unsigned node = 0; node < nodes.size(); ++node) {
        for (unsigned output = 0; output < 5; ++output) {
          if (!nodes[node].out[output].empty()) {
            continue;
          }
          for (unsigned turn = 0; turn < 5; ++turn) {
            unsigned input = (before[node].pointer[output] + turn) % 5;
            if (!before[node].in[input].empty() && want(before[node].in[input].front(), node) == output) {
              nodes[node].out[output].push_back(nodes[node].in[input].front());
              nodes[node].in[input].pop_front();
              nodes[node].pointer[output] = (input + 1) % 5;
              break;
            }
          }
        }
      }
      for (auto [node, port, flit] : moves) {
        nodes[node].in[port].push_back(flit);
      }
      ++run.result.cycles;
    }
  }
};

} // namespace

TEST_CASE("random traffic takes the cycles of a naive mesh", "[golgi][mesh][G8.5]") {
  auto seed = GENERATE(range(0u, 40u));
  std::mt19937 random(seed);
  unsigned width = 1 + random() % 5, height = 1 + random() % 5;
  // Every third run sends everything to one core, so that FIFOs fill and push back.
  bool hotSpot = seed % 3 == 0;
  std::vector<Sender> senders;
  for (uint32_t router = 0; router < width * height; ++router) {
    std::vector<std::vector<AxonOut>> lists(random() % 20);
    for (auto& list : lists) {
      for (size_t i = random() % 6; i > 0; --i) {
        uint32_t x = hotSpot ? width / 2 : static_cast<uint32_t>(random() % width);
        uint32_t y = hotSpot ? height / 2 : static_cast<uint32_t>(random() % height);
        list.push_back({x, y, static_cast<uint32_t>(random() % 65536), 0});
      }
    }
    senders.emplace_back(router, lists);
  }
  Run run = drain(width, height, senders);
  std::vector<Emitter> emitters;
  for (const Sender& sender : senders) {
    emitters.push_back(sender.emitter());
  }
  NaiveMesh naive{width, height, std::vector<NaiveMesh::Node>(width * height)};
  Run expected = naive.run(emitters);
  CHECK(run.result.cycles == expected.result.cycles);
  CHECK(run.result.hops == expected.result.hops);
  CHECK(run.result.flits == expected.result.flits);
  CHECK(run.ejected == expected.ejected);
}
