// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/program/Program.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace nissl::runtime {

/// Where a result comes from; written into every file of a run. Holds no date and no host, so that equal
/// runs give equal files.
struct Provenance {
  std::string nisslVersion;
  std::string compilerVersion;
  std::string commandLine;
  std::string network;
  std::string descriptionHash;
  std::string target;
  std::string device; ///< what ran it: the target, or "step"
  std::string precision;
  double dt = 0; ///< seconds
  uint64_t structureSeed = 0;
  uint64_t dynamicsSeed = 0;
};

/// "f64", "f32" or "fixed".
std::string nameOf(program::Precision precision);

/// Of a program that `device` runs with `dynamicsSeed`.
Provenance provenanceOf(const program::Program& program, std::string device, uint64_t dynamicsSeed,
                        std::string commandLine);

nlohmann::ordered_json toJson(const Provenance& provenance);

} // namespace nissl::runtime
