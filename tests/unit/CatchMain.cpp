// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled once: Catch2's main for every unit test executable.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
