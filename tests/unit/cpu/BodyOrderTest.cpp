// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In which order a body's operations are computed, worked out by hand.
#include "targets/cpu/codegen/BodyOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace mlir;

namespace {

/// The names that operations have in `body`, in their new order.
std::vector<std::string> orderOf(const std::string& body) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<arith::ArithDialect, func::FuncDialect>();
  std::string text = fmt::format("func.func @f(%x: f64, %y: f64) -> f64 {{\n{}}}\n", body);
  INFO(text);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  REQUIRE(module);
  auto function = cast<func::FuncOp>(module->getBody()->front());
  std::vector<std::string> names;
  for (Operation* op : nissl::cpu::interleavedOrder(function.getBody().front())) {
    names.push_back(cast<StringAttr>(op->getAttr("name")).str());
    for (Value operand : op->getOperands()) {
      Operation* definition = operand.getDefiningOp();
      CHECK((!definition || llvm::is_contained(names, cast<StringAttr>(definition->getAttr("name")).str())));
    }
  }
  return names;
}

std::string multiply(const std::string& result, const std::string& a, const std::string& b) {
  return fmt::format("%{0} = arith.mulf %{1}, %{2} {{name = \"{0}\"}} : f64\n", result, a, b);
}
std::string divide(const std::string& result, const std::string& a, const std::string& b) {
  return fmt::format("%{0} = arith.divf %{1}, %{2} {{name = \"{0}\"}} : f64\n", result, a, b);
}
std::string giveBack(const std::string& result) { return fmt::format("return %{} : f64\n", result); }

} // namespace

TEST_CASE("Chains that do not need each other are computed side by side", "[cpu]") {
  std::string body = multiply("a1", "x", "x") + multiply("a2", "a1", "x") + multiply("a3", "a2", "x") +
                     multiply("b1", "y", "y") + multiply("b2", "b1", "y") + multiply("b3", "b2", "y") +
                     multiply("end", "a3", "b3") + giveBack("end");
  CHECK(orderOf(body) == std::vector<std::string>{"a1", "b1", "a2", "b2", "a3", "b3", "end"});
}

TEST_CASE("What takes longest is begun first, after the constants", "[cpu]") {
  std::string body = multiply("a1", "x", "x") + multiply("a2", "a1", "x") + multiply("a3", "a2", "x") +
                     "%c = arith.constant {name = \"c\"} 2.0 : f64\n" + divide("quotient", "y", "c") +
                     multiply("end", "a3", "quotient") + giveBack("end");
  CHECK(orderOf(body) == std::vector<std::string>{"c", "quotient", "a1", "a2", "a3", "end"});
}

TEST_CASE("A body keeps few values at hand, however many it could compute first", "[cpu]") {
  constexpr int leaves = 64;
  std::string body;
  for (int i = leaves; i < 2 * leaves; ++i) {
    body += multiply(fmt::format("t{}", i), "x", "y");
  }
  for (int i = leaves - 1; i > 0; --i) { // pairs of pairs
    body += multiply(fmt::format("t{}", i), fmt::format("t{}", 2 * i), fmt::format("t{}", 2 * i + 1));
  }
  int atHand = 0, most = 0;
  std::vector<std::string> names = orderOf(body + giveBack("t1"));
  CHECK(names.size() == 2 * leaves - 1);
  for (const std::string& name : names) {
    atHand += std::stoi(name.substr(1)) >= leaves ? 1 : -1;
    most = std::max(most, atHand);
  }
  CHECK(most <= 33);
}

TEST_CASE("Values that nobody needs any more make place for others", "[cpu]") {
  std::string body = multiply("c0", "x", "y");
  std::vector<std::string> expected = {"c0"};
  for (int i = 1; i <= 40; ++i) {
    expected.push_back(fmt::format("c{}", i));
    body += multiply(expected.back(), fmt::format("c{}", i - 1), "x");
  }
  body += multiply("a1", "c40", "x") + multiply("a2", "a1", "x") + multiply("b1", "c40", "y") +
          multiply("b2", "b1", "y") + multiply("end", "a2", "b2") + giveBack("end");
  llvm::append_range(expected, std::vector<std::string>{"a1", "b1", "a2", "b2", "end"});
  CHECK(orderOf(body) == expected);
}
