// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The custom syntax of golgi ops: the registers behind an instruction.
#include "dialects/golgi/GolgiDialect.h"

using namespace mlir;
using namespace nissl::golgi;

//===-- : r1, r2 -> r0 -----------------------------------------------------------------------------===//

static bool isAllocated(Type type) { return cast<RegType>(type).isAllocated(); }

static ParseResult parseRegister(OpAsmParser& parser, Type& type) {
  llvm::SMLoc at = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word)) {
    return failure();
  }
  int64_t number = -1;
  if (word != "_" && (!word.consume_front("r") || word.getAsInteger(10, number))) {
    return parser.emitError(at, "expected a register, r0 to r") << RegType::count - 1 << ", or _";
  }
  type = RegType::getChecked([&] { return parser.emitError(at); }, parser.getContext(), number);
  return success(static_cast<bool>(type));
}

/// Nothing stands where no register is allocated; `_` for one that is not.
static ParseResult parseRegisterList(OpAsmParser& parser, ArrayRef<Type*> operands, Type* result) {
  for (Type* operand : operands) {
    *operand = RegType::get(parser.getContext(), -1);
  }
  if (result) {
    *result = RegType::get(parser.getContext(), -1);
  }
  if (!operands.empty()) {
    if (failed(parser.parseOptionalColon())) {
      return success();
    }
    for (Type* operand : operands) {
      if ((operand != operands.front() && parser.parseComma()) || parseRegister(parser, *operand)) {
        return failure();
      }
    }
    return !result || (succeeded(parser.parseArrow()) && succeeded(parseRegister(parser, *result)))
               ? success()
               : failure();
  }
  return failed(parser.parseOptionalArrow()) ? success() : parseRegister(parser, *result);
}

static void printRegisterList(OpAsmPrinter& printer, ArrayRef<Type> operands, Type result) {
  if (llvm::none_of(operands, isAllocated) && !(result && isAllocated(result))) {
    return;
  }
  auto print = [&](Type type) {
    if (isAllocated(type)) {
      printer << "r" << cast<RegType>(type).getNumber();
    } else {
      printer << "_";
    }
  };
  if (!operands.empty()) {
    printer << " : ";
    llvm::interleaveComma(operands, printer, print);
  }
  if (result) {
    printer << " -> ";
    print(result);
  }
}

// The last type is the result's.
template <typename... Types>
static ParseResult parseRegisters(OpAsmParser& parser, Types&... types) {
  SmallVector<Type*> all{&types...};
  Type* result = all.pop_back_val();
  return parseRegisterList(parser, all, result);
}

template <typename... Types>
static void printRegisters(OpAsmPrinter& printer, Operation*, Types... types) {
  SmallVector<Type> all{types...};
  Type result = all.pop_back_val();
  printRegisterList(printer, all, result);
}

static ParseResult parseOperands(OpAsmParser& parser, Type& operand) {
  return parseRegisterList(parser, &operand, nullptr);
}

static void printOperands(OpAsmPrinter& printer, Operation*, Type operand) {
  printRegisterList(printer, operand, {});
}

CapacitiesAttr ChipOp::capacitiesOrDefault() {
  return getCapacities() ? *getCapacities()
                         : CapacitiesAttr::get(getContext(), 1024, 32, 1024, 8192, 16, 8192, 256, 2048, 16,
                                               4096, 4096, 32, 4096, 16384, 2048, 4096);
}

#define GET_OP_CLASSES
#include "dialects/golgi/GolgiOps.cpp.inc"
