// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one core of this machine can do, measured by the loops that a simulation is made of: prints one JSON
// object. Times are of the thread's own clock, the smallest of several rounds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace {

double threadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The compiler must take `memory` as read and written.
void touch(void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

template <typename Body>
double fastest(int rounds, Body body) {
  double best = HUGE_VAL;
  for (int round = 0; round < rounds; ++round) {
    double start = threadSeconds();
    body();
    best = std::min(best, threadSeconds() - start);
  }
  return best;
}

uint64_t nextRandom(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

/// GB/s, read and written, of x = x p + q over an array of `bytes`.
double updateBandwidth(size_t bytes) {
  std::vector<double> values(bytes / sizeof(double), 1.0);
  size_t repeats = std::max<size_t>(1, (size_t{256} << 20) / bytes);
  double seconds = fastest(5, [&] {
    for (size_t r = 0; r < repeats; ++r) {
      for (double& value : values) {
        value = value * 0.999 + 1e-9;
      }
      touch(values.data());
    }
  });
  return 2e-9 * static_cast<double>(bytes * repeats) / seconds;
}

/// ns per sum[target] += weight, over rows of `degree` ascending 32-bit targets taken at random.
double scatterTime(size_t cells, size_t degree, size_t rows) {
  uint64_t random = 88172645463325252;
  std::vector<uint32_t> target(rows * degree);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t k = 0; k < degree; ++k) {
      double place = static_cast<double>(k) + static_cast<double>(nextRandom(random) >> 11) * 0x1p-53;
      target[row * degree + k] =
          static_cast<uint32_t>(place / static_cast<double>(degree) * static_cast<double>(cells));
    }
  }
  std::vector<float> sum(cells, 0.0f);
  size_t visits = 20'000'000 / degree;
  double seconds = fastest(3, [&] {
    for (size_t v = 0; v < visits; ++v) {
      const uint32_t* row = target.data() + nextRandom(random) % rows * degree;
      for (size_t k = 0; k < degree; ++k) {
        sum[row[k]] += 1e-3f;
      }
    }
    touch(sum.data());
  });
  return 1e9 * seconds / static_cast<double>(visits * degree);
}

/// ns per 32-bit word of Philox4x32-10 (J. K. Salmon et al., SC 2011), of whose blocks all four words are
/// used.
double randomTime() {
  constexpr uint32_t blocks = 1024;
  std::vector<uint32_t> words(4 * blocks);
  constexpr int repeats = 200;
  double seconds = fastest(5, [&] {
    for (uint32_t r = 0; r < repeats; ++r) {
      for (uint32_t i = 0; i < blocks; ++i) {
        uint32_t c0 = i, c1 = r, c2 = 1, c3 = 2, k0 = 3, k1 = 4;
        for (int round = 0; round < 10; ++round) {
          uint64_t a = uint64_t{0xD2511F53} * c0, b = uint64_t{0xCD9E8D57} * c2;
          c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
          c1 = static_cast<uint32_t>(b);
          c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
          c3 = static_cast<uint32_t>(a);
          k0 += 0x9E3779B9;
          k1 += 0xBB67AE85;
        }
        words[i] = c0;
        words[blocks + i] = c1;
        words[2 * blocks + i] = c2;
        words[3 * blocks + i] = c3;
      }
      touch(words.data());
    }
  });
  return 1e9 * seconds / static_cast<double>(repeats * words.size());
}

/// ns per value of a polynomial of degree 11 in two parts, about what an exponential costs.
template <typename Real>
double exponentialTime() {
  std::vector<Real> x(4096), y(4096);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<Real>(-2.0 * static_cast<double>(i) / 4096);
  }
  constexpr int repeats = 2000;
  double seconds = fastest(5, [&] {
    for (int r = 0; r < repeats; ++r) {
      for (size_t i = 0; i < x.size(); ++i) {
        Real whole = std::nearbyint(x[i] * Real(1.4426950408889634));
        Real rest = x[i] - whole * Real(0.6931471805599453), sum = Real(2.5e-8);
        for (int k = 11; k > 0; --k) {
          sum = sum * rest + Real(1) / static_cast<Real>(k);
        }
        y[i] = sum * whole;
      }
      touch(y.data());
    }
  });
  return 1e9 * seconds / static_cast<double>(repeats * x.size());
}

} // namespace

int main() {
  std::string bandwidth, scatter;
  for (size_t kilobytes : {32, 256, 2048, 16384, 65536}) {
    bandwidth += fmt::format("{}\"{}\": {:.4g}", bandwidth.empty() ? "" : ", ", kilobytes << 10,
                             updateBandwidth(kilobytes << 10));
  }
  struct Shape {
    size_t cells, degree, rows;
  };
  for (Shape shape : {Shape{4000, 80, 4000}, Shape{40000, 80, 40000}, Shape{10000, 1250, 12500},
                      Shape{7717, 387, 7717}, Shape{77169, 3873, 20000}}) {
    scatter += fmt::format("{}\"{}x{}\": {:.4g}", scatter.empty() ? "" : ", ", shape.cells, shape.degree,
                           scatterTime(shape.cells, shape.degree, shape.rows));
  }
  fmt::print("{{\"update_gb_s\": {{{}}}, \"scatter_ns\": {{{}}}, \"random_word_ns\": {:.4g}, "
             "\"exp_ns\": {{\"f64\": {:.4g}, \"f32\": {:.4g}}}}}\n",
             bandwidth, scatter, randomTime(), exponentialTime<double>(), exponentialTime<float>());
  return 0;
}
