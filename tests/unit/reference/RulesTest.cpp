// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What rules do, held against their meaning: right programs agree in everything, and for each part of a rule
// a program compiled from a description that differs in just that part is told apart.
#include "tests/unit/reference/Comparing.h"

using namespace nissl;
using namespace nissl::reference;
using namespace nissl::reference::test;
using import::test::Imported;
using program::Precision;

namespace {

/// `text` with the one place where it says `what` saying `with`.
std::string replaced(std::string text, const std::string& what, const std::string& with) {
  size_t at = text.find(what);
  INFO(what);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(what, at + 1) == std::string::npos);
  return text.replace(at, what.size(), with);
}

/// What first differs between a program compiled from `compiled` and what `meant` means.
std::string difference(const std::string& compiled, const std::string& meant, int64_t steps) {
  Comparison found = compareNetworks(compiled, meant, steps);
  return found.firstDeviation      ? found.firstDeviation->name
         : found.firstDisagreement ? found.firstDisagreement->event
                                   : "nothing";
}

/// Cells that fire every few steps, so that pre and post spikes often bear the same time, joined by synapses
/// with every part of a rule.
const std::string everything = R"json({"nissl": 1, "dt": "1 ms", "seed": 5,
  "cells": {
    "c": {"equations": ["dv/dt = (1.6 + 0.07*i - v)/(5*ms) + I/ms", "k = 2*v",
          "dg/dt = (0.01*sum_in(EE.w) - g)/(7*ms)"], "initial": {"v": "0.3*i", "g": 0},
          "ports": {"I": {}, "J": {"on_input": ["v += 0.1*J"]}},
          "events": {"spike": {"when": "v > 1", "do": ["v = 0.1"], "payload": "min(v, 1.5)"}}},
    "m": {"broadcast": ["DA"], "equations": ["dDA/dt = -DA/(30*ms)", "dp/dt = 1/(11*ms)", "dq/dt = (sum(EE.w) - q)/(20*ms)"],
          "initial": {"DA": 0.5, "p": 0, "q": 0}, "ports": {"n": {"on_input": ["DA += 0.01*n"]}},
          "events": {"late": {"when": "p > 1", "do": ["p = 0"], "emit_after": "1*ms + 4*ms*rand()", "emit_within": "5 ms"},
                     "got": {"from": "late", "do": ["DA += 0.5"]}}}},
  "rules": {
    "r": {"parameters": {"gain": "0.125 + 0.001", "level": "2*DA"},
          "synapse": {"w": 0.05, "z": 0.3, "f": 0, "tag": 1, "seen": 0},
          "pre": {"equations": ["dx/dt = -x/(12*ms)"], "initial": {"x": 0.25}, "on_spike": ["x += 1"]},
          "post": {"equations": ["dy/dt = -y/(17*ms) + 0.001*post.v/ms"], "on_spike": ["y = 0.75*y + 1"], "initial": {"y": 0}},
          "projection": {"equations": ["dpace/dt = (1 - pace)/(40*ms)"], "initial": {"pace": 0}},
          "equations": ["dz/dt = -z/(23*ms)", "df/dt = (pre.x*post.y + 0.1*pre.v - f)/(9*ms)"],
          "on_pre": ["deliver(port, w*payload)", "z -= gain*post.y", "deliver(J, 0.03*z)", "seen = pre.v + 0.5*post.k"],
          "on_post": ["z += 0.11*pre.x*(1 + 0.1*projection.pace)", "tag = 0.9*tag"],
          "every 5 ms": ["w = clip(w + 0.003*(0.1 + level)*z, 0, 0.1)", "z = 0.95*z"],
          "on reward": ["restore(tag)", "f += 0.01*(sum_in(w) - sum(w)/16)"],
          "continuous": ["tag += 0.001*post.v*pre.x"], "transmit": "0.001*f"}},
  "triggers": {"reward": "R.got"},
  "populations": {"E": {"cell": "c", "size": 4}, "R": {"cell": "m", "size": 1}},
  "projections": {
    "EE": {"from": "E", "to": "E.I", "connect": "all_to_all", "delay": {"uniform": ["2 ms", "5 ms"]}, "dendritic": "1 ms",
           "back": "2 ms", "rules": ["r"], "tie": "pre"},
    "ER": {"from": "E", "to": "R.n", "connect": "all_to_all", "delay": "3 ms"}}})json";

} // namespace

TEST_CASE("a rule does in each step what its description says", "[reference][rules]") {
  std::string tie = GENERATE("pre", "post", "old");
  Precision precision = GENERATE(Precision::F64, Precision::F32);
  std::string network = replaced(everything, R"("tie": "pre")", R"("tie": ")" + tie + '"');
  Comparison comparison = compareNetworks(network, network, 400, precision);
  INFO(tie << "\n" << comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 100);
  for (const char* name : {"EE.w", "EE.z", "EE.f", "EE.tag", "EE.seen", "EE.pre.x", "EE.post.y",
                           "EE.projection.pace", "EE.delay", "E.v", "R.DA", "R.q", "E.g"}) {
    INFO(name);
    CHECK(comparison.variables.count(name) == 1);
  }
}

TEST_CASE("each part of a rule that is another one is found", "[reference][rules]") {
  auto [what, with, where] = GENERATE(table<std::string, std::string, std::string>({
      {"dx/dt = -x/(12*ms)", "dx/dt = -x/(12.001*ms)", "EE.pre.x"},
      {R"("on_spike": ["x += 1"])", R"("on_spike": ["x += 1.001"])", "EE.pre.x"},
      {"-y/(17*ms)", "-y/(17.001*ms)", "EE.post.y"},
      {"y = 0.75*y + 1", "y = 1", "EE.post.y"},
      {"0.001*post.v/ms", "0.0011*post.v/ms", "EE.post.y"},
      {R"("x": 0.25)", R"("x": 0.26)", "EE.pre.x"},
      {"(1 - pace)/(40*ms)", "(1 - pace)/(41*ms)", "EE.projection.pace"},
      {"dz/dt = -z/(23*ms)", "dz/dt = -z/(23.001*ms)", "EE.z"},
      {"0.1*pre.v - f)", "0.1*pre.v - 1.001*f)", "EE.f"},
      {"0.1*pre.v - f)", "0.101*pre.v - f)", "EE.f"},
      {"deliver(port, w*payload)", "deliver(port, w*payload*1.001)", "E.v"},
      {R"x("payload": "min(v, 1.5)")x", R"x("payload": "1.001*min(v, 1.5)")x", "E.v"},
      {"deliver(J, 0.03*z)", "deliver(J, 0.0301*z)", "E.v"},
      {"gain*post.y", "1.001*gain*post.y", "EE.z"},
      {"0.125 + 0.001", "0.125 + 0.0011", "EE.z"},
      {"0.11*pre.x", "0.1101*pre.x", "EE.z"},
      {"(1 + 0.1*projection.pace)", "(1 + 0.11*projection.pace)", "EE.z"},
      {"seen = pre.v", "seen = 1.001*pre.v", "EE.seen"},
      {"0.5*post.k", "0.51*post.k", "EE.seen"},
      {"2*DA", "2.001*DA", "EE.w"},
      {"every 5 ms", "every 4 ms", "EE.w"},
      {"every 5 ms", "every 10 ms", "EE.w"},
      {"0.003*(0.1", "0.00301*(0.1", "EE.w"},
      {"z = 0.95*z", "z = 0.951*z", "EE.z"},
      {R"x("restore(tag)", )x", "", "EE.tag"},
      {R"("reward": "R.got")", R"("reward": "E[0:2].spike")", "EE.f"},
      {"sum_in(w)", "sum_out(w)", "EE.f"},
      {"sum(w)/16", "sum(w)/15", "EE.f"},
      {"tag += 0.001*post.v*pre.x", "tag += 0.0011*post.v*pre.x", "EE.tag"},
      {R"("transmit": "0.001*f")", R"("transmit": "0.0011*f")", "E.v"},
      {R"("tie": "pre")", R"("tie": "post")", "EE.z"},
      {R"("tie": "pre")", R"("tie": "old")", "EE.z"},
      {R"("back": "2 ms")", R"("back": "1 ms")", "EE.tag"},
      {R"("dendritic": "1 ms")", R"("dendritic": "2 ms")", "EE.delay"},
      {R"(["2 ms", "5 ms"])", R"(["2 ms", "4 ms"])", "EE.delay"},
      {R"("w": 0.05)", R"("w": 0.0501)", "EE.w"},
      {"1*ms + 4*ms*rand()", "1*ms + 3*ms*rand()", "R.late.emitted"},
      {"sum(EE.w)", "1.001*sum(EE.w)", "R.q"},
      {"sum_in(EE.w)", "sum_out(EE.w)", "E.g"},
  }));
  INFO(what << " -> " << with);
  CHECK(difference(everything, replaced(everything, what, with), 200) == where);
}

// The axonal way delays what is seen of the source: a program that reads the trace as it is now, or as it
// was one step too early, is told apart.
TEST_CASE("what is seen of a source is as old as its way", "[reference][rules]") {
  auto network = [](const std::string& delay, const std::string& dendritic) {
    return R"json({"nissl": 1, "dt": "1 ms", "cells": {
      "c": {"equations": ["dv/dt = (1.5 + 0.1*i - v)/(6*ms)"], "initial": {"v": 0}, "ports": {"I": {}},
            "events": {"spike": {"when": "v > 1", "do": ["v = 0"]}}}},
    "rules": {"r": {"synapse": {"w": 0, "s": 0}, "pre": {"equations": ["dx/dt = -x/(7*ms)"], "on_spike": ["x += 1"]},
      "on_post": ["w += pre.x"], "continuous": ["s = pre.x + pre.v"]}},
    "populations": {"P": {"cell": "c", "size": 3}},
    "projections": {"PP": {"from": "P", "to": "P.I", "connect": "all_to_all", "delay": ")json" +
           delay + R"json(", "dendritic": ")json" + dendritic + R"json(", "rules": ["r"]}}})json";
  };
  for (const char* dendritic : {"0 ms", "1 ms", "3 ms"}) {
    std::string right = network("3 ms", dendritic);
    Comparison comparison = compareNetworks(right, right, 100);
    INFO(dendritic << "\n" << comparison.text());
    CHECK(comparison.agrees());
    CHECK(comparison.skipped.empty());
    CHECK(comparison.spikes > 10);
  }
}

// Sources outside the projection's view have no trace; host triggers and listed times run programs.
TEST_CASE("views, triggers and weights that a rule shares are interpreted", "[reference][rules]") {
  auto network = [](const std::string& times, const std::string& more) {
    return R"json({"nissl": 1, "dt": "1 ms", "seed": 2, "cells": {
      "c": {"equations": ["dv/dt = (0.9 - v)/(6*ms) + I/ms"], "initial": {"v": 0}, "ports": {"I": {}},
            "events": {"spike": {"when": "v > 1", "do": ["v = 0"]}}}},
    "rules": {"a": {"synapse": {"w": 0.4, "n": 0}, "on_pre": ["n += 1"], "on now": ["w += 0.01*n*rand()"]},
      "b": {"pre": {"on_spike": ["x += 1"], "initial": {"x": 0}}, "synapse": {"w": 0.4}, "on listed": ["w = 0.9*w"], "on_post": ["w += 0.001*pre.x"]}},
    "triggers": {"now": "host", "listed": {"times": [)json" +
           times + R"json(]}},
    "populations": {"S": {"poisson": "80 Hz", "size": 6}, "P": {"cell": "c", "size": 5}},
    "projections": {"SP": {"from": "S[2:6]", "to": "P[1:4].I", "connect": "all_to_all", "weight": {"uniform": [0.1, 0.5]},
      "delay": "2 ms", "rules": ["a", "b"])json" +
           more + "}}}";
  };
  auto host = [](const std::string&, int64_t step, int64_t) { return step % 7 == 3 ? 1.0 : 0.0; };
  std::string right = network(R"("10 ms", "31 ms")", "");
  Comparison comparison = compareNetworks(right, right, 200, Precision::F64, host);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 5);
  Comparison late = compareNetworks(right, network(R"("11 ms", "31 ms")", ""), 200, Precision::F64, host);
  CHECK(late.firstDeviation->name == "SP.w");
  CHECK(late.firstDeviation->step == 10);
  CHECK(compareNetworks(right, network(R"("10 ms", "31 ms")", R"(, "dendritic": "1 ms")"), 200,
                        Precision::F64, host)
            .firstDeviation->name == "SP.delay");
  Comparison silent = compareNetworks(right, right, 20);
  CHECK(silent.agrees());
}

TEST_CASE("the language's example of a rule is compared", "[reference][rules]") {
  std::string network = R"json({"nissl": 1, "dt": "0.1 ms", "import": ["zoo/lif.json"],
  "rules": { "stdp": {
    "synapse": { "w": "10 pA" },
    "pre":  { "equations": ["dx/dt = -x/(20*ms)"], "on_spike": ["x += 1"] },
    "post": { "equations": ["dy/dt = -y/(20*ms)"], "on_spike": ["y += 1"] },
    "on_pre": ["deliver(port, w)", "w = max(w - 0.12*pA*post.y, 0)"], "on_post": ["w = min(w + 0.1*pA*pre.x, 40*pA)"] } },
  "populations": { "P": { "poisson": "20 Hz", "size": 100 }, "N": { "cell": "lif_current", "size": 10, "parameters": {"I_e": "450 pA"} } },
  "projections": { "PN": { "from": "P", "to": "N.exc", "connect": "all_to_all", "delay": { "uniform": ["1 ms", "5 ms"] }, "rules": ["stdp"] } }})json";
  Comparison comparison = compareNetworks(network, network, 600);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.spikes > 20);
  CHECK(difference(network, replaced(network, "w - 0.12", "w - 0.1201"), 600) == "PN.w");
}

TEST_CASE("the examples with rules do in each step what they say", "[reference][examples]") {
  auto [file, steps] = GENERATE(table<const char*, int64_t>(
      {{"founding/regular", 30}, {"founding/bursting", 30}, {"founding/modulated", 60}, {"invented", 100}}));
  Imported source = import::test::importFile(std::string(NISSL_SOURCE_DIR "/examples/") + file + ".json");
  REQUIRE(source.module);
  Comparison comparison = compareModules(source, source, steps);
  INFO(file << "\n" << comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.spikes > 4);
  // Gamma numbers are the target's.
  comparison.skipped.erase("B.gain");
  CHECK(comparison.skipped.empty());
}

// A's event reaches B in its own step, B's reaches C in that step as well; to A it takes a step.
TEST_CASE("events over projections of the same step arrive in it", "[reference]") {
  auto network = [](const std::string& same, const std::string& weight) {
    return R"json({"nissl": 1, "dt": "1 ms", "cells": {
    "c": {"equations": ["dv/dt = (drive - v)/(6*ms) + I/ms"], "initial": {"v": 0, "g": 0}, "parameters": {"drive": 0.9},
          "ports": {"I": {}, "G": {"on_input": ["g += G", "v += 0.1*G"]}},
          "events": {"spike": {"when": "v > 1", "do": ["v = 0"], "hold": {"variables": ["v"], "for": "1 ms"}}}}},
    "populations": {"C": {"cell": "c", "size": 2, "parameters": {"drive": 0.5}}, "B": {"cell": "c", "size": 2},
                    "A": {"cell": "c", "size": 2, "parameters": {"drive": "1.5 + 0.1*i"}}},
    "projections": {"AB": {"from": "A", "to": "B.G", "connect": "all_to_all", "weight": 0.7, "same_step": true},
      "BC": {"from": "B", "to": "C.I", "connect": "one_to_one", "weight": )json" +
           weight + same +
           R"json(}, "CA": {"from": "C", "to": "A.I", "connect": "one_to_one", "weight": -0.1}}})json";
  };
  std::string right = network(R"(, "same_step": true)", "0.4");
  Comparison comparison = compareNetworks(right, right, 200);
  INFO(comparison.text());
  CHECK(comparison.agrees());
  CHECK(comparison.skipped.empty());
  CHECK(comparison.events == std::set<std::string>{"A.spike", "B.spike", "C.spike"});
  CHECK(difference(right, network("", "0.4"), 200) == "C.v");
  CHECK(difference(right, network(R"(, "same_step": true)", "0.401"), 200) == "C.v");
}
