// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/MemoryCheck.h"

#include "runtime/support/Error.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

namespace nissl::driver {
namespace {

/// Bytes that a new process can have without swapping; all where the system does not say.
uint64_t availableMemory() {
  std::ifstream file("/proc/meminfo");
  for (std::string key, unit; file >> key;) {
    uint64_t kilobytes = 0;
    if (!(file >> kilobytes)) {
      break;
    }
    std::getline(file, unit);
    if (key == "MemAvailable:") {
      return kilobytes * 1024;
    }
  }
  return std::numeric_limits<uint64_t>::max();
}

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) * 1e-6; }

} // namespace

nlohmann::ordered_json checkMemory(const runtime::Device& device, const program::Program& program,
                                   const runtime::DeviceOptions& options) {
  std::optional<runtime::MemoryNeed> need = device.memoryNeeded(program, options);
  if (!need) {
    throw support::Error::input("NS0930",
                                "--memory: this device does not know what it will need; run without it");
  }
  nlohmann::ordered_json json;
  for (const auto& [part, bytes] : need->parts) {
    fmt::print(stderr, "memory: {:<10}{:>12.1f} MB\n", part, megabytes(bytes));
    json[part] = bytes;
  }
  uint64_t available = availableMemory();
  fmt::print(stderr,
             "memory: {:<10}{:>12.1f} MB, for a time\nmemory: {:<10}{:>12.1f} MB of {:.1f} MB available\n",
             "loading", megabytes(need->loading), "in all", megabytes(need->most()), megabytes(available));
  json["loading"] = need->loading;
  json["most"] = need->most();
  json["available"] = available;
  if (need->most() > available) {
    throw support::Error::machine("NS0931",
                                  "the network needs {:.1f} MB, but {:.1f} MB are available; compile it with "
                                  "--precision f32, or scale it down",
                                  megabytes(need->most()), megabytes(available));
  }
  return json;
}

} // namespace nissl::driver
