// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A step.program under construction: declarations, then setup, then the schedule; names stay unique.
#pragma once

#include "compiler/import/nir/StepBody.h"

#include "llvm/ADT/StringSet.h"

#include <string>

namespace nissl::nir {

class StepWriter {
public:
  /// An empty program at the end of `module`.
  StepWriter(mlir::ModuleOp module, llvm::StringRef name, double dt);

  /// `base` if it is free, else with the smallest number that makes it so.
  std::string unique(const std::string& base);

  // Declarations take names that came from `unique`.
  void extent(llvm::StringRef name, int64_t size);
  /// `bounds`, where known: the attribute that step-to-fixed takes a range from.
  using Bounds = std::optional<std::pair<double, double>>;
  void state(llvm::StringRef name, llvm::StringRef owner, mlir::Type type, int64_t history = 0,
             Bounds bounds = std::nullopt);
  void port(llvm::StringRef name, llvm::StringRef owner, int64_t slots);
  void events(llvm::StringRef name, llvm::StringRef owner);
  void input(llvm::StringRef name, llvm::StringRef owner, Bounds bounds);
  void probe(llvm::StringRef name, llvm::StringRef subject);
  void synapses(llvm::StringRef name, llvm::StringRef source, llvm::StringRef target,
                step::ConnectAttr connect, int64_t delay);
  /// A parameter: an f64 state of `owner` that the setup fills from `values`, by element, or by synapse in
  /// table order where `ofTable`.
  void parameter(llvm::StringRef name, llvm::StringRef owner, llvm::ArrayRef<double> values, bool ofTable);
  /// An i32 state that is `value` everywhere after the setup.
  void counter(llvm::StringRef name, llvm::StringRef owner, int32_t value);

  // Actions are appended to the schedule.
  StepBody map(llvm::StringRef over);
  StepBody emit(llvm::StringRef table, llvm::StringRef events);
  StepBody traverseAll(llvm::StringRef table);
  void push(llvm::StringRef state);

  /// Where what comes next stems from.
  void setNode(llvm::StringRef file, llvm::StringRef path);
  /// Drops a setup that stayed empty.
  void finish();

  step::ProgramOp program;
  mlir::Type real, integer; ///< f64, i32

private:
  mlir::StringAttr text(llvm::StringRef name) { return declare.getStringAttr(name); }
  mlir::FlatSymbolRefAttr symbol(llvm::StringRef name) {
    return mlir::FlatSymbolRefAttr::get(declare.getContext(), name);
  }

  llvm::StringSet<> taken;
  step::SetupOp setup;
  mlir::ImplicitLocOpBuilder declare, prepare, act; ///< before, in and after the setup
};

} // namespace nissl::nir
