// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pure body of a step program, evaluated one op at a time. Slow and plain on purpose: it is the oracle
// that every target equals bit for bit.
#pragma once

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseMap.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace nissl::reference {

/// A value of any step type: floats by their bits, integers sign-extended, i1 as 0 or 1.
using Bits = uint64_t;

/// What a body sees besides its arguments.
struct BodyPosition {
  uint64_t seed = 0;
  uint64_t step = 0;
  uint64_t entity = 0; ///< of random numbers
  int64_t element = 0, pre = 0, post = 0, ordinal = 0, synapse = 0;
};

/// One op with its operands as register numbers.
struct Instruction {
  Bits (*evaluate)(const Instruction&, const Bits* registers, const BodyPosition&) = nullptr;
  uint32_t result = 0;
  uint32_t operand[3] = {0, 0, 0};
  unsigned width = 0;     ///< of the result, in bits
  unsigned fromWidth = 0; ///< of the first operand
  uint64_t immediate = 0; ///< predicate, shift, stream | draw | word
  const std::vector<Bits>* array = nullptr;
};

class Body {
public:
  /// `arrayOf` gives the values of a declared array. Ops that are not understood are reported where they
  /// stand, and `ok()` is false.
  Body(mlir::Block& block, const std::function<const std::vector<Bits>*(llvm::StringRef)>& arrayOf);
  bool ok() const { return understood; }
  /// Runs the body; `arguments` has one value per block argument.
  void run(const Bits* arguments, const BodyPosition& position);
  /// After `run`: the i-th operand of the terminator (values first, then delays).
  Bits yielded(unsigned i) const { return registers[yields[i]]; }
  unsigned argumentCount() const { return arguments; }

private:
  uint32_t registerOf(mlir::Value value);
  bool translate(mlir::Operation& op,
                 const std::function<const std::vector<Bits>*(llvm::StringRef)>& arrayOf);

  bool understood = true;
  unsigned arguments = 0;
  std::vector<Bits> registers;
  std::vector<Instruction> instructions;
  std::vector<uint32_t> yields;
  llvm::DenseMap<mlir::Value, uint32_t> numbering;
};

/// The bits of a constant attribute (IntegerAttr or FloatAttr).
Bits bitsOf(mlir::Attribute constant);

/// `value` cut to `width` bits and sign-extended; a width of 1 keeps 0 or 1.
inline Bits wrap(uint64_t value, unsigned width) {
  if (width >= 64) {
    return value;
  }
  if (width == 1) {
    return value & 1;
  }
  return static_cast<Bits>(static_cast<int64_t>(value << (64 - width)) >> (64 - width));
}

} // namespace nissl::reference
