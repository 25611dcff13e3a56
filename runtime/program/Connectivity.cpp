// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns a connectivity rule into rows. First the length of every row, then the rows in place, each
// (row, block) from its own draws, so that any number of threads writes the same table.
#include "runtime/program/Connectivity.h"

#include "runtime/program/CountDistribution.h"
#include "runtime/program/DrawSequence.h"
#include "runtime/program/RowWriter.h"
#include "runtime/program/SplitCounts.h"
#include "runtime/support/Error.h"
#include "runtime/support/Random.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

namespace nissl::program {
namespace {

using support::Error;

/// Rows and blocks are addressed by 20 bits each of an entity.
constexpr int64_t rowLimit = int64_t{1} << support::synapseFieldBits;
constexpr int64_t cellLimit = rowLimit * connectBlock;
constexpr int64_t countLimit = int64_t{1} << 44;

/// Calls work(i) for every i in [begin, end) from `threads` threads, in any order. Each thread has its own
/// copy of `work`, and with it of what that remembers.
template <typename Work>
void forEach(int64_t begin, int64_t end, unsigned threads, Work work) {
  int64_t wanted = std::max(threads, 1u);
  int64_t grain = std::clamp<int64_t>((end - begin) / (8 * wanted), 1, 64);
  int64_t workers = std::min(wanted, (end - begin + grain - 1) / grain);
  std::atomic<int64_t> next = begin;
  auto run = [&next, end, grain, work]() mutable {
    for (int64_t from = next.fetch_add(grain); from < end; from = next.fetch_add(grain)) {
      for (int64_t i = from; i < std::min(from + grain, end); ++i) {
        work(i);
      }
    }
  };
  std::vector<std::jthread> pool;
  try {
    for (int64_t i = 1; i < workers; ++i) {
      pool.emplace_back(run);
    }
  } catch (const std::system_error&) {
    // Fewer threads than asked for do the same work.
  }
  run();
}

/// One expansion: the rule, where it applies, and the steps that every connector takes.
class Expansion {
public:
  Expansion(const ConnectRule& rule, const TableShape& shape, uint64_t seed, std::string_view table,
            unsigned threads, TargetRange part)
      : rule(rule), shape(shape), streams(seed, table), table(table), threads(threads) {
    const Candidates all{shape.targetBegin, shape.targetEnd, -1};
    whole = part.begin <= shape.targetBegin && shape.targetEnd <= part.end;
    wanted = {all.firstBlock(), all.endBlock()};
    if (!whole) {
      const Candidates some{std::max<int64_t>(part.begin, 0), std::max(part.begin, part.end), -1};
      wanted.first = std::max(wanted.first, some.firstBlock());
      wanted.end = std::max(wanted.first, std::min(wanted.end, some.endBlock()));
    }
  }

  Rows run() {
    check();
    switch (rule.kind) {
    case ConnectKind::OneToOne:
      return oneToOne();
    case ConnectKind::AllToAll:
      return allToAll();
    case ConnectKind::Bernoulli:
      return bernoulli();
    case ConnectKind::FixedOutdegree:
      return fixedOutdegree();
    case ConnectKind::FixedIndegree:
      return fixedIndegree();
    case ConnectKind::FixedTotal:
      return fixedTotal();
    case ConnectKind::Pairs:
      return pairs();
    }
    throw Error::input("NS0301", "table '{}': connectivity rule {} is not known to this version", table,
                       static_cast<int>(rule.kind));
  }

private:
  int64_t sources() const { return shape.sourceEnd - shape.sourceBegin; }
  int64_t targets() const { return shape.targetEnd - shape.targetBegin; }
  bool meetsItself() const { return rule.autapses || !shape.sameExtent; }

  static Candidates candidates(int64_t begin, int64_t end, int64_t self, bool meetsItself) {
    return {begin, end, !meetsItself && begin <= self && self < end ? self : -1};
  }
  Candidates targetsOf(int64_t source) const {
    return candidates(shape.targetBegin, shape.targetEnd, source, meetsItself());
  }
  Candidates sourcesOf(int64_t target) const {
    return candidates(shape.sourceBegin, shape.sourceEnd, target, meetsItself());
  }

  void check() const;
  void checkDegree(std::string_view role, int64_t cell, const Candidates& candidates) const;
  Candidates wantedOf(int64_t source) const { return targetsOf(source).in(wanted.first, wanted.end); }
  bool wants(int64_t target) const {
    return wanted.first * connectBlock <= target && target < wanted.end * connectBlock;
  }

  template <typename LengthOf>
  Rows rowsOf(LengthOf lengthOf) const;
  template <typename CountOf>
  Rows spread(CountOf countOf) const;
  template <typename Fill>
  void fill(Rows& rows, Fill fillRow) const;
  void shareOut(uint64_t count, int64_t first, int64_t end, SplitCounts& counts,
                std::vector<uint64_t>& lengths) const;
  uint64_t capacity(int64_t first, int64_t end) const;

  Rows oneToOne() const;
  Rows allToAll() const;
  Rows bernoulli() const;
  Rows fixedOutdegree() const;
  Rows fixedIndegree() const;
  Rows fixedTotal() const;
  Rows pairs() const;

  const ConnectRule& rule;
  const TableShape& shape;
  Streams streams;
  std::string_view table;
  unsigned threads;
  bool whole = true; ///< whether all targets are wanted
  Blocks wanted;
};

void Expansion::check() const {
  if (shape.sourceBegin < 0 || shape.sourceEnd < shape.sourceBegin || shape.targetBegin < 0 ||
      shape.targetEnd < shape.targetBegin) {
    throw Error::input("NS0302", "table '{}': sources [{}, {}) to targets [{}, {}) is not a pair of ranges",
                       table, shape.sourceBegin, shape.sourceEnd, shape.targetBegin, shape.targetEnd);
  }
  int64_t targetLimit = rule.kind == ConnectKind::FixedIndegree ? rowLimit : cellLimit;
  if (shape.sourceEnd > rowLimit || shape.targetEnd > targetLimit) {
    throw Error::input(
        "NS0306",
        "table '{}': source index {} and target index {} exceed what a table can address ({} sources, "
        "{} targets); split the population",
        table, shape.sourceEnd, shape.targetEnd, rowLimit, targetLimit);
  }
  if (rule.count < 0 || rule.count > countLimit) {
    throw Error::input("NS0301", "table '{}': a count of {} synapses; expected 0 to {}", table, rule.count,
                       countLimit);
  }
  if (rule.kind == ConnectKind::Bernoulli && !(rule.probability >= 0 && rule.probability <= 1)) {
    throw Error::input("NS0301", "table '{}': probability {}; expected 0 to 1", table, rule.probability);
  }
}

/// Can a cell have `count` partners among its candidates?
void Expansion::checkDegree(std::string_view role, int64_t cell, const Candidates& candidates) const {
  uint64_t found = candidates.size(), wanted = static_cast<uint64_t>(rule.count);
  if (wanted > 0 && (found == 0 || (!rule.multapses && wanted > found))) {
    throw Error::input(
        "NS0303", "table '{}': {} {} shall have {} synapses but may meet only {} cells{}; lower the degree{}",
        table, role, cell, wanted, found, candidates.excluded >= 0 ? " besides itself" : "",
        found == 0 ? "" : " or allow multapses");
  }
}

/// Rows of given lengths, targets not yet written.
template <typename LengthOf>
Rows Expansion::rowsOf(LengthOf lengthOf) const {
  Rows rows;
  rows.rowStart.assign(sources() + 1, 0);
  for (int64_t row = 0; row < sources(); ++row) {
    uint64_t length = lengthOf(row);
    checkRowLength(table, shape.sourceBegin + row, length);
    rows.rowStart[row + 1] = rows.rowStart[row] + length;
  }
  rows.target.resize(rows.rowStart.back());
  return rows;
}

/// Calls fillRow(source, length, where) for every row, in parallel; each thread has its own copy of
/// `fillRow`.
template <typename Fill>
void Expansion::fill(Rows& rows, Fill fillRow) const {
  forEach(0, sources(), threads, [this, &rows, fillRow](int64_t row) mutable {
    fillRow(shape.sourceBegin + row, rows.rowStart[row + 1] - rows.rowStart[row],
            rows.target.data() + rows.rowStart[row]);
  });
}

/// Rows of countOf(row) synapses in all, each spread over its source's targets.
template <typename CountOf>
Rows Expansion::spread(CountOf countOf) const {
  std::vector<uint64_t> lengths(sources());
  forEach(0, sources(), threads, [&, writer = RowWriter(streams, rule.multapses)](int64_t row) mutable {
    int64_t source = shape.sourceBegin + row;
    lengths[row] = whole ? countOf(row) : writer.lengthOf(targetsOf(source), source, countOf(row), wanted);
  });
  Rows rows = rowsOf([&](int64_t row) { return lengths[row]; });
  fill(rows,
       [&, writer = RowWriter(streams, rule.multapses)](int64_t source, uint64_t, uint32_t* out) mutable {
         writer.spread(targetsOf(source), source, countOf(source - shape.sourceBegin), wanted, out);
       });
  return rows;
}

Rows Expansion::oneToOne() const {
  if (sources() != targets()) {
    throw Error::input("NS0304",
                       "table '{}': one_to_one from {} sources to {} targets; they must be equally many",
                       table, sources(), targets());
  }
  int64_t shift = shape.targetBegin - shape.sourceBegin;
  if (!meetsItself() && shift == 0 && sources() > 0) {
    throw Error::input("NS0304",
                       "table '{}': one_to_one from cells to themselves has no synapses without autapses; "
                       "allow autapses or remove the projection",
                       table);
  }
  Rows rows = rowsOf([&](int64_t row) { return wants(shape.targetBegin + row) ? 1 : 0; });
  fill(rows, [&](int64_t source, uint64_t length, uint32_t* out) {
    std::fill_n(out, length, static_cast<uint32_t>(source + shift));
  });
  return rows;
}

Rows Expansion::allToAll() const {
  Rows rows = rowsOf([&](int64_t row) { return wantedOf(shape.sourceBegin + row).size(); });
  fill(rows, [&](int64_t source, uint64_t length, uint32_t* out) {
    Candidates all = wantedOf(source);
    for (uint64_t i = 0; i < length; ++i) {
      out[i] = all.at(static_cast<uint32_t>(i));
    }
  });
  return rows;
}

Rows Expansion::bernoulli() const {
  const Candidates all{shape.targetBegin, shape.targetEnd, -1};
  const auto [first, end] = wanted;
  // One table per number of candidates that occurs: whole and cut blocks, each with and without the cell
  // itself.
  std::vector<std::optional<CountTable>> counts(connectBlock + 1);
  for (int64_t block = first; block < end; ++block) {
    uint64_t size = all.in(block, block + 1).size();
    for (uint64_t trials : {size, size - 1}) {
      if (!counts[trials]) {
        counts[trials] = CountTable::binomial(trials, rule.probability, 1 - rule.probability);
      }
    }
  }
  auto countOf = [&](const Candidates& block, DrawSequence& draws) {
    double uniform = draws.uniform();
    return counts[block.size()]->count(uniform);
  };
  RowWriter writer(streams, false);
  std::vector<uint64_t> lengths(sources());
  forEach(0, sources(), threads, [&](int64_t row) {
    int64_t source = shape.sourceBegin + row;
    for (int64_t block = first; block < end; ++block) {
      DrawSequence draws = writer.drawsOf(source, block);
      lengths[row] += countOf(targetsOf(source).in(block, block + 1), draws);
    }
  });
  Rows rows = rowsOf([&](int64_t row) { return lengths[row]; });
  fill(rows, [&, writer](int64_t source, uint64_t, uint32_t* out) mutable {
    for (int64_t block = first; block < end; ++block) {
      DrawSequence draws = writer.drawsOf(source, block);
      Candidates part = targetsOf(source).in(block, block + 1);
      uint64_t count = countOf(part, draws);
      out = writer.pick(part, count, draws, out);
    }
  });
  return rows;
}

Rows Expansion::fixedOutdegree() const {
  for (int64_t source = shape.sourceBegin; source < shape.sourceEnd; ++source) {
    checkDegree("source", source, targetsOf(source));
  }
  return spread([&](int64_t) { return static_cast<uint64_t>(rule.count); });
}

Rows Expansion::fixedIndegree() const {
  for (int64_t target = shape.targetBegin; target < shape.targetEnd; ++target) {
    checkDegree("target", target, sourcesOf(target));
  }
  auto degree = static_cast<uint64_t>(rule.count);
  const Candidates columns = Candidates{shape.targetBegin, shape.targetEnd, -1}.in(wanted.first, wanted.end);
  Rows::Targets sourceOf(degree * columns.size());
  forEach(columns.begin, columns.end, threads,
          [&, writer = RowWriter(streams, rule.multapses)](int64_t target) mutable {
            Candidates all = sourcesOf(target);
            writer.spread(all, target, degree, {all.firstBlock(), all.endBlock()},
                          sourceOf.data() + degree * static_cast<uint64_t>(target - columns.begin));
          });
  std::vector<uint64_t> lengths(sources());
  for (uint32_t source : sourceOf) {
    ++lengths[source - shape.sourceBegin];
  }
  Rows rows = rowsOf([&](int64_t row) { return lengths[row]; });
  // Targets in ascending order, so each row comes out ascending.
  std::vector<uint64_t> next(rows.rowStart.begin(), rows.rowStart.end() - 1);
  for (uint64_t i = 0; i < sourceOf.size(); ++i) {
    rows.target[next[sourceOf[i] - shape.sourceBegin]++] = static_cast<uint32_t>(columns.begin + i / degree);
  }
  return rows;
}

/// How many pairs the sources [first, end) can make.
uint64_t Expansion::capacity(int64_t first, int64_t end) const {
  uint64_t pairs = static_cast<uint64_t>(end - first) * static_cast<uint64_t>(targets());
  if (!meetsItself()) {
    int64_t selves = std::min(end, shape.targetEnd) - std::max(first, shape.targetBegin);
    pairs -= static_cast<uint64_t>(std::max<int64_t>(selves, 0));
  }
  return pairs;
}

/// Shares `count` synapses out to the rows of sources [first, end), by halves.
void Expansion::shareOut(uint64_t count, int64_t first, int64_t end, SplitCounts& counts,
                         std::vector<uint64_t>& lengths) const {
  if (count == 0) {
    return;
  }
  if (end - first == 1) {
    lengths[first - shape.sourceBegin] = count;
    return;
  }
  int64_t middle = first + (end - first) / 2;
  DrawSequence draws(streams.seed, streams.share, static_cast<uint64_t>(middle));
  uint64_t lower = counts.lower(count, capacity(first, middle), capacity(middle, end), draws.uniform());
  shareOut(lower, first, middle, counts, lengths);
  shareOut(count - lower, middle, end, counts, lengths);
}

Rows Expansion::fixedTotal() const {
  auto count = static_cast<uint64_t>(rule.count);
  uint64_t found = capacity(shape.sourceBegin, shape.sourceEnd);
  if (count > 0 && (found == 0 || (!rule.multapses && count > found))) {
    throw Error::input("NS0303",
                       "table '{}': {} synapses in total but only {} pairs of cells; lower the count{}",
                       table, count, found, found == 0 ? "" : " or allow multapses");
  }
  std::vector<uint64_t> lengths(sources());
  SplitCounts counts(rule.multapses);
  shareOut(count, shape.sourceBegin, shape.sourceEnd, counts, lengths);
  return spread([&](int64_t row) { return lengths[row]; });
}

Rows Expansion::pairs() const {
  if (rule.pre.size() != rule.post.size()) {
    throw Error::input("NS0305", "table '{}': {} sources but {} targets in the list of pairs", table,
                       rule.pre.size(), rule.post.size());
  }
  std::vector<uint64_t> lengths(sources());
  for (size_t i = 0; i < rule.pre.size(); ++i) {
    int64_t pre = rule.pre[i], post = rule.post[i];
    auto refuse = [&](std::string_view why) {
      return Error::input("NS0305", "table '{}': pair {} ({} to {}) {}", table, i, pre, post, why);
    };
    if (pre < shape.sourceBegin || pre >= shape.sourceEnd || post < shape.targetBegin ||
        post >= shape.targetEnd) {
      throw refuse(fmt::format("lies outside sources [{}, {}) and targets [{}, {})", shape.sourceBegin,
                               shape.sourceEnd, shape.targetBegin, shape.targetEnd));
    }
    if (!meetsItself() && pre == post) {
      throw refuse("joins a cell to itself, but autapses are not allowed");
    }
    if (i > 0 && (pre < rule.pre[i - 1] || (pre == rule.pre[i - 1] && post < rule.post[i - 1]))) {
      throw refuse(fmt::format("follows {} to {}; sort the list by source, then target", rule.pre[i - 1],
                               rule.post[i - 1]));
    }
    if (i > 0 && !rule.multapses && pre == rule.pre[i - 1] && post == rule.post[i - 1]) {
      throw refuse("is there twice, but multapses are not allowed");
    }
    lengths[pre - shape.sourceBegin] += wants(post) ? 1 : 0;
  }
  Rows rows = rowsOf([&](int64_t row) { return lengths[row]; });
  std::copy_if(rule.post.begin(), rule.post.end(), rows.target.begin(),
               [&](int32_t post) { return wants(post); });
  return rows;
}

} // namespace

Rows expandRows(const ConnectRule& rule, const TableShape& shape, uint64_t structureSeed,
                std::string_view tableName, unsigned threads, TargetRange part) {
  try {
    return Expansion(rule, shape, structureSeed, tableName, threads, part).run();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  throw Error::machine("NS0307", "table '{}': not enough memory for its synapses", tableName);
}

void checkRowLength(std::string_view tableName, int64_t source, uint64_t length) {
  if (length > static_cast<uint64_t>(rowLimit)) {
    throw Error::input("NS0306",
                       "table '{}': source {} has {} synapses; at most {} can have random numbers of their "
                       "own; split the projection",
                       tableName, source, length, rowLimit);
  }
}

TableShape shapeOf(const Table& table) {
  return {table.sourceBegin, table.sourceEnd, table.targetBegin, table.targetEnd,
          table.source == table.target};
}

} // namespace nissl::program
