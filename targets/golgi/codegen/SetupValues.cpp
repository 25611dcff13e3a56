// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/SetupValues.h"

#include "compiler/conversion/StepToProgram.h"
#include "runtime/program/Connectivity.h"
#include "targets/reference/step/Body.h"
#include "targets/reference/step/StepDevice.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;
using namespace nissl::step;

namespace nissl::golgi {

SetupValues::SetupValues(ProgramOp program, const program::Program& artefact)
    : program(program), artefact(&artefact), device(reference::createStepDevice()) {
  device->load(artefact, {});
}

std::shared_ptr<SetupValues> SetupValues::of(ProgramOp program, uint64_t structureSeed) {
  auto artefact = std::make_unique<program::Program>();
  artefact->structureSeed = structureSeed;
  compiler::buildProgram(
      program, compiler::ProgramIndex(program), [](Operation*) { return program::none; }, *artefact);
  // The step interpreter reads a module with nothing but the program.
  OwningOpRef<ModuleOp> alone = ModuleOp::create(program.getLoc());
  alone->push_back(program->clone());
  compiler::attachStepText(*alone, *artefact);
  auto result = std::make_shared<SetupValues>(program, *artefact);
  result->owned = std::move(artefact);
  return result;
}

const std::vector<int32_t>& SetupValues::valuesOf(StringRef name) {
  auto known = values.find(name);
  if (known != values.end()) {
    return known->second;
  }
  auto state = llvm::find_if(artefact->states, [&](const program::State& s) { return name == s.name; });
  int64_t count = state->ofTable ? device->synapseCount(state->owner) : artefact->extents[state->owner].size;
  std::vector<double> numbers(static_cast<size_t>(count));
  device->readState(static_cast<program::Index>(state - artefact->states.begin()), 0, numbers);
  std::vector<int32_t>& result = values[name.str()];
  for (double number : numbers) { // exact: the number is integer * 2^-frac
    result.push_back(static_cast<int32_t>(std::ldexp(number, std::max(0, state->frac))));
  }
  return result;
}

FailureOr<const Deliveries*> SetupValues::deliveriesOf(int64_t traversal, int64_t write) {
  auto known = deliveries.find({traversal, write});
  if (known != deliveries.end()) {
    return &known->second;
  }
  auto traversals = program.getBody().front().getOps<TraverseOp>();
  Deliveries result;
  if (failed(evaluate(*std::next(traversals.begin(), traversal), write, result))) {
    return failure();
  }
  return &(deliveries[{traversal, write}] = std::move(result));
}

std::vector<int32_t> SetupValues::delaysOf(SynapsesOp table, size_t count) {
  return table.getDelayField() ? valuesOf(*table.getDelayField())
                               : std::vector<int32_t>(count, static_cast<int32_t>(table.getMinDelay()));
}

LogicalResult SetupValues::evaluate(TraverseOp traverse, int64_t write, Deliveries& result) {
  auto table = program.lookupSymbol<SynapsesOp>(traverse.getTable());
  auto declared =
      llvm::find_if(artefact->tables, [&](const program::Table& t) { return table.getSymName() == t.name; });
  program::Rows rows = program::expandRows(declared->connect, program::shapeOf(*declared),
                                           artefact->structureSeed, declared->name, 1);
  std::vector<const std::vector<int32_t>*> columns;
  for (auto read : traverse.getReads().getAsRange<ReadAttr>()) {
    columns.push_back(&valuesOf(read.getSource().getValue()));
  }
  llvm::StringMap<std::vector<reference::Bits>> arrays;
  reference::Body body(traverse.getBody().front(), [&](StringRef name) {
    std::vector<reference::Bits>& values = arrays[name];
    for (APInt value : program.lookupSymbol<ArrayOp>(name).getValues().getValues<APInt>()) {
      values.push_back(static_cast<reference::Bits>(value.getSExtValue()));
    }
    return &values;
  });
  if (!body.ok()) {
    return failure();
  }
  result.delay = delaysOf(table, rows.target.size());
  std::vector<reference::Bits> arguments(columns.size());
  for (size_t row = 0; row + 1 < rows.rowStart.size(); ++row) {
    for (uint64_t s = rows.rowStart[row]; s < rows.rowStart[row + 1]; ++s) {
      reference::BodyPosition position;
      position.pre = declared->sourceBegin + static_cast<int64_t>(row);
      position.post = rows.target[s];
      position.ordinal = static_cast<int64_t>(s - rows.rowStart[row]);
      position.synapse = static_cast<int64_t>(s);
      for (auto [i, read] : llvm::enumerate(traverse.getReads().getAsRange<ReadAttr>())) {
        int64_t at = read.getRole() == ReadRole::Own    ? position.synapse
                     : read.getRole() == ReadRole::Pre  ? position.pre
                     : read.getRole() == ReadRole::Post ? position.post
                                                        : 0;
        arguments[i] = static_cast<reference::Bits>(int64_t{(*columns[i])[static_cast<size_t>(at)]});
      }
      body.run(arguments.data(), position);
      result.source.push_back(static_cast<uint32_t>(position.pre));
      result.target.push_back(rows.target[s]);
      result.weight.push_back(
          static_cast<int32_t>(static_cast<int64_t>(body.yielded(static_cast<unsigned>(write)))));
    }
  }
  return success();
}

} // namespace nissl::golgi
