// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Processes that run one network together.
#pragma once

#include "runtime/support/Error.h"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <vector>

namespace nissl::runtime {

/// What every rank throws when one of them has failed: the error of that one (of the lowest number first).
class RankFailure : public support::Error {
public:
  explicit RankFailure(const support::Error& error) : Error(error) {}
};

/// A process's place among those that run one network, and how they tell each other things. All of them make
/// the same calls in the same order, each from one thread at a time.
class Ranks {
public:
  Ranks(unsigned rank, unsigned size) : number(rank), count(size) {}
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  using Messages = std::vector<std::span<const std::byte>>; ///< by rank

  unsigned rank() const { return number; }
  unsigned size() const { return count; }
  /// The one that reads, records and prints.
  bool isFirst() const { return number == 0; }

  /// What all of them give here; to be read before the next call. Throws RankFailure.
  const Messages& allGather(std::span<const std::byte> own);
  /// The sum of what all of them give here; of what this one gives where a rank has failed.
  uint64_t sum(uint64_t own);
  /// In place of a call that the others make or will make: ends them with this error. Nothing is told after
  /// the first failure.
  void fail(const std::exception_ptr& error) noexcept;

protected:
  /// Gives every rank what all of them give, into `all`, which has their number.
  virtual void exchange(std::span<const std::byte> own, std::vector<std::vector<std::byte>>& all) = 0;

private:
  void share();

  unsigned number, count;
  std::vector<std::byte> message; ///< whether this rank has failed, and what it says
  std::vector<std::vector<std::byte>> received;
  Messages contents;
  std::exception_ptr failure;
};

/// What Nissl says of anything thrown: a support::Error as it is; codes NS0901 (no memory) and NS0902 (a bug)
/// for others.
support::Error errorOf(const std::exception_ptr& thrown);

} // namespace nissl::runtime
