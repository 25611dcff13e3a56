// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace nissl::runtime {

/// A bar on a terminal for a run that takes more than a second; nothing where `stream` is no terminal.
class Progress {
public:
  Progress(std::FILE* stream, int64_t steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(int64_t done);

private:
  using Clock = std::chrono::steady_clock;
  void draw(int64_t done, Clock::time_point now);

  std::FILE* stream;
  int64_t steps;
  bool terminal;
  bool drawn = false;
  Clock::time_point begin, due;
};

} // namespace nissl::runtime
