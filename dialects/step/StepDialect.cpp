// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/step/StepDialect.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nissl::step;

#include "dialects/step/StepDialect.cpp.inc"
#include "dialects/step/StepEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/step/StepAttrs.cpp.inc"

void StepDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/step/StepAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/step/StepOps.cpp.inc"
      >();
}

LogicalResult ConnectAttr::verify(function_ref<InFlightDiagnostic()> emitError, ConnectKind kind,
                                  int64_t count, FloatAttr probability, bool autapses, bool multapses,
                                  DenseI32ArrayAttr pre, DenseI32ArrayAttr post) {
  bool counted = kind == ConnectKind::FixedOutdegree || kind == ConnectKind::FixedIndegree ||
                 kind == ConnectKind::FixedTotal;
  if (count < 0 || (count != 0 && !counted)) {
    return emitError() << "'count' is " << count << "; it belongs to the fixed rules and is not negative";
  }
  if ((kind == ConnectKind::Bernoulli) != static_cast<bool>(probability)) {
    return emitError() << "'probability' belongs to bernoulli, and bernoulli needs it";
  }
  if (probability) {
    double p = probability.getValueAsDouble();
    if (!(p >= 0.0 && p <= 1.0)) {
      return emitError() << "'probability' is " << p << ", expected a number from 0 to 1";
    }
  }
  bool listed = kind == ConnectKind::Pairs;
  if (listed != static_cast<bool>(pre) || listed != static_cast<bool>(post)) {
    return emitError() << "'pre' and 'post' belong to pairs, and pairs needs both";
  }
  if (listed && pre.size() != post.size()) {
    return emitError() << "'pre' has " << pre.size() << " entries and 'post' " << post.size();
  }
  return success();
}
