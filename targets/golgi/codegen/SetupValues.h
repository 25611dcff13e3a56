// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the setup of a fixed-point step program leaves: parameters, first values, synapses and what each of
// them delivers. These tables are too large for IR, so the chip's IR names them and everyone reads them here.
#pragma once

#include "dialects/step/StepDialect.h"
#include "runtime/device/Device.h"
#include "runtime/program/Program.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nissl::golgi {

/// The synapses of a projection, in the order of its table.
struct Deliveries {
  std::vector<uint32_t> source, target;
  std::vector<int32_t> weight, delay; ///< contribution; delay in steps
};

class SetupValues {
public:
  /// Runs the setup. `program` and `artefact` (its tables and text) outlive this. Throws support::Error.
  SetupValues(step::ProgramOp program, const program::Program& artefact);
  /// As above, for a program that no artefact is made of yet.
  static std::shared_ptr<SetupValues> of(step::ProgramOp program, uint64_t structureSeed);

  /// Words of a state by element, or in table order.
  const std::vector<int32_t>& valuesOf(llvm::StringRef state);
  int64_t synapseCount(program::Index table) { return device->synapseCount(table); }

  /// What write `write` of the `traversal`-th traversal of the program's own text delivers: its body, run on
  /// values that never change. Fails where an op of the body is not understood, which is reported.
  mlir::FailureOr<const Deliveries*> deliveriesOf(int64_t traversal, int64_t write);

private:
  mlir::LogicalResult evaluate(step::TraverseOp traverse, int64_t write, Deliveries& result);
  std::vector<int32_t> delaysOf(step::SynapsesOp table, size_t count);

  step::ProgramOp program;
  std::unique_ptr<program::Program> owned;
  const program::Program* artefact;
  std::unique_ptr<runtime::Device> device;
  std::map<std::string, std::vector<int32_t>, std::less<>> values;
  std::map<std::pair<int64_t, int64_t>, Deliveries> deliveries;
};

} // namespace nissl::golgi
