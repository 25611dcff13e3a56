// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/transforms/fixed/Formats.h"

#include <fmt/format.h>

using namespace mlir;

namespace nissl::transforms {
namespace {

constexpr int largestFraction = 62;

/// The type of a declaration that has a format, or none.
Type formattedType(Operation& op) {
  Type type;
  if (auto state = dyn_cast<step::StateOp>(op)) {
    type = state.getType();
  } else if (auto port = dyn_cast<step::PortOp>(op)) {
    type = port.getType();
  } else if (auto input = dyn_cast<step::InputOp>(op)) {
    type = input.getType();
  }
  return type && isa<FloatType>(type) ? type : Type();
}

StringRef nameOf(Operation& op) { return SymbolTable::getSymbolName(&op).getValue(); }

/// The table's states that a traversal adds to a port as they are, with the ports.
SmallVector<std::pair<StringRef, StringRef>> weightsAddedToPorts(step::ProgramOp program) {
  llvm::StringMap<bool> changes;
  SmallVector<std::pair<StringRef, StringRef>> found;
  program.walk([&](step::YieldOp yield) {
    for (auto write : yield.getWrites().getAsRange<step::WriteAttr>()) {
      if (!yield->getParentOfType<step::SetupOp>() && write.getKind() == step::WriteKind::State) {
        changes[write.getTarget().getValue()] = true;
      }
    }
  });
  program.walk([&](step::TraverseOp traverse) {
    auto yield = cast<step::YieldOp>(traverse.getBody().front().getTerminator());
    for (auto [write, value] :
         llvm::zip(yield.getWrites().getAsRange<step::WriteAttr>(), yield.getValues())) {
      auto argument = dyn_cast<BlockArgument>(value);
      if (write.getKind() != step::WriteKind::Port || !argument) {
        continue;
      }
      auto read = cast<step::ReadAttr>(traverse.getReads()[argument.getArgNumber()]);
      auto state = dyn_cast_or_null<step::StateOp>(program.lookupSymbol(read.getSource().getValue()));
      if (state && state.getOwner() == traverse.getTable() && !changes.contains(state.getSymName())) {
        found.emplace_back(state.getSymName(), write.getTarget().getValue());
      }
    }
  });
  return found;
}

const char* nameOf(RangeSource source) {
  switch (source) {
  case RangeSource::Proven:
    return "proven";
  case RangeSource::Declared:
    return "declared";
  case RangeSource::Profiled:
    return "profiled";
  }
  llvm_unreachable("every source has a name");
}

} // namespace

int fractionBitsFor(Interval range, int bits) {
  double magnitude = range.magnitude() * (1 + 0x1p-20);
  if (magnitude == 0) {
    return bits - 2;
  }
  return std::min(bits - 2 - std::ilogb(magnitude), largestFraction);
}

FailureOr<Formats> Formats::choose(step::ProgramOp program, const ProgramRanges& ranges, int weightBits) {
  Formats formats;
  formats.weightBits = weightBits;
  bool failed = false;
  for (Operation& op : program.getBody().front()) {
    if (isa<step::ArrayOp>(op)) {
      formats.bits[nameOf(op)] = fractionBitsFor(ranges.of(nameOf(op)).range);
    }
    if (!formattedType(op)) {
      continue;
    }
    Interval range = ranges.of(nameOf(op)).range;
    int bits = fractionBitsFor(range);
    if (bits < 0) {
      failed = true;
      op.emitError() << fmt::format(
          "values of @{} reach {:g}, beyond the 2^31 of a 32-bit integer: use a larger unit",
          nameOf(op).str(), range.magnitude());
    }
    formats.bits[nameOf(op)] = bits;
  }
  // A reduction copies integers, so both sides have one format; the coarser one is enough for the sums.
  for (bool changed = true; changed;) {
    changed = false;
    program.walk([&](step::ReduceOp reduce) {
      int& source = formats.bits[reduce.getSource()];
      int& into = formats.bits[reduce.getInto()];
      changed |= source != into;
      source = into = std::min(source, into);
    });
  }
  for (auto [weight, port] : weightsAddedToPorts(program)) {
    formats.weights[weight] = true;
    int& bits = formats.bits[weight];
    bits = std::min({bits, fractionBitsFor(ranges.of(weight).range, weightBits), formats.bits[port]});
  }
  if (failed) {
    return failure();
  }
  return formats;
}

void reportFormats(step::ProgramOp program, const ProgramRanges& ranges, const Formats& formats) {
  for (Operation& op : program.getBody().front()) {
    if (!formattedType(op)) {
      continue;
    }
    std::string name = nameOf(op).str();
    DeclaredRange variable = ranges.of(name);
    int bits = formats.of(name);
    double unit = std::ldexp(1.0, -bits);
    std::string text =
        fmt::format("@{} in [{:.6g}, {:.6g}] ({}): {} fraction bits, steps of {:.2g}", name,
                    variable.range.low, variable.range.high, nameOf(variable.source), bits, unit);
    if (formats.isWeight(name)) {
      text += fmt::format(", rounded by at most {:.1e} of the largest weight",
                          unit / 2 / std::max(variable.range.magnitude(), unit));
    }
    op.emitRemark(text);
  }
}

void reportDeadZones(step::ProgramOp program, const ProgramRanges& ranges, const Formats& formats) {
  program.walk([&](step::MapOp map) {
    if (map->getParentOfType<step::SetupOp>()) {
      return;
    }
    const BodyRanges& body = ranges.body(map);
    auto yield = cast<step::YieldOp>(map.getBody().front().getTerminator());
    for (auto [index, write] : llvm::enumerate(yield.getWrites().getAsRange<step::WriteAttr>())) {
      for (auto [argument, read] : llvm::enumerate(map.getReads().getAsRange<step::ReadAttr>())) {
        Interval slope = body.slopes[index][argument];
        bool own =
            read.getSource() == write.getTarget() && read.getRole() == step::ReadRole::Own && !read.hasLag();
        if (!own || write.getKind() != step::WriteKind::State || !(slope.low > 0 && slope.low < 1)) {
          continue;
        }
        StringRef name = write.getTarget().getValue();
        double stop = std::ldexp(0.5 / (1 - slope.low), -formats.of(name));
        double size = ranges.of(name).range.magnitude();
        if (size > 0 && stop > 1e-3 * size) {
          map.emitRemark() << fmt::format(
              "the decay of @{} stops {:.2g} from its rest, {:.1g} of its range: a "
              "change of {:.2g} of the distance per step is less than half a unit there",
              name.str(), stop, stop / size, 1 - slope.low);
        }
      }
    }
  });
}

} // namespace nissl::transforms
