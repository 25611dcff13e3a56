// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inversion from the middle: relative weights by recurrence from the mode outwards until they no longer
// matter, then the first value at which their running sum exceeds uniform * total.
#include "runtime/program/CountDistribution.h"

#include <algorithm>

namespace nissl::program {
namespace {

/// A weight below this part of the sum so far ends its side.
constexpr double negligible = 0x1p-64;

struct Binomial {
  uint64_t trials;
  double yes, no;

  uint64_t low() const { return no == 0 ? trials : 0; }
  uint64_t high() const { return yes == 0 ? 0 : trials; }
  double mode() const { return (static_cast<double>(trials + 1) * yes) / (yes + no); }
  double up(uint64_t k) const {
    return (static_cast<double>(trials - k) * yes) / (static_cast<double>(k + 1) * no);
  }
  double down(uint64_t k) const {
    return (static_cast<double>(k) * no) / (static_cast<double>(trials - k + 1) * yes);
  }
};

struct Hypergeometric {
  uint64_t drawn, marked, all;

  uint64_t low() const { return drawn > all - marked ? drawn - (all - marked) : 0; }
  uint64_t high() const { return std::min(drawn, marked); }
  double mode() const {
    return (static_cast<double>(drawn + 1) * static_cast<double>(marked + 1)) / static_cast<double>(all + 2);
  }
  double up(uint64_t k) const {
    return (static_cast<double>(marked - k) * static_cast<double>(drawn - k)) /
           (static_cast<double>(k + 1) * static_cast<double>(all - marked + k + 1 - drawn));
  }
  double down(uint64_t k) const {
    return (static_cast<double>(k) * static_cast<double>(all - marked + k - drawn)) /
           (static_cast<double>(marked - k + 1) * static_cast<double>(drawn - k + 1));
  }
};

/// Calls visit(k, running sum) for the mode, then upwards, then downwards, until visit returns true or the
/// weights are negligible. Returns the sum of the weights visited.
template <typename Distribution, typename Visitor>
double walk(const Distribution& distribution, Visitor visit) {
  uint64_t low = distribution.low(), high = distribution.high();
  uint64_t mode = std::clamp(static_cast<uint64_t>(distribution.mode()), low, high);
  double sum = 1;
  if (visit(mode, sum)) {
    return sum;
  }
  double weight = 1;
  for (uint64_t k = mode; k < high;) {
    weight *= distribution.up(k);
    if (weight < sum * negligible) {
      break;
    }
    sum += weight;
    if (visit(++k, sum)) {
      return sum;
    }
  }
  weight = 1;
  for (uint64_t k = mode; k > low;) {
    weight *= distribution.down(k);
    if (weight < sum * negligible) {
      break;
    }
    sum += weight;
    if (visit(--k, sum)) {
      return sum;
    }
  }
  return sum;
}

template <typename Distribution>
uint64_t draw(const Distribution& distribution, double uniform) {
  if (distribution.low() == distribution.high()) {
    return distribution.low();
  }
  double total = walk(distribution, [](uint64_t, double) { return false; });
  double threshold = uniform * total;
  uint64_t result = 0;
  walk(distribution, [&](uint64_t k, double sum) {
    result = k;
    return threshold < sum;
  });
  return result;
}

} // namespace

uint64_t binomialCount(double uniform, uint64_t trials, double yes, double no) {
  return draw(Binomial{trials, yes, no}, uniform);
}

uint64_t hypergeometricCount(double uniform, uint64_t drawn, uint64_t marked, uint64_t all) {
  return draw(Hypergeometric{drawn, marked, all}, uniform);
}

template <typename Distribution>
void CountTable::set(const Distribution& distribution) {
  cumulative.clear();
  upwards = 0;
  if (distribution.low() == distribution.high()) {
    cumulative.push_back(1);
    mode = distribution.low();
    upwards = 1;
    total = upperTotal = 1;
    return;
  }
  total = walk(distribution, [&](uint64_t k, double sum) {
    mode = cumulative.empty() ? k : mode;
    upwards += k >= mode;
    cumulative.push_back(sum);
    return false;
  });
  upperTotal = cumulative[upwards - 1];
}

void CountTable::setBinomial(uint64_t trials, double yes, double no) { set(Binomial{trials, yes, no}); }

void CountTable::setHypergeometric(uint64_t drawn, uint64_t marked, uint64_t all) {
  set(Hypergeometric{drawn, marked, all});
}

CountTable CountTable::binomial(uint64_t trials, double yes, double no) {
  CountTable table;
  table.setBinomial(trials, yes, no);
  return table;
}

/// Most draws are near the mode, thus near the beginning of a side: looked for in steps that double, the far
/// sums need not even be in a cache.
uint64_t CountTable::count(double uniform) const {
  double threshold = uniform * total;
  bool up = threshold < upperTotal || upwards == cumulative.size();
  auto from = cumulative.begin() + static_cast<ptrdiff_t>(up ? 0 : upwards);
  auto last = up ? cumulative.begin() + static_cast<ptrdiff_t>(upwards) - 1 : cumulative.end() - 1;
  for (ptrdiff_t stride = 8; last - from > stride; from += stride, stride *= 2) {
    if (threshold < from[stride - 1]) {
      last = from + stride - 1;
      break;
    }
  }
  auto place = static_cast<size_t>(std::upper_bound(from, last, threshold) - cumulative.begin());
  return place < upwards ? mode + place : mode - (place - upwards + 1);
}

} // namespace nissl::program
