// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// `nissl check FILE.nir`: everything that is wrong with a file at once, and what is in it.
#pragma once

#include "compiler/import/nir/NirNetwork.h"
#include "compiler/import/nir/NirOptions.h"
#include "compiler/import/nir/NirPlan.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>

namespace nissl::nir {

/// A file read, checked and, without errors, planned. The parts point into each other: kept together.
struct NirReport {
  std::string path;
  std::optional<NirFile> file;
  NirNetwork network;
  std::optional<NirPlan> plan; ///< only where `problems` holds no error
  NirOptions options;
  NirProblems problems;

  bool ok() const { return !problems.hasErrors(); }
};

/// Reads and checks `path`. Never throws on account of the file.
std::unique_ptr<NirReport> checkNir(const std::string& path, const NirOptions& options);

/// One line per problem, then one line that sums up; no trailing newline.
std::string reportText(const NirReport& report);
/// {"file", "format": "nir", "version", "ok", "options", "nodes": [{"name", "type", "size"}], "edges",
/// "problems"}.
nlohmann::json reportJson(const NirReport& report);

} // namespace nissl::nir
