// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order in which a port adds (architecture §4), pinned by addends whose sum depends on it. Every expected
// number follows from A + 1 = A, which holds for A = 1e16 in f64 and A = 1e8 in f32.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace nissl;

namespace {

// Sources 1 and 2 fire in step 0 and are seen in step 1 (n = 1), sources 0 and 1 fire in step 1 (n = 2). Each
// of the tables T0 and T1 joins every source to every target, with these synapses per pair, ordinals
// ascending:
//
//   place      0     1     2     3     4     5
//   source     0     0     1     1     1     2
//   delay      2     2     3     2     3     3
//
// In step 4 arrive places 2, 4 and 5 of n = 1 and places 0, 1 and 3 of n = 2, and only those.
struct Place {
  int source, delay;
};
const std::vector<Place> places = {{0, 2}, {0, 2}, {1, 3}, {1, 2}, {1, 3}, {2, 3}};

struct Contribution {
  int table, place;
};
using Order = std::vector<Contribution>;

// S: (emission step, projection, source, ordinal).
const Order emitted = {{0, 2}, {0, 4}, {0, 5}, {1, 2}, {1, 4}, {1, 5},
                       {0, 0}, {0, 1}, {0, 3}, {1, 0}, {1, 1}, {1, 3}};
// P: each `arrive` traversal is one action, so (projection, emission step, source, ordinal).
const Order arrived = {{0, 2}, {0, 4}, {0, 5}, {0, 0}, {0, 1}, {0, 3},
                       {1, 2}, {1, 4}, {1, 5}, {1, 0}, {1, 1}, {1, 3}};
// By target and of all synapses: (projection, source, ordinal), whatever the delays.
const Order listed = {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5},
                      {1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}};

// One target per neighbours j and j + 1 of an order: the first contribution is A, the j-th -A, the next one
// 1, the others 0. A - A + 1 = 1, but 1 is lost if it comes before A or -A: then the sum is 0. So a sum of 1
// says that contribution j + 1 follows contribution j, and all of them together pin the order but for its
// first two, whose sum does not depend on theirs.
constexpr int cases = 10, stride = 18, targets = cases * stride; // over three threads' parts
double weightOf(const Order& order, int target, Contribution contribution, double big) {
  auto at = std::find_if(order.begin(), order.end(), [&](Contribution c) {
    return c.table == contribution.table && c.place == contribution.place;
  });
  auto position = at - order.begin();
  auto j = target / stride + 1;
  if (target % stride != 0) {
    return 0;
  }
  return position == 0 ? big : position == j ? -big : position == j + 1 ? 1 : 0;
}

std::string array(const std::string& name, const std::string& type, const std::vector<double>& values) {
  std::string list;
  for (double value : values) {
    list += (list.empty() ? "" : ", ") +
            (type == "i32" ? fmt::format("{:.0f}", value) : fmt::format("{:e}", value));
  }
  return fmt::format("  step.array @{} = dense<[{}]> : tensor<{}x{}>\n", name, list, values.size(), type);
}

using Kinds = std::map<std::string, const Order*>;
const Kinds together = {{"emit", &emitted}, {"arrive", &arrived}, {"back", &listed}, {"all", &listed}};
const Kinds alone = {{"due", &emitted}}; // nothing else may visit its tables

std::string declareTable(const Kinds& kinds, int table, const std::string& type, double big) {
  std::vector<int> pre, post;
  std::vector<double> delays;
  std::map<std::string, std::vector<double>> weights;
  for (int source = 0; source < 3; ++source) {
    for (int target = 0; target < targets; ++target) {
      for (int place = 0; place < static_cast<int>(places.size()); ++place) {
        if (places[place].source != source) {
          continue;
        }
        pre.push_back(source);
        post.push_back(target);
        delays.push_back(places[place].delay);
        for (const auto& [kind, order] : kinds) {
          weights[kind].push_back(weightOf(*order, target, {table, place}, big));
        }
      }
    }
  }
  std::string text =
      fmt::format("  step.synapses @T{0} from @S to @T connect #step.connect<pairs, multapses = true, "
                  "pre = [{1}], post = [{2}]> delay @T{0}.d in [2, 3]\n  step.state @T{0}.d of @T{0} : i32\n",
                  table, fmt::join(pre, ", "), fmt::join(post, ", "));
  text += array(fmt::format("T{}.delays", table), "i32", delays);
  for (const auto& [kind, values] : weights) {
    text += fmt::format("  step.state @T{0}.{1} of @T{0} : {2}\n", table, kind, type);
    text += array(fmt::format("T{}.{}s", table, kind), type, values);
  }
  return text;
}

std::string setUpTable(const Kinds& kinds, int table, const std::string& type) {
  std::string text = fmt::format("    step.traverse @T{0} all () {{\n      %s = step.index synapse : i64\n"
                                 "      %d = step.lookup @T{0}.delays[%s] : i64 -> i32\n",
                                 table);
  std::string yields = fmt::format("@T{}.d = %d : i32", table);
  for (const auto& [kind, order] : kinds) {
    text += fmt::format("      %{1} = step.lookup @T{0}.{1}s[%s] : i64 -> {2}\n", table, kind, type);
    yields += fmt::format(", @T{0}.{1} = %{1} : {2}", table, kind, type);
  }
  return text + "      step.yield " + yields + "\n    }\n";
}

std::string network(const Kinds& kinds, const std::string& type, double big) {
  std::string text = "step.program @order dt 1.0e-3 {\n  step.extent @S size 3\n";
  text += fmt::format(
      "  step.extent @T size {}\n  step.events @S.spike of @S\n  step.events @T.spike of @T\n", targets);
  text += "  step.array @fires = dense<[0, 1, 1, 1, 1, 0, 0]> : tensor<7xi32>\n";
  for (const auto& [kind, order] : kinds) {
    text += fmt::format("  step.port @T.{0}.port of @T : {1} slots 4\n  step.state @T.{0} of @T : {1}\n",
                        kind, type);
  }
  text += declareTable(kinds, 0, type, big) + declareTable(kinds, 1, type, big) + "  step.setup {\n";
  text += setUpTable(kinds, 0, type) + setUpTable(kinds, 1, type) + "  }\n";
  const std::map<std::string, std::string> on = {{"emit", "on @S.spike"},
                                                 {"due", "on @S.spike"},
                                                 {"arrive", "on @S.spike"},
                                                 {"back", "on @T.spike"},
                                                 {"all", ""}};
  for (const auto& [kind, order] : kinds) {
    for (int table : {0, 1}) {
      text += fmt::format("  step.traverse @T{0} {1} {2} (%w = @T{0}.{1} : {3}) {{ step.yield port "
                          "@T.{1}.port += %w : {3} }}\n",
                          table, kind, on.at(kind), type);
    }
  }
  // T keeps the sums of step 4 and fires in step 3, which `back` sees in step 4.
  std::string reads, body, yields;
  for (const auto& [kind, order] : kinds) {
    reads += fmt::format("{0}%{1} = @T.{1} : {2}, %{1}.port = @T.{1}.port : {2}", reads.empty() ? "" : ", ",
                         kind, type);
    body += fmt::format("    %{0}.new = arith.select %keep, %{0}.port, %{0} : {1}\n", kind, type);
    yields += fmt::format("@T.{0} = %{0}.new : {1}, ", kind, type);
  }
  text += "  step.map @T (" + reads + R"() {
    %now = step.now : i64
    %three = arith.constant 3 : i64
    %four = arith.constant 4 : i64
    %fires = arith.cmpi eq, %now, %three : i64
    %keep = arith.cmpi eq, %now, %four : i64
)" + body +
          "    step.yield " + yields + "event @T.spike if %fires : i1\n  }\n";
  return text + R"(  step.map @S () {
    %now = step.now : i64
    %k = arith.trunci %now : i64 to i32
    %i = step.index element : i32
    %size = arith.constant 3 : i32
    %row = arith.muli %k, %size : i32
    %at = arith.addi %row, %i : i32
    %one = arith.constant 1 : i32
    %value = step.lookup @fires[%at] : i32 -> i32
    %fires = arith.cmpi eq, %value, %one : i32
    step.yield event @S.spike if %fires : i1
  }
}
)";
}

void requireOrder(const Kinds& kinds, const conformance::Trace& trace, const std::string& what) {
  INFO(what << ": " << trace.error);
  REQUIRE(trace.error.empty());
  for (const auto& [kind, order] : kinds) {
    const std::vector<double>& sums = trace.states.at("T." + kind);
    for (int target = 0; target < targets; ++target) {
      INFO(kind << ", target " << target << ": is contribution " << target / stride + 2 << " in its place?");
      REQUIRE(sums[static_cast<size_t>(target)] == (target % stride == 0 ? 1.0 : 0.0));
    }
  }
}

} // namespace

TEST_CASE("a port adds by emission step, projection, source and ordinal", "[cpu][order]") {
  auto [type, big] = GENERATE(table<std::string, double>({{"f64", 1e16}, {"f32", 1e8}}));
  const Kinds& kinds = GENERATE(std::cref(together), std::cref(alone));
  std::string text = network(kinds, type, big);
  auto program = conformance::compileStep(text);
  INFO(text.substr(0, 2000));
  REQUIRE(program);
  conformance::RunOptions options;
  options.steps = 5;
  auto oracle = reference::createStepDevice();
  requireOrder(kinds, conformance::run(*oracle, *program, options), "step interpreter");
  for (unsigned threads : {1u, 2u, 3u}) {
    options.threads = threads;
    auto cpu = cpu::createCpuDevice();
    requireOrder(kinds, conformance::run(*cpu, *program, options), fmt::format("cpu, {} threads", threads));
  }
}

namespace {

/// Spikes of S are stamped t_1 (cell 0) and t_2 (cell 1); all that they send reaches E at t_3, when inputs
/// come too.
const char* const sums = R"json({
  "nissl": 1, "name": "sums", "dt": "1 ms", "seed": 1,
  "cells": { "sink": { "equations": ["next(v) = v"], "initial": { "v": 0 }, "ports": { "in": { "on_input": ["v += in"] } } } },
  "rules": { "carry": { "synapse": { "w": 0 }, "on_pre": ["deliver(port, w)"] } },
  "populations": {
    "S": { "spikes": { "times": ["1 ms", "2 ms"], "ids": [0, 1] }, "size": 2 }, "E": { "cell": "sink", "size": 5 } },
  "projections": {
    "SE1": { "from": "S", "to": "E.in", "connect": { "list": { "pre": [0, 0, 0, 0, 1], "post": [0, 1, 2, 3, 3],
      "weight": [1e16, 1e16, 1, 1e16, -1e16], "delay": ["2 ms", "2 ms", "2 ms", "2 ms", "1 ms"] } } },
    "SE2": { "from": "S", "to": "E.in",
      "connect": { "list": { "pre": [0], "post": [3], "weight": [1], "delay": ["2 ms"] } } },
    "PE1": { "from": "S", "to": "E.in", "rules": ["carry"],
      "connect": { "list": { "pre": [0, 0, 0, 1, 1], "post": [0, 2, 4, 2, 4],
      "weight": [-1e16, 1e16, 1e16, -1e16, -1e16], "delay": ["2 ms", "2 ms", "2 ms", "1 ms", "1 ms"] } } },
    "PE2": { "from": "S", "to": "E.in", "rules": ["carry"],
      "connect": { "list": { "pre": [0], "post": [4], "weight": [1], "delay": ["2 ms"] } } } },
  "inputs": {
    "first": { "to": "E.in",
      "value": "where(t > 2.5*ms and t < 3.5*ms, where(i == 0, 1, 0) + where(i == 1, -1e16, 0), 0)" },
    "second": { "to": "E.in", "value": "where(t > 2.5*ms and t < 3.5*ms and i == 1, 1, 0)" } } })json";

} // namespace

// Per cell of E, with A = 1e16 and what is not named 0:
//   0: S = A, P = -A, first input 1:      (A - A) + 1 = 1; with the input before P it would be 0.
//   1: S = A, P = 0, inputs -A and 1:     (A - A) + 1 = 1; with the second input first it would be 0.
//   2: S = 1, P = A - A:                  1 + (A - A) = 1; in one sum, (1 + A) - A = 0.
//   3: S: SE1 brings A (cell 0) and -A (cell 1), SE2 brings 1 (cell 0). By emission step (A + 1) - A = 0.
//   4: P: PE1 brings A (cell 0) and -A (cell 1), PE2 brings 1 (cell 0). By projection (A - A) + 1 = 1.
TEST_CASE("a port adds what emission fixed, then what programs deliver, then inputs", "[cpu][order]") {
  auto program = conformance::compileDescription(sums);
  REQUIRE(program);
  conformance::RunOptions options;
  options.steps = 5;
  auto oracle = reference::createStepDevice();
  const std::vector<double> expected = {1, 1, 1, 0, 1};
  CHECK(conformance::run(*oracle, *program, options).states.at("E.v") == expected);
  for (unsigned threads : {1u, 2u, 3u}) {
    options.threads = threads;
    auto cpu = cpu::createCpuDevice();
    CHECK(conformance::run(*cpu, *program, options).states.at("E.v") == expected);
  }
}
