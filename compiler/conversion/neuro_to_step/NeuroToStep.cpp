// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/NeuroToStep.h"

#include "compiler/conversion/neuro_to_step/Populations.h"
#include "compiler/conversion/neuro_to_step/Probes.h"
#include "compiler/conversion/neuro_to_step/Projection.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

class NetworkWriter {
public:
  explicit NetworkWriter(Lowering& lowering) : lowering(lowering) {}
  LogicalResult write();

private:
  LogicalResult declareInputs();
  LogicalResult declareProjections();
  LogicalResult lowerPopulations();
  bool isSameStepTarget(const Population& population) {
    return llvm::any_of(projections,
                        [&](Projection& p) { return p.op.getSameStep() && p.target == &population; });
  }

  Lowering& lowering;
  std::deque<Projection> projections;
};

LogicalResult NetworkWriter::declareInputs() {
  for (neuro::InputOp input : lowering.network.getBody().getOps<neuro::InputOp>()) {
    if (!input.getHost()) {
      continue;
    }
    if (!input.getTarget().isWhole()) {
      return input.emitError("takes values from the host for a part of @")
             << input.getTarget().getPopulation().getValue()
             << ", which is not supported yet; make the part a population or feed all of it";
    }
    lowering.writer.setLocation(input.getLoc());
    lowering.writer.input(input.getSymName().str(), input.getTarget().getPopulation().getValue());
  }
  return success();
}

LogicalResult NetworkWriter::declareProjections() {
  for (neuro::ProjectionOp op : lowering.network.getBody().getOps<neuro::ProjectionOp>()) {
    Projection& projection = projections.emplace_back();
    projection.op = op;
    projection.name = op.getSymName().str();
    projection.source = lowering.population(op.getSource().getPopulation().getValue());
    projection.target = lowering.population(op.getTarget().getPopulation().getValue());
    for (Attribute rule : op.getRulesAttr() ? op.getRulesAttr().getValue() : ArrayRef<Attribute>()) {
      projection.rules.push_back(
          cast<neuro::RuleOp>(lowering.find(cast<FlatSymbolRefAttr>(rule).getValue())));
    }
    if (failed(declareProjection(lowering, projection))) {
      return failure();
    }
  }
  return success();
}

/// Populations in the order of the network, but sources of same-step projections before their targets.
LogicalResult NetworkWriter::lowerPopulations() {
  llvm::SmallPtrSet<Population*, 8> done, open;
  std::function<LogicalResult(Population&)> lower = [&](Population& population) -> LogicalResult {
    if (!population.cell || done.contains(&population)) {
      return success();
    }
    if (!open.insert(&population).second) {
      return population.op->emitError("is part of a cycle of projections that arrive in the same step");
    }
    for (Projection& projection : projections) {
      if (projection.op.getSameStep() && projection.target == &population &&
          failed(lower(*projection.source))) {
        return failure();
      }
    }
    for (Projection& projection : projections) {
      if (projection.op.getSameStep() && projection.target == &population &&
          failed(lowerEmission(lowering, projection, Phase::Populations))) {
        return failure();
      }
    }
    if (isSameStepTarget(population) && failed(lowerArrival(lowering, population, Phase::Populations))) {
      return failure();
    }
    done.insert(&population);
    return lowerPopulation(lowering, population);
  };
  for (Population& population : lowering.populations) {
    if (failed(lower(population))) {
      return failure();
    }
  }
  return success();
}

LogicalResult NetworkWriter::write() {
  if (failed(setUpPopulations(lowering)) || failed(declareInputs()) || failed(declareProjections()) ||
      failed(lowerTriggers(lowering)) || failed(lowerProbes(lowering))) {
    return failure();
  }
  lowering.programsBegin = lowering.writer.marker(Phase::Programs);
  for (Projection& projection : projections) {
    if ((!projection.op.getSameStep() && failed(lowerEmission(lowering, projection, Phase::Emit))) ||
        failed(lowerRules(lowering, projection)) || failed(lowerPrograms(lowering, projection))) {
      return failure();
    }
  }
  // Expressions may ask for flags of events, so that what writes those comes last.
  for (neuro::CellOp cell : lowering.network.getBody().getOps<neuro::CellOp>()) {
    cell.walk([&](neuro::FiredOp fired) {
      for (Population& population : lowering.populations) {
        if (population.cell == cell) {
          lowering.flag(population, fired.getEvent());
        }
      }
    });
  }
  for (Population& population : lowering.populations) {
    if (population.cell && !isSameStepTarget(population) &&
        failed(lowerArrival(lowering, population, Phase::Arrive))) {
      return failure();
    }
  }
  return failure(failed(lowerPopulations()) || failed(lowerSources(lowering)));
}

} // namespace

FailureOr<step::ProgramOp> lowerNetwork(neuro::NetworkOp network, std::optional<double> dt) {
  if (!dt && network.getDt()) {
    dt = network.getDt()->convertToDouble();
  }
  if (!dt || !(*dt > 0)) {
    return network.emitError("needs the length of a step: give 'dt' in the network or on the command line");
  }
  Lowering lowering(network, *dt);
  LogicalResult written = NetworkWriter(lowering).write();
  step::ProgramOp program = lowering.writer.finish();
  if (failed(written)) {
    program.erase();
    return failure();
  }
  program->setAttr("step.seed", network.getSeedAttr());
  return program;
}

} // namespace nissl::conversion
