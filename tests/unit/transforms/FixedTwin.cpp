// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/unit/transforms/FixedTwin.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/fixed/Idioms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include <bit>
#include <stdexcept>

using namespace mlir;

namespace nissl::transforms::tests {
namespace {

Operation* onlyMap(ModuleOp module) {
  Operation* found = nullptr;
  module.walk([&](step::MapOp map) {
    if (!map->getParentOfType<step::SetupOp>()) {
      found = map;
    }
  });
  if (!found) {
    throw std::runtime_error("the program has no step.map");
  }
  return found;
}

int fractionOf(Operation* declaration) {
  std::optional<uint64_t> fraction;
  if (auto state = dyn_cast<step::StateOp>(declaration)) {
    fraction = state.getFrac();
  } else if (auto input = dyn_cast<step::InputOp>(declaration)) {
    fraction = input.getFrac();
  } else if (auto port = dyn_cast<step::PortOp>(declaration)) {
    fraction = port.getFrac();
  }
  return static_cast<int>(fraction.value_or(0));
}

double numberOf(reference::Bits bits, Type type, int fraction) {
  if (type.isF64()) {
    return std::bit_cast<double>(bits);
  }
  return std::ldexp(static_cast<double>(static_cast<int64_t>(bits)), -fraction);
}

reference::Bits bitsOf(double number, Type type, int fraction) {
  if (type.isF64()) {
    return std::bit_cast<uint64_t>(number);
  }
  return static_cast<reference::Bits>(static_cast<int64_t>(std::nearbyint(std::ldexp(number, fraction))));
}

} // namespace

FixedTwin::FixedTwin(const std::string& text) {
  context.loadDialect<arith::ArithDialect, math::MathDialect, step::StepDialect>();
  static const bool registered = (registerTransformsPasses(), true);
  (void)registered;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic& diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
      diagnostics += diagnostic.str() + "\n";
    }
  });
  original.module = parseSourceString<ModuleOp>("module {" + text + "}", &context);
  if (!original.module) {
    throw std::runtime_error("parsing failed: " + diagnostics + text);
  }
  floats.module = original.module->clone();
  fixed.module = original.module->clone();
  prepare(floats, "step-expand-random,step-expand-math");
  prepare(fixed, "step-to-fixed,step-expand-random,step-expand-math");
  original.map = onlyMap(*original.module);
  auto program = original.map->getParentOfType<step::ProgramOp>();
  rewriteIdioms(program); // their ranges are those of the new form
  FailureOr<ProgramRanges> analysed = ProgramRanges::analyse(program);
  if (failed(analysed)) {
    throw std::runtime_error("the analysis failed: " + diagnostics);
  }
  ranges = std::move(*analysed);
}

void FixedTwin::prepare(Side& side, const std::string& pipeline) {
  PassManager manager(&context, ModuleOp::getOperationName());
  if (failed(parsePassPipeline(pipeline, manager, llvm::nulls())) || failed(manager.run(*side.module))) {
    throw std::runtime_error(pipeline + " failed: " + diagnostics);
  }
  side.map = onlyMap(*side.module);
  side.module->walk([&](step::ArrayOp array) {
    for (Attribute value : array.getValues().getValues<Attribute>()) {
      side.arrays[array.getSymName().str()].push_back(reference::bitsOf(value));
    }
  });
  side.body.emplace(side.map->getRegion(0).front(), [&](StringRef name) { return &side.arrays[name.str()]; });
  if (!side.body->ok()) {
    throw std::runtime_error("the body is not understood: " + diagnostics);
  }
}

FixedTwin::Numbers FixedTwin::run(Side& side, const Numbers& reads, uint64_t step) {
  auto map = cast<step::MapOp>(side.map);
  auto program = map->getParentOfType<step::ProgramOp>();
  std::vector<reference::Bits> arguments;
  for (auto [read, argument] :
       llvm::zip(map.getReads().getAsRange<step::ReadAttr>(), map.getBody().front().getArguments())) {
    std::string name = read.getSource().getValue().str();
    arguments.push_back(bitsOf(reads.at(name), argument.getType(), fractionOf(program.lookupSymbol(name))));
  }
  side.body->run(arguments.data(), {.seed = 1, .step = step});
  Numbers result;
  auto yield = cast<step::YieldOp>(map.getBody().front().getTerminator());
  for (auto [index, write] : llvm::enumerate(yield.getWrites().getAsRange<step::WriteAttr>())) {
    std::string name = write.getTarget().getValue().str();
    result[name] = numberOf(side.body->yielded(static_cast<unsigned>(index)),
                            yield.getValues()[index].getType(), fractionOf(program.lookupSymbol(name)));
  }
  return result;
}

FixedTwin::Numbers FixedTwin::runFloat(const Numbers& reads, uint64_t step) {
  return run(floats, reads, step);
}

FixedTwin::Numbers FixedTwin::runFixed(const Numbers& reads, uint64_t step) {
  return run(fixed, reads, step);
}

double FixedTwin::unit(const std::string& symbol) {
  auto program = fixed.map->getParentOfType<step::ProgramOp>();
  return std::ldexp(1.0, -fractionOf(program.lookupSymbol(symbol)));
}

double FixedTwin::rounded(const std::string& symbol, double value) {
  return std::nearbyint(value / unit(symbol)) * unit(symbol);
}

double FixedTwin::largestValue() {
  double largest = 0;
  for (const auto& [value, range] : ranges->body(original.map).values) {
    largest = std::max(largest, range.magnitude());
  }
  return largest;
}

} // namespace nissl::transforms::tests
