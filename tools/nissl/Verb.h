// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The verbs of the driver. Each file of this room adds one to the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace nissl::driver {

/// What verbs share: how they were called, and what they print to.
struct Invocation {
  std::string commandLine;     ///< as typed, for provenance
  bool json = false;           ///< results go to stdout as one JSON object
  std::function<int()> chosen; ///< runs the verb on the command line; gives the process's exit code

  /// Adds a verb that is described by `summary` and shown by `example`, with --json.
  CLI::App* addVerb(CLI::App& app, const std::string& name, const std::string& summary,
                    const std::string& example);
  /// Prints one JSON object to stdout.
  static void print(const nlohmann::ordered_json& json);
};

void addCompile(CLI::App& app, Invocation& invocation);
void addRun(CLI::App& app, Invocation& invocation);
void addInspect(CLI::App& app, Invocation& invocation);
void addDiff(CLI::App& app, Invocation& invocation);
void addCheck(CLI::App& app, Invocation& invocation);
void addDevices(CLI::App& app, Invocation& invocation);

} // namespace nissl::driver
