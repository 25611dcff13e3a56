// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run of a program on a device: inputs in, recordings and a summary out.
#pragma once

#include "runtime/device/Device.h"
#include "runtime/session/EventTracks.h"
#include "runtime/session/InputSeries.h"
#include "runtime/session/ReportRecorder.h"
#include "runtime/session/RunDirectory.h"
#include "runtime/session/RunSummary.h"
#include "runtime/session/SpikeRecorder.h"
#include "runtime/session/StopAgreement.h"

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nissl::runtime {

struct SessionOptions {
  std::optional<uint64_t> dynamicsSeed; ///< without it the program's own
  unsigned threads = 1;
  int64_t firstStep = 0;
  std::string deviceName;                  ///< for provenance
  std::string commandLine;                 ///< for provenance
  const std::atomic<bool>* stop = nullptr; ///< read between steps, some times a second
  std::FILE* progress = nullptr;           ///< where a bar is drawn, if it is a terminal
  Ranks* ranks = nullptr; ///< all of which run the same session; the first one writes its files
};

/// Runs one program on one device, recording it once.
///
/// State probes are sampled in the steps k with k mod period == 0 where the program says so, and, where the
/// end T is such a step, once more at T. What a run records at T, samples and spikes of sources, is what a
/// longer run records at T (with the inputs of that step, where there are any). It is not counted, and
/// another run of the session begins at T as if nobody had looked.
/// When a run is stopped, or ends in an error, the files hold what ran and are valid.
class Session : private StepObserver {
public:
  /// Loads `program`, which must outlive the session, on `device`. Throws support::Error.
  Session(const program::Program& program, Device& device, SessionOptions options);
  ~Session() override;

  /// Gives `name` a row of `series` per step. Throws support::Error (input) when there is no such input
  /// or the number of columns is not the number of channels.
  void bindInput(const std::string& name, InputSeries series);
  /// Has the next run recorded into `directory`.
  void record(const std::filesystem::path& directory);
  /// Runs `steps` steps, or fewer when the stop flag is set. Throws support::Error, with the time at which
  /// it happened.
  RunSummary run(int64_t steps);

private:
  struct BoundInput {
    program::Index input;
    InputSeries series;
  };
  struct SampledProbe {
    program::Index probe;
    std::unique_ptr<ReportRecorder> recorder; ///< null on ranks that do not write
    std::vector<double> values;
  };

  void onEvents(program::Index events, int64_t step, std::span<const uint32_t> elements) override;
  void onSample(int64_t step, bool before) override;
  bool wantsSample(int64_t step, bool before) const override;
  void onStep(int64_t step) override { now = step + 1; }

  bool writes() const { return options.ranks == nullptr || options.ranks->isFirst(); }
  bool stops(StopAgreement* agreement) const;
  void openRecorders(int64_t steps);
  void openReport(size_t probe, int64_t steps);
  bool isDue(const SampledProbe& sampled, int64_t step, bool before) const;
  void sample(SampledProbe& sampled);
  void recordEnd();
  void closeRecorders();
  bool feedInputs();
  void noticeInputs(int64_t steps);
  void loop(int64_t steps);
  [[noreturn]] void endInError(const support::Error& error, int64_t steps);
  RunSummary summarize(int64_t requested) const;

  const program::Program& program;
  Device& device;
  SessionOptions options;
  uint64_t seed;
  int64_t now;       ///< number of the next step
  int64_t begun = 0; ///< number of this run's first step
  EventTracks tracks;
  std::vector<BoundInput> inputs;
  std::vector<std::string> notices;
  std::optional<RunDirectory> directory;
  std::unique_ptr<SpikeRecorder> spikes;
  std::vector<size_t> populationOf; ///< by events: its number in `spikes`
  std::vector<SampledProbe> reports;
  std::vector<uint32_t> selected; ///< scratch of onEvents
  bool atEnd = false;             ///< in recordEnd
  uint64_t recordedSpikes = 0;
  double loadSeconds = 0;
  double wallSeconds = 0;
};

} // namespace nissl::runtime
