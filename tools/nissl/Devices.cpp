// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/DeviceChoice.h"
#include "tools/nissl/Verb.h"

#include <fmt/format.h>

#include <filesystem>
#include <thread>

namespace nissl::driver {

namespace {

/// The widest instruction set that artefacts have code for and this processor has.
std::string instructionSet() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) {
    return "x86-64-v4";
  }
  if (__builtin_cpu_supports("x86-64-v3")) {
    return "x86-64-v3";
  }
  return "x86-64";
#else
  return "not x86-64";
#endif
}

/// What there is to say about graphics processors.
std::string gpuState() {
  return std::filesystem::exists("/dev/nvidiactl") ? "skipped: this version has no GPU target"
                                                   : "skipped: no GPU";
}

int devices(const Invocation& invocation) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const DeviceEntry& entry : deviceEntries()) {
    nlohmann::ordered_json device{{"name", entry.name}, {"available", true}, {"summary", entry.summary}};
    if (entry.name == "cpu") {
      device["threads"] = std::thread::hardware_concurrency();
      device["isa"] = instructionSet();
    }
    list.push_back(device);
  }
  list.push_back({{"name", "gpu"}, {"available", false}, {"summary", gpuState()}});
  if (invocation.json) {
    Invocation::print({{"devices", list}});
    return 0;
  }
  for (const nlohmann::ordered_json& device : list) {
    fmt::print("{:<10} {}", device["name"].get<std::string>(), device["summary"].get<std::string>());
    if (device.contains("isa")) {
      fmt::print(" ({} threads, {})", device["threads"].get<unsigned>(), device["isa"].get<std::string>());
    }
    fmt::print("\n");
  }
  return 0;
}

} // namespace

void addDevices(CLI::App& app, Invocation& invocation) {
  CLI::App* verb =
      invocation.addVerb(app, "devices", "List what networks can run on here", "nissl devices --json");
  verb->callback([&invocation] { invocation.chosen = [&invocation] { return devices(invocation); }; });
}

} // namespace nissl::driver
