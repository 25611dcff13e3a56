// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums with conditions of vectors become choices, and nothing else does.
#include "targets/cpu/codegen/CountUnderMasks.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/SourceMgr.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace {

/// The opcodes of a function of `count` and `condition` that returns %sum, in order.
std::vector<std::string> opcodesOf(const char* count, const char* condition, const char* body) {
  std::string text = fmt::format("define {0} @f({0} %count, {1} %condition) {{\n{2}\nret {0} %sum\n}}", count,
                                 condition, body);
  llvm::LLVMContext context;
  llvm::SMDiagnostic problem;
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(text, problem, context);
  INFO(text << problem.getMessage().str());
  REQUIRE(module);
  nissl::cpu::countUnderMasks(*module);
  std::vector<std::string> opcodes;
  for (const llvm::Instruction& instruction : llvm::instructions(module->getFunction("f"))) {
    if (!instruction.isTerminator() && !instruction.use_empty()) {
      opcodes.emplace_back(instruction.getOpcodeName());
    }
  }
  return opcodes;
}

using Opcodes = std::vector<std::string>;

} // namespace

TEST_CASE("Vectors count under masks", "[cpu]") {
  const char* one = "%one = zext <8 x i1> %condition to <8 x i32>\n%sum = add <8 x i32> %count, %one";
  const char* other = "%one = zext <8 x i1> %condition to <8 x i32>\n%sum = add <8 x i32> %one, %count";
  CHECK(opcodesOf("<8 x i32>", "<8 x i1>", one) == Opcodes{"add", "select"});
  CHECK(opcodesOf("<8 x i32>", "<8 x i1>", other) == Opcodes{"add", "select"});
}

TEST_CASE("Sums that are no counts of vectors stay", "[cpu]") {
  CHECK(opcodesOf("i32", "i1", "%one = zext i1 %condition to i32\n%sum = add i32 %count, %one") ==
        Opcodes{"zext", "add"});
  CHECK(opcodesOf("<8 x i32>", "<8 x i8>",
                  "%one = zext <8 x i8> %condition to <8 x i32>\n%sum = add <8 x i32> %count, %one") ==
        Opcodes{"zext", "add"});
  CHECK(opcodesOf("<8 x i32>", "<8 x i1>",
                  "%one = sext <8 x i1> %condition to <8 x i32>\n%sum = add <8 x i32> %count, %one") ==
        Opcodes{"sext", "add"});
}
