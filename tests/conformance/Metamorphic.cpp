// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Changes of a network that must not change its results, or must change them in a known way (architecture
// §8).
#include "targets/cpu/device/CpuDevice.h"
#include "targets/golgi/device/GolgiDevice.h"
#include "tests/conformance/CompiledStep.h"
#include "tests/conformance/Trace.h"
#include "tests/fuzz/RandomProgram.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <fstream>
#include <random>
#include <regex>

using namespace nissl;
using conformance::RunOptions;
using Json = nlohmann::ordered_json;
using program::Precision;

namespace {

/// What a run shows, by name, for networks that declare the same things in another order.
struct Seen {
  std::map<std::string, std::vector<std::pair<int64_t, std::vector<uint32_t>>>> events;
  std::map<std::string, std::vector<double>> numbers; ///< final states and samples of probes
  size_t eventCount = 0;
  std::string error; ///< random programs may end in one
};

Seen observe(const std::optional<program::Program>& program, int64_t steps, unsigned threads = 1) {
  REQUIRE(program);
  RunOptions options;
  options.steps = steps;
  options.threads = threads;
  options.input = [](program::Index, int64_t step, int64_t element) {
    return static_cast<double>((step * 7 + element * 3) % 11 - 5) / 8;
  };
  auto device = program->target == "golgi" ? golgi::createGolgiDevice() : cpu::createCpuDevice();
  conformance::Trace trace = conformance::run(*device, *program, options);
  Seen seen;
  seen.error = trace.error;
  for (const auto& [step, set, elements] : trace.events) {
    seen.events[program->events[static_cast<size_t>(set)].name].emplace_back(step, elements);
  }
  seen.numbers = std::move(trace.states);
  for (auto& [name, values] : trace.samples) {
    seen.numbers["probe " + name] = std::move(values);
  }
  seen.eventCount = trace.eventCount();
  return seen;
}

bool sameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
  });
}

/// The first name of `part` whose values are not the same bits in `whole`; empty where there is none.
std::string changed(const Seen& part, const Seen& whole) {
  if (part.error != whole.error) {
    return "error '" + part.error + "' and '" + whole.error + "'";
  }
  for (const auto& [name, list] : part.events) {
    auto other = whole.events.find(name);
    if (other == whole.events.end() || other->second != list) {
      return "events " + name;
    }
  }
  for (const auto& [name, values] : part.numbers) {
    auto other = whole.numbers.find(name);
    if (other == whole.numbers.end() || !sameBits(values, other->second)) {
      return name;
    }
  }
  return "";
}

Json example(const std::string& name) {
  Json json = Json::parse(std::ifstream(std::string(NISSL_SOURCE_DIR) + "/examples/" + name + ".json"));
  if (name == "founding/modulated") {
    json["import"] = {"founding/cells.json"};
  } else if (name == "lvpa/burst") {
    json["import"] = {"lvpa/cell.json"};
  } else if (name == "cuba") {
    json["populations"]["N"]["size"] = 400;
    json["projections"]["exc"]["from"] = "N[0:320]";
    json["projections"]["inh"]["from"] = "N[320:400]";
  } else if (name == "invented") {
    json["cells"]["breather"]["parameters"]["gain"] = {
        {"uniform", {1, 3}}}; // machine code of a gamma is slow to make
  } else if (name == "izhikevich-2003") {
    json["populations"]["E"]["size"] = 80;
    json["populations"]["I"]["size"] = 20;
  }
  return json;
}

std::string anExample() {
  return GENERATE(as<std::string>(), "cuba", "izhikevich-2003", "invented", "founding/modulated",
                  "lvpa/burst");
}

/// Runs a description, compiled quickly.
Seen observeDescription(const std::string& json, int64_t steps, unsigned threads = 1) {
  Seen seen = observe(conformance::compileDescription(json, Precision::F64, 0), steps, threads);
  INFO(seen.error);
  REQUIRE(seen.error.empty());
  return seen;
}

constexpr int64_t exampleSteps = 400;

} // namespace

//===-- Nothing changes ----------------------------------------------------------------------------===//

TEST_CASE("extents that nothing joins to the others change nothing of them", "[metamorphic]") {
  auto precision = GENERATE(Precision::F64, Precision::F32, Precision::Fixed);
  // On the chip they also change which cell is on which core.
  bool onChip = precision == Precision::Fixed && GENERATE(false, true);
  std::string target = onChip ? "golgi" : "cpu";
  const std::string alone = R"(
    step.extent @X size 70
    step.state @X.k of @X : i32
    step.port @X.p of @X : i32 slots 3
    step.events @X.e of @X
    step.synapses @XX from @X to @X connect #step.connect<fixed_outdegree, count = 5> delay 2
    step.traverse @XX emit on @X.e () {
      %one = arith.constant 1 : i32
      step.yield port @X.p += %one : i32
    }
    step.map @X (%k = @X.k : i32, %p = @X.p : i32) {
      %r = step.random_bits stream "X.r" draw 0 word 0 : i32
      %zero = arith.constant 0 : i32
      %fires = arith.cmpi slt, %r, %zero : i32
      %new = arith.addi %k, %p : i32
      step.yield @X.k = %new : i32, event @X.e if %fires : i1
    }
)";
  for (uint64_t seed = 100; seed < 104; ++seed) {
    std::string text = fuzz::randomProgram(seed, {precision, onChip}), before = text, behind = text;
    before.insert(before.find('\n') + 1, alone);
    behind.insert(behind.rfind('}'), alone);
    Seen expected = observe(conformance::compileStep(text, seed, target, 0), 60);
    for (const std::string& other : {before, behind}) {
      INFO(target << ": " << other);
      Seen seen = observe(conformance::compileStep(other, seed, target, 0), 60);
      CHECK(seen.eventCount > expected.eventCount);
      REQUIRE(changed(expected, seen).empty());
    }
  }
}

TEST_CASE("a population that nothing joins to the others changes nothing of them", "[metamorphic]") {
  std::string name = anExample();
  Json json = example(name), more = json;
  more["cells"]["loner"] = Json::parse(R"json({
    "parameters": { "tau": { "uniform": ["5 ms", "15 ms"] } }, "equations": ["dv/dt = (2*rand() - v)/tau"], "initial": { "v": 0 },
    "ports": { "in": { "on_input": ["v += in"] } }, "events": { "spike": { "when": "v > 1", "do": ["v = 0"] } } })json");
  // In front of all others, with its own source.
  Json populations = {{"Loners", {{"cell", "loner"}, {"size", 70}}},
                      {"Noise", {{"poisson", "50 Hz"}, {"size", 9}}}};
  populations.update(json["populations"]);
  more["populations"] = populations;
  Json projections = Json::parse(R"json({
    "LL": { "from": "Loners", "to": "Loners.in", "connect": { "fixed_outdegree": 3 }, "weight": 0.125, "delay": "2 ms" },
    "NL": { "from": "Noise", "to": "Loners.in", "connect": { "probability": 0.2 }, "weight": 0.5 } })json");
  projections.update(json["projections"]);
  more["projections"] = projections;
  INFO(name);
  Seen expected = observeDescription(json.dump(), exampleSteps);
  Seen seen = observeDescription(more.dump(), exampleSteps);
  CHECK(expected.eventCount > 0);
  CHECK(seen.events["Loners.spike"].size() > 10);
  CHECK(changed(expected, seen) == "");
}

TEST_CASE("the order of populations changes nothing", "[metamorphic]") {
  std::string name = anExample();
  Json json = example(name);
  Seen expected = observeDescription(json.dump(), exampleSteps);
  Json reversed = Json::object();
  for (auto member = json["populations"].items().begin(); member != json["populations"].items().end();
       ++member) {
    Json first = {{member.key(), member.value()}};
    first.update(reversed);
    reversed = first;
  }
  json["populations"] = reversed;
  INFO(name << ": " << reversed.dump());
  CHECK(changed(expected, observeDescription(json.dump(), exampleSteps)) == "");
}

namespace {

/// "20" times 10^-3: "0.020".
std::string thousandth(const std::string& decimal) {
  size_t point = decimal.find('.');
  std::string whole = decimal.substr(0, point),
              rest = point == std::string::npos ? "" : decimal.substr(point + 1);
  whole.insert(0, whole.size() < 4 ? 4 - whole.size() : 0, '0');
  return whole.substr(0, whole.size() - 3) + "." + whole.substr(whole.size() - 3) + rest;
}

/// Writes every "20 mV" and "20*mV" as "0.020 V" and "0.020*V", and so for ms, pA and nS.
std::string inLargerUnits(const std::string& text, size_t& count) {
  const std::map<std::string, std::string> larger = {{"mV", "V"}, {"ms", "s"}, {"pA", "nA"}, {"nS", "uS"}};
  const std::regex quantity(R"re((^|[^\w.])(\d+(?:\.\d+)?)([ *])(mV|ms|pA|nS)(?!\w))re");
  std::string result;
  auto at = text.cbegin();
  for (std::sregex_iterator match(text.begin(), text.end(), quantity), end; match != end; ++match, ++count) {
    result.append(at, (*match)[0].first);
    result += (*match)[1].str() + thousandth((*match)[2]) + (*match)[3].str() + larger.at((*match)[4]);
    at = (*match)[0].second;
  }
  return result.append(at, text.cend());
}

} // namespace

TEST_CASE("values in other units are the same values", "[metamorphic]") {
  std::string name = anExample();
  std::string text = example(name).dump();
  size_t count = 0;
  std::string other = inLargerUnits(text, count);
  INFO(name << ": " << other);
  CHECK(count > 4);
  Seen expected = observeDescription(text, exampleSteps);
  CHECK(changed(expected, observeDescription(other, exampleSteps)) == "");
}

// 17e-3 and 17 * 1e-3 differ in the last bit, and so do 29 and 43 of these.
TEST_CASE("arrays in other units are the same values", "[metamorphic]") {
  auto network = [](const std::string& initial, const std::string& dense, const std::string& listed,
                    const std::string& input) {
    return R"json({ "nissl": 1, "name": "units", "dt": "1 ms", "seed": 1,
      "cells": { "c": { "parameters": { "E": "0 V" }, "equations": ["dv/dt = (E - v)/(10*ms)"], "initial": { "v": "0 V" },
        "ports": { "in": { "unit": "mV", "on_input": ["v += in"] } } } },
      "populations": { "S": { "spikes": { "times": ["1 ms"], "ids": [0] }, "size": 1 },
        "P": { "cell": "c", "size": 4, "parameters": { "E": )json" +
           initial + R"json( } } },
      "projections": { "dense": { "from": "S", "to": "P.in", "connect": )json" +
           dense + R"json( },
        "listed": { "from": "S", "to": "P.in", "connect": { "list": { "pre": [0, 0, 0, 0], "post": [0, 1, 2, 3], "weight": )json" +
           listed + R"json( } } } },
      "inputs": { "I": { "to": "P.in", "value": )json" +
           input + "} } }";
  };
  const std::string milli = R"({ "values": [17, 29, 43, 5], "unit": "mV" })",
                    plain = R"({ "values": [0.017, 0.029, 0.043, 0.005], "unit": "V" })",
                    texts = R"(["17 mV", "0.029 V", "43e3 uV", "5 mV"])";
  auto dense = [](const std::string& row, const std::string& unit) {
    return "{ \"dense\": [" + row + "], \"unit\": \"" + unit + "\" }";
  };
  auto timed = [](std::string array) { return array.insert(array.rfind('}'), R"(, "every": "1 ms")"); };
  Seen expected =
      observeDescription(network(texts, dense("[0.017, 0.029, 0.043, 0.005]", "V"), texts, timed(plain)), 10);
  for (const std::string& form :
       {network(milli, dense("[17, 29, 43, 5]", "mV"), milli, timed(milli)),
        network(plain, dense("[17e3, 2.9e4, 43000, 5000]", "uV"), plain, timed(milli))}) {
    INFO(form);
    CHECK(changed(expected, observeDescription(form, 10)) == "");
  }
}

TEST_CASE("how hard the code generator tries changes nothing", "[metamorphic]") {
  auto precision = GENERATE(Precision::F64, Precision::F32, Precision::Fixed);
  uint64_t seed = 200 + static_cast<uint64_t>(precision);
  std::string text = fuzz::randomProgram(seed, {precision, false});
  INFO(text);
  Seen expected = observe(conformance::compileStep(text, seed, "cpu", 0), 60);
  REQUIRE(changed(expected, observe(conformance::compileStep(text, seed, "cpu", 3), 60, 2)) == "");
}

TEST_CASE("how hard the code generator tries changes nothing of a description", "[metamorphic]") {
  auto precision = GENERATE(Precision::F64, Precision::F32);
  std::string name =
      GENERATE(as<std::string>(), "cuba", "izhikevich-2003", "founding/modulated", "lvpa/burst");
  std::string text = example(name).dump();
  INFO(name);
  Seen expected = observe(conformance::compileDescription(text, precision, 0), exampleSteps);
  CHECK(changed(expected, observe(conformance::compileDescription(text, precision, 3), exampleSteps)) == "");
}

//===-- A known change -----------------------------------------------------------------------------===//

namespace {

constexpr int cellCount = 90;

/// Cells with a current and a time constant of their own, joined by a list of plastic synapses. Weights are
/// whole multiples of 1/64, so that every order of adding gives the same sum. Cell i is at place[i].
struct Permuted {
  Json json;
  std::vector<std::pair<int, int>> synapses; ///< (source, target) in the order of the table, as cells
};

Permuted permuted(uint64_t seed, const std::vector<int>& place) {
  std::mt19937_64 random(seed);
  auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  std::vector<double> current(cellCount);
  std::vector<std::string> tau(cellCount);
  std::vector<std::array<int, 4>> synapses; // place of source, place of target, weight * 64, delay
  for (int i = 0; i < cellCount; ++i) {
    current[place[i]] = pick(60, 160) / 64.0;
    tau[place[i]] = fmt::format("{} ms", pick(5, 30));
    std::vector<int> targets(cellCount);
    std::iota(targets.begin(), targets.end(), 0);
    std::shuffle(targets.begin(), targets.end(), random);
    for (int s = 0; s < 12; ++s) {
      synapses.push_back({place[i], place[targets[s]], pick(-32, 48), pick(1, 9)});
    }
  }
  // In the order of the description for the identity, otherwise in another one.
  if (place.front() != 0) {
    std::shuffle(synapses.begin(), synapses.end(), random);
  }
  Permuted result;
  Json pre, post, weight, delay;
  for (const auto& [source, target, strength, steps] : synapses) {
    pre.push_back(source);
    post.push_back(target);
    weight.push_back(strength / 64.0);
    delay.push_back(fmt::format("{} ms", steps));
  }
  result.json = Json::parse(R"json({ "nissl": 1, "name": "permuted", "dt": "1 ms", "seed": 1,
    "cells": { "c": { "parameters": { "tau": "10 ms", "I": 1 }, "equations": ["dv/dt = (I - v)/tau"], "initial": { "v": 0 },
      "ports": { "in": { "on_input": ["v += in"] } },
      "events": { "spike": { "when": "v > 1", "do": ["v = 0"], "hold": { "variables": ["v"], "for": "2 ms" } } } } },
    "rules": { "r": { "synapse": { "w": 0, "z": 0 },
      "pre": { "equations": ["dx/dt = -x/(20*ms)"], "on_spike": ["x += 1"] },
      "post": { "equations": ["dy/dt = -y/(30*ms)"], "on_spike": ["y += 1"] },
      "on_pre": ["deliver(port, w)", "z -= post.y"], "on_post": ["z += pre.x"] } },
    "populations": { "E": { "cell": "c", "size": 90 } },
    "projections": { "EE": { "from": "E", "to": "E.in", "rules": ["r"] } },
    "probes": { "z": { "of": "EE.z", "every": "50 ms" } } })json");
  result.json["populations"]["E"]["parameters"] = {{"tau", tau}, {"I", current}};
  result.json["projections"]["EE"]["connect"]["list"] = {
      {"pre", pre}, {"post", post}, {"weight", weight}, {"delay", delay}};
  std::vector<int> cellAt(cellCount);
  for (int i = 0; i < cellCount; ++i) {
    cellAt[place[i]] = i;
  }
  std::sort(synapses.begin(), synapses.end());
  for (const auto& synapse : synapses) {
    result.synapses.emplace_back(cellAt[synapse[0]], cellAt[synapse[1]]);
  }
  return result;
}

} // namespace

TEST_CASE("permuted cells have permuted results", "[metamorphic]") {
  uint64_t seed = GENERATE(1, 2, 3);
  std::vector<int> same(cellCount), place(cellCount);
  std::iota(same.begin(), same.end(), 0);
  place = same;
  std::shuffle(place.begin(), place.end(), std::mt19937_64(seed));
  std::rotate(place.begin(), std::find(place.begin(), place.end(), 0) + 1,
              place.end()); // place 0 is not cell 0's
  Permuted original = permuted(seed, same), other = permuted(seed, place);
  Seen expected = observeDescription(original.json.dump(), 500);
  Seen seen = observeDescription(other.json.dump(), 500, 2);
  CHECK(expected.eventCount > 1000);
  for (auto& [step, cells] : expected.events["E.spike"]) {
    for (uint32_t& cell : cells) {
      cell = static_cast<uint32_t>(place[cell]);
    }
    std::sort(cells.begin(), cells.end());
  }
  CHECK(expected.events == seen.events);
  for (int i = 0; i < cellCount; ++i) {
    REQUIRE(expected.numbers["E.v"][i] == seen.numbers["E.v"][place[i]]);
  }
  std::map<std::pair<int, int>, double> bySynapse;
  for (size_t s = 0; s < original.synapses.size(); ++s) {
    bySynapse[original.synapses[s]] = expected.numbers["EE.z"][s];
  }
  for (size_t s = 0; s < other.synapses.size(); ++s) {
    REQUIRE(bySynapse.at(other.synapses[s]) == seen.numbers["EE.z"][s]);
  }
}
