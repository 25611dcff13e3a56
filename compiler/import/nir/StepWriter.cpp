// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/StepWriter.h"

using namespace mlir;

namespace nissl::nir {

StepWriter::StepWriter(ModuleOp module, StringRef name, double dt)
    : declare(module.getLoc(), module.getContext()), prepare(declare), act(declare) {
  real = declare.getF64Type();
  integer = declare.getI32Type();
  declare.setInsertionPointToEnd(module.getBody());
  program = step::ProgramOp::create(declare, text(name), declare.getF64FloatAttr(dt));
  Block* body = &program.getBody().emplaceBlock();
  declare.setInsertionPointToEnd(body);
  setup = step::SetupOp::create(declare);
  declare.setInsertionPoint(setup);
  prepare.setInsertionPointToEnd(&setup.getBody().emplaceBlock());
  act.setInsertionPointToEnd(body);
}

std::string StepWriter::unique(const std::string& base) {
  std::string name = base;
  for (unsigned i = 2; !taken.insert(name).second; ++i) {
    name = base + "." + std::to_string(i);
  }
  return name;
}

void StepWriter::setNode(StringRef file, StringRef path) {
  Location location =
      NameLoc::get(declare.getStringAttr(path), FileLineColLoc::get(declare.getStringAttr(file), 0, 0));
  declare.setLoc(location);
  prepare.setLoc(location);
  act.setLoc(location);
}

void StepWriter::extent(StringRef name, int64_t size) {
  step::ExtentOp::create(declare, text(name), declare.getI64IntegerAttr(size));
}

void StepWriter::state(StringRef name, StringRef owner, Type type, int64_t history, Bounds bounds) {
  auto op = step::StateOp::create(declare, text(name), symbol(owner), TypeAttr::get(type),
                                  declare.getI64IntegerAttr(history), IntegerAttr());
  if (bounds) {
    op->setAttr("bounds", declare.getF64ArrayAttr({bounds->first, bounds->second}));
  }
}

void StepWriter::port(StringRef name, StringRef owner, int64_t slots) {
  step::PortOp::create(declare, text(name), symbol(owner), TypeAttr::get(real),
                       declare.getI64IntegerAttr(slots), IntegerAttr());
}

void StepWriter::events(StringRef name, StringRef owner) {
  step::EventsOp::create(declare, text(name), symbol(owner));
}

void StepWriter::input(StringRef name, StringRef owner, Bounds bounds) {
  auto op = step::InputOp::create(declare, text(name), symbol(owner), TypeAttr::get(real), IntegerAttr());
  if (bounds) {
    op->setAttr("bounds", declare.getF64ArrayAttr({bounds->first, bounds->second}));
  }
}

void StepWriter::probe(StringRef name, StringRef subject) {
  step::ProbeOp::create(declare, text(name), symbol(subject), declare.getI64IntegerAttr(1),
                        DenseI64ArrayAttr(), UnitAttr(), StringAttr(), FloatAttr());
}

void StepWriter::synapses(StringRef name, StringRef source, StringRef target, step::ConnectAttr connect,
                          int64_t delay) {
  step::SynapsesOp::create(declare, text(name), symbol(source), symbol(target), connect,
                           declare.getI64IntegerAttr(delay), declare.getI64IntegerAttr(delay),
                           FlatSymbolRefAttr(), DenseI64ArrayAttr(), DenseI64ArrayAttr());
}

void StepWriter::parameter(StringRef name, StringRef owner, ArrayRef<double> values, bool ofTable) {
  std::string array = unique(name.str() + ".values");
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, real);
  step::ArrayOp::create(declare, text(array), DenseElementsAttr::get(type, values));
  state(name, owner, real);
  Operation* op = ofTable
                      ? step::TraverseOp::create(
                            prepare, symbol(owner),
                            step::TraverseKindAttr::get(declare.getContext(), step::TraverseKind::All),
                            FlatSymbolRefAttr(), declare.getArrayAttr({}))
                            .getOperation()
                      : step::MapOp::create(prepare, symbol(owner), declare.getArrayAttr({})).getOperation();
  StepBody body(op);
  auto kind = step::IndexKindAttr::get(declare.getContext(),
                                       ofTable ? step::IndexKind::Synapse : step::IndexKind::Element);
  Value index = step::IndexOp::create(body.build, ofTable ? Type(declare.getI64Type()) : integer, kind);
  body.writeState(name, step::LookupOp::create(body.build, real, symbol(array), index));
  body.finish();
}

void StepWriter::counter(StringRef name, StringRef owner, int32_t value) {
  state(name, owner, integer);
  StepBody body(step::MapOp::create(prepare, symbol(owner), declare.getArrayAttr({})));
  body.writeState(name, body.constant(value));
  body.finish();
}

StepBody StepWriter::map(StringRef over) {
  return StepBody(step::MapOp::create(act, symbol(over), act.getArrayAttr({})));
}

StepBody StepWriter::emit(StringRef table, StringRef events) {
  return StepBody(step::TraverseOp::create(
      act, symbol(table), step::TraverseKindAttr::get(act.getContext(), step::TraverseKind::Emit),
      symbol(events), act.getArrayAttr({})));
}

StepBody StepWriter::traverseAll(StringRef table) {
  return StepBody(step::TraverseOp::create(
      act, symbol(table), step::TraverseKindAttr::get(act.getContext(), step::TraverseKind::All),
      FlatSymbolRefAttr(), act.getArrayAttr({})));
}

void StepWriter::push(StringRef state) { step::PushOp::create(act, symbol(state)); }

void StepWriter::finish() {
  if (setup.getBody().front().empty()) {
    setup.erase();
  }
}

} // namespace nissl::nir
