// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The custom syntax of neuro ops and the rules that concern one op alone.
#include "dialects/neuro/NeuroDialect.h"

using namespace mlir;
using namespace nissl::neuro;

//===-- @v = %v : f64, deliver @port += %w : f64 --------------------------------------------------===//

static ParseResult parseWrites(OpAsmParser& parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand>& values,
                               SmallVectorImpl<Type>& types, ArrayAttr& writes) {
  SmallVector<Attribute> attributes;
  auto parseRest = [&](FlatSymbolRefAttr target, WriteKind kind) -> ParseResult {
    ParseResult sign = kind == WriteKind::Deliver ? failure(parser.parseOptionalPlus() || parser.parseEqual())
                                                  : parser.parseEqual();
    if (sign || parser.parseOperand(values.emplace_back()) || parser.parseColonType(types.emplace_back())) {
      return failure();
    }
    attributes.push_back(WriteAttr::get(parser.getContext(), target, kind));
    return success();
  };
  auto parseFirst = [&]() -> OptionalParseResult {
    FlatSymbolRefAttr target;
    if (succeeded(parser.parseOptionalKeyword("deliver"))) {
      return parser.parseAttribute(target) ? failure() : parseRest(target, WriteKind::Deliver);
    }
    OptionalParseResult named = parser.parseOptionalAttribute(target);
    if (!named.has_value() || failed(*named)) {
      return named;
    }
    return parseRest(target, WriteKind::Set);
  };
  // A program may write nothing: then nothing follows the op's name.
  OptionalParseResult first = parseFirst();
  if (first.has_value() && failed(*first)) {
    return failure();
  }
  while (first.has_value() && succeeded(parser.parseOptionalComma())) {
    OptionalParseResult next = parseFirst();
    if (!next.has_value()) {
      return parser.emitError(parser.getCurrentLocation(),
                              "expected @name = %value or deliver @port += %value");
    }
    if (failed(*next)) {
      return failure();
    }
  }
  writes = parser.getBuilder().getArrayAttr(attributes);
  return success();
}

static void printWrites(OpAsmPrinter& printer, Operation*, OperandRange values, TypeRange, ArrayAttr writes) {
  llvm::interleaveComma(llvm::zip_equal(writes.getAsRange<WriteAttr>(), values), printer, [&](auto pair) {
    auto [write, value] = pair;
    bool deliver = write.getKind() == WriteKind::Deliver;
    printer << (deliver ? "deliver " : "") << write.getTarget() << (deliver ? " += " : " = ") << value
            << " : " << value.getType();
  });
}

#define GET_OP_CLASSES
#include "dialects/neuro/NeuroOps.cpp.inc"

//===-- Rules of one op --------------------------------------------------------------------------===//

LogicalResult NetworkOp::verify() {
  if (getDt() && !(getDtAttr().getValueAsDouble() > 0.0)) {
    return emitOpError("'dt' is ") << getDtAttr().getValueAsDouble() << " s, expected a positive time";
  }
  return success();
}

LogicalResult ArrayOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getValues().getType());
  if (!type || type.getRank() != 1 || !type.getElementType().isF64()) {
    return emitOpError("holds a one-dimensional tensor of f64, found ") << getValues().getType();
  }
  if (type.getNumElements() == 0) {
    return emitOpError("is empty, so that no index could be clamped into it");
  }
  return success();
}

LogicalResult PopulationOp::verify() {
  if (!getShape()) {
    return success();
  }
  int64_t product = 1;
  ArrayRef<int64_t> shape = *getShape();
  for (int64_t extent : shape) {
    if (extent < 0) {
      return emitOpError("has a negative extent in its shape: ") << extent;
    }
    product *= extent;
  }
  if (product != static_cast<int64_t>(getSize())) {
    return emitOpError("has size ") << getSize() << ", but its shape holds " << product << " cells";
  }
  return success();
}

/// Checks that `times` ascends.
static LogicalResult verifyTimes(Operation* op, ArrayRef<double> times) {
  for (size_t i = 1; i < times.size(); ++i) {
    if (!(times[i - 1] <= times[i])) {
      return op->emitOpError("'times' must ascend; entry ")
             << i << " is " << times[i] << " after " << times[i - 1];
    }
  }
  return success();
}

LogicalResult SpikesOp::verify() {
  if (getHost() == getTimes().has_value()) {
    return emitOpError("needs either 'times' and 'ids' or 'host'");
  }
  if (getHost()) {
    return success();
  }
  if (!getIds() || getTimes()->size() != getIds()->size()) {
    return emitOpError("has ") << getTimes()->size() << " times and " << (getIds() ? getIds()->size() : 0)
                               << " ids; each spike needs both";
  }
  ArrayRef<int32_t> ids = *getIds();
  for (int32_t id : ids) {
    if (id < 0 || id >= static_cast<int64_t>(getSize())) {
      return emitOpError("names source ") << id << ", but it has " << getSize();
    }
  }
  return verifyTimes(*this, *getTimes());
}

LogicalResult InputOp::verify() {
  if (getHost() != getValue().empty()) {
    return emitOpError("needs either 'host' or 'value'");
  }
  return success();
}

LogicalResult TriggerOp::verify() {
  if (getHost() + getTimes().has_value() + getOf().has_value() != 1) {
    return emitOpError("needs exactly one of 'host', 'times' and 'of'");
  }
  return getTimes() ? verifyTimes(*this, *getTimes()) : success();
}

LogicalResult ProbeOp::verify() {
  if (getEvery() && !(getEveryAttr().getValueAsDouble() > 0.0)) {
    return emitOpError("records 'every' ")
           << getEveryAttr().getValueAsDouble() << " s, expected a positive time";
  }
  if (getEvery() && getTrigger()) {
    return emitOpError("records either 'every' so often or 'on' a trigger, not both");
  }
  return success();
}

LogicalResult VariableOp::verify() {
  if (std::optional<ArrayRef<double>> bounds = getBounds();
      bounds && (bounds->size() != 2 || !((*bounds)[0] < (*bounds)[1]) || !std::isfinite((*bounds)[0]) ||
                 !std::isfinite((*bounds)[1]))) {
    return emitOpError("has bounds that are not two finite numbers, the lower one first");
  }
  return success();
}

LogicalResult PulseOp::verify() {
  if (getAfterAttr().getValueAsDouble() < 0.0 || getDurationAttr().getValueAsDouble() < 0.0) {
    return emitOpError("needs times of 0 s or more");
  }
  return success();
}

LogicalResult ProgramOp::verify() {
  if ((getKind() == ProgramKind::Every) != getPeriod().has_value()) {
    return emitOpError("a period belongs to 'every', and 'every' needs one");
  }
  if (getPeriod() && !(getPeriodAttr().getValueAsDouble() > 0.0)) {
    return emitOpError("has the period ")
           << getPeriodAttr().getValueAsDouble() << " s, expected a positive time";
  }
  if ((getKind() == ProgramKind::Trigger) != getTrigger().has_value()) {
    return emitOpError("a trigger's name belongs to 'trigger', and 'trigger' needs one");
  }
  return success();
}

LogicalResult RandomOp::verify() {
  bool needs = getDistribution() == Distribution::Gamma || getDistribution() == Distribution::Poisson;
  if (needs != static_cast<bool>(getParameter())) {
    return emitOpError("a parameter belongs to gamma and poisson, which need one; found it ")
           << (needs ? "missing" : "given") << " for " << stringifyDistribution(getDistribution());
  }
  return success();
}

LogicalResult IndexOp::verify() {
  bool wide = getKind() == IndexKind::Synapse;
  if (getResult().getType().isInteger(64) != wide) {
    return emitOpError(stringifyIndexKind(getKind()))
           << " is " << (wide ? "i64" : "i32") << ", found " << getResult().getType();
  }
  return success();
}

LogicalResult WriteOp::verify() {
  if (getWrites().size() != getValues().size()) {
    return emitOpError("has ") << getWrites().size() << " targets and " << getValues().size() << " values";
  }
  SmallVector<StringRef> seen;
  for (WriteAttr write : getWrites().getAsRange<WriteAttr>()) {
    if (write.getKind() != WriteKind::Set) {
      continue;
    }
    StringRef name = write.getTarget().getValue();
    if (llvm::is_contained(seen, name)) {
      return emitOpError("sets @") << name << " twice";
    }
    seen.push_back(name);
  }
  return success();
}
