// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference on the command line: a run that compares itself with its description.
#include "runtime/program/Reader.h"
#include "runtime/program/Writer.h"
#include "tests/unit/driver/Process.h"
#include "tests/unit/session/CountingDevice.h"
#include "tests/unit/session/SonataReading.h"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace nissl::tests;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// Two cells that drive each other over plastic synapses; `tau` is that of the rule's trace.
std::string network(const std::string& tau) {
  return R"json({"nissl": 1, "name": "pair", "dt": "1 ms", "cells": {"c": {
    "equations": ["dv/dt = (1.5 + 0.1*i - v)/(8*ms) + I/ms"], "initial": {"v": 0}, "ports": {"I": {}},
    "events": {"spike": {"when": "v > 1", "do": ["v = 0"]}}}},
    "rules": {"grow": {"synapse": {"w": 0.1}, "pre": {"equations": ["dx/dt = -x/()json" +
         tau +
         R"json()"], "on_spike": ["x += 1"]}, "on_pre": ["deliver(port, w)"], "on_post": ["w += 0.01*pre.x"]}},
    "populations": {"P": {"cell": "c", "size": 2}},
    "projections": {"PP": {"from": "P", "to": "P.I", "connect": {"all_to_all": true, "autapses": false}, "delay": "2 ms", "rules": ["grow"]}},
    "probes": {"spikes": {"of": "P.spike"}, "w": {"of": "PP.w", "every": "10 ms"}}})json";
}

void write(const Folder& folder, const std::string& name, const std::string& content) {
  std::ofstream(folder / name, std::ios::binary) << content;
}

void compile(const Folder& folder, const std::string& name, const std::string& text) {
  write(folder, name + ".json", text);
  Outcome outcome = runNissl("compile " + name + ".json --target reference -o " + name + ".npb", folder.path);
  CAPTURE(outcome.err);
  REQUIRE(outcome.exitCode == 0);
}

} // namespace

TEST_CASE("a run on the reference says what it compared", "[driver][reference]") {
  Folder folder;
  compile(folder, "net", network("20*ms"));
  Outcome run = runNissl("run net.npb --for 100ms --record a --json", folder.path);
  CAPTURE(run.err);
  REQUIRE(run.exitCode == 0);
  json summary = json::parse(run.out), reference = summary["reference"];
  CHECK(summary["ok"] == true);
  CHECK(summary["provenance"]["device"] == "reference");
  CHECK(reference["agrees"] == true);
  CHECK(reference["steps"] == 100);
  CHECK(reference["bound"] == 1e-9);
  CHECK(reference["variables"] == json({"P.v", "PP.delay", "PP.pre.x", "PP.w"}));
  // Two cells, two traces and two weights, after arrivals and after each step; at the start also a delay, for
  // it is the same for all.
  CHECK(reference["values"] == 100 * 2 * 6 + 6 + 1);
  CHECK(reference["events"] == summary["spikes"]);
  CHECK(reference["events"] > 10);
  CHECK(reference["skipped"].empty());
  CHECK(reference["worst"]["error"] < 1e-12);
  CHECK(json::parse(contentOf(folder / "a/summary.json"))["reference"] == reference);
  // The same run as on the step interpreter, and the same again.
  CHECK(runNissl("run net.npb --for 100ms --record b --device step", folder.path).exitCode == 0);
  CHECK(runNissl("diff a b", folder.path).exitCode == 0);
  Outcome text = runNissl("run net.npb --for 10steps", folder.path);
  CHECK_THAT(text.out, Contains("reference:\n  10 steps, "));
  CHECK_THAT(text.out, Contains("0 values outside the bound, 0 events that disagree"));
}

TEST_CASE("a program that is not what its description says is an error after the results",
          "[driver][reference]") {
  Folder folder;
  compile(folder, "net", network("20*ms"));
  compile(folder, "other", network("20.1*ms"));
  // The program of one with the description of the other.
  nissl::program::Program program = nissl::program::readProgram(folder / "net.npb");
  nissl::program::Program other = nissl::program::readProgram(folder / "other.npb");
  auto description = [](nissl::program::Program& of) -> nissl::program::Section& {
    return *std::find_if(of.sections.begin(), of.sections.end(),
                         [](const auto& section) { return section.name == "neuro.mlir"; });
  };
  description(program) = description(other);
  nissl::program::writeProgram(program, folder / "wrong.npb");

  Outcome run = runNissl("run wrong.npb --for 100ms --record a --json", folder.path);
  CHECK(run.exitCode == 4);
  CHECK_THAT(run.err, Contains("error[NS0624]: the compiled program does not do what the description says"));
  CHECK_THAT(run.err, Contains("PP.pre.x["));
  json summary = json::parse(run.out), first = summary["reference"]["first_outside"];
  CHECK(summary["ok"] == false);
  CHECK(summary["steps"] == 100);
  CHECK(summary["reference"]["agrees"] == false);
  CHECK(first["projection"] == "PP");
  CHECK(first["variable"] == "pre.x");
  // The trace is 0 until the first spike: that of cell 1, whose drive is larger. v = 1.6 (1 - exp(-n/8)) is
  // above 1 at n = 8: the spike bears t_8, and the trace decays in step 8.
  CHECK(first["step"] == 8);
  CHECK(first["element"] == 1);
  CHECK(first["found"].get<double>() == Approx(std::exp(-1 / 20.0)));
  CHECK(first["expected"].get<double>() == Approx(std::exp(-1 / 20.1)));
  CHECK(std::filesystem::exists(folder / "a/spikes.h5"));
  CHECK(std::filesystem::exists(folder / "a/reports/w.h5"));
  CHECK(json::parse(contentOf(folder / "a/summary.json"))["reference"]["agrees"] == false);
  CHECK(runNissl("run net.npb --for 100ms --record b", folder.path).exitCode == 0);
  CHECK(runNissl("diff a b", folder.path).exitCode == 0);
  Outcome text = runNissl("run wrong.npb --for 100ms", folder.path);
  CHECK(text.exitCode == 4);
  CHECK_THAT(text.out, Contains("first outside the bound: PP.pre.x[1] in step 8"));
}

TEST_CASE("the reference refuses by name what has no description", "[driver][reference]") {
  Folder folder;
  auto refused = [&](const std::string& arguments, const std::string& message) {
    Outcome outcome = runNissl(arguments, folder.path);
    CAPTURE(arguments);
    CHECK(outcome.exitCode == 1);
    CHECK_THAT(outcome.err, Contains(message));
  };
  write(folder, "net.json", network("20*ms"));
  write(folder, "graph.nir", "");
  write(folder, "step.mlir", "step.program @p dt 1.0e-3 {\n  step.extent @E size 1\n}\n");
  refused("compile graph.nir --target reference",
          "error[NS0926]: --target reference: 'graph.nir' is a NIR graph");
  refused("compile step.mlir --target reference",
          "error[NS0926]: --target reference: 'step.mlir' is a step program");
  refused("compile net.json --target reference --precision f32", "the reference computes in f64 only");
  REQUIRE(runNissl("compile net.json --target step -o step.npb", folder.path).exitCode == 0);
  refused("run step.npb --for 1ms --device reference",
          "error[NS0625]: the artefact has no section 'neuro.mlir'");
}
