// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line as scripts use it: every verb, its JSON and its exit codes.
#include "tests/unit/driver/Process.h"
#include "tests/unit/session/CountingDevice.h"
#include "tests/unit/session/SonataReading.h"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nissl::tests;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// Two cells that add their input and spike when the sum is above 2.5, then start again.
constexpr const char* network = R"(
step.program @adders dt 1.0e-3 {
  step.extent @E size 2
  step.state @E.x of @E : f64 {bounds = [-8.0, 8.0]}
  step.input @stimulus of @E : f64 {bounds = [-4.0, 4.0]}
  step.events @E.spike of @E
  step.probe @spikes of @E.spike
  step.probe @x of @E.x every 2 {unit = "mV", scale = 1000.0 : f64}
  step.sample
  step.map @E (%x = @E.x : f64, %in = @stimulus : f64) {
    %sum = arith.addf %x, %in : f64
    %th = arith.constant 2.5 : f64
    %zero = arith.constant 0.0 : f64
    %f = arith.cmpf ogt, %sum, %th : f64
    %next = arith.select %f, %zero, %sum : f64
    step.yield @E.x = %next : f64, event @E.spike if %f : i1
  }
}
)";

void write(const Folder& folder, const std::string& name, const std::string& content) {
  std::ofstream(folder / name, std::ios::binary) << content;
}

/// Compiles `network` and writes an input of four rows, 1 and 2 per step.
void prepare(const Folder& folder, const std::string& target) {
  write(folder, "net.mlir", network);
  write(folder, "in.csv", "a,b\n1,2\n1,2\n1,2\n1,2\n");
  REQUIRE(runNissl("compile net.mlir --target " + target + " -o net.npb", folder.path).exitCode == 0);
}

} // namespace

TEST_CASE("a compiled network runs, is recorded and says what it did", "[driver]") {
  std::string target = GENERATE("cpu", "step");
  Folder folder;
  prepare(folder, target);
  Outcome run = runNissl("run net.npb --for 4steps --input stimulus=in.csv --record runs/a --json --seed 9",
                         folder.path);
  CAPTURE(run.err);
  REQUIRE(run.exitCode == 0);
  json summary = json::parse(run.out);
  // Cell 0 sums 1 2 3: a spike in step 2; cell 1 sums 2 4: spikes in steps 1 and 3.
  CHECK(summary["steps"] == 4);
  CHECK(summary["spikes"] == 3);
  CHECK(summary["rates_hz"]["E"].get<double>() == Approx(3 / (2 * 4e-3)));
  CHECK(summary["losses"].is_object());
  CHECK(summary["wall_s"].is_number());
  CHECK(summary["realtime_factor"].is_number());
  CHECK(summary["seeds"]["dynamics"] == 9);
  CHECK(summary["seeds"]["structure"] == 0);
  CHECK(summary["provenance"]["target"] == target);
  CHECK(readAll<uint64_t>(folder / "runs/a/spikes.h5", "spikes/E/node_ids") ==
        std::vector<uint64_t>{1, 0, 1});
  CHECK(readAll<double>(folder / "runs/a/spikes.h5", "spikes/E/timestamps") == std::vector<double>{2, 3, 4});
  // Before step 0, before step 2, at the end; in mV.
  CHECK(readAll<double>(folder / "runs/a/reports/x.h5", "report/E/data") ==
        std::vector<double>{0, 0, 2000, 0, 1000, 0});
  CHECK(json::parse(contentOf(folder / "runs/a/summary.json"))["spikes"] == 3);
}

TEST_CASE("diff tells equal runs from different ones", "[driver]") {
  Folder folder;
  prepare(folder, "cpu");
  write(folder, "late.csv", "0,2\n1,2\n1,2\n1,2\n");
  REQUIRE(runNissl("run net.npb --for 4steps --input stimulus=in.csv --record a", folder.path).exitCode == 0);
  REQUIRE(runNissl("run net.npb --for 4steps --input stimulus=in.csv --record b --device step", folder.path)
              .exitCode == 0);
  REQUIRE(runNissl("run net.npb --for 4steps --input stimulus=late.csv --record c", folder.path).exitCode ==
          0);
  Outcome same = runNissl("diff a b", folder.path);
  CHECK(same.exitCode == 0);
  CHECK_THAT(same.out, Contains("identical (3 spikes)"));
  Outcome other = runNissl("diff a c", folder.path);
  CHECK(other.exitCode == 1);
  CHECK_THAT(other.out, Contains("population 'E', neuron 0") && Contains("3 ms in A, 4 ms in B"));
  CHECK(json::parse(runNissl("diff a c --json", folder.path).out)["first_divergent_spike"]["neuron"] == 0);
}

TEST_CASE("the fixed-point network is the same on chip, CPU and interpreter", "[driver]") {
  Folder folder;
  write(folder, "net.mlir", network);
  write(folder, "in.csv", "1,2\n1,2\n1,2\n1,2\n");
  for (const char* target : {"golgi", "cpu", "step"}) {
    std::string name = target;
    CAPTURE(name);
    Outcome compiled =
        runNissl("compile net.mlir --precision fixed --target " + name + " -o " + name + ".npb", folder.path);
    CAPTURE(compiled.err);
    REQUIRE(compiled.exitCode == 0);
    Outcome run = runNissl(
        "run " + name + ".npb --for 4steps --input stimulus=in.csv --json --record " + name, folder.path);
    CAPTURE(run.err);
    REQUIRE(run.exitCode == 0);
    json summary = json::parse(run.out);
    CHECK(summary["spikes"] == 3);
    CHECK(summary["provenance"]["precision"] == "fixed");
    if (name == "golgi") {
      for (const char* counter : {"cycles", "cores", "synaptic_ops", "flit_hops"}) {
        CHECK(summary[counter].is_number());
      }
    }
    CHECK(runNissl("diff golgi " + name, folder.path).exitCode == 0);
  }
  CHECK_THAT(runNissl("inspect golgi.npb --disassemble", folder.path).out, Contains("; core (0, 0)"));
}

TEST_CASE("losses are said, and are errors where --strict asks for it", "[driver]") {
  Folder folder;
  write(folder, "net.mlir", network);
  write(folder, "loud.csv", "100,2\n");
  std::string target = GENERATE("golgi", "cpu", "step");
  CAPTURE(target);
  REQUIRE(runNissl("compile net.mlir --precision fixed --target " + target + " -o net.npb", folder.path)
              .exitCode == 0);
  Outcome lax = runNissl("run net.npb --for 1step --input stimulus=loud.csv --json", folder.path);
  CHECK(lax.exitCode == 0);
  // 100 is beyond the declared bound of 4, so that the input saturates once.
  CHECK(json::parse(lax.out)["losses"]["saturations"] == 1);
  CHECK_THAT(lax.err, Contains("warning[NS0904]: the run lost 1 saturations"));
  Outcome strict = runNissl("run net.npb --for 1step --input stimulus=loud.csv --json --strict", folder.path);
  CHECK(strict.exitCode == 1);
  CHECK(json::parse(strict.out)["ok"] == false);
  CHECK_THAT(strict.err, Contains("error[NS0904]"));
}

TEST_CASE("a description's errors say where they are", "[driver]") {
  Folder folder;
  write(folder, "net.json",
        "{ \"nissl\": 1,\n  \"populations\": { \"E\": { \"cell\": \"ghost\", \"size\": 3 } } }\n");
  Outcome text = runNissl("check net.json", folder.path);
  CHECK(text.exitCode == 1);
  CHECK_THAT(text.err, Contains("net.json:2:") && Contains("ghost"));
  json checked = json::parse(runNissl("check net.json --json", folder.path).out);
  CHECK(checked["ok"] == false);
  CHECK(checked["problems"][0]["line"] == 2);
}

TEST_CASE("inspect and check say what a file holds", "[driver]") {
  Folder folder;
  prepare(folder, "cpu");
  json program = json::parse(runNissl("inspect net.npb --json", folder.path).out);
  CHECK(program["network"] == "adders");
  CHECK(program["extents"][0]["size"] == 2);
  CHECK(program["inputs"][0]["name"] == "stimulus");
  CHECK(program["probes"][1]["every"] == 2);
  CHECK(program["code"].size() > 0);
  CHECK_THAT(runNissl("inspect net.npb --section step.mlir", folder.path).out,
             Contains("step.program @adders"));
  CHECK_THAT(runNissl("inspect net.npb", folder.path).out, Contains("stimulus"));
  CHECK_THAT(runNissl("inspect net.npb --disassemble", folder.path).out,
             Contains("x86-64-v3") && Contains("ret"));
  CHECK(json::parse(runNissl("check net.mlir --json", folder.path).out)["ok"] == true);
  json devices = json::parse(runNissl("devices --json", folder.path).out);
  CHECK(devices["devices"][0]["name"] == "cpu");
}

TEST_CASE("projections of one kind share machine code", "[driver]") {
  // The two projections of cuba.json differ in their sources, ports and weights.
  Folder folder;
  std::string network = std::string(NISSL_SOURCE_DIR) + "/examples/cuba.json";
  REQUIRE(runNissl("compile " + network + " -o cuba.npb", folder.path).exitCode == 0);
  json program = json::parse(runNissl("inspect cuba.npb --json", folder.path).out);
  CHECK(program["code"][0]["functions"] < program["kernels"]);
}

TEST_CASE("code is made for the processors that are asked for", "[driver]") {
  Folder folder;
  prepare(folder, "cpu");
  REQUIRE(runNissl("run net.npb --for 4steps --input stimulus=in.csv --record both", folder.path).exitCode ==
          0);
  auto isasOf = [&](const std::string& processors) {
    REQUIRE(runNissl("compile net.mlir --cpu " + processors + " -o some.npb", folder.path).exitCode == 0);
    std::vector<std::string> isas;
    json program = json::parse(runNissl("inspect some.npb --json", folder.path).out);
    for (const json& code : program["code"]) {
      isas.push_back(code["isa"]);
    }
    return isas;
  };
  CHECK(isasOf("avx512,avx2") == std::vector<std::string>{"x86-64-v3", "x86-64-v4"});
  struct Case {
    const char *processor, *isa;
    bool here;
  };
  auto one = GENERATE(Case{"avx2", "x86-64-v3", __builtin_cpu_supports("x86-64-v3") != 0},
                      Case{"avx512", "x86-64-v4", __builtin_cpu_supports("x86-64-v4") != 0});
  CHECK(isasOf(one.processor) == std::vector<std::string>{one.isa});
  Outcome run = runNissl("run some.npb --for 4steps --input stimulus=in.csv --record one", folder.path);
  CAPTURE(run.err);
  if (one.here) {
    CHECK(run.exitCode == 0);
    CHECK_THAT(runNissl("diff both one", folder.path).out, Contains("identical (3 spikes)"));
  } else {
    CHECK(run.exitCode == 3);
    CHECK_THAT(run.err, Contains("NS0701") && Contains(one.isa));
  }
}

TEST_CASE("what a network needs is said before, and what does not fit is refused", "[driver]") {
  // 20 x 10 synapses with a target in 2 bytes, a weight in 4 and no delay column; two threads have a row each
  // per source, of a place in 8 bytes and an ordinal in 4. A cell has a state in 4 bytes, its port one slot.
  const std::string text = R"mlir(
    step.program @p dt 1.0e-3 {
      step.extent @E size ROWS
      step.extent @F size SIZE
      step.state @E.v of @E : f32
      step.port @F.in of @F : f32 slots 3
      step.events @E.spike of @E
      step.synapses @EF from @E to @F connect #step.connect<all_to_all> delay 1
      step.state @EF.w of @EF : f32
      step.map @E (%v = @E.v : f32) {
        %f = arith.cmpf ogt, %v, %v : f32
        step.yield event @E.spike if %f : i1
      }
      step.map @F (%in = @F.in : f32) {
        step.yield
      }
    }
  )mlir";
  auto sized = [&](const std::string& rows, const std::string& size) {
    std::string sizedText = text;
    sizedText.replace(sizedText.find("ROWS"), 4, rows);
    return sizedText.replace(sizedText.find("SIZE"), 4, size);
  };
  Folder folder;
  std::ofstream(folder.path / "small.mlir") << sized("20", "10");
  std::ofstream(folder.path / "large.mlir") << sized("1000000", "60000000");
  REQUIRE(runNissl("compile small.mlir -o small.npb", folder.path).exitCode == 0);
  REQUIRE(runNissl("compile large.mlir -o large.npb", folder.path).exitCode == 0);
  Outcome small = runNissl("run small.npb --for 1steps --threads 2 --memory --json", folder.path);
  CHECK(small.exitCode == 0);
  json memory = json::parse(small.out)["memory_bytes"];
  CHECK(memory["synapses"] == 200 * 6 + 2 * 20 * 12);
  CHECK(memory["cells"] == 20 * 4);
  CHECK(memory["ports"] == 10 * 4);
  CHECK(memory["loading"] == 200 * 4);
  Outcome large = runNissl("run large.npb --for 1steps --memory", folder.path);
  CHECK(large.exitCode == 3);
  CHECK_THAT(large.err, Contains("NS0931") && Contains("available"));
  CHECK(runNissl("run small.npb --for 1steps --memory --device step", folder.path).exitCode == 1);
}

TEST_CASE("the exit code says whose fault it is", "[driver]") {
  Folder folder;
  prepare(folder, "step");
  write(folder, "bad.mlir", "step.program @p dt 1.0e-3 {\n  step.extent @E size -1\n}\n");
  write(folder, "wide.csv", "1,2,3\n");
  write(folder, "net.txt", "");
  write(folder, "foreign.npb", "this is no artefact");
  struct Case {
    const char* arguments;
    int exitCode;
    const char* message;
  };
  auto one = GENERATE(
      Case{"--version", 0, ""}, Case{"run --help", 0, ""}, Case{"", 2, "subcommand"}, Case{"fly", 2, ""},
      Case{"run", 2, "PROGRAM"}, Case{"run net.npb", 2, "--for"},
      Case{"run net.npb --for 1parsec", 2, "parsec"},
      Case{"run net.npb --for 1s --input stimulus", 2, "NAME=FILE"},
      Case{"run net.npb --for 1s --device abacus", 2, "abacus"}, Case{"run none.npb --for 1s", 1, "none.npb"},
      Case{"run foreign.npb --for 1s", 1, "foreign.npb"},
      Case{"run net.npb --for 1s --input other=in.csv", 1, "it has stimulus"},
      Case{"run net.npb --for 1s --input stimulus=wide.csv", 1, "3 columns"},
      Case{"run net.npb --for 1s --input stimulus=none.csv", 1, "none.csv"},
      Case{"compile none.mlir", 1, "none.mlir"}, Case{"compile net.txt", 2, "net.txt"},
      Case{"compile net.mlir --target abacus", 2, "abacus"}, Case{"compile net.mlir --dt 1ms", 2, "own dt"},
      Case{"compile net.mlir --precision f16", 2, "f16"},
      Case{"compile net.mlir --cpu baseline", 2, "baseline not in {avx2,avx512}"},
      Case{"compile net.mlir --cpu avx2 --target step", 2, "NS0932"},
      Case{"compile bad.mlir", 1, "bad.mlir:2:"}, Case{"compile net.mlir -o /nowhere/x.npb", 1, "/nowhere"},
      Case{"check bad.mlir", 1, "error[NS"}, Case{"diff . .", 1, "no run directory"},
      Case{"inspect net.npb --section none", 1, "step.mlir"});
  CAPTURE(one.arguments);
  Outcome outcome = runNissl(one.arguments, folder.path);
  CAPTURE(outcome.out, outcome.err);
  CHECK(outcome.exitCode == one.exitCode);
  CHECK_THAT(outcome.err, Contains(one.message));
}

TEST_CASE("with --json an error is an object too", "[driver]") {
  Folder folder;
  write(folder, "bad.mlir", "step.program @p dt 1.0e-3 {\n  step.extent @E size -1\n}\n");
  json missing = json::parse(runNissl("run none.npb --for 1s --json", folder.path).out);
  CHECK(missing["ok"] == false);
  CHECK(missing["errors"][0]["code"].get<std::string>().starts_with("NS04"));
  json bad = json::parse(runNissl("compile bad.mlir --json", folder.path).out);
  CHECK(bad["ok"] == false);
  CHECK(bad["errors"][0]["line"] == 2);
}

TEST_CASE("every verb shows an example", "[driver]") {
  Folder folder;
  for (const char* verb : {"compile", "run", "inspect", "diff", "check", "devices"}) {
    CAPTURE(verb);
    Outcome help = runNissl(std::string(verb) + " --help", folder.path);
    CHECK(help.exitCode == 0);
    CHECK_THAT(help.out, Contains(std::string("nissl ") + verb) && Contains("--json"));
  }
}

TEST_CASE("SIGINT stops a run at a step boundary and leaves valid files", "[driver][interrupt]") {
  Folder folder;
  prepare(folder, "step");
  // One signal and no second, which would end the run at once: timeout(1) sends two, to its child
  // and to the group. `exec` makes the shell's process the run.
  std::string command = "cd '" + folder.path.string() +
                        "' && exec " NISSL_BIN_DIR
                        "/nissl run net.npb --for 1000000s --record a >out.txt 2>err.txt";
  const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t run = 0;
  REQUIRE(posix_spawn(&run, "/bin/sh", nullptr, nullptr, const_cast<char**>(arguments), environ) == 0);
  // Once the report grows the run is among its steps, however slow the machine is.
  std::filesystem::path report = folder / "a/reports/x.h5";
  for (int wait = 0; wait < 6000 && !(exists(report) && file_size(report) > 100'000); ++wait) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  REQUIRE(kill(run, SIGINT) == 0);
  int status = 0;
  REQUIRE(waitpid(run, &status, 0) == run);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  json summary = json::parse(contentOf(folder / "a/summary.json"));
  CHECK(summary["interrupted"] == true);
  uint64_t steps = summary["steps"];
  CHECK(steps > 0);
  CHECK(sizesOf(folder / "a/reports/x.h5", "report/E/data") == std::vector<hsize_t>{steps / 2 + 1, 2});
}
