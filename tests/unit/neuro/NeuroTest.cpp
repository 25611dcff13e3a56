// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every example in the documentation of the neuro dialect is a valid network and prints as it parses.
#include "dialects/neuro/NeuroDialect.h"

#include "mlir/Parser/Parser.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace mlir;
using namespace nissl;

namespace {

/// A context with what neuro modules use, that collects diagnostics instead of printing them.
struct Fixture {
  Fixture()
      : handler(&context, [this](Diagnostic& diagnostic) {
          std::string text;
          llvm::raw_string_ostream(text) << diagnostic;
          errors += text + "\n";
          return success();
        }) {
    context.loadDialect<neuro::NeuroDialect, arith::ArithDialect, math::MathDialect>();
  }

  OwningOpRef<ModuleOp> parse(const std::string& text) {
    errors.clear();
    return parseSourceString<ModuleOp>(text, &context);
  }

  MLIRContext context;
  std::string errors;
  ScopedDiagnosticHandler handler;
};

std::vector<std::string> examplesOf(const std::string& file) {
  std::ifstream stream(std::string(NISSL_SOURCE_DIR "/dialects/neuro/") + file);
  std::vector<std::string> examples;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.find("```mlir") != std::string::npos) {
      inside = true;
      examples.emplace_back();
    } else if (line.find("```") != std::string::npos) {
      inside = false;
    } else if (inside) {
      examples.back() += line + "\n";
    }
  }
  return examples;
}

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

} // namespace

TEST_CASE("every documented op of neuro has an example that round-trips", "[neuro]") {
  Fixture fixture;
  std::string file = GENERATE("NeuroOps.td", "NeuroCellOps.td", "NeuroBodyOps.td");
  std::vector<std::string> examples = examplesOf(file);
  REQUIRE(examples.size() >= 11);
  for (const std::string& example : examples) {
    INFO(file << ":\n" << example);
    OwningOpRef<ModuleOp> module = fixture.parse(example);
    CHECK(fixture.errors == "");
    REQUIRE(module);
    std::string once = print(*module);
    OwningOpRef<ModuleOp> again = fixture.parse(once);
    CHECK(fixture.errors == "");
    REQUIRE(again);
    CHECK(print(*again) == once);
  }
}

TEST_CASE("a network that breaks a rule of neuro is refused with the reason", "[neuro]") {
  struct Case {
    const char* rule;
    std::string text;
    const char* error;
  };
  const std::string zero = " { %z = arith.constant 0.0 : f64 neuro.yield %z : f64 } ";
  auto get = [](const std::string& name) {
    return " { %z = neuro.get " + name + " : f64 neuro.yield %z : f64 } ";
  };
  auto cell = [](const std::string& body) { return "neuro.cell @c { " + body + " } "; };
  const std::string two = cell("neuro.port @in neuro.event @spike neuro.variable @v" + zero) +
                          "neuro.population @E of @c size 4 {} neuro.population @F of @c size 4 {} ";
  auto c = GENERATE_COPY(values<Case>({
      {"a body reads known names", cell("neuro.derived @a" + get("@b")),
       "reads @b, which is no quantity here"},
      {"a body reads quantities", cell("neuro.event @e neuro.derived @a" + get("@e")),
       "which is no quantity here"},
      {"a parameter reads parameters", cell("neuro.variable @v" + zero + "neuro.parameter @a" + get("@v")),
       "reads @v in a value that is computed once"},
      {"derived quantities form no cycle",
       cell("neuro.derived @a" + get("@b") + "neuro.derived @b" + get("@a")), "depends on itself"},
      {"an equation has a variable", cell("neuro.equation rate @v" + zero), "needs the variable @v"},
      {"one equation per variable",
       cell("neuro.variable @v" + zero + "neuro.equation rate @v" + zero + "neuro.equation next @v" + zero),
       "is the second equation of @v"},
      {"a group names variables with an equation",
       cell("neuro.variable @v" + zero + "neuro.group [@v] by euler"), "names @v, which has no equation"},
      {"an implicit group has a coupled voltage",
       cell("neuro.compartment @a voltage @v neuro.compartment @b neuro.parameter @g" + zero +
            "neuro.variable @v" + zero + "neuro.variable @w" + zero +
            "neuro.couple @a, @b conductance @g neuro.equation rate @w" + zero +
            "neuro.group [@w] by implicit"),
       "is implicit, but none of its variables is the voltage of a coupled compartment"},
      {"a broadcast is declared",
       cell("neuro.variable @v" + zero) + "neuro.cell @d { neuro.derived @a" + get("@P::@v") +
           "} neuro.population @P of @c size 1 {}",
       "is no broadcast quantity of a population"},
      {"a broadcast comes from one cell",
       cell("neuro.variable @v broadcast" + zero) + "neuro.cell @d { neuro.derived @a" + get("@P::@v") +
           "} neuro.population @P of @c size 2 {}",
       "whose size is 2, not 1"},
      {"a condition is a truth value", cell("neuro.event @e when" + zero), "must end in neuro.yield of 'i1'"},
      {"events do not follow from themselves", cell("neuro.event @a from @b neuro.event @b from @a"),
       "follows from itself"},
      {"then needs a hold", cell("neuro.event @a then { neuro.write }"), "holds nothing"},
      {"an action sets variables",
       cell("neuro.parameter @a" + zero +
            "neuro.event @e do { %z = arith.constant 0.0 : f64 neuro.write @a = %z : f64 }"),
       "sets @a, which is no variable"},
      {"only synapses deliver",
       cell("neuro.port @p neuro.event @e do { %z = arith.constant 0.0 : f64 "
            "neuro.write deliver @p += %z : f64 }"),
       "only programs of synapses deliver"},
      {"a variable is set once",
       cell("neuro.variable @v" + zero +
            "neuro.event @e do { %z = arith.constant 0.0 : f64 neuro.write @v = %z : f64, @v = %z : f64 }"),
       "sets @v twice"},
      {"a per-cell program sets per-cell variables",
       "neuro.rule @r { neuro.variable @w scope synapse" + zero +
           "neuro.program pre_spike { %z = arith.constant 0.0 : f64 neuro.write @w = %z : f64 } }",
       "sets @w of scope synapse, but this body sets variables of scope pre"},
      {"rules have scopes", "neuro.rule @r { neuro.variable @w" + zero + "}", "has scope cell in a rule"},
      {"a population has a cell", "neuro.population @E of @c size 1 {}", "needs the cell @c"},
      {"a shape fits its size", cell("") + "neuro.population @E of @c size 5 shape [2, 3] {}",
       "its shape holds 6"},
      {"an override names a parameter or variable",
       cell("neuro.port @p") + "neuro.population @E of @c size 1 { neuro.override @p" + zero + "}",
       "overrides @p, which is no parameter"},
      {"a view lies in its population",
       two +
           "neuro.projection @X from <@E, begin = 0, end = 5> to <@F> port @in "
           "connect <all_to_all> weight" +
           zero,
       "takes cells [0, 5) of @E, which has 4"},
      {"a projection's target is a population",
       two +
           "neuro.projection @X from <@E> to <@G> port @in "
           "connect <all_to_all> weight" +
           zero,
       "needs the population @G"},
      {"a projection's port exists",
       two +
           "neuro.projection @X from <@E> to <@F> port @out "
           "connect <all_to_all> weight" +
           zero,
       "needs the port @out"},
      {"a projection delivers", two + "neuro.projection @X from <@E> to <@F> connect <all_to_all>",
       "needs a port and a weight"},
      {"a probability belongs to its kind",
       two +
           "neuro.projection @X from <@E> to <@F> port @in "
           "connect <probability> weight" +
           zero,
       "'probability' belongs to that kind"},
      {"a rule finds what it reads",
       two + "neuro.rule @r { neuro.program on_pre { %z = neuro.get @post.u : f64 "
             "neuro.write deliver @in += %z : f64 } } neuro.projection @X from <@E> to <@F> connect "
             "<all_to_all> rules [@r]",
       "needs the quantity @u of @F"},
      {"a rule finds where it delivers",
       two + "neuro.rule @r { neuro.program on_pre { %z = neuro.get @post.v : f64 "
             "neuro.write deliver @out += %z : f64 } } neuro.projection @X from <@E> to <@F> connect "
             "<all_to_all> rules [@r]",
       "needs the port @out of @F"},
      {"a probe records what is there", two + "neuro.probe @x of <@E> quantity @u",
       "records @u, which @E does not have"},
      {"spikes have a source", "neuro.spikes @S size 2 times [0.5] ids [2]", "names source 2, but it has 2"},
      {"times ascend", "neuro.spikes @S size 2 times [0.5, 0.25] ids [0, 0]", "entry 1 is 2.5"},
      {"pairs ascend",
       two +
           "neuro.projection @X from <@E> to <@F> port @in "
           "connect <pairs, pre = [1, 0], post = [0, 0]> weight" +
           zero,
       "'pre' must ascend"},
      {"positions of synapses belong to synapses",
       cell("neuro.derived @a { %i = neuro.index pre : i32 "
            "%z = arith.sitofp %i : i32 to f64 neuro.yield %z : f64 }"),
       "the body belongs to a cell"},
      {"time is not read once", cell("neuro.parameter @a { %t = neuro.time : f64 neuro.yield %t : f64 }"),
       "computed once"},
      {"dt is positive", "} neuro.network @m dt 0.0 {", "expected a positive time"},
  }));
  INFO(c.rule);
  Fixture fixture;
  CHECK_FALSE(fixture.parse("neuro.network @n { " + c.text + " }"));
  CHECK_THAT(fixture.errors, Catch::Contains(c.error));
}
