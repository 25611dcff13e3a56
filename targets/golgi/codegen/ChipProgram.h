// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A step program as the chip sees it: which map is a group's microcode, which traversal is an axon list,
// which state is a word of NSTATE and which a parameter. Analysis only; nothing is placed yet.
#pragma once

#include "dialects/step/StepDialect.h"
#include "runtime/device/Device.h"
#include "runtime/program/Program.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nissl::golgi {

/// A state that only the setup writes: a number per cell, or one for all.
struct Parameter {
  std::vector<int32_t> values; ///< by element
  bool uniform = false;
  unsigned halfword = 0; ///< first halfword of the cell in NPAR
  bool wide = false;     ///< two halfwords
};

/// What every cell of an extent takes on a core.
struct CellLayout {
  std::string name;
  int64_t size = 0;
  llvm::StringMap<unsigned> stateWord; ///< states that a step writes, by name
  std::vector<std::string> states;     ///< in word order
  unsigned spillWords = 0;             ///< behind the states, for registers that do not fit
  llvm::StringMap<Parameter> parameters;
  unsigned parameterHalfwords = 0;
  llvm::StringMap<unsigned> port, input; ///< by name
  std::vector<std::string> ports, inputs;
};

/// A map: the program of a group.
struct MapPlan {
  step::MapOp op;
  unsigned cell = 0;    ///< into ChipProgram::cells
  unsigned stratum = 0; ///< tick of the step in which it runs
  int64_t period = 1, offset = 0;
  std::vector<std::string> events; ///< by event number
};

/// A static projection: the synapses of a table with what each delivers.
struct Edge {
  std::string name;                        ///< of the table
  unsigned sourceMap = 0, sourceEvent = 0; ///< who emits
  unsigned targetCell = 0, targetPort = 0, targetStratum = 0;
  bool nextStep = true; ///< the event's delay counts from the next step
  std::vector<uint32_t> source, target;
  std::vector<int32_t> weight, delay; ///< contribution; delay in steps
};

struct ChipProgram {
  step::ProgramOp op;
  unsigned ticksPerStep = 1;
  std::vector<CellLayout> cells;
  std::vector<MapPlan> maps;
  std::vector<Edge> edges;
  unsigned sampleStratum =
      0; ///< probes see the state as this tick's maps begin; ticksPerStep: after all maps
};

/// Analyses a fixed-point program; `initial` has run its setup. Everything that the chip cannot do is an
/// error at the op, by name; all are reported.
mlir::FailureOr<ChipProgram> analyze(step::ProgramOp program, const program::Program& artefact,
                                     runtime::Device& initial);

} // namespace nissl::golgi
