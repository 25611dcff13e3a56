// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the names in neuro expressions mean where an expression is written out: the base, and a cell's names.
#pragma once

#include "compiler/conversion/neuro_to_step/Lowering.h"

#include "mlir/IR/IRMapping.h"

namespace nissl::conversion {

/// Writes expressions into one body. A null value stands for an error that was reported.
class Names {
public:
  /// `stream` is the prefix of the random streams; `phase` is where the body runs.
  Names(Lowering& lowering, BodyWriter& body, Phase phase, std::string stream)
      : lowering(lowering), body(body), phase(phase), stream(std::move(stream)) {}
  virtual ~Names() = default;

  /// The operands of the terminator of `region`; empty on failure.
  llvm::SmallVector<mlir::Value> write(mlir::Region& region);
  /// The value of an expression.
  mlir::Value value(mlir::Region& region);
  /// The present value of a variable: what was assigned last, else what the step began with.
  mlir::Value variable(llvm::StringRef name);
  void assign(llvm::StringRef name, mlir::Value value);
  /// Variables that were assigned, in order of their first assignment.
  const llvm::MapVector<llvm::StringRef, mlir::Value>& assigned() const { return values; }

  Lowering& lowering;
  BodyWriter& body;
  Phase runsIn() const { return phase; }
  /// The value of the event that started this body; null where it carries none.
  mlir::Value payload;

protected:
  virtual mlir::Value get(llvm::StringRef name, mlir::Operation* at) = 0;
  virtual mlir::Value readVariable(llvm::StringRef name) = 0;
  virtual mlir::Value fired(neuro::FiredOp op);
  virtual mlir::Value reduce(neuro::ReduceOp op);
  virtual mlir::Value element(neuro::IndexOp op);
  /// Where the result of a reduction by pre or post stands for this body.
  virtual step::ReadRole sideOf(step::ReduceBy by) const { return step::ReadRole::Own; }
  /// Whether the body's own element or synapse is the one whose random numbers an expression means.
  virtual bool mayDraw() const { return true; }
  mlir::Value remembered(llvm::StringRef name, llvm::function_ref<mlir::Value()> compute);

  Phase phase;
  std::string stream;

private:
  mlir::Value resolve(mlir::Operation& op, mlir::IRMapping& map);
  mlir::Value broadcast(neuro::GetOp op);
  mlir::Value random(neuro::RandomOp op, mlir::IRMapping& map);
  mlir::Value draw(neuro::RandomOp op, mlir::Value parameter, const std::string& suffix);

  llvm::MapVector<llvm::StringRef, mlir::Value> values;
  llvm::StringMap<mlir::Value> memory; ///< derived values; void once a variable is assigned
};

/// The names of a cell in a body over its population (own) or over synapses that begin or end there.
class CellNames : public Names {
public:
  CellNames(Lowering& lowering, BodyWriter& body, Phase phase, Population& population,
            step::ReadRole role = step::ReadRole::Own)
      : Names(lowering, body, phase, population.name), population(population), role(role) {}

  mlir::Value get(llvm::StringRef name, mlir::Operation* at) override;
  Population& population;
  /// How long ago variables are read, as in #step.read, and how many values that can reach back to.
  int64_t lag = step::ReadAttr::noLag;
  int64_t depth = 0;

protected:
  mlir::Value readVariable(llvm::StringRef name) override;
  mlir::Value fired(neuro::FiredOp op) override;
  mlir::Value element(neuro::IndexOp op) override;
  bool mayDraw() const override { return role == step::ReadRole::Own; }

private:
  step::ReadRole role;
};

/// The setup of a population: variables mean their initial values, and each quantity draws from a stream of
/// its own.
class SetupNames : public Names {
public:
  SetupNames(Lowering& lowering, BodyWriter& body, Population& population)
      : Names(lowering, body, Phase::Setup, population.name), population(population) {}
  mlir::Value get(llvm::StringRef name, mlir::Operation* at) override;

protected:
  mlir::Value readVariable(llvm::StringRef name) override { return {}; }

private:
  Population& population;
};

/// The finished sum of a port in a body over its population: ((0 + S) + P) + I.
mlir::Value portSum(CellNames& names, neuro::PortOp port);
/// A pulse's value in this step.
mlir::Value pulseValue(CellNames& names, neuro::PulseOp pulse);

} // namespace nissl::conversion
