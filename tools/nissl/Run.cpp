// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/Reader.h"
#include "runtime/session/Duration.h"
#include "runtime/session/Interrupt.h"
#include "runtime/session/Session.h"
#include "runtime/support/Error.h"
#include "tools/nissl/DeviceChoice.h"
#include "tools/nissl/Verb.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

namespace nissl::driver {

using support::Error;

namespace {

struct RunOptions {
  std::string file, length, record, device;
  std::vector<std::string> inputs;
  std::optional<uint64_t> seed;
  unsigned threads = 0;
  bool strict = false;
};

constexpr int stoppedBySignal = 130;

/// Losses as one line, or as an error where they are not allowed.
void judgeLosses(const runtime::RunSummary& summary, bool strict) {
  if (summary.lossCount() == 0) {
    return;
  }
  std::string list;
  for (const auto& [name, count] : summary.losses) {
    list += count != 0 ? fmt::format("{}{} {}", list.empty() ? "" : ", ", count, name) : "";
  }
  if (strict) {
    throw Error::input("NS0904", "the run lost {}; --strict allows no losses", list);
  }
  fmt::print(stderr, "warning[NS0904]: the run lost {}\n", list);
}

int run(const RunOptions& options, const Invocation& invocation) {
  program::Program program = program::readProgram(options.file);
  runtime::RunLength length = runtime::parseRunLength(options.length, program.dt);
  std::vector<runtime::InputBinding> bindings;
  for (const std::string& input : options.inputs) {
    bindings.push_back(runtime::parseInputBinding(input));
  }
  const DeviceEntry& entry = findDevice(options.device.empty() ? program.target : options.device);
  std::unique_ptr<runtime::Device> device = entry.create();

  runtime::Interrupt interrupt;
  runtime::SessionOptions sessionOptions;
  sessionOptions.dynamicsSeed = options.seed;
  sessionOptions.threads =
      options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  sessionOptions.deviceName = entry.name;
  sessionOptions.commandLine = invocation.commandLine;
  sessionOptions.stop = &interrupt.flag();
  sessionOptions.progress = stderr;
  runtime::Session session(program, *device, sessionOptions);
  for (const runtime::InputBinding& binding : bindings) {
    session.bindInput(binding.name, runtime::readInput(binding));
  }
  if (!options.record.empty()) {
    session.record(options.record);
  }
  runtime::RunSummary summary = session.run(length.steps);
  if (!length.notice.empty()) {
    summary.notices.insert(summary.notices.begin(), length.notice);
  }
  for (const std::string& notice : summary.notices) {
    fmt::print(stderr, "note: {}\n", notice);
  }
  if (invocation.json) {
    Invocation::print(runtime::toJson(summary));
  } else {
    fmt::print("{}", runtime::toText(summary));
  }
  judgeLosses(summary, options.strict);
  return summary.interrupted ? stoppedBySignal : 0;
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
  verb->add_option("--threads", options->threads, "Threads (results never depend on it); default: all");
  verb->add_option("--device", options->device, "Run on another device than the program's target: step");
  verb->add_flag("--strict", options->strict, "Losses (saturations, dropped spikes) are errors");
  verb->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return run(*options, invocation); };
  });
}

} // namespace nissl::driver
