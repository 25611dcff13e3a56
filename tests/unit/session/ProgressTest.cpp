// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Progress.h"

#include <catch2/catch.hpp>

#include <string>
#include <thread>

#include <pty.h>
#include <unistd.h>

using Catch::Matchers::Contains;
using nissl::runtime::Progress;

namespace {

/// What a run of 100 steps draws that stands at step 25 after `wait`.
std::string drawn(int writeEnd, int readEnd, std::chrono::milliseconds wait) {
  std::FILE* stream = fdopen(writeEnd, "w");
  REQUIRE(stream != nullptr);
  {
    Progress progress(stream, 100);
    progress.update(1);
    std::this_thread::sleep_for(wait);
    progress.update(25);
  }
  // An end mark, so that reading does not wait where nothing was drawn.
  std::fputs("|", stream);
  std::fflush(stream);
  // A terminal hands over what it has so far.
  std::string text;
  while (!text.ends_with('|')) {
    char buffer[4096];
    ssize_t size = read(readEnd, buffer, sizeof buffer);
    REQUIRE(size > 0);
    text.append(buffer, static_cast<size_t>(size));
  }
  std::fclose(stream);
  close(readEnd);
  return text;
}

} // namespace

TEST_CASE("a terminal sees a bar after a second, and it is gone at the end", "[session][progress]") {
  int terminal = 0;
  int program = 0;
  REQUIRE(openpty(&terminal, &program, nullptr, nullptr, nullptr) == 0);
  std::string text = drawn(program, terminal, std::chrono::milliseconds(1100));
  CHECK_THAT(text, Contains("[##########..............................]  25 %  step 25 of 100"));
  CHECK_THAT(text, Contains("\r\x1b[K|"));
}

TEST_CASE("a short run draws nothing", "[session][progress]") {
  int terminal = 0;
  int program = 0;
  REQUIRE(openpty(&terminal, &program, nullptr, nullptr, nullptr) == 0);
  CHECK(drawn(program, terminal, std::chrono::milliseconds(1)) == "|");
}

TEST_CASE("a pipe sees no bar", "[session][progress]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  CHECK(drawn(ends[1], ends[0], std::chrono::milliseconds(1100)) == "|");
}
