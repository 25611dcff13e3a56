// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/Provenance.h"

#include "runtime/support/Version.h"

namespace nissl::runtime {

std::string nameOf(program::Precision precision) {
  switch (precision) {
  case program::Precision::F64:
    return "f64";
  case program::Precision::F32:
    return "f32";
  case program::Precision::Fixed:
    return "fixed";
  }
  return "unknown";
}

Provenance provenanceOf(const program::Program& program, std::string device, uint64_t dynamicsSeed,
                        std::string commandLine) {
  Provenance provenance;
  provenance.nisslVersion = support::version();
  provenance.compilerVersion = program.compilerVersion;
  provenance.commandLine = std::move(commandLine);
  provenance.network = program.name;
  provenance.descriptionHash = program.descriptionHash;
  provenance.target = program.target;
  provenance.device = std::move(device);
  provenance.precision = nameOf(program.precision);
  provenance.dt = program.dt;
  provenance.structureSeed = program.structureSeed;
  provenance.dynamicsSeed = dynamicsSeed;
  return provenance;
}

nlohmann::ordered_json toJson(const Provenance& provenance) {
  return {{"nissl_version", provenance.nisslVersion},
          {"compiler_version", provenance.compilerVersion},
          {"command_line", provenance.commandLine},
          {"network", provenance.network},
          {"description_hash", provenance.descriptionHash},
          {"target", provenance.target},
          {"device", provenance.device},
          {"precision", provenance.precision},
          {"dt", provenance.dt},
          {"structure_seed", provenance.structureSeed},
          {"dynamics_seed", provenance.dynamicsSeed}};
}

} // namespace nissl::runtime
