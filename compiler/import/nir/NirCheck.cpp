// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirCheck.h"
#include "compiler/import/nir/NirReader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace nissl::nir {

std::unique_ptr<NirReport> checkNir(const std::string& path, const NirOptions& options) {
  auto report = std::make_unique<NirReport>();
  report->path = path;
  report->options = options;
  report->file = readNir(path, report->problems);
  if (!report->file) {
    return report;
  }
  report->network = flatten(*report->file, report->problems);
  if (!report->ok()) {
    return report;
  }
  NirPlan plan = planStep(*report->file, report->network, options, report->problems);
  if (report->ok()) {
    report->plan = std::move(plan);
  }
  return report;
}

std::string reportText(const NirReport& report) {
  std::string text;
  size_t errors = 0, warnings = 0;
  for (const NirProblem& problem : report.problems.all()) {
    text += lineText(report.path, problem) + "\n";
    errors += problem.severity == NirSeverity::error;
    warnings += problem.severity == NirSeverity::warning;
  }
  auto plural = [](size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  return text + fmt::format("{}: {}, {}, {}, {}", report.path, plural(report.network.nodes.size(), "node"),
                            plural(report.network.edges.size(), "edge"), plural(errors, "error"),
                            plural(warnings, "warning"));
}

nlohmann::json reportJson(const NirReport& report) {
  nlohmann::json json = {{"file", report.path},
                         {"format", "nir"},
                         {"version", report.file ? report.file->version : ""},
                         {"ok", report.ok()},
                         {"options", optionsText(report.options)},
                         {"nodes", nlohmann::json::array()},
                         {"edges", report.network.edges.size()},
                         {"problems", nlohmann::json::array()}};
  for (const NetworkNode& node : report.network.nodes) {
    nlohmann::json entry = {{"name", node.node->path}, {"type", node.node->type}};
    entry["size"] = node.outSize ? nlohmann::json(*node.outSize) : nlohmann::json();
    json["nodes"].push_back(std::move(entry));
  }
  for (const NirProblem& problem : report.problems.all()) {
    json["problems"].push_back(toJson(problem));
  }
  return json;
}

} // namespace nissl::nir
