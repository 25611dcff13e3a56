// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Duration.h"

#include "runtime/support/Error.h"

#include <catch2/catch.hpp>

using namespace nissl::runtime;
using nissl::support::Error;

TEST_CASE("a time with a unit is seconds", "[session][duration]") {
  CHECK(parseSeconds("0.1ms") == Approx(1e-4).epsilon(1e-15));
  CHECK(parseSeconds("1 s") == 1.0);
  CHECK(parseSeconds("250us") == Approx(2.5e-4).epsilon(1e-15));
  CHECK(parseSeconds("2min") == 120.0);
  CHECK(parseSeconds("1e-3s") == 1e-3);
}

TEST_CASE("what is no time is refused", "[session][duration]") {
  for (const char* text : {"", "ms", "1", "1 parsec", "-1ms", "0s", "nan s", "inf s", "1 ms s", "5steps"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parseSeconds(text), Error);
  }
}

TEST_CASE("the length of a run is steps, or a time rounded half up", "[session][duration]") {
  CHECK(parseRunLength("250steps", 1e-4).steps == 250);
  CHECK(parseRunLength("1 step", 1e-4).steps == 1);
  CHECK(parseRunLength("0steps", 1e-4).steps == 0);
  CHECK(parseRunLength("1s", 1e-4).steps == 10000);
  CHECK(parseRunLength("1000s", 1e-4).steps == 10000000);
  CHECK(parseRunLength("100ms", 1e-4).steps == 1000);
  CHECK(parseRunLength("100ms", 1e-4).notice.empty());
  CHECK(parseRunLength("1ms", 0.4e-3).steps == 3); // 2.5 steps
  CHECK(parseRunLength("1ms", 0.75e-3).steps == 1);
}

TEST_CASE("a time that is no whole number of steps is noticed", "[session][duration]") {
  CHECK(parseRunLength("1ms", 0.75e-3).notice.find("1 steps") != std::string::npos);
}

TEST_CASE("lengths that cannot be run are refused", "[session][duration]") {
  for (const char* text : {"-5steps", "2.5steps", "1e30s", "steps", "10 stepps"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parseRunLength(text, 1e-3), Error);
  }
}
