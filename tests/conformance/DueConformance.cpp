// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contributions that wait for their synapse's delay, on the CPU and on the step interpreter, which adds them
// to slots ahead as those of `emit`.
#include "targets/cpu/device/CpuDevice.h"
#include "targets/reference/step/StepDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/InProcessRanks.h"
#include "tests/conformance/Trace.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <set>

using namespace nissl;
using conformance::RunOptions;
using conformance::Trace;

namespace {

struct TableText {
  std::string name, ends, port, type;
  int degree, longest; ///< delays are 0 to `longest` steps; where that is negative all are so many
  std::string factor;  ///< of each contribution: tables with another one have other code
};

std::string sourceOf(const TableText& t) { return t.ends.substr(1, t.ends.find(' ') - 1); }

struct Cells {
  std::string name, type;
  int size;
};

// Pairs meet several times, so that rows are not ordered by delay.
std::string declare(const TableText& t) {
  if (t.longest < 0) {
    return fmt::format(
        "  step.synapses @{0} from {1} connect #step.connect<fixed_outdegree, count = {2}, multapses = true> "
        "delay {3}\n  step.state @{0}.w of @{0} : {4}\n",
        t.name, t.ends, t.degree, -t.longest, t.type);
  }
  return fmt::format(
      "  step.synapses @{0} from {1} connect #step.connect<fixed_outdegree, count = {2}, multapses = true> "
      "delay @{0}.d in [0, {3}]\n  step.state @{0}.d of @{0} : i32\n  step.state @{0}.w of @{0} : {4}\n"
      "  step.state @{0}.unread of @{0} : i32\n",
      t.name, t.ends, t.degree, t.longest, t.type);
}

std::string setUp(const TableText& t) {
  std::string text = fmt::format(R"(    step.traverse @{0} all () {{
      %w = step.random_bits stream "{0}.w" draw 0 word 0 : i32
      %f = arith.sitofp %w : i32 to {1}
      %u = arith.constant 1.0e-9 : {1}
      %x = arith.mulf %f, %u : {1}
)",
                                 t.name, t.type);
  if (t.longest < 0) {
    return text + fmt::format("      step.yield @{0}.w = %x : {1}\n    }}\n", t.name, t.type);
  }
  return text + fmt::format(R"(      %b = step.random_bits stream "{0}.d" draw 0 word 0 : i32
      %n = arith.constant {1} : i32
      %half = arith.constant 16 : i32
      %h = arith.shrui %b, %half : i32
      %m = arith.muli %h, %n : i32
      %d = arith.shrui %m, %half : i32
      step.yield @{0}.d = %d : i32, @{0}.w = %x : {2}, @{0}.unread = %w : i32
    }}
)",
                            t.name, t.longest + 1, t.type);
}

std::string deliver(const TableText& t) {
  return fmt::format(R"(  step.traverse @{0} due on @{4}.spike (%w = @{0}.w : {2}) {{
    %c = arith.constant {3} : {2}
    %x = arith.mulf %w, %c : {2}
    step.yield port @{1} += %x : {2}
  }}
)",
                     t.name, t.port, t.type, t.factor, sourceOf(t));
}

/// Cells add up what comes to their port.
std::string declare(const Cells& cells) {
  return fmt::format("  step.extent @{0} size {2}\n  step.state @{0}.v of @{0} : {1}\n"
                     "  step.port @{0}.in of @{0} : {1} slots 31\n",
                     cells.name, cells.type, cells.size);
}

std::string update(const Cells& cells) {
  return fmt::format(R"(  step.map @{0} (%v = @{0}.v : {1}, %in = @{0}.in : {1}) {{
    %x = arith.addf %v, %in : {1}
    step.yield @{0}.v = %x : {1}
  }}
)",
                     cells.name, cells.type);
}

/// In a step a cell in 32 fires.
std::string fire(const std::string& cells) {
  return fmt::format(R"(  step.map @{0} () {{
    %r = step.random_bits stream "{0}.noise" draw 0 word 0 : i32
    %limit = arith.constant 0x08000000 : i32
    %f = arith.cmpi ult, %r, %limit : i32
    step.yield event @{0}.spike if %f : i1
  }}
)",
                     cells);
}

std::string network(const std::vector<Cells>& cells, const std::vector<TableText>& tables) {
  std::string text = "step.program @due dt 1.0e-3 {\n";
  std::set<std::string> sources;
  for (const Cells& one : cells) {
    text += declare(one);
  }
  for (const TableText& table : tables) {
    sources.insert(sourceOf(table));
  }
  for (const std::string& source : sources) {
    text += fmt::format("  step.events @{0}.spike of @{0}\n", source);
  }
  for (const TableText& table : tables) {
    text += declare(table);
  }
  text += "  step.setup {\n";
  for (const TableText& table : tables) {
    text += setUp(table);
  }
  text += "  }\n";
  for (const TableText& table : tables) {
    text += deliver(table);
  }
  text += "  step.sample\n";
  for (const Cells& one : cells) {
    text += update(one);
  }
  for (const std::string& source : sources) {
    text += fire(source);
  }
  return text + "}\n";
}

/// Runs the network on threads and ranks: the same bits as the step interpreter's, and more than so many
/// events.
void compare(const std::vector<Cells>& cells, const std::vector<TableText>& tables, size_t events) {
  auto program = conformance::compileStep(network(cells, tables));
  REQUIRE(program);
  RunOptions options;
  options.steps = 70;
  Trace expected = conformance::run(*reference::createStepDevice(), *program, options);
  INFO(expected.error);
  REQUIRE(expected.error.empty());
  CHECK(expected.eventCount() > events);
  for (unsigned threads : {1u, 2u, 3u}) {
    options.threads = threads;
    std::string difference =
        conformance::run(*cpu::createCpuDevice(), *program, options).differenceTo(expected);
    INFO("threads " << threads << ": " << difference);
    CHECK(difference.empty());
  }
  options.threads = 1;
  for (unsigned ranks : {2u, 3u}) {
    std::string difference =
        conformance::runOnRanks(ranks, cpu::createCpuDevice, *program, options).differenceTo(expected);
    INFO("ranks " << ranks << ": " << difference);
    CHECK(difference.empty());
  }
}

} // namespace

TEST_CASE("contributions that are due come as those that were made before", "[cpu][due]") {
  const std::vector<Cells> cells = {{"E", "f32", 300},    {"F", "f32", 41},    {"Late", "f32", 50},
                                    {"Other", "f32", 60}, {"G", "f64", 70000}, {"K", "f32", 40000},
                                    {"L", "f32", 40000}};
  const std::vector<TableText> tables = {
      {"A", "@E to @E", "E.in", "f32", 120, 30, "0.25"},
      // With A in one call; part of the sources, part of the targets.
      {"B", "@E range [17, 200] to @F range [3, 40]", "F.in", "f32", 50, 9, "0.25"},
      // After B at the same port.
      {"C", "@E range [100, 300] to @F", "F.in", "f32", 7, 30, "0.25"},
      // Another code, so that what D2 has comes after A's bundle, and H, with A's code, after D2.
      {"D", "@E to @E", "E.in", "f32", 40, 12, "0.5"},
      {"D2", "@E to @Late", "Late.in", "f32", 30, 30, "0.5"},
      {"H", "@E to @Late", "Late.in", "f32", 30, 30, "0.25"},
      // Targets in four bytes, and more targets together than two bytes tell apart.
      {"Z", "@E to @G", "G.in", "f64", 90, 20, "0.25"},
      // Rows with more synapses than two bytes count, and with more of one delay.
      {"Y", "@E range [5, 7] to @G", "G.in", "f64", 140000, 1, "0.25"},
      // One delay: with A in one call, and in one of its own.
      {"O", "@E range [50, 250] to @Other", "Other.in", "f32", 9, -7, "0.25"},
      {"P", "@E to @Other", "Other.in", "f32", 40, -30, "0.125"},
      {"K1", "@E to @K", "K.in", "f32", 30, 20, "0.25"},
      {"L1", "@E to @L", "L.in", "f32", 30, 20, "0.25"}};
  compare(cells, tables, 500);
}

TEST_CASE("short segments of one code are copied together", "[cpu][due]") {
  std::string type = GENERATE("f32", "f64");
  const std::vector<Cells> cells = {{"A", type, 300}, {"B", type, 80}, {"C", type, 41}};
  compare(cells,
          {{"AA", "@A to @A", "A.in", type, 20, 30, "0.25"},
           {"AB", "@A to @B", "B.in", type, 9, 12, "0.25"},
           // Of other events at the same ports: a step takes what both have made step by step.
           {"BA", "@B to @A", "A.in", type, 60, 30, "0.25"},
           {"BB", "@B range [3, 70] to @B", "B.in", type, 7, 0, "0.25"},
           // From here on nothing goes to the first port.
           {"CC", "@C to @C", "C.in", type, 20, 30, "0.25"},
           // More of one delay than are copied at once.
           {"CB", "@C to @B range [10, 80]", "B.in", type, 500, -30, "0.25"}},
          500);
}

TEST_CASE("a port of other cells is not read", "[cpu][ports]") {
  // Ports lie with the thread that owns their cells.
  CHECK_FALSE(conformance::compileStep(R"mlir(
    step.program @p dt 1.0e-3 {
      step.extent @E size 4
      step.extent @R size 1
      step.state @E.v of @E : f64
      step.port @R.in of @R : f64 slots 1
      step.map @E (%in = broadcast @R.in : f64) {
        step.yield @E.v = %in : f64
      }
    }
  )mlir"));
}
