// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All that can be seen of a run: every event and every final state, for comparison bit by bit.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/program/Program.h"

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace nissl::conformance {

using StateValues = std::map<std::string, std::vector<double>>; ///< by name

/// Every state of a device that has loaded `program`.
StateValues statesOf(runtime::Device& device, const program::Program& program);

struct Trace {
  std::vector<std::tuple<int64_t, program::Index, std::vector<uint32_t>>> events; ///< step, set, elements
  StateValues states;                                                             ///< at the end
  std::map<std::string, std::vector<double>> samples;                             ///< of state probes
  std::string error; ///< what stopped the run; the rest is what was seen before

  /// Empty where the traces agree bit for bit, otherwise the first difference.
  std::string differenceTo(const Trace& other) const;
  size_t eventCount() const;
};

struct RunOptions {
  int64_t steps = 100;
  unsigned threads = 1;
  uint64_t seed = 7;
  int64_t firstStep = 0;
  bool probes = true;
  runtime::Ranks* ranks = nullptr;
  /// The value of an input's element at a step; the run feeds it where it is given.
  std::function<double(program::Index input, int64_t step, int64_t element)> input;
};

Trace run(runtime::Device& device, const program::Program& program, const RunOptions& options);

} // namespace nissl::conformance
