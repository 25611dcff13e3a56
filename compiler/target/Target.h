// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler asks of a machine: a pipeline on step programs, and an artefact.
#pragma once

#include "dialects/step/StepDialect.h"
#include "runtime/program/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nissl::compiler {

struct TargetOptions {
  program::Precision precision = program::Precision::F64;
  std::string chipFile; ///< golgi: a chip model in JSON; empty for the default chip
  std::vector<std::string> isas = {"x86-64-v3", "x86-64-v4"}; ///< cpu: instruction sets to make code for
  unsigned optimization = 3; ///< cpu: how hard LLVM tries, 0 to 3; no result depends on it
  double dueDensity =
      3; ///< cpu: synapses per delay from which `step-deliver-due` pays; no result depends on it
  std::string kernelCache; ///< cpu: a folder for compiled kernels; empty for none
  std::string network;     ///< the description as neuro text, where the target wants it
};

/// A machine that programs are compiled for. Stateless.
class Target {
public:
  virtual ~Target() = default;
  virtual llvm::StringRef name() const = 0;
  /// The one precision that this machine computes in; nothing where it takes several.
  virtual std::optional<program::Precision> onlyPrecision() const { return std::nullopt; }
  /// Whether the artefact holds the description too.
  virtual bool wantsNetwork() const { return false; }
  /// Says why `options` cannot be compiled for this machine; empty where they can.
  virtual std::string refuse(const TargetOptions& options) const { return {}; }
  /// Adds the passes that bring a module with one step.program, already in its precision and with random
  /// numbers and functions expanded, to the form that `emit` takes.
  virtual void buildPipeline(mlir::OpPassManager& manager, const TargetOptions& options) const = 0;
  /// Fills in the state table, the schedule and what the machine executes; provenance and seeds are in
  /// `artefact` already. `program` is the only one of its module. Errors are reported on its ops.
  virtual mlir::LogicalResult emit(step::ProgramOp program, const TargetOptions& options,
                                   program::Program& artefact) const = 0;
};

/// The machines of this build, by name.
class TargetRegistry {
public:
  void add(std::unique_ptr<Target> target) { targets.push_back(std::move(target)); }
  /// Null where there is none of this name.
  const Target* find(llvm::StringRef name) const {
    for (const std::unique_ptr<Target>& target : targets) {
      if (target->name() == name) {
        return target.get();
      }
    }
    return nullptr;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const std::unique_ptr<Target>& target : targets) {
      result.push_back(target->name().str());
    }
    return result;
  }

private:
  std::vector<std::unique_ptr<Target>> targets;
};

} // namespace nissl::compiler
