// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/import/nir/NirOptions.h"
#include "tools/nissl/DiagnosticPrinter.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace nissl::driver {

/// What the command line says about reading a network.
struct ImportOptions {
  std::string file, dt;
  std::vector<std::string> searchPaths;
  std::optional<uint64_t> seed;
  nir::NirOptions nir;
  /// What a .nir file's inputs give where --nir-inputs does not say it: spikes, as fixed-point programs and
  /// the chip need them, unless --nir-input-bounds says that values are meant.
  bool prefersSpikeInputs = false;
  std::optional<nir::NirInputs> nirInputs;

  /// Adds NET, --dt, --seed and the --nir-… options.
  void addTo(CLI::App& verb);
  /// `nir` with the dt and the choice of inputs.
  nir::NirOptions nirOptions() const;
};

enum class NetworkFormat { Json, Nir, Mlir };

/// By the file's extension. Throws support::Error: usage for another extension, input for a missing file.
NetworkFormat formatOf(const std::string& file);

/// A network read from a file.
struct ImportedNetwork {
  mlir::OwningOpRef<mlir::ModuleOp> module; ///< null after an error, which was reported
  uint64_t seed = 0;                        ///< of its structure
};

/// Reads the file by its extension, with the dt and the seed of the options. Throws support::Error for what
/// the command line asks and cannot have.
ImportedNetwork importNetwork(const ImportOptions& options, mlir::MLIRContext& context,
                              DiagnosticPrinter& diagnostics);

} // namespace nissl::driver
