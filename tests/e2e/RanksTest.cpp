// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `mpirun -n N nissl run` gives the files of one process, bit for bit, and ends as one.
#include "tests/e2e/Driver.h"

#include <fmt/format.h>

#include <fstream>

using namespace nissl::tests;
using Json = nlohmann::json;

namespace {

/// mpirun in a container and on few cores, where ranks must not wait awake.
std::string mpirun(unsigned ranks) {
  return fmt::format(
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1 "
      "timeout 120 " NISSL_MPIEXEC " --oversubscribe --bind-to none -n {}",
      ranks);
}

Json example(const std::string& name) {
  return Json::parse(std::ifstream(std::string(NISSL_SOURCE_DIR) + "/examples/" + name + ".json"));
}

void compileJson(const Scratch& scratch, const Json& json, const std::string& options) {
  std::ofstream(scratch.path() / "net.json") << json.dump();
  Outcome outcome = runNissl("compile -I " NISSL_SOURCE_DIR "/examples net.json " + options + " -o net.npb",
                             scratch.path());
  INFO(outcome.err);
  REQUIRE(outcome.exitCode == 0);
}

/// Runs net.npb on ranks and threads, and compares all that was recorded.
void requireSame(const Scratch& scratch, const std::string& options, uint64_t fewestSpikes) {
  Json alone = run(scratch, "net", options + " --threads 1 --record alone");
  CHECK(alone["spikes"].get<uint64_t>() >= fewestSpikes);
  CHECK(alone["ranks"] == 1);
  for (auto [ranks, threads] : {std::pair{2u, 1u}, {4u, 1u}, {2u, 2u}}) {
    Outcome outcome =
        runNissl(fmt::format("run net.npb --json {} --threads {} --record together", options, threads),
                 scratch.path(), mpirun(ranks));
    INFO(ranks << " ranks, " << threads << " threads: " << outcome.err);
    REQUIRE(outcome.exitCode == 0);
    Json together = Json::parse(outcome.out);
    CHECK(together["ranks"] == ranks);
    CHECK(together["spikes"] == alone["spikes"]);
    CHECK(together["rates_hz"] == alone["rates_hz"]);
    CHECK(together["synaptic_ops"] == alone["synaptic_ops"]);
    CHECK(together["losses"] == alone["losses"]);
    Outcome difference = runNissl("diff alone together --json", scratch.path());
    INFO(difference.out);
    CHECK(difference.exitCode == 0);
    CHECK(Json::parse(difference.out)["notices"].empty()); // each report is there in both
  }
}

} // namespace

TEST_CASE("a network of static synapses is the same on ranks", "[ranks]") {
  Scratch scratch;
  Json json = example("cuba");
  json["probes"]["v"] = {{"of", "N.v"}, {"every", "10 ms"}};
  compileJson(scratch, json, "--precision f64");
  requireSame(scratch, "--for 100ms", 500);
}

TEST_CASE("a network of many delays is the same on ranks", "[ranks]") {
  // A fiftieth of the cells and synapses per cell of the cortical microcircuit.
  Scratch scratch;
  Json json = example("microcircuit");
  for (auto& [name, population] : json["populations"].items()) {
    population["size"] = population["size"].get<int>() / 20;
    json["probes"]["v_" + name] = {{"of", name + ".v"}, {"every", "50 ms"}};
  }
  for (auto& [name, projection] : json["projections"].items()) {
    projection["connect"]["fixed_total"] = projection["connect"]["fixed_total"].get<int>() / 400;
  }
  compileJson(scratch, json, "--precision f32");
  requireSame(scratch, "--for 100ms", 500);
}

TEST_CASE("plasticity, reductions and modulators are the same on ranks", "[ranks]") {
  Scratch scratch;
  Json json = example("founding/modulated");
  json["import"] = {"founding/cells.json"};
  json["probes"]["w"] = {{"of", "EE.w"}, {"every", "100 ms"}};
  json["probes"]["z"] = {{"of", "EE.z"}, {"every", "100 ms"}};
  json["probes"]["v"] = {{"of", "E.v"}, {"every", "100 ms"}};
  json["probes"]["spikes_I"] = {{"of", "I.spike"}};
  compileJson(scratch, json, "");
  requireSame(scratch, "--for 300ms", 300);
}

TEST_CASE("cells with noise are the same on ranks", "[ranks]") {
  Scratch scratch;
  Json json = example("izhikevich-2003");
  json["probes"]["v"] = {{"of", "E.v"}, {"every", "5 ms"}};
  json["probes"]["u"] = {{"of", "I.u"}, {"every", "250 ms"}};
  compileJson(scratch, json, "--precision fixed");
  requireSame(scratch, "--for 500ms --seed 3", 1000);
}

TEST_CASE("a trained network with inputs is the same on ranks", "[ranks]") {
  Scratch scratch;
  std::string folder = NISSL_SOURCE_DIR "/examples/digits/";
  Outcome outcome =
      runNissl("compile " + folder + "digits.nir --dt 1ms --target cpu -o net.npb", scratch.path());
  INFO(outcome.err);
  REQUIRE(outcome.exitCode == 0);
  requireSame(scratch, "--for 400ms --input pixels=" + folder + "digits.csv", 50);
}

TEST_CASE("ranks end as one process", "[ranks][errors]") {
  Scratch scratch;
  auto refuse = [&](const std::string& arguments, int exitCode, const std::string& text) {
    Outcome outcome = runNissl(arguments, scratch.path(), mpirun(3));
    INFO(arguments << ": " << outcome.err);
    CHECK(outcome.exitCode == exitCode);
    CHECK(outcome.err.find(text) != std::string::npos);
    CHECK(outcome.err.find("error[", outcome.err.find("error[") + 1) == std::string::npos); // said once
  };
  refuse("run nothing.npb --for 1s", 1, "error[NS0401]: nothing.npb");
  refuse("devices", 2, "error[NS0942]: 3 processes were started; only 'nissl run' takes several");
  Json json = example("izhikevich-2003");
  json["probes"]["v"] = {{"of", "E.v"}, {"every", "5 ms"}};
  compileJson(scratch, json, "");
  refuse("run net.npb --for 10ms --device step", 1, "error[NS0943]: device 'step'");
  refuse("run net.npb --for 10ms --input none=none.csv", 1, "error[NS0");
  refuse("run net.npb --for 10ms --record /proc/none", 3, "error[NS0522]");

  // A number that the ranks find which own its cell.
  json["cells"] = {{"growing",
                    {{"equations", {"dx/dt = x*x/ms"}},
                     {"initial", {{"x", {{"uniform", {0, 1}}}}}},
                     {"update", Json::array({{{"x", "euler"}}})}}}};
  json["populations"] = {{"G", {{"cell", "growing"}, {"size", 800}}}};
  json["projections"] = Json::object();
  json.erase("inputs");
  json["probes"] = {{"x", {{"of", "G.x"}, {"every", "1 ms"}}}};
  compileJson(scratch, json, "");
  std::string error = runNissl("run net.npb --for 1s", scratch.path()).err;
  CHECK(error.find("'G.x' of element") != std::string::npos);
  refuse("run net.npb --for 1s --record grown", 1, error);
  Json summary = Json::parse(std::ifstream(scratch.path() / "grown" / "summary.json"));
  CHECK(summary["error"]["code"] == "NS0608");
}

TEST_CASE("a signal to one rank stops all at a step, with valid files", "[ranks][errors]") {
  Scratch scratch;
  compileJson(scratch, example("izhikevich-2003"), "");
  // The shell that a rank starts in leaves its number.
  std::ofstream(scratch.path() / "rank.sh") << "echo $$ > pid.$OMPI_COMM_WORLD_RANK\nexec \"$@\"\n";
  std::string signal = "{ (while ! test -e stopped/spikes.h5; do sleep 0.1; done; sleep 1; "
                       "kill -INT $(cat pid.1)) & } && ";
  Outcome outcome = runNissl("run net.npb --for 100000s --threads 1 --json --record stopped", scratch.path(),
                             signal + mpirun(2) + " sh rank.sh");
  INFO(outcome.err);
  CHECK(outcome.exitCode == 130);
  Json summary = Json::parse(outcome.out);
  CHECK(summary["interrupted"] == true);
  CHECK(summary["steps"].get<int64_t>() > 0);
  Outcome again =
      runNissl(fmt::format("run net.npb --for {}steps --record alone", summary["steps"].get<int64_t>()),
               scratch.path());
  CHECK(again.exitCode == 0);
  CHECK(runNissl("diff alone stopped", scratch.path()).exitCode == 0);
}
