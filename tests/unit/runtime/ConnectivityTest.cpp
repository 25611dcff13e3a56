// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/Connectivity.h"

#include "runtime/program/CountDistribution.h"
#include "runtime/program/DrawSequence.h"
#include "runtime/support/Error.h"
#include "runtime/support/Random.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

using namespace nissl::program;
using nissl::support::Error;
using nissl::support::ExitCode;

namespace {

ConnectRule make(ConnectKind kind, int64_t count = 0, bool autapses = true, bool multapses = false) {
  ConnectRule rule;
  rule.kind = kind;
  rule.count = count;
  rule.autapses = autapses;
  rule.multapses = multapses;
  return rule;
}
ConnectRule bernoulli(double probability, bool autapses = true) {
  ConnectRule rule = make(ConnectKind::Bernoulli, 0, autapses);
  rule.probability = probability;
  return rule;
}
ConnectRule pairs(std::vector<int32_t> pre, std::vector<int32_t> post, bool autapses = true,
                  bool multapses = false) {
  ConnectRule rule = make(ConnectKind::Pairs, 0, autapses, multapses);
  rule.pre = std::move(pre);
  rule.post = std::move(post);
  return rule;
}
TableShape rectangle(int64_t sources, int64_t targets) { return {0, sources, 0, targets, false}; }
TableShape square(int64_t cells) { return {0, cells, 0, cells, true}; }

std::vector<uint32_t> row(const Rows& rows, size_t index) {
  return {rows.target.begin() + rows.rowStart[index], rows.target.begin() + rows.rowStart[index + 1]};
}

/// What holds for every table of every rule.
void checkTable(const Rows& rows, const ConnectRule& rule, const TableShape& shape) {
  REQUIRE(rows.rowStart.size() == static_cast<size_t>(shape.sourceEnd - shape.sourceBegin + 1));
  REQUIRE(rows.rowStart.front() == 0);
  REQUIRE(rows.rowStart.back() == rows.target.size());
  REQUIRE(std::is_sorted(rows.rowStart.begin(), rows.rowStart.end()));
  bool ascending = true, inRange = true, noneTwice = true, noneItself = true;
  for (size_t i = 0; i + 1 < rows.rowStart.size(); ++i) {
    std::vector<uint32_t> targets = row(rows, i);
    ascending = ascending && std::is_sorted(targets.begin(), targets.end());
    noneTwice = noneTwice && std::adjacent_find(targets.begin(), targets.end()) == targets.end();
    for (uint32_t target : targets) {
      inRange = inRange && shape.targetBegin <= target && target < shape.targetEnd;
      noneItself = noneItself && target != shape.sourceBegin + i;
    }
  }
  REQUIRE(ascending);
  REQUIRE(inRange);
  REQUIRE((rule.multapses || noneTwice));
  REQUIRE((rule.autapses || !shape.sameExtent || noneItself));
}

Rows expand(const ConnectRule& rule, const TableShape& shape, uint64_t seed = 1, unsigned threads = 2) {
  Rows rows = expandRows(rule, shape, seed, "T", threads);
  checkTable(rows, rule, shape);
  return rows;
}

std::vector<uint64_t> indegrees(const Rows& rows, const TableShape& shape) {
  std::vector<uint64_t> degree(shape.targetEnd - shape.targetBegin);
  for (uint32_t target : rows.target) {
    ++degree[target - shape.targetBegin];
  }
  return degree;
}

/// Pearson's statistic against equal expectations, as a number of standard deviations from its mean.
double excess(const std::vector<uint64_t>& counts) {
  double total = 0, statistic = 0;
  for (uint64_t count : counts) {
    total += static_cast<double>(count);
  }
  double expected = total / static_cast<double>(counts.size());
  for (uint64_t count : counts) {
    statistic += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  }
  double freedom = static_cast<double>(counts.size()) - 1;
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

/// README.md's words, read naively: the draws of an entity as a list made in advance.
struct NaiveDraws {
  NaiveDraws(uint64_t seed, const std::string& stream, uint64_t entity) {
    for (uint32_t draw = 0; draw < 2000; ++draw) {
      for (uint32_t word : nissl::support::philox(seed, 0, entity, nissl::support::streamOf(stream), draw)) {
        words.push_back(word);
      }
    }
  }
  double uniform() {
    uint64_t high = words.at(at++), low = words.at(at++);
    return static_cast<double>((high >> 5) * (uint64_t{1} << 26) + (low >> 6)) / 9007199254740992.0;
  }
  uint64_t below(uint64_t n) {
    uint64_t product = words.at(at++) * n;
    while (product % 4294967296 < 4294967296 % n) {
      product = words.at(at++) * n;
    }
    return product / 4294967296;
  }
  std::vector<uint64_t> words;
  size_t at = 0;
};

std::vector<uint32_t> naivePick(const std::vector<uint32_t>& candidates, uint64_t count, bool repeat,
                                NaiveDraws draws) {
  std::multiset<uint32_t> picked;
  for (uint64_t i = 0; i < count; ++i) {
    if (repeat) {
      picked.insert(candidates[draws.below(candidates.size())]);
    } else {
      uint64_t j = candidates.size() - count + i;
      uint64_t t = draws.below(j + 1);
      picked.insert(picked.count(candidates[t]) != 0 ? candidates[j] : candidates[t]);
    }
  }
  return {picked.begin(), picked.end()};
}

/// One row of FixedOutdegree, from its list of candidates.
std::vector<uint32_t> naiveRow(uint64_t seed, uint64_t source, const std::vector<uint32_t>& candidates,
                               uint64_t count, uint64_t firstBlock, uint64_t endBlock, bool repeat) {
  if (count == 0) {
    return {};
  }
  auto within = [&](uint64_t from, uint64_t to) {
    std::vector<uint32_t> part;
    std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(part),
                 [&](uint32_t cell) { return from <= cell / 1024 && cell / 1024 < to; });
    return part;
  };
  if (endBlock == firstBlock + 1) {
    return naivePick(within(firstBlock, endBlock), count, repeat,
                     NaiveDraws(seed, "T.connect", source * 1048576 + firstBlock));
  }
  uint64_t middle = (firstBlock + endBlock) / 2;
  double u = NaiveDraws(seed, "T.connect.split", source * 1048576 + middle).uniform();
  uint64_t lower = within(firstBlock, middle).size(), all = within(firstBlock, endBlock).size();
  uint64_t low = repeat
                     ? binomialCount(u, count, static_cast<double>(lower), static_cast<double>(all - lower))
                     : hypergeometricCount(u, count, lower, all);
  std::vector<uint32_t> result = naiveRow(seed, source, candidates, low, firstBlock, middle, repeat);
  std::vector<uint32_t> rest = naiveRow(seed, source, candidates, count - low, middle, endBlock, repeat);
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

std::string errorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.exitCode() == ExitCode::input);
    return error.format();
  }
  return "no error";
}

} // namespace

TEST_CASE("one_to_one joins cells of equal position in their ranges", "[runtime][connectivity]") {
  Rows rows = expand(make(ConnectKind::OneToOne), {2, 5, 7, 10, false});
  CHECK(rows.rowStart == std::vector<uint64_t>{0, 1, 2, 3});
  CHECK(rows.target == Rows::Targets{7, 8, 9});
}

TEST_CASE("all_to_all leaves out the cell itself only where it may not meet itself",
          "[runtime][connectivity]") {
  CHECK(expand(make(ConnectKind::AllToAll), square(3)).target == Rows::Targets{0, 1, 2, 0, 1, 2, 0, 1, 2});
  CHECK(expand(make(ConnectKind::AllToAll, 0, false), square(3)).target == Rows::Targets{1, 2, 0, 2, 0, 1});
  CHECK(expand(make(ConnectKind::AllToAll, 0, false), rectangle(2, 2)).target == Rows::Targets{0, 1, 0, 1});
  // Sources 1, 2 to targets 2, 3 of one extent: only 2 could meet itself.
  CHECK(expand(make(ConnectKind::AllToAll, 0, false), {1, 3, 2, 4, true}).target == Rows::Targets{2, 3, 3});
}

TEST_CASE("pairs become rows as they stand", "[runtime][connectivity]") {
  Rows rows = expand(pairs({0, 0, 2}, {1, 3, 0}), rectangle(4, 4));
  CHECK(rows.rowStart == std::vector<uint64_t>{0, 2, 2, 3, 3});
  CHECK(rows.target == Rows::Targets{1, 3, 0});
  CHECK(expand(pairs({1, 1}, {2, 2}, true, true), rectangle(4, 4)).target == Rows::Targets{2, 2});
}

TEST_CASE("fixed_outdegree gives the rows that its definition says", "[runtime][connectivity]") {
  auto seed = GENERATE(uint64_t{1}, uint64_t{0xfedcba9876543210});
  auto multapses = GENERATE(false, true);
  TableShape shape{1000, 1040, 500, 4500, true};
  Rows rows = expand(make(ConnectKind::FixedOutdegree, 300, false, multapses), shape, seed);
  for (uint32_t source = 1000; source < 1040; ++source) {
    std::vector<uint32_t> candidates;
    for (uint32_t target = 500; target < 4500; ++target) {
      if (target != source) {
        candidates.push_back(target);
      }
    }
    REQUIRE(row(rows, source - 1000) == naiveRow(seed, source, candidates, 300, 0, 5, multapses));
  }
}

TEST_CASE("a range that ends with a block has no empty block behind it", "[runtime][connectivity]") {
  Rows rows = expand(make(ConnectKind::FixedOutdegree, 100), rectangle(10, 3072), 2);
  std::vector<uint32_t> candidates(3072);
  std::iota(candidates.begin(), candidates.end(), 0);
  for (uint32_t source = 0; source < 10; ++source) {
    REQUIRE(row(rows, source) == naiveRow(2, source, candidates, 100, 0, 3, false));
  }
}

TEST_CASE("an integer draw rejects what would make it unequal", "[runtime][connectivity]") {
  // 2^32 mod 3 * 2^30 is 2^30: a quarter of all words is drawn again.
  constexpr uint32_t bound = 3u << 30;
  DrawSequence draws(1, nissl::support::streamOf("s"), 5);
  NaiveDraws naive(1, "s", 5);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(draws.below(bound) == naive.below(bound));
  }
  CHECK(naive.at > 1200);
}

TEST_CASE("integers that are drawn together are those that are drawn one by one", "[runtime][connectivity]") {
  // Bounds that reject a quarter of the words, some and none; counts around the batches of words.
  uint32_t bound = GENERATE(3u << 30, 0x60000001u, 1000u, 1024u, 1u);
  uint64_t count = GENERATE(0, 1, 8, 9, 32, 33, 1000);
  DrawSequence together(1, 2, 5), alone(1, 2, 5);
  together.word(); // so that it starts inside four words
  alone.word();
  std::vector<uint32_t> found, expected;
  together.forEachBelow(bound, count, [&](uint32_t value) { found.push_back(value); });
  for (uint64_t i = 0; i < count; ++i) {
    expected.push_back(alone.below(bound));
  }
  CHECK(found == expected);
  CHECK(together.word() == alone.word());
}

TEST_CASE("a long sequence goes on in the next step", "[runtime][connectivity]") {
  uint64_t expected = GENERATE(0, 1000000);
  DrawSequence draws(1, 2, 3);
  draws.word();
  draws.expect(expected);
  for (uint64_t i = 1; i < 4 * 65536; ++i) {
    draws.word();
  }
  CHECK(draws.word() == nissl::support::philox(1, 1, 3, 2, 0)[0]);
}

TEST_CASE("bernoulli gives the rows that its definition says", "[runtime][connectivity]") {
  TableShape shape{0, 20, 1000, 3000, true};
  Rows rows = expand(bernoulli(0.1), shape, 7);
  for (uint64_t source = 0; source < 20; ++source) {
    std::vector<uint32_t> expected;
    for (uint64_t block = 0; block < 3; ++block) {
      std::vector<uint32_t> candidates;
      for (uint32_t cell = 1000; cell < 3000; ++cell) {
        if (cell / 1024 == block) {
          candidates.push_back(cell);
        }
      }
      NaiveDraws draws(7, "T.connect", source * 1048576 + block);
      uint64_t count = binomialCount(draws.uniform(), candidates.size(), 0.1, 0.9);
      std::vector<uint32_t> part = naivePick(candidates, count, false, draws);
      expected.insert(expected.end(), part.begin(), part.end());
    }
    REQUIRE(row(rows, source) == expected);
  }
}

TEST_CASE("an independent implementation of the definitions gives the same rows", "[runtime][connectivity]") {
  // Expected values: connectivity-oracle.py, written from README.md in another language.
  TableShape shape{10, 60, 20, 3000, true};
  auto hash = [&](const ConnectRule& rule) {
    Rows rows = expand(rule, shape, 5);
    uint64_t result = 0xcbf29ce484222325;
    for (uint64_t i = 0; i < 50; ++i) {
      for (uint32_t target : row(rows, i)) {
        result = (result ^ (i << 32 | target)) * 0x100000001b3;
      }
    }
    return std::pair(rows.target.size(), result);
  };
  CHECK(hash(make(ConnectKind::FixedTotal, 5000, false)) ==
        std::pair<size_t, uint64_t>(5000, 0x7fa96f3cc8529c97));
  CHECK(hash(make(ConnectKind::FixedTotal, 5000, false, true)) ==
        std::pair<size_t, uint64_t>(5000, 0xc5d39430ed77ecd0));
  CHECK(hash(bernoulli(0.03, false)) == std::pair<size_t, uint64_t>(4515, 0x67559c71987f6079));
}

TEST_CASE("fixed_indegree is fixed_outdegree of the exchanged table, transposed", "[runtime][connectivity]") {
  auto multapses = GENERATE(false, true);
  Rows rows = expand(make(ConnectKind::FixedIndegree, 40, false, multapses), {100, 2400, 0, 1500, true}, 3);
  Rows exchanged =
      expand(make(ConnectKind::FixedOutdegree, 40, false, multapses), {0, 1500, 100, 2400, true}, 3);
  std::vector<std::vector<uint32_t>> transposed(2300);
  for (uint32_t target = 0; target < 1500; ++target) {
    for (uint32_t source : row(exchanged, target)) {
      transposed[source - 100].push_back(target);
    }
  }
  for (size_t i = 0; i < transposed.size(); ++i) {
    REQUIRE(row(rows, i) == transposed[i]);
  }
}

TEST_CASE("degrees and totals are exact at every size of a block", "[runtime][connectivity]") {
  int64_t size = GENERATE(1, 2, 1023, 1024, 1025, 2049);
  auto multapses = GENERATE(false, true);
  int64_t degree = std::min<int64_t>(size - 1, 50);
  TableShape shape = square(size);
  Rows out = expand(make(ConnectKind::FixedOutdegree, degree, false, multapses), shape);
  for (int64_t i = 0; i < size; ++i) {
    REQUIRE(out.rowStart[i + 1] - out.rowStart[i] == static_cast<uint64_t>(degree));
  }
  for (uint64_t found :
       indegrees(expand(make(ConnectKind::FixedIndegree, degree, false, multapses), shape), shape)) {
    REQUIRE(found == static_cast<uint64_t>(degree));
  }
  int64_t total = size * (size - 1) / 3;
  CHECK(expand(make(ConnectKind::FixedTotal, total, false, multapses), shape).target.size() ==
        static_cast<size_t>(total));
  expand(bernoulli(0.3, false), shape);
}

TEST_CASE("every rule takes empty extents", "[runtime][connectivity]") {
  for (TableShape shape : {rectangle(0, 0), rectangle(0, 5), rectangle(5, 0)}) {
    for (ConnectKind kind : {ConnectKind::AllToAll, ConnectKind::Bernoulli, ConnectKind::FixedOutdegree,
                             ConnectKind::FixedIndegree, ConnectKind::FixedTotal, ConnectKind::Pairs}) {
      CHECK(expand(make(kind), shape).target.empty());
    }
  }
  CHECK(expand(make(ConnectKind::OneToOne), rectangle(0, 0)).target.empty());
}

TEST_CASE("a demand for all pairs gives all pairs", "[runtime][connectivity]") {
  TableShape shape{3, 40, 1000, 2100, true};
  Rows all = expand(make(ConnectKind::AllToAll), shape);
  CHECK(expand(bernoulli(1), shape) == all);
  CHECK(expand(make(ConnectKind::FixedOutdegree, 1100), shape) == all);
  CHECK(expand(make(ConnectKind::FixedIndegree, 37), shape) == all);
  CHECK(expand(make(ConnectKind::FixedTotal, 37 * 1100), shape) == all);
  CHECK(expand(bernoulli(0), shape).target.empty());
}

TEST_CASE("the number of threads changes nothing", "[runtime][connectivity]") {
  TableShape shape{10, 1500, 20, 3000, true};
  for (const ConnectRule& rule :
       {bernoulli(0.05, false), make(ConnectKind::FixedOutdegree, 60),
        make(ConnectKind::FixedIndegree, 60, false, true), make(ConnectKind::FixedTotal, 50000),
        make(ConnectKind::FixedTotal, 50000, false, true), make(ConnectKind::AllToAll, 0, false)}) {
    Rows one = expand(rule, shape, 5, 1);
    CHECK(expand(rule, shape, 5, 2) == one);
    CHECK(expand(rule, shape, 5, 3) == one);
    CHECK(expand(rule, shape, 5, 0) == one);
  }
}

TEST_CASE("a part of the targets has the rows' synapses in its blocks", "[runtime][connectivity]") {
  ConnectRule listed = make(ConnectKind::Pairs, 0);
  for (int32_t i = 0; i < 8 * 213; ++i) {
    listed.pre.push_back(10 + i / 8 * 7);
    listed.post.push_back(20 + listed.pre.back() % 5 + i % 8 * 601);
  }
  auto rule =
      GENERATE_COPY(bernoulli(0.02, false), make(ConnectKind::FixedOutdegree, 60),
                    make(ConnectKind::FixedOutdegree, 60, false, true),
                    make(ConnectKind::FixedIndegree, 20, false, true), make(ConnectKind::FixedTotal, 50000),
                    make(ConnectKind::AllToAll, 0, false), listed, make(ConnectKind::OneToOne));
  bool single = rule.kind == ConnectKind::OneToOne;
  TableShape shape{10, 1500, single ? 2020 : 20, single ? 3510 : 4500, true};
  Rows whole = expand(rule, shape, 5, 2);
  // Within a block, over several, beside the table's targets, and nothing.
  for (auto [begin, end] : std::initializer_list<std::pair<int64_t, int64_t>>{
           {0, 1024}, {1030, 1100}, {1000, 3000}, {2048, 4096}, {4400, 9000}, {8000, 9000}, {1500, 1500}}) {
    int64_t first = begin / 1024, last = begin < end ? (end - 1) / 1024 : -1;
    Rows expected{{0}, {}};
    for (size_t i = 0; i + 1 < whole.rowStart.size(); ++i) {
      for (uint32_t target : row(whole, i)) {
        if (first <= target / 1024 && target / 1024 <= last) {
          expected.target.push_back(target);
        }
      }
      expected.rowStart.push_back(expected.target.size());
    }
    INFO(begin << " to " << end);
    CHECK(expandRows(rule, shape, 5, "T", 2, {begin, end}) == expected);
  }
}

TEST_CASE("the seed and the table's name change the draw", "[runtime][connectivity]") {
  for (const ConnectRule& rule : {bernoulli(0.5), make(ConnectKind::FixedOutdegree, 10),
                                  make(ConnectKind::FixedIndegree, 10), make(ConnectKind::FixedTotal, 500)}) {
    Rows rows = expandRows(rule, square(50), 1, "T", 1);
    CHECK(!(expandRows(rule, square(50), 2, "T", 1) == rows));
    CHECK(!(expandRows(rule, square(50), 1, "U", 1) == rows));
  }
}

TEST_CASE("targets are drawn uniformly", "[runtime][connectivity]") {
  // 3000 targets in three blocks, the last cut; five standard deviations either way.
  TableShape shape{0, 1000, 0, 3000, false};
  auto multapses = GENERATE(false, true);
  for (const ConnectRule& rule :
       {make(ConnectKind::FixedOutdegree, 100, true, multapses),
        make(ConnectKind::FixedTotal, 100000, true, multapses), bernoulli(1 / 30.)}) {
    Rows rows = expand(rule, shape, 11);
    CHECK(std::abs(excess(indegrees(rows, shape))) < 5);
  }
  Rows rows = expand(make(ConnectKind::FixedIndegree, 40, true, multapses), {0, 3000, 0, 1000, false}, 11);
  std::vector<uint64_t> outdegree;
  for (size_t i = 0; i < 3000; ++i) {
    outdegree.push_back(rows.rowStart[i + 1] - rows.rowStart[i]);
  }
  CHECK(std::abs(excess(outdegree)) < 5);
}

TEST_CASE("bernoulli's row lengths have the binomial's moments", "[runtime][connectivity]") {
  // 4000 rows of 3000 trials at p = 0.1: mean 300 ± 5 * 16.4/sqrt(4000), variance 270 ± 5 * 270 sqrt(2/4000).
  Rows rows = expand(bernoulli(0.1), rectangle(4000, 3000), 3);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < 4000; ++i) {
    auto length = static_cast<double>(rows.rowStart[i + 1] - rows.rowStart[i]);
    sum += length;
    squares += length * length;
  }
  double mean = sum / 4000;
  CHECK(std::abs(mean - 300) < 1.3);
  CHECK(std::abs(squares / 4000 - mean * mean - 270) < 31);
}

TEST_CASE("fixed_total without multapses has the hypergeometric's spread over rows",
          "[runtime][connectivity]") {
  // 2000 rows of 100 candidates, 100,000 of the 200,000 pairs. A row's length is hypergeometric, variance
  // 100 * 1/2 * 1/2 * (200,000 - 100)/199,999 = 25; with replacement binomial(100,000, 1/2000), variance 50.
  auto variance = [](bool multapses) {
    Rows rows = expand(make(ConnectKind::FixedTotal, 100000, true, multapses), rectangle(2000, 100), 9);
    double squares = 0;
    for (size_t i = 0; i < 2000; ++i) {
      double deviation = static_cast<double>(rows.rowStart[i + 1] - rows.rowStart[i]) - 50;
      squares += deviation * deviation;
    }
    return squares / 2000;
  };
  CHECK(variance(false) == Approx(25).epsilon(0.16));
  CHECK(variance(true) == Approx(50).epsilon(0.16));
}

TEST_CASE("impossible demands are refused with numbers", "[runtime][connectivity]") {
  using Catch::Contains;
  auto of = [](const ConnectRule& rule, const TableShape& shape) {
    return errorOf([&] { expandRows(rule, shape, 1, "EE", 1); });
  };
  CHECK_THAT(of(make(ConnectKind::FixedOutdegree, 11), rectangle(5, 10)),
             Contains("NS0303") && Contains("'EE'") && Contains("source 0") && Contains("11") &&
                 Contains("10 cells"));
  CHECK_THAT(of(make(ConnectKind::FixedOutdegree, 10, false), square(10)),
             Contains("NS0303") && Contains("9 cells besides itself") && Contains("multapses"));
  CHECK_THAT(of(make(ConnectKind::FixedOutdegree, 1, false, true), square(1)), Contains("NS0303"));
  CHECK_THAT(of(make(ConnectKind::FixedIndegree, 6), rectangle(5, 10)),
             Contains("NS0303") && Contains("target 0"));
  CHECK_THAT(of(make(ConnectKind::FixedIndegree, 1), rectangle(0, 10)), Contains("NS0303"));
  CHECK_THAT(of(make(ConnectKind::FixedTotal, 51), rectangle(5, 10)),
             Contains("NS0303") && Contains("50 pairs"));
  CHECK_THAT(of(make(ConnectKind::FixedTotal, 1, false, true), square(1)), Contains("NS0303"));
  CHECK_THAT(of(make(ConnectKind::OneToOne), rectangle(5, 4)),
             Contains("NS0304") && Contains("5") && Contains("4"));
  CHECK_THAT(of(make(ConnectKind::OneToOne, 0, false), square(5)), Contains("NS0304"));
  CHECK_THAT(of(make(ConnectKind::FixedOutdegree, -1), rectangle(5, 4)), Contains("NS0301"));
  CHECK_THAT(of(bernoulli(1.5), rectangle(5, 4)), Contains("NS0301") && Contains("1.5"));
  CHECK_THAT(of(bernoulli(std::numeric_limits<double>::quiet_NaN()), rectangle(5, 4)), Contains("NS0301"));
  CHECK_THAT(of(make(static_cast<ConnectKind>(77)), rectangle(5, 4)), Contains("NS0301"));
  CHECK_THAT(of(make(ConnectKind::AllToAll), {3, 2, 0, 1, false}), Contains("NS0302"));
  CHECK_THAT(of(make(ConnectKind::AllToAll), rectangle(2000000, 1)), Contains("NS0306"));
  CHECK_THAT(of(make(ConnectKind::AllToAll), rectangle(1, 1048577)),
             Contains("NS0306") && Contains("1048577"));
  CHECK_THAT(of(pairs({0, 1}, {0}), rectangle(4, 4)), Contains("NS0305"));
  CHECK_THAT(of(pairs({0, 4}, {0, 0}), rectangle(4, 4)), Contains("NS0305") && Contains("pair 1 (4 to 0)"));
  CHECK_THAT(of(pairs({0, 1}, {0, -1}), rectangle(4, 4)), Contains("NS0305"));
  CHECK_THAT(of(pairs({1, 0}, {0, 0}), rectangle(4, 4)), Contains("NS0305") && Contains("sort"));
  CHECK_THAT(of(pairs({1, 1}, {2, 0}), rectangle(4, 4)), Contains("NS0305") && Contains("sort"));
  CHECK_THAT(of(pairs({1, 1}, {2, 2}), rectangle(4, 4)), Contains("NS0305") && Contains("multapses"));
  CHECK_THAT(of(pairs({1}, {1}, false), square(4)), Contains("NS0305") && Contains("autapses"));
}
