// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Session.h"

#include "runtime/session/Progress.h"
#include "runtime/support/Error.h"
#include "runtime/support/FloatingPointMode.h"

#include <algorithm>
#include <chrono>

namespace nissl::runtime {

using program::Index;
using support::Error;

namespace {

double secondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

template <typename Range>
std::string namesOf(const Range& items) {
  std::string names;
  for (const auto& item : items) {
    names += (names.empty() ? "" : ", ") + item.name;
  }
  return names.empty() ? "none" : names;
}

/// How many multiples of `period` lie in [0, end).
int64_t multiplesBelow(int64_t end, int64_t period) { return (end + period - 1) / period; }

} // namespace

Session::Session(const program::Program& program, Device& device, SessionOptions givenOptions)
    : program(program), device(device), options(std::move(givenOptions)),
      seed(options.dynamicsSeed.value_or(program.dynamicsSeed)), now(options.firstStep), tracks(program) {
  support::FloatingPointMode mode;
  auto begin = std::chrono::steady_clock::now();
  device.load(program, DeviceOptions{seed, options.threads, options.firstStep, options.ranks});
  loadSeconds = secondsSince(begin);
}

Session::~Session() = default;

void Session::bindInput(const std::string& name, InputSeries series) {
  for (size_t index = 0; index < program.inputs.size(); ++index) {
    const program::Input& input = program.inputs[index];
    if (input.name != name) {
      continue;
    }
    int64_t channels = program.extents[static_cast<size_t>(input.extent)].size;
    if (series.columns != channels) {
      throw Error::input("NS0531",
                         "input '{}' has {} channels, its file has {} columns; expected a row per step and a "
                         "column per channel (FILE:0 or FILE:2-5 selects columns)",
                         name, channels, series.columns);
    }
    if (std::any_of(inputs.begin(), inputs.end(),
                    [&](const BoundInput& bound) { return bound.input == static_cast<Index>(index); })) {
      throw Error::usage("NS0532", "input '{}' is given twice", name);
    }
    inputs.push_back({static_cast<Index>(index), std::move(series)});
    return;
  }
  throw Error::input("NS0530", "network '{}' has no input '{}'; it has {}", program.name, name,
                     namesOf(program.inputs));
}

void Session::record(const std::filesystem::path& path) { directory.emplace(path); }

RunSummary Session::run(int64_t steps) {
  support::FloatingPointMode mode;
  begun = now;
  noticeInputs(steps);
  openRecorders(steps);
  auto begin = std::chrono::steady_clock::now();
  try {
    loop(steps);
    wallSeconds = secondsSince(begin);
    recordEnd();
  } catch (const RankFailure& error) { // it says where
    endInError(error, steps);
  } catch (const Error& error) {
    endInError(Error(error.exitCode(), error.code(),
                     fmt::format("{} (in step {}, t = {:.9g} s)", error.what(), now,
                                 static_cast<double>(now) * program.dt)),
               steps);
  }
  closeRecorders();
  RunSummary summary = summarize(steps);
  if (directory && writes()) {
    directory->writeSummary(toJson(summary));
  }
  directory.reset();
  return summary;
}

/// Leaves valid files, which hold what ran, and throws the error.
void Session::endInError(const Error& error, int64_t steps) {
  if (options.ranks != nullptr) {
    options.ranks->fail(std::make_exception_ptr(error));
  }
  closeRecorders();
  if (directory && writes()) {
    nlohmann::ordered_json json = toJson(summarize(steps));
    json["error"] = {{"code", error.code()}, {"message", error.what()}};
    directory->writeSummary(json);
  }
  directory.reset();
  throw error;
}

/// Whether the run ends before its next step; all ranks alike.
bool Session::stops(StopAgreement* agreement) const {
  bool asked = options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
  return agreement != nullptr ? agreement->reached(asked) : asked;
}

void Session::loop(int64_t steps) {
  Progress progress(options.progress, steps);
  std::optional<StopAgreement> agreement;
  if (options.ranks != nullptr) {
    agreement.emplace(*options.ranks);
  }
  const int64_t end = now + steps;
  while (now < end) {
    if (stops(agreement ? &*agreement : nullptr)) {
      return;
    }
    const int64_t most = feedInputs() ? 1 : end - now;
    const int64_t before = now;
    const int64_t done = device.advance(most, this);
    now = before + done;
    progress.update(now - begun);
  }
}

/// Whether there was a row for this step.
bool Session::feedInputs() {
  bool fed = false;
  for (const BoundInput& bound : inputs) {
    int64_t row = now - options.firstStep;
    if (row < bound.series.rows) {
      device.setInput(bound.input, bound.series.row(row));
      fed = true;
    }
  }
  return fed;
}

void Session::noticeInputs(int64_t steps) {
  int64_t end = now + steps - options.firstStep;
  for (size_t index = 0; index < program.inputs.size(); ++index) {
    const std::string& name = program.inputs[index].name;
    auto bound = std::find_if(inputs.begin(), inputs.end(), [&](const BoundInput& candidate) {
      return candidate.input == static_cast<Index>(index);
    });
    if (bound == inputs.end()) {
      notices.push_back(fmt::format("input '{}' is not given: it is zero", name));
    } else if (bound->series.rows > end) {
      notices.push_back(fmt::format("input '{}' has {} rows: the last {} are not used", name,
                                    bound->series.rows, bound->series.rows - end));
    } else if (bound->series.rows < end) {
      notices.push_back(fmt::format("input '{}' has {} rows: it is zero in the last {} steps", name,
                                    bound->series.rows, end - bound->series.rows));
    }
  }
}

void Session::openRecorders(int64_t steps) {
  recordedSpikes = 0;
  if (!directory) {
    return;
  }
  if (writes()) {
    directory->create();
  }
  Provenance provenance = provenanceOf(program, options.deviceName, seed, options.commandLine);
  std::vector<std::string> populations;
  populationOf.assign(program.events.size(), 0);
  for (const EventTracks::Track& track : tracks.all()) {
    if (!track.recorded.empty()) {
      populationOf[static_cast<size_t>(track.events)] = populations.size();
      populations.push_back(track.population);
      std::replace(populations.back().begin(), populations.back().end(), '/', '_');
    }
  }
  if (writes()) {
    spikes = std::make_unique<SpikeRecorder>(directory->spikes(), provenance, populations, program.dt);
  }
  for (size_t index = 0; index < program.probes.size(); ++index) {
    if (program.probes[index].kind == program::ProbeKind::State) {
      openReport(index, steps);
    }
  }
}

void Session::openReport(size_t index, int64_t steps) {
  const program::Probe& probe = program.probes[index];
  const program::State& state = program.states[static_cast<size_t>(probe.subject)];
  int64_t skipped = multiplesBelow(begun, probe.period);
  ReportShape shape;
  shape.ofSynapses = state.ofTable;
  shape.owner = state.ofTable ? program.tables[static_cast<size_t>(state.owner)].name
                              : program.extents[static_cast<size_t>(state.owner)].name;
  std::replace(shape.owner.begin(), shape.owner.end(), '/', '_');
  shape.begin = probe.begin;
  shape.end = probe.end;
  if (state.ofTable) { // all synapses where no range was asked for
    int64_t synapses = device.synapseCount(state.owner);
    shape.end = probe.end == program::none ? synapses : std::min(probe.end, synapses);
  }
  shape.rows = multiplesBelow(begun + steps + 1, probe.period) - skipped;
  shape.firstTime = static_cast<double>(skipped * probe.period) * program.dt;
  shape.timeStep = static_cast<double>(probe.period) * program.dt;
  shape.unit = probe.unit;
  SampledProbe sampled;
  sampled.probe = static_cast<Index>(index);
  sampled.values.resize(static_cast<size_t>(shape.end - shape.begin));
  if (writes()) {
    Provenance provenance = provenanceOf(program, options.deviceName, seed, options.commandLine);
    sampled.recorder = std::make_unique<ReportRecorder>(directory->report(probe.name), provenance, shape);
  }
  reports.push_back(std::move(sampled));
}

void Session::onEvents(Index events, int64_t step, std::span<const uint32_t> elements) {
  EventTracks::Track* track = tracks.find(events);
  if (track == nullptr || elements.empty()) {
    return;
  }
  track->count += atEnd ? 0 : elements.size();
  if (spikes && !track->recorded.empty()) {
    std::span<const uint32_t> chosen = EventTracks::recordedOf(*track, elements, selected);
    spikes->add(populationOf[static_cast<size_t>(events)], track->atStart ? step : step + 1, chosen);
  }
}

bool Session::isDue(const SampledProbe& sampled, int64_t step, bool before) const {
  const program::Probe& probe = program.probes[static_cast<size_t>(sampled.probe)];
  return probe.before == before && step % probe.period == 0;
}

void Session::onSample(int64_t step, bool before) {
  for (SampledProbe& sampled : reports) {
    if (isDue(sampled, step, before)) {
      sample(sampled);
    }
  }
}

bool Session::wantsSample(int64_t step, bool before) const {
  return std::any_of(reports.begin(), reports.end(),
                     [&](const SampledProbe& sampled) { return isDue(sampled, step, before); });
}

void Session::sample(SampledProbe& sampled) {
  const program::Probe& probe = program.probes[static_cast<size_t>(sampled.probe)];
  device.readState(probe.subject, probe.begin, sampled.values);
  if (!sampled.recorder) {
    return;
  }
  if (probe.scale != 1) {
    for (double& value : sampled.values) {
      value *= probe.scale;
    }
  }
  sampled.recorder->add(sampled.values);
}

void Session::recordEnd() {
  bool samples = std::any_of(reports.begin(), reports.end(), [&](const SampledProbe& sampled) {
    return now % program.probes[static_cast<size_t>(sampled.probe)].period == 0;
  });
  bool sources = std::any_of(tracks.all().begin(), tracks.all().end(), [](const EventTracks::Track& track) {
    return track.atStart && !track.recorded.empty();
  });
  if (!samples && !(directory && sources)) {
    return;
  }
  atEnd = true;
  feedInputs();
  device.sampleNext(*this);
  atEnd = false;
}

void Session::closeRecorders() {
  if (spikes) {
    recordedSpikes = spikes->count();
    spikes->finish();
    spikes.reset();
  }
  for (SampledProbe& sampled : reports) {
    if (sampled.recorder) {
      sampled.recorder->finish();
    }
  }
  reports.clear();
}

RunSummary Session::summarize(int64_t requested) const {
  RunSummary summary;
  summary.provenance = provenanceOf(program, options.deviceName, seed, options.commandLine);
  summary.steps = now - begun;
  summary.requestedSteps = requested;
  summary.interrupted = summary.steps < requested;
  summary.threads = options.threads;
  summary.ranks = options.ranks != nullptr ? options.ranks->size() : 1;
  summary.modelSeconds = static_cast<double>(summary.steps) * program.dt;
  summary.loadSeconds = loadSeconds;
  summary.wallSeconds = wallSeconds;
  summary.spikes = tracks.spikeCount();
  summary.recordedSpikes = recordedSpikes;
  for (const EventTracks::Track& track : tracks.all()) {
    double cellSeconds =
        static_cast<double>(track.size) * static_cast<double>(now - options.firstStep) * program.dt;
    summary.rates.push_back({track.population, track.size, track.count,
                             cellSeconds > 0 ? static_cast<double>(track.count) / cellSeconds : 0});
  }
  summary.losses = device.losses();
  summary.counters = device.counters();
  summary.notices = notices;
  summary.findings = device.findings();
  return summary;
}

} // namespace nissl::runtime
