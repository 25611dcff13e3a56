// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A chip's network as data: what golgi IR says, its names resolved to numbers and tables. Placement counts
// with it and the image is made of it.
#pragma once

#include "dialects/golgi/GolgiDialect.h"
#include "targets/golgi/codegen/SetupValues.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nissl::golgi {

struct Parameter {
  const std::vector<int32_t>* values = nullptr; ///< by element
  unsigned halfword = 0;                        ///< first halfword of the cell in NPAR
  bool wide = false;                            ///< two halfwords
};

/// What every cell of a population takes on a core.
struct CellLayout {
  std::string name;
  int64_t size = 0;
  std::vector<std::string> states; ///< in word order
  unsigned spillWords = 0;         ///< behind the states
  std::vector<Parameter> parameters;
  unsigned parameterHalfwords = 0;
  std::vector<std::string> ports, inputs;
};

/// A program: a group on each core that holds cells of its population.
struct MapCode {
  unsigned cell = 0; ///< into ChipProgram::cells
  int64_t tick = 0, period = 1, offset = 0;
  std::vector<std::string> events; ///< by event number
};

struct Edge {
  std::string name;                        ///< of the table
  unsigned sourceMap = 0, sourceEvent = 0; ///< who emits
  unsigned targetCell = 0, targetPort = 0;
  int64_t lag = 0; ///< ticks besides the delay's steps
  const Deliveries* deliveries = nullptr;
};

struct ChipProgram {
  int64_t ticksPerStep = 1, sampleTick = 0;
  std::vector<CellLayout> cells;
  std::vector<MapCode> maps;
  std::vector<Edge> edges;
};

/// Reads a chip; `setup` must outlive the result. Fails where a traversal's body is not understood, which is
/// reported.
mlir::FailureOr<ChipProgram> readChip(ChipOp chip, SetupValues& setup);

} // namespace nissl::golgi
