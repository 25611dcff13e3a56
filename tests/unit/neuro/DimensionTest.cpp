// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/neuro/Dimension.h"

#include <catch2/catch.hpp>

using nissl::neuro::Dimension;

static Dimension parsed(std::string_view text) {
  std::optional<Dimension> dimension = Dimension::parse(text);
  REQUIRE(dimension);
  return *dimension;
}

TEST_CASE("a dimension is printed as it is read", "[neuro]") {
  std::string text = GENERATE("1", "s", "s-1", "m2 kg s-3 A-1", "s-1/2", "m2 kg s-5/2 A-1", "cd", "K3 mol-2");
  CHECK(parsed(text).str() == text);
}

TEST_CASE("what is no dimension is refused", "[neuro]") {
  std::string text = GENERATE("", "V", "s-", "s s-1", "s/2", "m2kg", "s1/3", "s-99999999999");
  CHECK_FALSE(Dimension::parse(text));
}

TEST_CASE("dimensions multiply, divide and take roots", "[neuro]") {
  Dimension volt = parsed("m2 kg s-3 A-1"), ampere = parsed("A"), second = parsed("s");
  CHECK(volt / ampere == parsed("m2 kg s-3 A-2"));
  CHECK(volt * ampere == parsed("m2 kg s-3"));
  CHECK(second.power(-1, 2) == parsed("s-1/2"));
  CHECK(second.power(1, 4) == std::nullopt);
  CHECK((second * *second.power(-1)).isNone());
}
