// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Progress.h"

#include <fmt/format.h>

#include <string>

#include <unistd.h>

namespace nissl::runtime {

namespace {

constexpr int64_t width = 40;

} // namespace

Progress::Progress(std::FILE* stream, int64_t steps)
    : stream(stream), steps(steps), terminal(stream != nullptr && isatty(fileno(stream)) != 0),
      begin(Clock::now()), due(begin + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (drawn) {
    fmt::print(stream, "\r\x1b[K");
    std::fflush(stream);
  }
}

void Progress::update(int64_t done) {
  if (!terminal) {
    return;
  }
  Clock::time_point now = Clock::now();
  if (now >= due) {
    draw(done, now);
    due = now + std::chrono::milliseconds(100);
  }
}

void Progress::draw(int64_t done, Clock::time_point now) {
  double elapsed = std::chrono::duration<double>(now - begin).count();
  double fraction = static_cast<double>(done) / static_cast<double>(steps);
  int64_t filled = width * done / steps;
  fmt::print(stream, "\r\x1b[K[{}{}] {:3.0f} %  step {} of {}  {:.0f} s left", std::string(filled, '#'),
             std::string(width - filled, '.'), 100 * fraction, done, steps, elapsed / fraction - elapsed);
  std::fflush(stream);
  drawn = true;
}

} // namespace nissl::runtime
