// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is wrong with a NIR file: structured, so that it prints as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace nissl::nir {

enum class NirSeverity { error, warning, note };

/// Stable codes, printed as NS20xx; README.md lists them.
enum class NirCode : int {
  cannotOpen = 2001,
  damaged = 2002,
  tooLarge = 2003,
  foreignStorage = 2004,
  notNir = 2005,
  noVersion = 2006,
  unknownType = 2010,
  unsupportedType = 2011,
  missingField = 2012,
  badField = 2013,
  unknownField = 2014,
  unknownEdgeNode = 2020,
  duplicateEdge = 2021,
  sizeMismatch = 2022,
  notConnected = 2023,
  subgraphPorts = 2024,
  emptyGraph = 2025,
  edgeDirection = 2026,
  emptyLoop = 2027,
  unknownSize = 2028,
  noTimeStep = 2030,
  timeStepFromFile = 2031,
  coarseTimeStep = 2032,
  loopOrder = 2033,
  latency = 2034,
  cannotPipeline = 2035,
  spikeInputs = 2036,
};

/// One problem: where, what was found, what was expected, what to do.
struct NirProblem {
  NirSeverity severity;
  NirCode code;
  std::string where; ///< "node 'a/b'", "edge 'a' -> 'b' in subgraph 's'"; empty for the whole file
  std::string found;
  std::string expected; ///< may be empty
  std::string fix;      ///< may be empty
};

/// The problems of one file in the order in which they were met.
class NirProblems {
public:
  void error(NirCode code, std::string where, std::string found, std::string expected, std::string fix);
  void warning(NirCode code, std::string where, std::string found, std::string expected, std::string fix);
  void note(NirCode code, std::string where, std::string found);

  bool hasErrors() const;
  const std::vector<NirProblem>& all() const { return problems; }

private:
  std::vector<NirProblem> problems;
};

/// "NS2011".
std::string codeText(NirCode code);
/// "error", "warning", "note".
std::string_view severityText(NirSeverity severity);
/// What follows "error[NS2011]: " in a diagnostic: "node 'conv': found …; expected …; do …".
std::string messageText(const NirProblem& problem);
/// One line: "file.nir: error[NS2011]: node 'conv': …".
std::string lineText(std::string_view file, const NirProblem& problem);
/// {severity, code, where, found, expected, fix}.
nlohmann::json toJson(const NirProblem& problem);

} // namespace nissl::nir
