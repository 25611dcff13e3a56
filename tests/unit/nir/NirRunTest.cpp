// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What imported networks do, step by step. Expected values are worked out by hand from the equations that
// compiler/import/nir/README.md states; all are sums of powers of two, so that equality is exact.
#include "tests/unit/nir/NirRun.h"
#include "tests/unit/nir/NirWriter.h"

#include <catch2/catch.hpp>

#include <unistd.h>

using namespace nissl::nir;
using nissl::test::NirRun;
using nissl::test::NirWriter;
using nissl::test::Rows;
using nissl::test::TemporaryFile;

namespace {

/// Milliseconds, dt = 1 ms: dt is 1 in the files below.
NirOptions milli() {
  NirOptions options;
  options.timeUnit = NirTimeUnit::milliseconds;
  options.dt = 1e-3;
  return options;
}

template <typename Write>
NirRun run(const NirOptions& options, int64_t steps, const std::map<std::string, Rows>& inputs, Write write) {
  TemporaryFile file("run.nir");
  {
    NirWriter writer(file.path);
    write(writer);
  }
  auto report = checkNir(file.path, options);
  INFO(reportText(*report));
  REQUIRE(report->ok());
  NirRun result = nissl::test::runNir(*report, steps, inputs);
  REQUIRE_FALSE(result.text.empty());
  return result;
}

/// input(1) → one node → output, the node written by `write`.
template <typename Write>
NirRun runNode(const NirOptions& options, const Rows& input, Write write) {
  return run(options, static_cast<int64_t>(input.size()), {{"input", input}}, [&](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 1);
    writer.port(writer.root, "output", "Output", 1);
    write(writer);
    writer.edges(writer.root, {{"input", "n"}, {"n", "output"}});
  });
}

/// LIF with v' = v/2 + x/2, threshold 1, reset 0.
void halfLif(NirWriter& writer, const std::string& name = "n") { writer.lif(writer.root, name, 2, 1, 0, 1); }

Rows column(const std::vector<double>& values) {
  Rows rows;
  for (double value : values) {
    rows.push_back({value});
  }
  return rows;
}

} // namespace

TEST_CASE("A LIF takes the new voltage, and its threshold is strict", "[nir]") {
  NirRun result = runNode(milli(), column({2, 2, 2, 2}), [](NirWriter& writer) { halfLif(writer); });
  // 1 (not above 1), 1.5 → 0, 1, 1.5 → 0
  CHECK(result.spikes.at("n.spike") == column({0, 1, 0, 1}));
  CHECK(result.states.at("n.v") == column({1, 0, 1, 0}));
}

TEST_CASE("A reset by subtraction keeps what is above threshold", "[nir]") {
  NirOptions options = milli();
  options.reset = NirReset::subtract;
  NirRun result = runNode(options, column({6, 6, 0, 0}), [](NirWriter& writer) { halfLif(writer); });
  // 3 → 2, 4 → 3, 1.5 → 0.5, 0.25
  CHECK(result.spikes.at("n.spike") == column({1, 1, 1, 0}));
  CHECK(result.states.at("n.v") == column({2, 3, 0.5, 0.25}));
}

TEST_CASE("snnTorch's subtraction compares after it took the threshold off", "[nir]") {
  NirOptions options = milli();
  options.reset = NirReset::subtractSnntorch;
  NirRun result = runNode(options, column({6, 6, 0, 0, 0}), [](NirWriter& writer) { halfLif(writer); });
  // 3 spikes → 2. 4 - 1 = 3 spikes and stays. 1.5 - 1 = 0.5 does not, gets 1 back. 0.75 - 1, back to 0.75.
  // 0.375.
  CHECK(result.spikes.at("n.spike") == column({1, 1, 0, 0, 0}));
  CHECK(result.states.at("n.v") == column({2, 3, 1.5, 0.75, 0.375}));
}

TEST_CASE("Parameters that differ between neurons are kept apart", "[nir]") {
  NirRun result = run(milli(), 4, {}, [](NirWriter& writer) {
    H5::Group lif = writer.node(writer.root, "n", "LIF");
    writer.numbers(lif, "tau", {2}, {2, 4});
    writer.numbers(lif, "r", {1}, {1});
    writer.numbers(lif, "v_leak", {2}, {4, 2});
    writer.numbers(lif, "v_threshold", {2}, {1.5, 100});
    writer.numbers(lif, "v_reset", {2}, {-1, 0});
    writer.port(writer.root, "output", "Output", 2);
    writer.edges(writer.root, {{"n", "output"}});
  });
  // First: v/2 + 2: 2 → -1, 1.5 (not above), 2.75 → -1, 1.5. Second: 3v/4 + 1/2.
  CHECK(result.spikes.at("n.spike") == Rows{{1, 0}, {0, 0}, {1, 0}, {0, 0}});
  CHECK(result.states.at("n.v") == Rows{{-1, 0.5}, {1.5, 0.875}, {-1, 1.15625}, {1.5, 1.3671875}});
}

TEST_CASE("A CubaLIF's voltage takes the new current", "[nir]") {
  NirRun result = runNode(milli(), column({1, 0, 0}), [](NirWriter& writer) {
    H5::Group cuba = writer.node(writer.root, "n", "CubaLIF");
    for (auto [name, value] : {std::pair("tau_syn", 2.0),
                               {"tau_mem", 4.0},
                               {"w_in", 2.0},
                               {"r", 2.0},
                               {"v_leak", 0.0},
                               {"v_threshold", 0.6}}) {
      writer.numbers(cuba, name, {}, {value});
    }
  });
  // i = i/2 + x; v = 3v/4 + i/2: 0.5; 0.375 + 0.25 = 0.625 → 0; 0.125
  CHECK(result.states.at("n.i") == column({1, 0.5, 0.25}));
  CHECK(result.spikes.at("n.spike") == column({0, 1, 0}));
  CHECK(result.states.at("n.v") == column({0.5, 0, 0.125}));
}

TEST_CASE("Neurons without a leak add up, neurons without a threshold never fire", "[nir]") {
  Rows input = column({1, 1, 1, -2});
  auto scalars = [](NirWriter& writer, const char* type, std::vector<std::pair<const char*, double>> fields) {
    H5::Group group = writer.node(writer.root, "n", type);
    for (auto [name, value] : fields) {
      writer.numbers(group, name, {}, {value});
    }
  };
  NirRun fire = runNode(milli(), input,
                        [&](NirWriter& writer) { scalars(writer, "IF", {{"r", 0.5}, {"v_threshold", 1}}); });
  CHECK(fire.spikes.at("n.spike") == column({0, 0, 1, 0}));
  CHECK(fire.states.at("n.v") == column({0.5, 1, 0, -1}));
  NirRun sum = runNode(milli(), input, [&](NirWriter& writer) { scalars(writer, "I", {{"r", 0.5}}); });
  CHECK(sum.states.at("n.v") == column({0.5, 1, 1.5, 0.5}));
  CHECK(sum.spikes.count("n.spike") == 0);
  NirRun leaky = runNode(milli(), input, [&](NirWriter& writer) {
    scalars(writer, "LI", {{"r", 1}, {"tau", 2}, {"v_leak", 1}});
  });
  CHECK(leaky.states.at("n.v") == column({1, 1.5, 1.75, 0.375}));
  NirRun cuba = runNode(milli(), input, [&](NirWriter& writer) {
    scalars(writer, "CubaLI", {{"r", 2}, {"tau_mem", 2}, {"tau_syn", 2}, {"v_leak", 0}});
  });
  // w_in is 1 where a file has none: i = i/2 + x/2; v = v/2 + i.
  CHECK(cuba.states.at("n.i") == column({0.5, 0.75, 0.875, -0.5625}));
  CHECK(cuba.states.at("n.v") == column({0.5, 1, 1.375, 0.125}));
}

TEST_CASE("Delta spikes carry 1/dt, biases do not", "[nir]") {
  NirOptions options = milli();
  options.dt = 0.5e-3;
  options.spikes = NirSpikes::delta;
  NirRun result = run(options, 3, {{"input", column({1, 0, 0})}}, [](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 1);
    writer.port(writer.root, "output", "Output", 1);
    writer.affine(writer.root, "fc", 1, 1, {3}, {1});
    writer.lif(writer.root, "n", 2, 1, 0, 100);
    writer.edges(writer.root, {{"input", "fc"}, {"fc", "n"}, {"n", "output"}});
  });
  // v = 3v/4 + (3 x / 0.5 + 1) / 4
  CHECK(result.states.at("n.v") == column({1.75, 1.5625, 1.421875}));
}

TEST_CASE("Layers act within a step, loops one step later", "[nir]") {
  NirRun result = run(milli(), 4, {{"input", column({4, 0, 0, 0})}}, [](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 1);
    writer.port(writer.root, "output", "Output", 1);
    halfLif(writer, "a");
    halfLif(writer, "b");
    writer.affine(writer.root, "ab", 1, 1, {4}, {0});
    writer.affine(writer.root, "ba", 1, 1, {4}, {0});
    writer.edges(writer.root,
                 {{"input", "a"}, {"a", "ab"}, {"ab", "b"}, {"b", "ba"}, {"ba", "a"}, {"b", "output"}});
  });
  CHECK(result.spikes.at("a.spike") == column({1, 1, 1, 1}));
  CHECK(result.spikes.at("b.spike") == column({1, 1, 1, 1}));

  NirRun self = run(milli(), 3, {{"input", column({4, 0, 0})}}, [](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 1);
    writer.port(writer.root, "output", "Output", 1);
    halfLif(writer);
    writer.affine(writer.root, "w", 1, 1, {1}, {0});
    writer.edges(writer.root, {{"input", "n"}, {"n", "w"}, {"w", "n"}, {"n", "output"}});
  });
  CHECK(self.spikes.at("n.spike") == column({1, 0, 0}));
  CHECK(self.states.at("n.v") == column({0, 0.5, 0.25}));
}

TEST_CASE("What feeds a node adds up, and values pass through Affines and Outputs", "[nir]") {
  NirRun result =
      run(milli(), 3, {{"x", Rows{{1, 2}, {0, 4}, {0, 0}}}, {"y", column({1, 1, 0})}}, [](NirWriter& writer) {
        writer.port(writer.root, "x", "Input", 2);
        writer.port(writer.root, "y", "Input", 1);
        writer.affine(writer.root, "wx", 1, 2, {1, 2}, {0.5});
        writer.affine(writer.root, "wy", 1, 1, {-1}, {0.25});
        H5::Group sum = writer.node(writer.root, "sum", "I");
        writer.numbers(sum, "r", {}, {1});
        writer.affine(writer.root, "read", 2, 1, {2, -1}, {0, 1});
        writer.port(writer.root, "out", "Output", 2);
        writer.port(writer.root, "both", "Output", 1);
        writer.edges(writer.root, {{"x", "wx"},
                                   {"y", "wy"},
                                   {"wx", "sum"},
                                   {"wy", "sum"},
                                   {"y", "sum"},
                                   {"sum", "read"},
                                   {"read", "out"},
                                   {"sum", "both"},
                                   {"y", "both"}});
      });
  // sum += (x0 + 2 x1 + 0.5) + (-y + 0.25) + y: 5.75; 14.5; 15.25
  CHECK(result.states.at("sum.v") == column({5.75, 14.5, 15.25}));
  CHECK(result.states.at("read.value") == Rows{{11.5, -4.75}, {29, -13.5}, {30.5, -14.25}});
  CHECK(result.states.at("both.value") == column({6.75, 15.5, 15.25}));
}

TEST_CASE("A sparse matrix becomes a list of pairs with the same sums", "[nir]") {
  NirRun result = run(milli(), 1, {{"input", Rows{{1, 2, 4}}}}, [](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 3);
    writer.port(writer.root, "output", "Output", 2);
    writer.affine(writer.root, "w", 2, 3, {0, 0, 5, 3, 0, 1}, {0, 0});
    H5::Group sum = writer.node(writer.root, "n", "I");
    writer.numbers(sum, "r", {}, {1});
    writer.edges(writer.root, {{"input", "w"}, {"w", "n"}, {"n", "output"}});
  });
  CHECK(result.text.find("pairs") != std::string::npos);
  CHECK(result.states.at("n.v") == Rows{{20, 7}});
}

TEST_CASE("Inputs declared as spikes count as one whatever their value", "[nir]") {
  NirOptions options = milli();
  options.inputs = NirInputs::spikes;
  NirRun result = runNode(options, column({1, 7, 0}), [](NirWriter& writer) { halfLif(writer); });
  CHECK(result.states.at("n.v") == column({0.5, 0.75, 0.375}));
}

TEST_CASE("A pipelined network does the same, each layer one step later", "[nir]") {
  auto write = [](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 2);
    writer.port(writer.root, "output", "Output", 2);
    writer.affine(writer.root, "w1", 3, 2, {2, 1, 0.5, 1, 1.5, -0.5}, {0.25, 0.5, 0});
    writer.lif(writer.root, "l1", 2, 1, 0.25, 1);
    writer.affine(writer.root, "rec", 3, 3, {0.5, -0.25, 0, 0, 0, 0, 1, 0, 0}, {0, 0.125, 0});
    H5::Group li = writer.node(writer.root, "mid", "LI");
    writer.numbers(li, "tau", {}, {4});
    writer.numbers(li, "r", {}, {2});
    writer.numbers(li, "v_leak", {}, {0.5});
    writer.affine(writer.root, "w2", 2, 3, {1, 0.5, -0.5, 0.25, 1, 2}, {0.5, 0.25});
    writer.affine(writer.root, "skip", 2, 2, {0.5, 0.25, -0.25, 1}, {0, 0});
    writer.affine(writer.root, "late", 2, 3, {0.25, 0.5, 0.25, 0.5, 0.25, 0.5}, {0, 0});
    writer.lif(writer.root, "l3", 2, 1, 0, 1);
    writer.edges(writer.root, {{"input", "w1"},
                               {"w1", "l1"},
                               {"l1", "rec"},
                               {"rec", "l1"},
                               {"l1", "mid"},
                               {"mid", "w2"},
                               {"w2", "l3"},
                               {"input", "skip"},
                               {"skip", "l3"},
                               {"l1", "late"},
                               {"late", "l3"},
                               {"l3", "output"}});
  };
  Rows input;
  for (int k = 0; k < 40; ++k) {
    input.push_back({static_cast<double>(k * 7 % 5 == 0), static_cast<double>(k * 3 % 4) / 2});
  }
  NirOptions options = milli();
  NirRun same = run(options, 38, {{"input", input}}, write);
  options.alignment = NirAlignment::pipelined;
  NirRun late = run(options, 40, {{"input", input}}, write);
  size_t spikes = 0;
  for (size_t k = 0; k < 38; ++k) {
    INFO("step " << k);
    CHECK(late.spikes.at("l1.spike")[k] == same.spikes.at("l1.spike")[k]);
    CHECK(late.states.at("mid.v")[k + 1] == same.states.at("mid.v")[k]);
    CHECK(late.spikes.at("l3.spike")[k + 2] == same.spikes.at("l3.spike")[k]);
    spikes += same.spikes.at("l3.spike")[k][0] != 0;
  }
  CHECK(spikes > 3);
  CHECK(spikes < 38);
}

TEST_CASE("Nested names are joined with dots, and names that meet get a number", "[nir]") {
  NirRun result = run(milli(), 2, {{"input", column({4, 0})}}, [](NirWriter& writer) {
    writer.port(writer.root, "input", "Input", 1);
    writer.port(writer.root, "output", "Output", 1);
    halfLif(writer, "a.b");
    H5::Group inner = writer.graph(writer.root.openGroup("nodes"), "a");
    writer.port(inner, "in", "Input", 1);
    writer.port(inner, "out", "Output", 1);
    writer.lif(inner, "b", 2, 1, 0, 100);
    writer.edges(inner, {{"in", "b"}, {"b", "out"}});
    writer.edges(writer.root, {{"input", "a.b"}, {"input", "a"}, {"a.b", "output"}, {"a", "output"}});
  });
  CHECK(result.spikes.at("a.b.spike") == column({1, 0}));
  CHECK(result.states.at("a.b.2.v") == column({2, 1}));
  CHECK(result.states.at("output.value") == column({1, 0}));
}

TEST_CASE("Declared bounds stand on the inputs and voltages that they are of", "[nir]") {
  NirOptions options = milli();
  options.inputBounds = {-2, 2};
  options.voltageBounds = {-8, 4};
  auto text = [&] { return runNode(options, column({1}), [](NirWriter& writer) { halfLif(writer); }).text; };
  auto line = [](const std::string& all, const std::string& start) {
    size_t at = all.find(start);
    return at == std::string::npos ? "" : all.substr(at, all.find('\n', at) - at);
  };
  CHECK(line(text(), "step.input @input ").ends_with("{bounds = [-2.000000e+00, 2.000000e+00]}"));
  CHECK(line(text(), "step.state @n.v ").ends_with("{bounds = [-8.000000e+00, 4.000000e+00]}"));
  CHECK_FALSE(line(text(), "step.state @input.value ").ends_with("}"));
  options.inputs = NirInputs::spikes;
  CHECK(line(text(), "step.input @input ").ends_with("{bounds = [0.000000e+00, 1.000000e+00]}"));
}
