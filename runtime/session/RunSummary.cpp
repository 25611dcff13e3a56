// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/RunSummary.h"

#include <fmt/format.h>

namespace nissl::runtime {

uint64_t RunSummary::lossCount() const {
  uint64_t sum = 0;
  for (const auto& [name, count] : losses) {
    sum += count;
  }
  return sum;
}

nlohmann::ordered_json toJson(const RunSummary& summary) {
  nlohmann::ordered_json rates = nlohmann::ordered_json::object();
  for (const PopulationRate& rate : summary.rates) {
    rates[rate.population] = rate.hertz;
  }
  nlohmann::ordered_json json{
      {"steps", summary.steps},
      {"requested_steps", summary.requestedSteps},
      {"interrupted", summary.interrupted},
      {"model_s", summary.modelSeconds},
      {"spikes", summary.spikes},
      {"recorded_spikes", summary.recordedSpikes},
      {"rates_hz", rates},
      {"losses", summary.losses},
      {"load_s", summary.loadSeconds},
      {"wall_s", summary.wallSeconds},
      {"threads", summary.threads},
      {"ranks", summary.ranks},
      {"realtime_factor", summary.realtimeFactor()},
      {"seeds",
       {{"structure", summary.provenance.structureSeed}, {"dynamics", summary.provenance.dynamicsSeed}}},
      {"notices", summary.notices},
      {"provenance", toJson(summary.provenance)}};
  for (const auto& [name, count] : summary.counters) {
    json.emplace(name, count);
  }
  if (summary.findings) {
    json[summary.findings->name] = nlohmann::ordered_json::parse(summary.findings->json);
  }
  return json;
}

std::string toText(const RunSummary& summary) {
  std::string text =
      fmt::format("{} steps, {:.6g} s of model time in {:.3g} s (realtime factor {:.3g})\n", summary.steps,
                  summary.modelSeconds, summary.wallSeconds, summary.realtimeFactor());
  if (summary.interrupted) {
    text += fmt::format("interrupted: {} of {} steps ran\n", summary.steps, summary.requestedSteps);
  }
  text += fmt::format("{} spikes\n", summary.spikes);
  for (const PopulationRate& rate : summary.rates) {
    text += fmt::format("  {:<20} {:>10} cells {:>12} events {:>10.4g} Hz\n", rate.population, rate.size,
                        rate.events, rate.hertz);
  }
  for (const auto& [name, count] : summary.counters) {
    text += fmt::format("{}: {}\n", name, count);
  }
  if (summary.lossCount() == 0) {
    text += "losses: none\n";
  } else {
    for (const auto& [name, count] : summary.losses) {
      text += count != 0 ? fmt::format("lost: {} {}\n", count, name) : "";
    }
  }
  text += fmt::format("seeds: structure {}, dynamics {}\n", summary.provenance.structureSeed,
                      summary.provenance.dynamicsSeed);
  return summary.findings ? text + summary.findings->text : text;
}

} // namespace nissl::runtime
