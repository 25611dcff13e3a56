// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/conformance/Trace.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace nissl::conformance {
namespace {

class Recorder final : public runtime::StepObserver {
public:
  Recorder(runtime::Device& device, const program::Program& program, Trace& trace, bool probes)
      : device(device), program(program), trace(trace), probes(probes) {}

  void onEvents(program::Index events, int64_t step, std::span<const uint32_t> elements) override {
    if (!elements.empty()) {
      trace.events.emplace_back(step, events, std::vector<uint32_t>(elements.begin(), elements.end()));
    }
  }

  bool wantsSample(int64_t step, bool before) const override {
    return std::any_of(program.probes.begin(), program.probes.end(),
                       [&](const program::Probe& probe) { return wants(probe, step, before); });
  }

  void onSample(int64_t step, bool before) override {
    for (const program::Probe& probe : program.probes) {
      if (!wants(probe, step, before)) {
        continue;
      }
      const program::State& state = program.states[probe.subject];
      int64_t end = probe.end >= 0 ? probe.end : device.synapseCount(state.owner);
      std::vector<double> values(static_cast<size_t>(end - probe.begin));
      device.readState(probe.subject, probe.begin, values);
      std::vector<double>& into = trace.samples[probe.name];
      into.insert(into.end(), values.begin(), values.end());
    }
  }

private:
  bool wants(const program::Probe& probe, int64_t step, bool before) const {
    return probes && probe.kind == program::ProbeKind::State && probe.before == before &&
           step % probe.period == 0;
  }

  runtime::Device& device;
  const program::Program& program;
  Trace& trace;
  bool probes;
};

std::string difference(const std::string& what, const std::map<std::string, std::vector<double>>& a,
                       const std::map<std::string, std::vector<double>>& b) {
  for (const auto& [name, values] : a) {
    auto other = b.find(name);
    if (other == b.end() || other->second.size() != values.size()) {
      return fmt::format("{} '{}' is missing or of another size", what, name);
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::bit_cast<uint64_t>(values[i]) != std::bit_cast<uint64_t>(other->second[i])) {
        return fmt::format("{} '{}'[{}]: {:.17g} against {:.17g}", what, name, i, values[i],
                           other->second[i]);
      }
    }
  }
  return a.size() == b.size() ? "" : fmt::format("{} number differs", what);
}

} // namespace

StateValues statesOf(runtime::Device& device, const program::Program& program) {
  StateValues states;
  for (size_t s = 0; s < program.states.size(); ++s) {
    const program::State& state = program.states[s];
    int64_t count = state.ofTable ? device.synapseCount(state.owner) : program.extents[state.owner].size;
    std::vector<double>& values = states[state.name];
    values.resize(static_cast<size_t>(count));
    device.readState(static_cast<program::Index>(s), 0, values);
  }
  return states;
}

size_t Trace::eventCount() const {
  size_t count = 0;
  for (const auto& [step, set, elements] : events) {
    count += elements.size();
  }
  return count;
}

std::string Trace::differenceTo(const Trace& other) const {
  if (error.empty() != other.error.empty()) {
    return fmt::format("one run stopped: '{}' against '{}'", error, other.error);
  }
  for (size_t i = 0; i < std::min(events.size(), other.events.size()); ++i) {
    if (events[i] != other.events[i]) {
      const auto& [step, set, elements] = events[i];
      const auto& [otherStep, otherSet, otherElements] = other.events[i];
      return fmt::format("events differ: step {} set {} ({} elements) against step {} set {} ({} elements)",
                         step, set, elements.size(), otherStep, otherSet, otherElements.size());
    }
  }
  if (events.size() != other.events.size()) {
    return fmt::format("{} event lists against {}", events.size(), other.events.size());
  }
  if (!error.empty()) {
    return "";
  }
  std::string found = difference("state", states, other.states);
  return !found.empty() ? found : difference("probe", samples, other.samples);
}

Trace run(runtime::Device& device, const program::Program& program, const RunOptions& options) {
  Trace trace;
  Recorder recorder(device, program, trace, options.probes);
  try {
    device.load(program, {options.seed, options.threads, options.firstStep, options.ranks});
    const int64_t end = options.firstStep + options.steps;
    for (int64_t step = options.firstStep; step < end;) {
      for (size_t input = 0; options.input && input < program.inputs.size(); ++input) {
        std::vector<double> values(static_cast<size_t>(program.extents[program.inputs[input].extent].size));
        for (size_t i = 0; i < values.size(); ++i) {
          values[i] = options.input(static_cast<program::Index>(input), step, static_cast<int64_t>(i));
        }
        device.setInput(static_cast<program::Index>(input), values);
      }
      step += device.advance(options.input ? 1 : end - step, &recorder);
    }
    trace.states = statesOf(device, program);
  } catch (const support::Error& error) {
    if (options.ranks) {
      options.ranks->fail(std::current_exception());
    }
    trace.error = error.format();
  }
  return trace;
}

} // namespace nissl::conformance
