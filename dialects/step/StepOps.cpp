// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The custom syntax of step ops: reads, writes and delays.
#include "dialects/step/StepDialect.h"

using namespace mlir;
using namespace nissl::step;

//===-- delay 3 | delay @EE.d in [1, 50] ---------------------------------------------------------===//

static ParseResult parseDelay(OpAsmParser& parser, FlatSymbolRefAttr& field, IntegerAttr& min,
                              IntegerAttr& max) {
  Type i64 = parser.getBuilder().getI64Type();
  OptionalParseResult hasField = parser.parseOptionalAttribute(field);
  if (!hasField.has_value()) {
    if (parser.parseAttribute(min, i64)) {
      return failure();
    }
    max = min;
    return success();
  }
  if (failed(*hasField)) {
    return failure();
  }
  return failure(parser.parseKeyword("in") || parser.parseLSquare() || parser.parseAttribute(min, i64) ||
                 parser.parseComma() || parser.parseAttribute(max, i64) || parser.parseRSquare());
}

static void printDelay(OpAsmPrinter& printer, Operation*, FlatSymbolRefAttr field, IntegerAttr min,
                       IntegerAttr max) {
  if (!field) {
    printer << min.getInt();
    return;
  }
  printer << field << " in [" << min.getInt() << ", " << max.getInt() << "]";
}

//===-- (%v = @E.v : f64, %x = pre @E.x lag delay : f64, ...) { body } -----------------------------===//

static ParseResult parseReadsAndBody(OpAsmParser& parser, ArrayAttr& reads, Region& body) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<Attribute> attributes;
  auto parseRead = [&]() -> ParseResult {
    OpAsmParser::Argument& argument = arguments.emplace_back();
    if (parser.parseArgument(argument) || parser.parseEqual()) {
      return failure();
    }
    ReadRole role = ReadRole::Own;
    for (ReadRole candidate : {ReadRole::Pre, ReadRole::Post, ReadRole::Broadcast}) {
      if (succeeded(parser.parseOptionalKeyword(stringifyReadRole(candidate)))) {
        role = candidate;
        break;
      }
    }
    FlatSymbolRefAttr source, at;
    int64_t lag = ReadAttr::noLag;
    if (parser.parseAttribute(source)) {
      return failure();
    }
    if (succeeded(parser.parseOptionalKeyword("lag"))) {
      if (succeeded(parser.parseOptionalKeyword("delay"))) {
        lag = ReadAttr::delayLag;
      } else if (parser.parseInteger(lag)) {
        return failure();
      } else if (lag < 0) {
        return parser.emitError(parser.getCurrentLocation(), "a lag is 0 or more steps, found ") << lag;
      }
    }
    if (succeeded(parser.parseOptionalKeyword("at")) && parser.parseAttribute(at)) {
      return failure();
    }
    if (parser.parseColonType(argument.type)) {
      return failure();
    }
    attributes.push_back(ReadAttr::get(parser.getContext(), source, role, lag, at));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseRead)) {
    return failure();
  }
  reads = parser.getBuilder().getArrayAttr(attributes);
  if (parser.parseRegion(body, arguments)) {
    return failure();
  }
  if (body.empty()) {
    return parser.emitError(parser.getNameLoc(), "needs a body that ends in step.yield");
  }
  return success();
}

static void printReadsAndBody(OpAsmPrinter& printer, Operation*, ArrayAttr reads, Region& body) {
  printer << "(";
  llvm::interleaveComma(llvm::zip_equal(reads.getAsRange<ReadAttr>(), body.getArguments()), printer,
                        [&](auto pair) {
                          auto [read, argument] = pair;
                          printer << argument << " = ";
                          if (read.getRole() != ReadRole::Own) {
                            printer << stringifyReadRole(read.getRole()) << " ";
                          }
                          printer << read.getSource();
                          if (read.getLag() == ReadAttr::delayLag) {
                            printer << " lag delay";
                          } else if (read.hasLag()) {
                            printer << " lag " << read.getLag();
                          }
                          if (read.getAt()) {
                            printer << " at " << read.getAt();
                          }
                          printer << " : " << argument.getType();
                        });
  printer << ") ";
  printer.printRegion(body, /*printEntryBlockArgs=*/false);
}

//===-- @E.v = %v : f64, event @E.spike if %f : i1, port @E.p after %d += %x : f64 ----------------===//

static ParseResult parseWrites(OpAsmParser& parser, SmallVectorImpl<OpAsmParser::UnresolvedOperand>& values,
                               SmallVectorImpl<Type>& types,
                               SmallVectorImpl<OpAsmParser::UnresolvedOperand>& delays,
                               SmallVectorImpl<Type>& delayTypes, ArrayAttr& writes) {
  SmallVector<Attribute> attributes;
  // An empty yield has nothing after its name, so the first write is optional.
  do {
    WriteKind kind = WriteKind::State;
    if (succeeded(parser.parseOptionalKeyword("event"))) {
      kind = WriteKind::Event;
    } else if (succeeded(parser.parseOptionalKeyword("port"))) {
      kind = WriteKind::Port;
    }
    SymbolRefAttr target;
    OptionalParseResult hasTarget = parser.parseOptionalAttribute(target);
    if (!hasTarget.has_value() && kind == WriteKind::State && attributes.empty()) {
      break;
    }
    if (!hasTarget.has_value() || failed(*hasTarget) || !isa<FlatSymbolRefAttr>(target)) {
      return parser.emitError(parser.getCurrentLocation(), "expected the @name of what is written");
    }
    bool delayed = kind == WriteKind::Port && succeeded(parser.parseOptionalKeyword("after"));
    if (delayed) {
      delayTypes.push_back(parser.getBuilder().getI32Type());
      if (parser.parseOperand(delays.emplace_back())) {
        return failure();
      }
    }
    bool adds = kind == WriteKind::Port;
    ParseResult sign = kind == WriteKind::Event
                           ? parser.parseKeyword("if")
                           : ParseResult(failure((adds && parser.parsePlus()) || parser.parseEqual()));
    if (sign || parser.parseOperand(values.emplace_back()) || parser.parseColonType(types.emplace_back())) {
      return failure();
    }
    attributes.push_back(WriteAttr::get(parser.getContext(), cast<FlatSymbolRefAttr>(target), kind, delayed));
  } while (succeeded(parser.parseOptionalComma()));
  writes = parser.getBuilder().getArrayAttr(attributes);
  return success();
}

static void printWrites(OpAsmPrinter& printer, Operation*, OperandRange values, TypeRange,
                        OperandRange delays, TypeRange, ArrayAttr writes) {
  auto nextDelay = delays.begin();
  llvm::interleaveComma(llvm::zip_equal(writes.getAsRange<WriteAttr>(), values), printer, [&](auto pair) {
    auto [write, value] = pair;
    if (write.getKind() != WriteKind::State) {
      printer << stringifyWriteKind(write.getKind()) << " ";
    }
    printer << write.getTarget();
    if (write.getDelayed()) {
      printer << " after " << *nextDelay++;
    }
    printer << (write.getKind() == WriteKind::Event  ? " if "
                : write.getKind() == WriteKind::Port ? " += "
                                                     : " = ");
    printer << value << " : " << value.getType();
  });
}

#define GET_OP_CLASSES
#include "dialects/step/StepOps.cpp.inc"
