// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/golgi/GolgiDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nissl::golgi;

#include "dialects/golgi/GolgiDialect.cpp.inc"
#include "dialects/golgi/GolgiEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/golgi/GolgiTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/golgi/GolgiAttrs.cpp.inc"

void GolgiDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/golgi/GolgiTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/golgi/GolgiAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/golgi/GolgiOps.cpp.inc"
      >();
}

LogicalResult RegType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t number) {
  if (number < -1 || number >= count) {
    return emitError() << "register r" << number << ", expected r0 to r" << count - 1;
  }
  return success();
}

LogicalResult CapacitiesAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t instructions,
                                     int64_t groups, int64_t cells, int64_t stateWords,
                                     int64_t stateWordsPerCell, int64_t parameterHalfwords, int64_t constants,
                                     int64_t lutEntries, int64_t lutTables, int64_t inputWords,
                                     int64_t accumulators, int64_t accSlots, int64_t axonsIn,
                                     int64_t synapseWords, int64_t spikeSources, int64_t axonsOut) {
  for (int64_t amount :
       {instructions, groups, cells, stateWords, stateWordsPerCell, parameterHalfwords, constants, lutEntries,
        lutTables, inputWords, accumulators, accSlots, axonsIn, synapseWords, spikeSources, axonsOut}) {
    if (amount < 0) {
      return emitError() << "a core has " << amount << " of a memory, expected 0 or more";
    }
  }
  return success();
}
