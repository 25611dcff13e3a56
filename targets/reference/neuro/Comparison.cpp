// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Comparison.h"

#include "runtime/support/Error.h"

#include <nlohmann/json.hpp>

using nissl::support::Error;
using nlohmann::ordered_json;

namespace nissl::reference {

double boundOf(program::Precision precision) {
  switch (precision) {
  case program::Precision::F64:
    return 1e-9;
  case program::Precision::F32:
    return 1e-4;
  case program::Precision::Fixed:
    break;
  }
  throw Error::input("NS0623",
                     "the program is in fixed point, whose distance from the reference has no bound; "
                     "expected f64 or f32");
}

//===-- For people ---------------------------------------------------------------------------------===//

std::string Deviation::text() const {
  std::string where = source < 0 ? "" : fmt::format(" ({} to {})", source, target);
  return fmt::format("{}[{}]{} in step {}: found {:.17g}, expected {:.17g}, error {:.3g}", name, cell, where,
                     step, found, expected, error);
}

std::string Disagreement::text() const {
  return fmt::format("{}[{}] in step {}: only {} has it", event, cell, step,
                     found ? "the target" : "the reference");
}

std::string Comparison::firstText() const {
  if (firstDeviation && !(firstDisagreement && firstDisagreement->step < firstDeviation->step)) {
    return firstDeviation->text();
  }
  return firstDisagreement ? firstDisagreement->text() : "";
}

std::string Comparison::text() const {
  std::string text = fmt::format("{} steps, {} values of {} variables, {} events of {} kinds; bound {:g}\n",
                                 steps, values, variables.size(), spikes, events.size(), bound);
  if (!worst.name.empty()) {
    text += fmt::format("worst: {}\n", worst.text());
  }
  text += fmt::format("{} values outside the bound, {} events that disagree, {} excused\n", deviations,
                      disagreements, excused);
  if (firstDeviation) {
    text += fmt::format("first outside the bound: {}\n", firstDeviation->text());
  }
  if (firstDisagreement) {
    text += fmt::format("first event that disagrees: {}\n", firstDisagreement->text());
  }
  for (const auto& [name, reason] : skipped) {
    text += fmt::format("skipped {}: {}\n", name, reason);
  }
  return text;
}

//===-- For programs -------------------------------------------------------------------------------===//

/// "E.dend.v" as its owner and the rest.
static std::pair<std::string, std::string> split(const std::string& name) {
  size_t dot = name.find('.');
  return {name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1)};
}

static ordered_json toJson(const Deviation& deviation) {
  auto [owner, variable] = split(deviation.name);
  ordered_json json{{deviation.ofProjection ? "projection" : "population", owner},
                    {"variable", variable},
                    {"element", deviation.cell}};
  if (deviation.source >= 0) {
    json["pre"] = deviation.source;
    json["post"] = deviation.target;
  }
  json["step"] = deviation.step;
  json["found"] = deviation.found;
  json["expected"] = deviation.expected;
  json["error"] = deviation.error;
  return json;
}

static ordered_json toJson(const Disagreement& disagreement) {
  auto [population, event] = split(disagreement.event);
  return {{"population", population},
          {"event", event},
          {"element", disagreement.cell},
          {"step", disagreement.step},
          {"only_in", disagreement.found ? "target" : "reference"}};
}

std::string Comparison::json() const {
  ordered_json json{{"agrees", agrees()},
                    {"steps", steps},
                    {"bound", bound},
                    {"values", values},
                    {"events", spikes},
                    {"excused", excused},
                    {"values_outside", deviations},
                    {"events_that_disagree", disagreements},
                    {"variables", variables},
                    {"event_kinds", events},
                    {"skipped", skipped}};
  json["worst"] = worst.name.empty() ? ordered_json() : toJson(worst);
  json["first_outside"] = firstDeviation ? toJson(*firstDeviation) : ordered_json();
  json["first_disagreement"] = firstDisagreement ? toJson(*firstDisagreement) : ordered_json();
  return json.dump();
}

} // namespace nissl::reference
