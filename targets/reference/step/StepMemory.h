// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything of a step program that survives a step, held as plain arrays of bits.
#pragma once

#include "dialects/step/StepDialect.h"
#include "runtime/program/Connectivity.h"
#include "runtime/program/Program.h"
#include "targets/reference/step/Body.h"

#include "llvm/ADT/StringMap.h"

#include <deque>

namespace nissl::reference {

struct StateMemory {
  mlir::Type type;
  int32_t frac = program::none;
  std::vector<Bits> values, initial;
  std::deque<std::vector<Bits>> pushed; ///< newest first; as many as the history holds
};

struct PortMemory {
  mlir::Type type;
  std::vector<std::vector<Bits>> slots; ///< slot k % slots.size() belongs to step k
};

/// A table expanded: synapse s goes from source[s] to target[s] and is the ordinal[s]-th of its row.
struct TableMemory {
  step::SynapsesOp op;
  program::Rows rows;
  int64_t sourceBegin = 0;
  std::vector<uint32_t> source, ordinal;
  std::vector<std::vector<uint32_t>> ofTarget; ///< synapses by target, ascending (source, ordinal)

  size_t size() const { return rows.target.size(); }
};

struct StepMemory {
  llvm::StringMap<int64_t> extents;
  llvm::StringMap<StateMemory> states;
  llvm::StringMap<PortMemory> ports;
  llvm::StringMap<std::vector<uint32_t>> events; ///< ascending elements
  llvm::StringMap<std::vector<Bits>> inputs;
  llvm::StringMap<std::vector<Bits>> arrays;
  llvm::StringMap<TableMemory> tables;

  /// Zeroed memory for every declaration of `program`; tables are expanded.
  static StepMemory create(step::ProgramOp program, const program::Program& artefact);
};

/// A value of a step type as a number: fixed-point integers times 2^-frac.
double numberOf(Bits bits, mlir::Type type, int32_t frac);
/// A number as a value of a step type; fixed-point numbers are rounded half to even and saturate, which
/// adds one to `saturations`.
Bits bitsOfNumber(double number, mlir::Type type, int32_t frac, uint64_t& saturations);
/// a + b in the type: the sum of a port.
Bits addBits(Bits a, Bits b, mlir::Type type);

} // namespace nissl::reference
