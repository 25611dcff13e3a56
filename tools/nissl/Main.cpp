// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nissl: compiles, runs and compares networks. Exit codes: support::ExitCode, and 130 for a run that
// SIGINT stopped.
#include "runtime/device/Ranks.h"
#include "runtime/support/Version.h"
#include "tools/nissl/Launch.h"
#include "tools/nissl/Verb.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace nissl::driver {

namespace {

/// `argument` as a shell takes it.
std::string quoted(const std::string& argument) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos) {
    return argument;
  }
  std::string text = "'";
  for (char letter : argument) {
    text += letter == '\'' ? "'\\''" : std::string(1, letter);
  }
  return text + "'";
}

std::string commandLineOf(int argc, char** argv) {
  std::string text = "nissl";
  for (int index = 1; index < argc; ++index) {
    text += " " + quoted(argv[index]);
  }
  return text;
}

int report(const Invocation& invocation, const support::Error& error) {
  fmt::print(stderr, "{}\n", error.format());
  if (invocation.json) {
    Invocation::print(
        {{"ok", false},
         {"errors", nlohmann::ordered_json::array({{{"code", error.code()}, {"message", error.what()}}})}});
  }
  return static_cast<int>(error.exitCode());
}

int runChosen(const CLI::App& app, const Invocation& invocation, Launch launch) {
  try {
    if (launch.size > 1 && !app.got_subcommand("run")) {
      throw support::Error::usage("NS0942", "{} processes were started; only 'nissl run' takes several",
                                  launch.size);
    }
    return invocation.chosen();
  } catch (...) {
    // The first of several processes speaks for all.
    return launch.rank > 0 ? 0 : report(invocation, runtime::errorOf(std::current_exception()));
  }
}

} // namespace

CLI::App* Invocation::addVerb(CLI::App& app, const std::string& name, const std::string& summary,
                              const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, summary);
  verb->add_flag("--json", json, "Print one JSON object to standard output");
  verb->footer("Example:\n  " + example);
  return verb;
}

void Invocation::print(const nlohmann::ordered_json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

} // namespace nissl::driver

int main(int argc, char** argv) {
  using namespace nissl::driver;
  const Launch launch = launchOfProcess();
  Invocation invocation;
  invocation.commandLine = commandLineOf(argc, argv);
  CLI::App app("Nissl compiles descriptions of spiking networks and runs them.", "nissl");
  app.set_version_flag("--version", fmt::format("nissl {}", nissl::support::version()));
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 1 the network or input is wrong, 2 the command line is wrong, 3 this machine\n"
      "cannot, 4 a bug in Nissl, 130 stopped by SIGINT at a step boundary.\n"
      "Example:\n  nissl compile net.json --target cpu -o net.npb && nissl run net.npb --for 1s");
  addCompile(app, invocation);
  addRun(app, invocation);
  addInspect(app, invocation);
  addDiff(app, invocation);
  addCheck(app, invocation);
  addDevices(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (launch.rank > 0) {
      return 0;
    }
    return app.exit(error) == 0 ? 0 : static_cast<int>(nissl::support::ExitCode::usage);
  }
  return runChosen(app, invocation, launch);
}
