// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run's files at its end T are what a longer run has at T: architecture §4, probes also at the end T.
#include "runtime/program/Reader.h"
#include "runtime/session/Session.h"
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "tests/e2e/Driver.h"

#include <algorithm>
#include <fstream>

using namespace nissl;
using namespace nissl::tests;

namespace {

/// What the chip does as well: a source, delays, a view, and a probe before arrivals.
const char* const plain = R"json({ "nissl": 1, "name": "plain", "dt": "1 ms", "seed": 3,
  "cells": { "c": { "equations": ["dv/dt = (1.25 - v)/(10*ms)"], "initial": { "v": { "uniform": [0, 1] } },
    "ports": { "in": { "on_input": ["v += in"] } }, "events": { "spike": { "when": "v > 1", "do": ["v = 0"] } } } },
  "populations": { "S": { "poisson": "300 Hz", "size": 20 }, "E": { "cell": "c", "size": 40 } },
  "projections": {
    "SE": { "from": "S", "to": "E.in", "connect": { "probability": 0.3 }, "weight": 0.125, "delay": "1 ms" },
    "EE": { "from": "E", "to": "E.in", "connect": { "probability": 0.2 }, "weight": 0.0625, "delay": { "uniform": ["0 ms", "5 ms"] } } },
  "probes": { "s": { "of": "S.spike" }, "e": { "of": "E.spike" }, "v": { "of": "E.v" }, "view": { "of": "E[3:9].v", "every": "5 ms" },
    "early": { "of": "E.v", "every": "2 ms", "before": true }, "never": { "of": "E.v", "every": "7 ms" } } })json";

/// Learning under a modulator, with a derived quantity and values of synapses.
const char* const learning = R"json({ "nissl": 1, "name": "learning", "dt": "1 ms", "seed": 3,
  "cells": {
    "c": { "equations": ["dv/dt = (1.25 + 0.5*level - v)/(10*ms)", "far = 1 - v"], "initial": { "v": { "uniform": [0, 1] } },
      "ports": { "in": { "on_input": ["v += in"] } }, "events": { "spike": { "when": "v > 1", "do": ["v = 0"] } } },
    "m": { "broadcast": ["level"], "ports": { "seen": { "on_input": ["level += 0.01*seen"] } },
      "equations": ["dlevel/dt = -level/(50*ms)"], "initial": { "level": 0 } } },
  "rules": { "r": { "synapse": { "w": 0.05, "z": 0 },
    "pre": { "equations": ["dx/dt = -x/(20*ms)"], "on_spike": ["x += 1"] },
    "post": { "equations": ["dy/dt = -y/(30*ms)"], "on_spike": ["y += 1"] },
    "on_pre": ["deliver(port, w)", "z -= post.y"], "on_post": ["z += pre.x"],
    "every 4 ms": ["w = clip(w + 0.001*z*(1 + level), 0, 0.1)"] } },
  "populations": { "S": { "poisson": "300 Hz", "size": 20 }, "E": { "cell": "c", "size": 40 }, "M": { "cell": "m", "size": 1 } },
  "projections": {
    "SE": { "from": "S", "to": "E.in", "connect": { "probability": 0.3 }, "delay": { "uniform": ["0 ms", "6 ms"] }, "rules": ["r"] },
    "EM": { "from": "E", "to": "M.seen", "connect": "all_to_all", "weight": 1 } },
  "probes": { "s": { "of": "S.spike" }, "e": { "of": "E.spike" }, "v": { "of": "E.v" }, "far": { "of": "E.far", "every": "4 ms" },
    "early": { "of": "E.v", "before": true }, "w": { "of": "SE.w", "every": "4 ms" }, "z": { "of": "SE.z" },
    "zEarly": { "of": "SE.z", "every": "10 ms", "before": true }, "level": { "of": "M.level" } } })json";

struct Network {
  const char* text;
  std::map<std::string, std::string> owners; ///< of the reports, by probe
};
const Network plainNetwork{plain, {{"v", "E"}, {"view", "E"}, {"early", "E"}, {"never", "E"}}};
const Network learningNetwork{
    learning,
    {{"v", "E"}, {"far", "E"}, {"early", "E"}, {"w", "SE"}, {"z", "SE"}, {"zEarly", "SE"}, {"level", "M"}}};

constexpr double end = 20; // ms: a multiple of every probe's period but 7

void compileText(const Scratch& scratch, const std::string& text, const std::string& options) {
  std::ofstream(scratch.path() / "net.json") << text;
  Outcome outcome = runNissl("compile net.json " + options + " -o net.npb", scratch.path());
  INFO(outcome.err);
  REQUIRE(outcome.exitCode == 0);
}

/// The spikes of `from` up to and at `last`.
Spikes until(const Spikes& from, double last) {
  Spikes result;
  for (size_t i = 0; i < from.times.size(); ++i) {
    if (from.times[i] < last + 1e-9) {
      result.times.push_back(from.times[i]);
      result.cells.push_back(from.cells[i]);
    }
  }
  return result;
}

void requireSameUntilEnd(const Scratch& scratch, const Network& network, const std::string& shorter,
                         const std::string& longer) {
  for (const auto& [probe, owner] : network.owners) {
    auto file = [&](const std::string& run) { return run + "/reports/" + probe + ".h5"; };
    auto [few, columns] = report(scratch, file(shorter), owner);
    auto [many, same] = report(scratch, file(longer), owner);
    INFO(probe);
    REQUIRE(columns == same);
    REQUIRE(many.size() > few.size());
    many.resize(few.size());
    CHECK(few == many);
  }
  for (const char* population : {"S", "E"}) {
    Spikes few = spikes(scratch, shorter, population), all = until(spikes(scratch, longer, population), end);
    INFO(population);
    CHECK(few.times == all.times);
    CHECK(few.cells == all.cells);
    // Both a source's spikes and a cell's bear the end's time; without them this test says little.
    CHECK(std::abs(few.times.back() - end) < 1e-9);
  }
}

} // namespace

TEST_CASE("a run shows at its end what a longer run shows there", "[e2e][closing]") {
  auto [network, target] =
      GENERATE(table<const Network*, std::string>({{&plainNetwork, "cpu --precision f64"},
                                                   {&plainNetwork, "cpu --precision fixed"},
                                                   {&plainNetwork, "step"},
                                                   {&plainNetwork, "golgi"},
                                                   {&learningNetwork, "cpu --precision f64"},
                                                   {&learningNetwork, "cpu --precision f32"},
                                                   {&learningNetwork, "step"}}));
  Scratch scratch;
  compileText(scratch, network->text, "--target " + target);
  nlohmann::json few = run(scratch, "net", "--for 20ms --record few");
  nlohmann::json many = run(scratch, "net", "--for 40ms --record many");
  INFO(target);
  requireSameUntilEnd(scratch, *network, "few", "many");
  // 'v' has rows at 0, 1, … 20 ms; 'never' at 0, 7 and 14 ms.
  auto [v, cells] = report(scratch, "few/reports/v.h5", "E");
  CHECK(v.size() == 21 * cells);
  if (network == &plainNetwork) {
    auto [never, columns] = report(scratch, "few/reports/never.h5", "E");
    CHECK(never.size() == 3 * columns);
  }
  // What is counted is what happened in the steps that ran: a source's spikes at the end are not.
  Spikes sources = spikes(scratch, "few", "S");
  auto atEnd = std::count_if(sources.times.begin(), sources.times.end(),
                             [](double time) { return std::abs(time - end) < 1e-9; });
  double counted = few["rates_hz"]["S"].get<double>() * 20 * 20e-3;
  CHECK(counted == Approx(static_cast<double>(sources.times.size()) - static_cast<double>(atEnd)));
}

TEST_CASE("a run that goes on does as if nobody had looked at its end", "[e2e][closing]") {
  auto [network, target] = GENERATE(table<const Network*, std::string>(
      {{&plainNetwork, "golgi"}, {&plainNetwork, "cpu"}, {&learningNetwork, "cpu"}}));
  Scratch scratch;
  compileText(scratch, network->text, "--target " + target);
  program::Program program = program::readProgram(scratch.path() / "net.npb");
  auto make = [&] { return target == "cpu" ? cpu::createCpuDevice() : golgi::createGolgiDevice(); };
  auto whole = make(), parts = make();
  runtime::Session once(program, *whole, {}), twice(program, *parts, {});
  once.record(scratch.path() / "many");
  runtime::RunSummary expected = once.run(40);
  twice.record(scratch.path() / "few");
  twice.run(20);
  twice.record(scratch.path() / "rest");
  runtime::RunSummary found = twice.run(20);
  requireSameUntilEnd(scratch, *network, "few", "many");
  for (const auto& [probe, owner] : network->owners) {
    auto [rest, columns] = report(scratch, "rest/reports/" + probe + ".h5", owner);
    auto [many, same] = report(scratch, "many/reports/" + probe + ".h5", owner);
    REQUIRE(rest.size() <= many.size());
    CHECK(std::equal(rest.begin(), rest.end(), many.end() - static_cast<ptrdiff_t>(rest.size())));
  }
  CHECK(found.losses == expected.losses);
  CHECK(found.counters == expected.counters);
  CHECK(found.spikes == expected.spikes);
}
