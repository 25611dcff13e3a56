// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Golden timelines: small networks whose every step was worked out by hand from architecture §4.
#include "compiler/conversion/StepToProgram.h"
#include "compiler/pipelines/RegisterAll.h"
#include "compiler/pipelines/StepPipeline.h"
#include "dialects/neuro/NeuroDialect.h"
#include "targets/reference/step/StepDevice.h"

#include "mlir/Parser/Parser.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace mlir;
using namespace nissl;

namespace {

struct Timeline : runtime::StepObserver {
  explicit Timeline(const program::Program& program) : program(program) {}
  void onEvents(program::Index events, int64_t step, std::span<const uint32_t> elements) override {
    if (!elements.empty()) {
      spikes[program.events[static_cast<size_t>(events)].name].push_back(step);
    }
  }
  /// What probes see at each t_k, of element 0 of every state.
  void onSample(int64_t, bool before) override {
    for (size_t i = 0; !before && i < program.states.size(); ++i) {
      double value = 0;
      device->readState(static_cast<program::Index>(i), 0, {&value, 1});
      sampled[program.states[i].name].push_back(value);
    }
  }

  const program::Program& program;
  runtime::Device* device = nullptr;
  std::map<std::string, std::vector<int64_t>> spikes;
  std::map<std::string, std::vector<double>> sampled;
};

/// Lowers a network and runs it on the step interpreter.
Timeline run(const std::string& text, int64_t steps) {
  DialectRegistry registry;
  compiler::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  ScopedDiagnosticHandler quiet(&context, [](Diagnostic& diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
      std::string message;
      llvm::raw_string_ostream(message) << diagnostic.getLocation() << ": " << diagnostic;
      FAIL(message);
    }
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  REQUIRE(module);
  PassManager manager(&context);
  compiler::buildNeuroPipeline(manager);
  compiler::buildStepPipeline(manager, program::Precision::F64, program::Precision::F64,
                              compiler::Formulas::Simplified);
  REQUIRE(succeeded(manager.run(*module)));
  auto step = *module->getOps<step::ProgramOp>().begin();
  static program::Program program;
  program = {};
  compiler::ProgramIndex index(step);
  compiler::buildProgram(step, index, [](Operation*) { return program::none; }, program);
  compiler::attachStepText(*module, program);
  auto device = reference::createStepDevice();
  device->load(program, {});
  Timeline timeline(program);
  timeline.device = device.get();
  for (int64_t k = 0; k < steps; ++k) {
    device->step(&timeline);
  }
  return timeline;
}

/// A cell whose v is the sum of all that arrived at @in; it fires where v reaches 10 and then starts from 0.
const char* const sink = R"(
  neuro.cell @sink {
    neuro.port @in
    neuro.variable @v { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
    neuro.on_input @in at start {
      %v = neuro.get @v : f64
      %in = neuro.get @in : f64
      %s = arith.addf %v, %in : f64
      neuro.write @v = %s : f64
    }
    neuro.event @spike when {
      %v = neuro.get @v : f64
      %t = arith.constant 10.0 : f64
      %f = arith.cmpf oge, %v, %t : f64
      neuro.yield %f : i1
    } do {
      %z = arith.constant 0.0 : f64
      neuro.write @v = %z : f64
    }
  }
)";

std::string constant(double value) {
  return fmt::format("{{ %c = arith.constant {:.17e} : f64  neuro.yield %c : f64 }}", value);
}

std::string projection(const std::string& name, const std::string& from, const std::string& to, double weight,
                       double delay, const std::string& more = "") {
  return fmt::format(
      "  neuro.projection @{} from <@{}> to <@{}> port @in connect <all_to_all> {} weight {} delay {} "
      "within {:.17e} to {:.17e}\n",
      name, from, to, more, constant(weight), constant(delay), delay, delay);
}

} // namespace

// A source's spike is stamped t_3. With a delay of d steps it arrives in step 3 + d, and the probe of that
// step sees it, for it looks after the arrivals.
TEST_CASE("a spike arrives after its delay", "[conversion][timeline]") {
  int64_t delay = GENERATE(0, 1, 63, 64);
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.spikes @S size 1 times [3.0e-3] ids [0]
    neuro.population @E of @sink size 1 {}
  )" + projection("SE", "S", "E", 1.0, static_cast<double>(delay) * 1e-3) +
                              "}",
                          80);
  CHECK(timeline.spikes["S.spike"] == std::vector<int64_t>{3});
  for (int64_t k = 0; k < 80; ++k) {
    CHECK(timeline.sampled["E.v"][static_cast<size_t>(k)] == (k >= 3 + delay ? 1.0 : 0.0));
  }
}

// The input of step 2 makes E fire in step 2; that spike is stamped t_3. With no delay it is in F in step 3.
TEST_CASE("a cell's spike bears the time at the end of its step", "[conversion][timeline]") {
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.spikes @S size 1 times [2.0e-3] ids [0]
    neuro.population @E of @sink size 1 {}
    neuro.population @F of @sink size 1 {}
  )" + projection("SE", "S", "E", 10.0, 0.0) +
                              projection("EF", "E", "F", 1.0, 0.0) + "}",
                          6);
  CHECK(timeline.spikes["E.spike"] == std::vector<int64_t>{2});
  CHECK(timeline.sampled["E.v"] == std::vector<double>{0, 0, 10, 0, 0, 0});
  CHECK(timeline.sampled["F.v"] == std::vector<double>{0, 0, 0, 1, 1, 1});
}

// v grows by 1 per step from 0 and fires at 2: in step 1 (v: 0 -> 1 -> 2). Reset to 0; held for
// round(2.5 ms / 1 ms) = 3 steps, 2 to 4 (half up). Then it grows again in steps 5 and 6: the next spike is
// in step 6, five steps after the first; what follows repeats. `then` sets w at the end of step 4.
TEST_CASE("a held variable rests for its number of steps", "[conversion][timeline]") {
  Timeline timeline = run(R"(neuro.network @n dt 1.0e-3 {
    neuro.cell @c {
      neuro.variable @v { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @w { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.equation rate @v { %x = arith.constant 1000.0 : f64  neuro.yield %x : f64 }
      neuro.group [@v] by euler
      neuro.event @spike hold [@v] for { %t = arith.constant 2.5e-3 : f64  neuro.yield %t : f64 } when {
        %v = neuro.get @v : f64
        %two = arith.constant 2.0 : f64
        %f = arith.cmpf oge, %v, %two : f64
        neuro.yield %f : i1
      } do {
        %z = arith.constant 0.0 : f64
        neuro.write @v = %z : f64
      } then {
        %w = neuro.get @w : f64
        %one = arith.constant 1.0 : f64
        %s = arith.addf %w, %one : f64
        neuro.write @w = %s : f64
      }
    }
    neuro.population @E of @c size 1 {}
  })",
                          12);
  CHECK(timeline.spikes["E.spike"] == std::vector<int64_t>{1, 6, 11});
  CHECK(timeline.sampled["E.v"] == std::vector<double>{0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1});
  CHECK(timeline.sampled["E.w"] == std::vector<double>{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2});
}

// The source spikes at t_2; its trace is set to 1 then and does not decay. Two synapses of delays 1 and 3 add
// the trace to z when the event reaches them, in steps 3 and 5. It jumps once: x is 1, not 2, and z is 1.
TEST_CASE("a trace jumps once, whatever the delays of its synapses", "[conversion][timeline]") {
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.rule @r {
      neuro.variable @z scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @pre.x scope pre { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.program pre_spike {
        %x = neuro.get @pre.x : f64
        %one = arith.constant 1.0 : f64
        %s = arith.addf %x, %one : f64
        neuro.write @pre.x = %s : f64
      }
      neuro.program on_pre {
        %x = neuro.get @pre.x : f64
        %z = neuro.get @z : f64
        %s = arith.addf %x, %z : f64
        neuro.write @z = %s : f64, deliver @port += %x : f64
      }
    }
    neuro.spikes @S size 1 times [2.0e-3] ids [0]
    neuro.population @E of @sink size 2 {}
    neuro.projection @SE from <@S> to <@E> port @in connect <all_to_all> rules [@r] delay {
      %i = neuro.index post : i32
      %f = arith.sitofp %i : i32 to f64
      %two = arith.constant 2.0e-3 : f64
      %a = arith.mulf %f, %two : f64
      %one = arith.constant 1.0e-3 : f64
      %d = arith.addf %a, %one : f64
      neuro.yield %d : f64
    } within 1.0e-3 to 3.0e-3
    neuro.probe @z of <@SE> quantity @z
  })",
                          8);
  CHECK(timeline.sampled["SE.pre.x"] == std::vector<double>{0, 0, 1, 1, 1, 1, 1, 1});
  CHECK(timeline.sampled["SE.z"] == std::vector<double>{0, 0, 0, 1, 1, 1, 1, 1});
  CHECK(timeline.sampled["E.v"] == std::vector<double>{0, 0, 0, 1, 1, 1, 1, 1});
}

// S spikes at t_4 and reaches its synapse without delay; T makes E fire in step 3, stamped t_4 as well. Both
// traces rise from 0 to 1 at that moment. on_pre does z = 2 z + 10 (1 + y), on_post z = 2 z + 3 + x:
//   tie pre:  on_pre sees y = 0: z = 10; then on_post sees x = 1: z = 20 + 4 = 24.
//   tie post: on_post sees x = 0: z = 3; then on_pre sees y = 1: z = 6 + 20 = 26.
//   tie old:  on_pre sees y = 0: z = 10; then on_post sees x = 0: z = 20 + 3 = 23.
TEST_CASE("a tie says who sees whose trace", "[conversion][timeline]") {
  auto [tie, z] = GENERATE(table<std::string, double>({{"pre", 24}, {"post", 26}, {"old", 23}}));
  std::string jump = R"({
        %one = arith.constant 1.0 : f64
        neuro.write @SIDE = %one : f64
      })";
  auto at = [&](const std::string& side) {
    std::string text = jump;
    return text.replace(text.find("SIDE"), 4, side);
  };
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.rule @r {
      neuro.variable @z scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @pre.x scope pre { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @post.y scope post { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.program pre_spike )" +
                              at("pre.x") + " neuro.program post_spike " + at("post.y") + R"(
      neuro.program on_pre {
        %y = neuro.get @post.y : f64
        %z = neuro.get @z : f64
        %two = arith.constant 2.0 : f64
        %one = arith.constant 1.0 : f64
        %ten = arith.constant 10.0 : f64
        %a = arith.mulf %z, %two : f64
        %b = arith.addf %y, %one : f64
        %c = arith.mulf %b, %ten : f64
        %d = arith.addf %a, %c : f64
        neuro.write @z = %d : f64
      }
      neuro.program on_post {
        %x = neuro.get @pre.x : f64
        %z = neuro.get @z : f64
        %two = arith.constant 2.0 : f64
        %three = arith.constant 3.0 : f64
        %a = arith.mulf %z, %two : f64
        %b = arith.addf %x, %three : f64
        %d = arith.addf %a, %b : f64
        neuro.write @z = %d : f64
      }
    }
    neuro.spikes @S size 1 times [4.0e-3] ids [0]
    neuro.spikes @T size 1 times [3.0e-3] ids [0]
    neuro.population @E of @sink size 1 {}
  )" + projection("TE", "T", "E", 10.0, 0.0) +
                              projection("SE", "S", "E", 0.0, 0.0, "tie " + tie + " rules [@r]") + R"(
    neuro.probe @pz of <@SE> quantity @z
  })",
                          6);
  CHECK(timeline.spikes["E.spike"] == std::vector<int64_t>{3});
  CHECK(timeline.sampled["SE.z"] == std::vector<double>{0, 0, 0, 0, z, z});
}

// R's level is 0 and becomes 1 in the integration of step 1: E's modulated gain sees it from step 2 on, and
// so does a rule that runs every step. x of E doubles the gain it sees.
TEST_CASE("a broadcast is read as it was after arrivals", "[conversion][timeline]") {
  Timeline timeline = run(R"(neuro.network @n dt 1.0e-3 {
    neuro.cell @modulator {
      neuro.variable @DA broadcast { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.equation next @DA {
        %t = neuro.time : f64
        %limit = arith.constant 0.5e-3 : f64
        %late = arith.cmpf ogt, %t, %limit : f64
        %y = arith.uitofp %late : i1 to f64
        neuro.yield %y : f64
      }
    }
    neuro.cell @c {
      neuro.parameter @gain modulated { %d = neuro.get @R::@DA : f64  neuro.yield %d : f64 }
      neuro.variable @x { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.equation next @x {
        %g = neuro.get @gain : f64
        %y = arith.addf %g, %g : f64
        neuro.yield %y : f64
      }
    }
    neuro.population @R of @modulator size 1 {}
    neuro.population @E of @c size 1 {}
  })",
                          5);
  CHECK(timeline.sampled["R.DA"] == std::vector<double>{0, 0, 1, 1, 1});
  CHECK(timeline.sampled["E.x"] == std::vector<double>{0, 0, 0, 2, 2});
}

// E fires in step 1, stamped t_2. Waiting 1 ms and lasting 2 ms, the pulse is 1 in steps 3 and 4.
TEST_CASE("a pulse rises after its event and lasts its time", "[conversion][timeline]") {
  Timeline timeline = run(R"(neuro.network @n dt 1.0e-3 {
    neuro.cell @c {
      neuro.variable @p { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.event @spike when {
        %t = neuro.time : f64
        %a = arith.constant 0.5e-3 : f64
        %b = arith.constant 1.5e-3 : f64
        %f = arith.cmpf ogt, %t, %a : f64
        %g = arith.cmpf olt, %t, %b : f64
        %h = arith.andi %f, %g : i1
        neuro.yield %h : i1
      }
      neuro.pulse @bap of @spike after 1.0e-3 for 2.0e-3
    }
    neuro.population @E of @c size 1 {}
    neuro.probe @b of <@E> quantity @bap
  })",
                          7);
  CHECK(timeline.spikes["E.spike"] == std::vector<int64_t>{1});
  CHECK(timeline.sampled["E.bap.recorded"] == std::vector<double>{0, 0, 0, 1, 1, 0, 0});
}

// S spikes at t_2 and its trace jumps to 1; its synapse is 2 steps away, so the event arrives at t_4 and a
// post spike at t_k sees the trace of t_(k-2). E has spikes stamped t_3, t_4 and t_5. At t_4 both meet:
//   tie pre sees the jump, post and old do not; at t_5 all see it. z sums what on_post saw.
// n counts the program of every 2 ms, which ends the steps 1, 3 and 5.
TEST_CASE("a post spike sees the trace that has reached the synapse", "[conversion][timeline]") {
  auto [tie, atFour] = GENERATE(table<std::string, double>({{"pre", 1}, {"post", 0}, {"old", 0}}));
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.rule @r {
      neuro.variable @z scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @n scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @pre.x scope pre { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.program pre_spike {
        %one = arith.constant 1.0 : f64
        neuro.write @pre.x = %one : f64
      }
      neuro.program on_post {
        %x = neuro.get @pre.x : f64
        %z = neuro.get @z : f64
        %s = arith.addf %z, %x : f64
        neuro.write @z = %s : f64
      }
      neuro.program every period 2.0e-3 {
        %n = neuro.get @n : f64
        %one = arith.constant 1.0 : f64
        %s = arith.addf %n, %one : f64
        neuro.write @n = %s : f64
      }
    }
    neuro.spikes @S size 1 times [2.0e-3] ids [0]
    neuro.spikes @T size 1 times [2.0e-3, 3.0e-3, 4.0e-3] ids [0, 0, 0]
    neuro.population @E of @sink size 1 {}
  )" + projection("TE", "T", "E", 10.0, 0.0) +
                              projection("SE", "S", "E", 0.0, 2e-3, "tie " + tie + " rules [@r]") + "}",
                          7);
  CHECK(timeline.spikes["E.spike"] == std::vector<int64_t>{2, 3, 4});
  CHECK(timeline.sampled["SE.z"] == std::vector<double>{0, 0, 0, 0, atFour, atFour + 1, atFour + 1});
  CHECK(timeline.sampled["SE.n"] == std::vector<double>{0, 0, 1, 1, 2, 2, 3});
}

// The trace is 5 at the beginning and nothing changes it. What is seen of it 2 steps later is 5 from the
// first step on: by a program (s), by on_post under tie post, at E's spike stamped t_1 (z), and by an
// equation (q).
TEST_CASE("before the beginning a trace was what it is at the beginning", "[conversion][timeline]") {
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.rule @r {
      neuro.variable @s scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @z scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @q scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.variable @pre.x scope pre { %x = arith.constant 5.0 : f64  neuro.yield %x : f64 }
      neuro.program pre_spike {
        %x = neuro.get @pre.x : f64
        neuro.write @pre.x = %x : f64
      }
      neuro.program on_post {
        %x = neuro.get @pre.x : f64
        %z = neuro.get @z : f64
        %y = arith.addf %z, %x : f64
        neuro.write @z = %y : f64
      }
      neuro.program continuous {
        %x = neuro.get @pre.x : f64
        neuro.write @s = %x : f64
      }
      neuro.equation next @q {
        %x = neuro.get @pre.x : f64
        neuro.yield %x : f64
      }
    }
    neuro.spikes @S size 1 times [1.0e-2] ids [0]
    neuro.spikes @T size 1 times [0.0] ids [0]
    neuro.population @E of @sink size 1 {}
  )" + projection("TE", "T", "E", 10.0, 0.0) +
                              projection("SE", "S", "E", 0.0, 2e-3, "tie post rules [@r]") + "}",
                          4);
  CHECK(timeline.spikes["E.spike"] == std::vector<int64_t>{0});
  CHECK(timeline.sampled["SE.s"] == std::vector<double>{0, 5, 5, 5});
  CHECK(timeline.sampled["SE.z"] == std::vector<double>{0, 5, 5, 5});
  CHECK(timeline.sampled["SE.q"] == std::vector<double>{0, 5, 5, 5});
}

// Of 3 steps, 2 lie between synapse and port: the program runs in step 2 + 1 (k counts it) and what it
// delivers arrives in step 2 + 3.
TEST_CASE("a dendritic delay lies between synapse and port", "[conversion][timeline]") {
  Timeline timeline = run("neuro.network @n dt 1.0e-3 {" + std::string(sink) + R"(
    neuro.rule @r {
      neuro.variable @k scope synapse { %x = arith.constant 0.0 : f64  neuro.yield %x : f64 }
      neuro.program on_pre {
        %k = neuro.get @k : f64
        %one = arith.constant 1.0 : f64
        %s = arith.addf %k, %one : f64
        neuro.write @k = %s : f64, deliver @port += %one : f64
      }
    }
    neuro.spikes @S size 1 times [2.0e-3] ids [0]
    neuro.population @E of @sink size 1 {}
    neuro.projection @SE from <@S> to <@E> port @in connect <all_to_all> rules [@r] delay {
      %d = arith.constant 3.0e-3 : f64
      neuro.yield %d : f64
    } within 3.0e-3 to 3.0e-3 dendritic 2.0e-3
  })",
                          7);
  CHECK(timeline.sampled["SE.k"] == std::vector<double>{0, 0, 0, 1, 1, 1, 1});
  CHECK(timeline.sampled["E.v"] == std::vector<double>{0, 0, 0, 0, 0, 1, 1});
}
