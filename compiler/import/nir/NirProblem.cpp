// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirProblem.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace nissl::nir {

void NirProblems::error(NirCode code, std::string where, std::string found, std::string expected,
                        std::string fix) {
  problems.push_back(
      {NirSeverity::error, code, std::move(where), std::move(found), std::move(expected), std::move(fix)});
}

void NirProblems::warning(NirCode code, std::string where, std::string found, std::string expected,
                          std::string fix) {
  problems.push_back(
      {NirSeverity::warning, code, std::move(where), std::move(found), std::move(expected), std::move(fix)});
}

void NirProblems::note(NirCode code, std::string where, std::string found) {
  problems.push_back({NirSeverity::note, code, std::move(where), std::move(found), {}, {}});
}

bool NirProblems::hasErrors() const {
  return std::any_of(problems.begin(), problems.end(),
                     [](const NirProblem& problem) { return problem.severity == NirSeverity::error; });
}

std::string codeText(NirCode code) { return fmt::format("NS{:04}", static_cast<int>(code)); }

std::string_view severityText(NirSeverity severity) {
  switch (severity) {
  case NirSeverity::error:
    return "error";
  case NirSeverity::warning:
    return "warning";
  case NirSeverity::note:
    return "note";
  }
  return "error";
}

std::string messageText(const NirProblem& problem) {
  std::string text = problem.where.empty() ? problem.found : problem.where + ": " + problem.found;
  if (!problem.expected.empty()) {
    text += "; expected " + problem.expected;
  }
  if (!problem.fix.empty()) {
    text += "; " + problem.fix;
  }
  return text;
}

std::string lineText(std::string_view file, const NirProblem& problem) {
  return fmt::format("{}: {}[{}]: {}", file, severityText(problem.severity), codeText(problem.code),
                     messageText(problem));
}

nlohmann::json toJson(const NirProblem& problem) {
  return {{"severity", severityText(problem.severity)},
          {"code", codeText(problem.code)},
          {"where", problem.where},
          {"found", problem.found},
          {"expected", problem.expected},
          {"fix", problem.fix}};
}

} // namespace nissl::nir
