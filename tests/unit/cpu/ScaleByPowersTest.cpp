// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which products with powers of two become one instruction: only those that are sure to have the same bits.
#include "targets/cpu/codegen/ScaleByPowers.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"

#include <catch2/catch.hpp>

#include <string>

namespace {

/// e^x as it is expanded, with a shorter polynomial.
constexpr const char* exponential = R"(
define double @f(double %x, double %y) {
  %isHigh = fcmp ogt double %x, 7.11e+02
  %below = select i1 %isHigh, double 7.11e+02, double %x
  %isLow = fcmp olt double %below, -7.47e+02
  %inside = select i1 %isLow, double -7.47e+02, double %below
  %shifted = call double @llvm.fma.f64(double %inside, double 0x3FF71547652B82FE, double 0x4338000000000000)
  %count = fsub double %shifted, 0x4338000000000000
  %minus = fneg double %count
  %rest = call double @llvm.fma.f64(double %minus, double 0x3FE62E42FEFA39EF, double %inside)
  %bits = bitcast double %shifted to i64
  %exponent = sub i64 %bits, 4843621399236968448
  %value = fadd double %rest, 1.0
  %half = ashr i64 %exponent, 1
  %halfBiased = add i64 %half, 1023
  %halfBits = shl i64 %halfBiased, 52
  %factor = bitcast i64 %halfBits to double
  %once = fmul double %value, %factor
  %other = sub i64 %exponent, %half
  %otherBiased = add i64 %other, 1023
  %otherBits = shl i64 %otherBiased, 52
  %otherFactor = bitcast i64 %otherBits to double
  %twice = fmul double %once, %otherFactor
  ret double %twice
}
declare double @llvm.fma.f64(double, double, double)
)";

bool scales(const std::string& from, const std::string& to) {
  std::string text = exponential;
  for (size_t at = 0; !from.empty() && (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  llvm::LLVMContext context;
  llvm::SMDiagnostic problem;
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(text, problem, context);
  INFO(text << problem.getMessage().str());
  REQUIRE(module);
  nissl::cpu::scaleByPowers(*module);
  return module->getFunction("llvm.ldexp.f64.i64") != nullptr;
}

} // namespace

TEST_CASE("An exponential's last products are one scaling", "[cpu]") {
  CHECK(scales("", ""));
  CHECK(
      scales("fadd double %rest, 1.0", "call double @llvm.fma.f64(double %rest, double %rest, double 1.0)"));
}

TEST_CASE("Products with powers of two stay where scaling might differ", "[cpu]") {
  CHECK_FALSE(scales("fadd double %rest, 1.0", "fadd double %rest, 0.5")); // may be subnormal
  CHECK_FALSE(scales("fadd double %rest, 1.0", "fadd double %y, 1.0"));    // a number where x is none
  CHECK_FALSE(scales("double %inside, double 0x3FF7", "double %x, double 0x3FF7")); // any exponent
  CHECK_FALSE(scales("82FE, double 0x4338000000000000", "82FE, double 0x4338000000000001"));
  CHECK_FALSE(scales("double -7.47e+02", "double -1.42e+03")); // half the exponent is no normal number's
  CHECK_FALSE(scales("7.11e+02", "1.42e+03"));
  CHECK(scales("7.11e+02", "1.41e+03"));
  CHECK_FALSE(scales("%half = ashr i64 %exponent, 1", "%half = ashr i64 %exponent, 2"));
  CHECK_FALSE(scales("sub i64 %exponent, %half", "sub i64 %half, %exponent"));
  CHECK_FALSE(scales("i64 %bits, 4843621399236968448", "i64 %bits, 4843621399236968449"));
  CHECK_FALSE(scales("i64 %otherBiased, 52", "i64 %otherBiased, 51"));
  CHECK_FALSE(scales("add i64 %half, 1023", "add i64 %half, 1022"));
}
