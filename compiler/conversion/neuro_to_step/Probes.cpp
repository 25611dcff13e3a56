// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/Probes.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

/// The step symbol that a probe records, and the neuro op of its quantity.
FailureOr<std::string> subjectOf(Lowering& lowering, neuro::ProbeOp probe) {
  StringRef name = probe.getOf().getPopulation().getValue(), quantity = probe.getQuantity();
  Population* population = lowering.population(name);
  if (!population) {
    auto field = lowering.tables[name].fields.find(quantity);
    if (field == lowering.tables[name].fields.end()) {
      return probe.emitError("records @")
             << quantity << " of @" << name << ", which is no value of a synapse";
    }
    return field->second;
  }
  Operation* op = population->find(quantity);
  if (!population->cell || isa<neuro::EventOp>(op)) {
    return name.str() + "." + quantity.str();
  }
  if (auto known = population->variables.find(quantity); known != population->variables.end()) {
    return known->second;
  }
  std::string& state = population->recordedOrder[quantity];
  if (state.empty()) {
    state = lowering.writer.state(name.str() + "." + quantity.str() + ".recorded", name);
  }
  return state;
}

} // namespace

LogicalResult lowerProbes(Lowering& lowering) {
  for (neuro::ProbeOp probe : lowering.network.getBody().getOps<neuro::ProbeOp>()) {
    lowering.writer.setLocation(probe.getLoc());
    for (auto [given, what] : {std::pair(probe->hasAttr("start") || probe->hasAttr("stop"), "a window"),
                               {probe->hasAttr("trigger"), "a trigger"}}) {
      if (given) {
        return probe.emitError("records within ") << what << ", which is not supported yet; record all steps";
      }
    }
    FailureOr<std::string> subject = subjectOf(lowering, probe);
    if (failed(subject)) {
      return failure();
    }
    ImplicitLocOpBuilder& build = lowering.writer.declare();
    int64_t period =
        probe.getEvery()
            ? std::max<int64_t>(1, lowering.steps(probe, probe.getEvery()->convertToDouble(), "'every'"))
            : 1;
    DenseI64ArrayAttr range;
    if (!probe.getOf().isWhole()) {
      range = build.getDenseI64ArrayAttr({probe.getOf().getBegin(), probe.getOf().getEnd()});
    }
    StringRef name = probe.getOf().getPopulation().getValue();
    Population* population = lowering.population(name);
    Operation* quantity = population ? population->find(probe.getQuantity()) : nullptr;
    StringAttr unit;
    if (quantity && !neuro::dimensionOf(quantity).isNone()) {
      unit = build.getStringAttr(neuro::dimensionOf(quantity).str());
    }
    step::ProbeOp::create(build, build.getStringAttr(lowering.writer.unique(probe.getSymName().str())),
                          FlatSymbolRefAttr::get(build.getContext(), *subject),
                          build.getI64IntegerAttr(period), range,
                          probe.getBefore() ? build.getUnitAttr() : UnitAttr(), unit, FloatAttr());
  }
  return success();
}

} // namespace nissl::conversion
