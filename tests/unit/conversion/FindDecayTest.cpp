// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which states decay, by hand.
#include "compiler/conversion/FindDecay.h"
#include "compiler/pipelines/RegisterAll.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace mlir;
using namespace nissl;

namespace {

/// Of E.x where a step does this.
double decayOf(const std::string& actions) {
  DialectRegistry registry;
  compiler::registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string text = fmt::format(R"mlir(
    step.program @decay dt 1.0e-3 {{
      step.extent @E size 4
      step.state @E.x of @E : f64 history 3
      step.state @E.y of @E : f64
      step.state @E.now of @E : i1
      step.setup {{
        step.map @E () {{
          %one = arith.constant 1.0 : f64
          step.yield @E.x = %one : f64
        }}
      }}
      {}
    }})mlir",
                                 actions);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  INFO(text);
  REQUIRE(module);
  for (auto program : module->getOps<step::ProgramOp>()) {
    return compiler::findDecays(program).lookup("E.x");
  }
  FAIL("no program");
  return 0;
}

/// A map of x, y and now that yields %r as x.
std::string map(const std::string& body) {
  return "step.map @E (%x = @E.x : f64, %y = @E.y : f64, %now = @E.now : i1) {\n"
         "%c = arith.constant 0.875 : f64\n%one = arith.constant 1.0 : f64\n" +
         body + "\nstep.yield @E.x = %r : f64\n}\n";
}

const std::string decays = map("%r = arith.mulf %x, %c : f64");
const std::string jumps = map("%s = arith.addf %x, %one : f64\n%r = arith.select %now, %s, %x : f64");

} // namespace

TEST_CASE("a state decays that one map of every step multiplies by a constant", "[decay]") {
  CHECK(decayOf(decays) == 0.875);
  CHECK(decayOf(map("%r = arith.mulf %c, %x : f64")) == 0.875);
  CHECK(decayOf(jumps + decays) == 0.875);
  CHECK(decayOf(decays + jumps) == 0.875);
  CHECK(decayOf("step.every 10 offset 0 {\n" + jumps + "}\n" + decays) == 0.875);
  CHECK(decayOf(map("%s = arith.addf %x, %one : f64\n%t = arith.select %now, %s, %x : f64\n"
                    "%r = arith.mulf %t, %c : f64")) == 0.875);
  CHECK(decayOf(map("%s = arith.mulf %x, %c : f64\n%t = arith.addf %s, %one : f64\n"
                    "%r = arith.select %now, %t, %s : f64")) == 0.875);
}

TEST_CASE("a state does not decay that changes otherwise", "[decay]") {
  CHECK(decayOf("") == 0);
  CHECK(decayOf(jumps) == 0);
  CHECK(decayOf(decays + decays) == 0);
  CHECK(decayOf("step.every 10 offset 0 {\n" + decays + "}\n") == 0);
  CHECK(decayOf(decays + "step.restore @E.x\n") == 0);
  CHECK(decayOf(map("%r = arith.mulf %y, %c : f64")) == 0);
  CHECK(decayOf(map("%r = arith.mulf %x, %y : f64")) == 0);
  CHECK(decayOf("step.map @E (%x = @E.x lag 2 : f64) {\n%c = arith.constant 0.875 : f64\n"
                "%r = arith.mulf %x, %c : f64\nstep.yield @E.x = %r : f64\n}\nstep.push @E.x\n") == 0);
  CHECK(decayOf(map("%r = arith.mulf %x, %one : f64")) == 0);
  CHECK(decayOf(map("%s = arith.mulf %x, %c : f64\n%r = arith.addf %s, %y : f64")) == 0);
  CHECK(decayOf(map("%s = arith.mulf %x, %c : f64\n%r = arith.mulf %s, %c : f64")) == 0);
}
