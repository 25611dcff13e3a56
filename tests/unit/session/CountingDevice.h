// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device for tests of the session: it knows one tiny network and can be worked out by hand.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/support/Error.h"

#include <filesystem>
#include <functional>
#include <string>

#include <unistd.h>

namespace nissl::tests {

/// Three cells "E" with a state "E.x" that adds its input "E.in" in every step, and a source "S" of one
/// cell. Cell i of E spikes in the steps k with k % (i + 2) == 0; the source in every odd step.
inline program::Program countingProgram() {
  program::Program program;
  program.name = "counting";
  program.target = "step";
  program.dt = 1e-3;
  program.structureSeed = 11;
  program.dynamicsSeed = 22;
  program.compilerVersion = "0.0.1";
  program.descriptionHash = "abc";
  program.extents = {{"E", 3}, {"S", 1}};
  program.events = {{"E.spike", 0}, {"S.spike", 1}, {"E.other", 0}};
  program.inputs = {{"E.in", 0, program::ScalarType::F64, program::none}};
  program::State x;
  x.name = "E.x";
  x.owner = 0;
  program.states = {x};
  program::Action source, sample, cells;
  source.kind = program::ActionKind::Map;
  source.subject = 1;
  source.writesEvents = {1};
  sample.kind = program::ActionKind::Sample;
  cells.kind = program::ActionKind::Map;
  cells.subject = 0;
  cells.writesEvents = {0, 2};
  program.schedule = {source, sample, cells};
  return program;
}

inline program::Probe stateProbe(std::string name, int64_t period, int64_t begin, int64_t end) {
  program::Probe probe;
  probe.name = std::move(name);
  probe.kind = program::ProbeKind::State;
  probe.subject = 0;
  probe.period = period;
  probe.begin = begin;
  probe.end = end;
  return probe;
}

inline program::Probe eventProbe(program::Index events, int64_t begin, int64_t end) {
  program::Probe probe;
  probe.name = "spikes" + std::to_string(events);
  probe.subject = events;
  probe.begin = begin;
  probe.end = end;
  return probe;
}

class CountingDevice : public runtime::Device {
  void showSource(runtime::StepObserver& observer) const {
    const uint32_t zero = 0;
    if (now % 2 == 1) {
      observer.onEvents(1, now, std::span(&zero, 1));
    }
  }

public:
  void load(const program::Program&, const runtime::DeviceOptions& given) override {
    options = given;
    now = given.firstStep;
  }
  void setInput(program::Index, std::span<const double> values) override {
    std::copy(values.begin(), values.end(), input);
  }
  void step(runtime::StepObserver* observer) override {
    if (now == failAt) {
      throw support::Error::input("NS0599", "cell E[1] is NaN");
    }
    observer->onSample(now, true);
    showSource(*observer);
    observer->onSample(now, false);
    std::vector<uint32_t> fired;
    for (uint32_t cell = 0; cell < 3; ++cell) {
      x[cell] += input[cell];
      input[cell] = 0;
      if (now % (cell + 2) == 0) {
        fired.push_back(cell);
      }
    }
    observer->onEvents(0, now, fired);
    observer->onEvents(2, now, fired);
    if (afterStep) {
      afterStep(now);
    }
    ++now;
  }
  void sampleNext(runtime::StepObserver& observer) override {
    observer.onSample(now, true);
    showSource(observer);
    observer.onSample(now, false);
  }
  void readState(program::Index, int64_t begin, std::span<double> out) override {
    std::copy_n(x + begin, out.size(), out.begin());
  }
  int64_t synapseCount(program::Index) override { return 0; }
  std::map<std::string, uint64_t> losses() const override { return {{"saturations", lost}}; }
  std::map<std::string, uint64_t> counters() const override { return {{"cycles", 7}}; }

  runtime::DeviceOptions options;
  int64_t now = 0;
  int64_t failAt = -1;
  uint64_t lost = 0;
  double x[3] = {0, 0, 0};
  double input[3] = {0, 0, 0};
  std::function<void(int64_t)> afterStep;
};

/// A new folder that goes with the object.
class Folder {
public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "nissl-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("mkdtemp failed");
    }
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path operator/(const std::string& name) const { return path / name; }
  std::filesystem::path path;
};

} // namespace nissl::tests
