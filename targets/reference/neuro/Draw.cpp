// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Draw.h"

#include "runtime/support/Random.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace nissl::reference {

/// The z >= 0 whose upper tail has probability p in (0, 1/2], by bisection of libm's erfc: another way than
/// the compiler's.
static double upperNormalQuantile(double p) {
  double low = 0.0, high = 40.0;
  for (int i = 0; i < 64; ++i) {
    double middle = 0.5 * (low + high);
    (0.5 * std::erfc(middle * std::numbers::sqrt2 / 2) > p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// P(N <= k) or P(N > k) of Poisson numbers for k = 0, 1, ..., each summed from its small end.
static std::vector<double> poissonTails(double mean, bool upper) {
  std::vector<double> tails(200);
  double probability = std::exp(-mean);
  for (size_t k = 0; k < tails.size(); ++k) {
    tails[k] = probability;
    probability *= mean / static_cast<double>(k + 1);
  }
  if (!upper) {
    std::partial_sum(tails.begin(), tails.end(), tails.begin());
    return tails;
  }
  tails.erase(tails.begin());
  std::partial_sum(tails.rbegin(), tails.rend(), tails.rbegin());
  return tails;
}

/// A Poisson number by inversion: a constant mean compares the word (`resolution` apart) with the upper tail,
/// so that a small word is a large number; any other compares the uniform number with the lower tail.
static Quantity poisson(const Forms& forms, const Quantity& mean, const support::PhiloxWords& words,
                        double uniform) {
  static const std::string large = "it draws Poisson numbers of a large mean";
  bool upper = mean.origin == Origin::Constant;
  if (mean.trust == Trust::Unknown) {
    return mean;
  }
  if (!(mean.value <= (upper ? 32.0 : 16.0))) {
    return unknown(large);
  }
  bool small = mean.value < 1.0 / 64;
  double word = words[0] * 0x1p-32 + (small ? words[1] * 0x1p-64 : 0.0);
  double drawn = upper ? word : uniform, resolution = small ? 0x1p-64 : 0x1p-32;
  Quantity result = {};
  for (double tail : poissonTails(std::max(mean.value, 0.0), upper)) {
    double distance = std::abs(drawn - tail);
    double margin = upper ? resolution + 1e-12 * tail : forms.bound * (1.0 + mean.slack);
    if (tail > resolution && distance <= margin) {
      result.trust = Trust::Doubtful;
    }
    if (upper ? drawn >= tail : drawn < tail) {
      break;
    }
    result.value += 1.0;
  }
  return result;
}

/// From words 0 and 1 of the draw's block (architecture §4, "Random numbers"); a random op has 64 blocks.
Quantity draw(const Network& network, const Forms& forms, neuro::Distribution distribution,
              const DrawPlace& at, const Quantity& mean) {
  static const std::string gamma = "it draws numbers of a gamma distribution";
  bool setup = at.isSetup;
  uint64_t seed = setup ? network.structureSeed : network.dynamicsSeed;
  uint64_t when = setup ? 0 : static_cast<uint64_t>(at.step);
  // Setup streams bear the quantity's own name.
  std::string name =
      at.drawer + (setup && !at.stream.empty() ? at.stream.substr(std::string(".rand").size()) : at.stream);
  uint32_t stream = support::streamOf(name);
  auto block = static_cast<uint32_t>(at.place * 64);
  support::PhiloxWords words =
      at.isSynapse ? support::philox(seed, when, at.entity, stream, block)
                   : support::PhiloxWords{support::cellBits(seed, when, at.entity, stream, block, 0),
                                          support::cellBits(seed, when, at.entity, stream, block, 1)};
  uint32_t high = words[0], low = words[1];
  double uniform = network.isSingle ? (high >> 8) * 0x1p-24 : support::uniformOf(high, low);
  Quantity result = {uniform, 1.0, Trust::Sure, setup ? Origin::Parameter : Origin::Moving};
  switch (distribution) {
  case neuro::Distribution::Uniform:
    return result;
  case neuro::Distribution::Normal: {
    // The lowest bit of `high` is the sign; the rest, and the upper bits of `low` in f64, are the tail.
    double tail = network.isSingle ? ((high >> 1) + 0.5) * 0x1p-32
                                   : ((high >> 1) * 0x1p21 + (low >> 11) + 0.5) * 0x1p-53;
    double size = upperNormalQuantile(tail);
    result.value = high & 1 ? -size : size;
    result.slack = 1.0 + size;
    return result;
  }
  case neuro::Distribution::Exponential:
    result.value = -std::log(1.0 - uniform);
    result.slack = 1.0 + result.value;
    return result;
  case neuro::Distribution::Poisson: {
    Quantity count = poisson(forms, mean, words, uniform);
    count.origin = result.origin;
    return Arithmetic::inherit(count, count, mean);
  }
  case neuro::Distribution::Gamma:
    break;
  }
  return unknown(gamma);
}

} // namespace nissl::reference
