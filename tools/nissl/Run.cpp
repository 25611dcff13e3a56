// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/Reader.h"
#include "runtime/session/Duration.h"
#include "runtime/session/Interrupt.h"
#include "runtime/session/Session.h"
#include "runtime/support/Error.h"
#include "tools/nissl/DeviceChoice.h"
#include "tools/nissl/Launch.h"
#include "tools/nissl/MemoryCheck.h"
#include "tools/nissl/ReadOnce.h"
#include "tools/nissl/Verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

namespace nissl::driver {

namespace {

struct RunOptions {
  std::string file, length, record, device;
  std::vector<std::string> inputs;
  std::optional<uint64_t> seed;
  unsigned threads = 0;
  bool strict = false, memory = false;
};

constexpr int stoppedBySignal = 130;

/// As many threads of a rank as pay off: meeting at the end of every phase costs more than a small network's
/// work.
unsigned threadsFor(const program::Program& program, unsigned ranks) {
  constexpr int64_t cellsPerThread = 1000;
  int64_t cells = 0;
  for (const program::Extent& extent : program.extents) {
    cells += extent.size;
  }
  int64_t most = std::max(1u, std::thread::hardware_concurrency() / ranks);
  return static_cast<unsigned>(std::clamp<int64_t>(cells / ranks / cellsPerThread, 1, most));
}

/// Says what was lost; false where that is not allowed.
bool judgeLosses(const runtime::RunSummary& summary, bool strict) {
  if (summary.lossCount() == 0) {
    return true;
  }
  std::string list;
  for (const auto& [name, count] : summary.losses) {
    list += count != 0 ? fmt::format("{}{} {}", list.empty() ? "" : ", ", count, name) : "";
  }
  if (strict) {
    fmt::print(stderr, "error[NS0904]: the run lost {}; --strict allows no losses\n", list);
  } else {
    fmt::print(stderr, "warning[NS0904]: the run lost {}\n", list);
  }
  return !strict;
}

int runAs(runtime::Ranks* ranks, const RunOptions& options, const Invocation& invocation) {
  const bool speaks = ranks == nullptr || ranks->isFirst();
  program::Program program = readProgramOnce(options.file, ranks);
  runtime::RunLength length = runtime::parseRunLength(options.length, program.dt);
  std::vector<runtime::InputBinding> bindings;
  for (const std::string& input : options.inputs) {
    bindings.push_back(runtime::parseInputBinding(input));
  }
  const DeviceEntry& entry = findDevice(options.device.empty() ? program.target : options.device);
  if (ranks != nullptr && !entry.ranks) {
    throw support::Error::input("NS0943",
                                "device '{}' runs in one process, and {} were started; only cpu "
                                "takes several",
                                entry.name, ranks->size());
  }
  std::unique_ptr<runtime::Device> device = entry.create();

  runtime::Interrupt interrupt;
  runtime::SessionOptions sessionOptions;
  sessionOptions.dynamicsSeed = options.seed;
  sessionOptions.threads =
      options.threads != 0 ? options.threads : agreeOn(threadsFor(program, ranks ? ranks->size() : 1), ranks);
  sessionOptions.deviceName = entry.name;
  sessionOptions.commandLine = invocation.commandLine;
  sessionOptions.stop = &interrupt.flag();
  sessionOptions.progress = speaks ? stderr : nullptr;
  sessionOptions.ranks = ranks;
  nlohmann::ordered_json memory;
  if (options.memory && speaks) {
    memory =
        checkMemory(*device, program,
                    {.dynamicsSeed = 0, .threads = sessionOptions.threads, .firstStep = 0, .ranks = ranks});
  }
  runtime::Session session(program, *device, sessionOptions);
  for (const runtime::InputBinding& binding : bindings) {
    session.bindInput(binding.name, readInputOnce(binding, ranks));
  }
  if (!options.record.empty()) {
    session.record(options.record);
  }
  runtime::RunSummary summary = session.run(length.steps);
  if (!speaks) {
    return 0;
  }
  if (!length.notice.empty()) {
    summary.notices.insert(summary.notices.begin(), length.notice);
  }
  for (const std::string& notice : summary.notices) {
    fmt::print(stderr, "note: {}\n", notice);
  }
  bool ok = judgeLosses(summary, options.strict);
  bool wrong = summary.findings && !summary.findings->failure.empty();
  if (invocation.json) {
    nlohmann::ordered_json json = runtime::toJson(summary);
    if (options.memory) {
      json["memory_bytes"] = memory;
    }
    json["ok"] = ok && !wrong;
    Invocation::print(json);
  } else {
    fmt::print("{}", runtime::toText(summary));
  }
  if (wrong) {
    fmt::print(stderr, "error[{}]: {}\n", summary.findings->code, summary.findings->failure);
    return static_cast<int>(support::ExitCode::bug);
  }
  if (!ok) {
    return static_cast<int>(support::ExitCode::input);
  }
  return summary.interrupted ? stoppedBySignal : 0;
}

/// Alone, or with the processes that were started beside this one, which end together.
int run(const RunOptions& options, const Invocation& invocation) {
  std::unique_ptr<runtime::Ranks> ranks = joinRanks(launchOfProcess());
  if (!ranks) {
    return runAs(nullptr, options, invocation);
  }
  try {
    int code = runAs(ranks.get(), options, invocation);
    ranks->allGather({});
    return code;
  } catch (...) {
    ranks->fail(std::current_exception());
    throw;
  }
}

} // namespace

void addRun(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb =
      invocation.addVerb(app, "run", "Run a compiled network",
                         "nissl run net.npb --for 1s --input stimulus=stimulus.csv --record runs/a");
  verb->add_option("PROGRAM", options->file, "What 'nissl compile' wrote (.npb)")->required();
  verb->add_option("--for", options->length, "Model time or steps: 1s, 100ms, 250steps")->required();
  verb->add_option(
          "--input", options->inputs,
          "NAME=FILE(.csv|.npy|.h5): a row per step, a column per channel; FILE:0 or FILE:2-5 takes columns, "
          "FILE.h5:/path a dataset")
      ->allow_extra_args(false);
  verb->add_option("--record", options->record, "Folder for spikes.h5, reports/ and summary.json");
  verb->add_option("--seed", options->seed, "Seed of noise and stochastic choices; default: the program's");
  verb->add_option("--threads", options->threads,
                   "Threads (results never depend on it), of each rank; default: one per 1000 cells");
  verb->add_option("--device", options->device, "Run on another device than the program's target: step");
  verb->add_flag("--memory", options->memory,
                 "Say first what the network will need, and do not load what does not fit");
  verb->add_flag("--strict", options->strict, "Losses (saturations, dropped spikes) are errors");
  verb->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return run(*options, invocation); };
  });
}

} // namespace nissl::driver
