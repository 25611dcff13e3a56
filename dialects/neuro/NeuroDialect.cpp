// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/neuro/NeuroDialect.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace nissl::neuro;

#include "dialects/neuro/NeuroDialect.cpp.inc"
#include "dialects/neuro/NeuroEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/neuro/NeuroAttrs.cpp.inc"

void NeuroDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/neuro/NeuroAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/neuro/NeuroOps.cpp.inc"
      >();
}

//===-- Attributes -------------------------------------------------------------------------------===//

DimensionAttr DimensionAttr::get(MLIRContext* context, const Dimension& dimension) {
  SmallVector<int64_t> halves(dimension.halves.begin(), dimension.halves.end());
  return get(context, halves);
}

Dimension DimensionAttr::getDimension() const {
  Dimension dimension;
  llvm::copy(getHalves(), dimension.halves.begin());
  return dimension;
}

LogicalResult DimensionAttr::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> halves) {
  if (halves.size() != Dimension::baseUnits.size()) {
    return emitError() << "a dimension has 7 exponents, found " << halves.size();
  }
  return success();
}

Attribute DimensionAttr::parse(AsmParser& parser, Type) {
  std::string text;
  if (parser.parseLess()) {
    return {};
  }
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseString(&text) || parser.parseGreater()) {
    return {};
  }
  std::optional<Dimension> dimension = Dimension::parse(text);
  if (!dimension) {
    parser.emitError(location, "expected a dimension such as \"m2 kg s-3 A-1\", found \"") << text << "\"";
    return {};
  }
  return get(parser.getContext(), *dimension);
}

void DimensionAttr::print(AsmPrinter& printer) const { printer << "<\"" << getDimension().str() << "\">"; }

LogicalResult ConnectAttr::verify(function_ref<InFlightDiagnostic()> emitError, ConnectKind kind,
                                  int64_t count, bool autapses, bool multapses, DenseI32ArrayAttr pre,
                                  DenseI32ArrayAttr post) {
  bool counted = kind == ConnectKind::FixedOutdegree || kind == ConnectKind::FixedIndegree ||
                 kind == ConnectKind::FixedTotal;
  if (count < 0 || (count != 0 && !counted)) {
    return emitError() << "'count' is " << count << "; it belongs to the fixed rules and is not negative";
  }
  bool listed = kind == ConnectKind::Pairs;
  if (listed != static_cast<bool>(pre) || listed != static_cast<bool>(post)) {
    return emitError() << "'pre' and 'post' belong to pairs, and pairs needs both";
  }
  if (listed && pre.size() != post.size()) {
    return emitError() << "'pre' has " << pre.size() << " entries and 'post' " << post.size();
  }
  if (listed && !llvm::is_sorted(pre.asArrayRef())) {
    return emitError() << "'pre' must ascend: the order of the list numbers the synapses";
  }
  return success();
}

LogicalResult ViewAttr::verify(function_ref<InFlightDiagnostic()> emitError, FlatSymbolRefAttr population,
                               int64_t begin, int64_t end) {
  bool whole = begin == 0 && end == -1;
  if (!whole && (begin < 0 || end < begin)) {
    return emitError() << "a view needs 0 <= begin <= end, found [" << begin << ", " << end << ")";
  }
  return success();
}

//===-- What other rooms ask of any quantity -----------------------------------------------------===//

Dimension nissl::neuro::dimensionOf(Operation* quantity) {
  auto dimension = quantity->getAttrOfType<DimensionAttr>("dimension");
  return dimension ? dimension.getDimension() : Dimension{};
}

llvm::StringSet<> nissl::neuro::coupledVoltages(Operation* model) {
  Block& body = model->getRegion(0).front();
  llvm::StringSet<> coupled, voltages;
  for (auto couple : body.getOps<CoupleOp>()) {
    coupled.insert(couple.getFirst());
    coupled.insert(couple.getSecond());
  }
  for (auto compartment : body.getOps<CompartmentOp>()) {
    if (compartment.getVoltage() && coupled.contains(compartment.getSymName())) {
      voltages.insert(*compartment.getVoltage());
    }
  }
  return voltages;
}

std::optional<double> nissl::neuro::constantOf(Region& expression) {
  if (expression.empty()) {
    return std::nullopt;
  }
  auto yield = dyn_cast<YieldOp>(expression.front().getTerminator());
  FloatAttr value;
  if (!yield || !matchPattern(yield.getValue(), m_Constant(&value))) {
    return std::nullopt;
  }
  return value.getValueAsDouble();
}
