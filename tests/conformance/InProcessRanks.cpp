// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/conformance/InProcessRanks.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace nissl::conformance {
namespace {

/// Where ranks meet.
class Table {
public:
  explicit Table(unsigned count) : messages(count) {}

  /// Returns when all have come.
  void meet() {
    std::unique_lock lock(mutex);
    unsigned before = round;
    if (++arrived == messages.size()) {
      arrived = 0;
      ++round;
      changed.notify_all();
    } else if (!changed.wait_for(lock, std::chrono::minutes(1), [&] { return round != before; })) {
      std::fputs("a rank waited in vain\n", stderr);
      std::abort();
    }
  }

  std::vector<std::span<const std::byte>> messages; ///< by rank

private:
  std::mutex mutex;
  std::condition_variable changed;
  size_t arrived = 0;
  unsigned round = 0;
};

class InProcessRanks final : public runtime::Ranks {
public:
  InProcessRanks(unsigned rank, unsigned size, Table& table) : Ranks(rank, size), table(table) {}

private:
  void exchange(std::span<const std::byte> own, std::vector<std::vector<std::byte>>& all) override {
    table.messages[rank()] = own;
    table.meet();
    for (unsigned other = 0; other < size(); ++other) {
      all[other].assign(table.messages[other].begin(), table.messages[other].end());
    }
    table.meet();
  }

  Table& table;
};

} // namespace

void onRanks(unsigned size, const std::function<void(runtime::Ranks&)>& work) {
  Table table(size);
  std::vector<std::jthread> threads;
  for (unsigned rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      InProcessRanks ranks(rank, size, table);
      work(ranks);
    });
  }
}

Trace runOnRanks(unsigned size, const std::function<std::unique_ptr<runtime::Device>()>& create,
                 const program::Program& program, const RunOptions& options) {
  std::vector<Trace> traces(size);
  onRanks(size, [&](runtime::Ranks& ranks) {
    RunOptions own = options;
    own.ranks = &ranks;
    std::unique_ptr<runtime::Device> device = create();
    traces[ranks.rank()] = run(*device, program, own);
  });
  for (const Trace& other : traces) {
    if (std::string difference = other.differenceTo(traces[0]); !difference.empty()) {
      traces[0].error = "ranks saw different things: " + difference;
    }
  }
  return traces[0];
}

} // namespace nissl::conformance
