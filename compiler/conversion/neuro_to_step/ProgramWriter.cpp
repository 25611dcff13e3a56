// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/neuro_to_step/ProgramWriter.h"

using namespace mlir;

namespace nissl::conversion {

ProgramWriter::ProgramWriter(Operation* network, double dt)
    : here(network->getLoc()), declarations(network->getLoc(), network->getContext()) {
  declarations.setInsertionPointAfter(network);
  program = step::ProgramOp::create(declarations, SymbolTable::getSymbolName(network),
                                    declarations.getF64FloatAttr(dt));
  declarations.setInsertionPointToEnd(&program.getBody().emplaceBlock());
  for (Block*& block : blocks) {
    block = new Block;
  }
}

ProgramWriter::~ProgramWriter() {
  for (Block* block : blocks) {
    delete block;
  }
}

void ProgramWriter::setLocation(Location location) {
  here = location;
  declarations.setLoc(location);
}

std::string ProgramWriter::unique(const std::string& base) {
  std::string name = base;
  for (unsigned i = 2; !taken.insert(name).second; ++i) {
    name = base + "." + std::to_string(i);
  }
  return name;
}

//===-- Declarations -----------------------------------------------------------------------------===//

std::string ProgramWriter::extent(const std::string& base, int64_t size) {
  std::string name = unique(base);
  step::ExtentOp::create(declarations, declarations.getStringAttr(name),
                         declarations.getI64IntegerAttr(size));
  return name;
}

std::string ProgramWriter::state(const std::string& base, StringRef owner, Type type) {
  std::string name = unique(base);
  states[name] = step::StateOp::create(declarations, declarations.getStringAttr(name), symbol(owner),
                                       TypeAttr::get(type ? type : declarations.getF64Type()),
                                       declarations.getI64IntegerAttr(0), IntegerAttr());
  return name;
}

void ProgramWriter::setBounds(StringRef state, DenseF64ArrayAttr bounds) {
  SmallVector<double> ends(bounds.asArrayRef());
  states[state]->setAttr("bounds", declarations.getF64ArrayAttr(ends));
}

std::string ProgramWriter::parameter(const std::string& base, StringRef owner, Type type) {
  std::string name = state(base, owner, type);
  parameters.insert(name);
  return name;
}

std::string ProgramWriter::port(const std::string& base, StringRef owner, int64_t slots, Type type) {
  std::string name = unique(base);
  ports[name] = step::PortOp::create(declarations, declarations.getStringAttr(name), symbol(owner),
                                     TypeAttr::get(type ? type : declarations.getF64Type()),
                                     declarations.getI64IntegerAttr(slots), IntegerAttr());
  return name;
}

std::string ProgramWriter::events(const std::string& base, StringRef owner) {
  std::string name = unique(base);
  step::EventsOp::create(declarations, declarations.getStringAttr(name), symbol(owner));
  return name;
}

std::string ProgramWriter::input(const std::string& base, StringRef owner) {
  std::string name = unique(base);
  step::InputOp::create(declarations, declarations.getStringAttr(name), symbol(owner),
                        TypeAttr::get(declarations.getF64Type()), IntegerAttr());
  return name;
}

std::string ProgramWriter::array(const std::string& base, ElementsAttr values) {
  std::string name = unique(base);
  step::ArrayOp::create(declarations, declarations.getStringAttr(name), values);
  return name;
}

void ProgramWriter::needHistory(StringRef name, int64_t values) {
  step::StateOp state = states.lookup(name);
  state.setHistory(std::max<int64_t>(state.getHistory(), values));
}

void ProgramWriter::needSlots(StringRef name, int64_t slots) {
  step::PortOp port = ports.lookup(name);
  port.setSlots(std::max<int64_t>(port.getSlots(), slots));
}

StringRef ProgramWriter::networkExtent() {
  if (network.empty()) {
    network = extent("network", 1);
  }
  return network;
}

//===-- Actions ----------------------------------------------------------------------------------===//

ImplicitLocOpBuilder ProgramWriter::at(Phase phase) {
  auto index = static_cast<unsigned>(phase);
  ImplicitLocOpBuilder build(here, program.getContext());
  build.setInsertionPointToEnd(inner[index] ? inner[index] : blocks[index]);
  return build;
}

BodyWriter ProgramWriter::map(Phase phase, StringRef over) {
  ImplicitLocOpBuilder build = at(phase);
  return BodyWriter(step::MapOp::create(build, symbol(over), build.getArrayAttr({})));
}

BodyWriter ProgramWriter::traverse(Phase phase, StringRef table, step::TraverseKind kind, StringRef events) {
  ImplicitLocOpBuilder build = at(phase);
  return BodyWriter(step::TraverseOp::create(
      build, symbol(table), step::TraverseKindAttr::get(build.getContext(), kind),
      events.empty() ? FlatSymbolRefAttr() : symbol(events), build.getArrayAttr({})));
}

void ProgramWriter::push(Phase phase, StringRef state) {
  ImplicitLocOpBuilder build = at(phase);
  step::PushOp::create(build, symbol(state));
}

Operation* ProgramWriter::marker(Phase phase) {
  ImplicitLocOpBuilder build = at(phase);
  return markers.emplace_back(step::SampleOp::create(build));
}

BodyWriter ProgramWriter::mapBefore(Operation* marker, StringRef over) {
  ImplicitLocOpBuilder build(here, marker);
  return BodyWriter(step::MapOp::create(build, symbol(over), build.getArrayAttr({})));
}

void ProgramWriter::pushBefore(Operation* marker, StringRef state) {
  ImplicitLocOpBuilder build(here, marker);
  step::PushOp::create(build, symbol(state));
}

void ProgramWriter::reduce(Phase phase, step::ReduceKind kind, StringRef source, step::ReduceBy by,
                           StringRef into) {
  ImplicitLocOpBuilder build = at(phase);
  step::ReduceOp::create(build, step::ReduceKindAttr::get(build.getContext(), kind), symbol(source),
                         step::ReduceByAttr::get(build.getContext(), by), symbol(into));
}

void ProgramWriter::restore(Phase phase, StringRef state) {
  ImplicitLocOpBuilder build = at(phase);
  step::RestoreOp::create(build, symbol(state));
}

step::ProgramOp ProgramWriter::finish() {
  for (Operation* marker : markers) {
    marker->erase();
  }
  Block& body = program.getBody().front();
  for (unsigned phase = 0; phase < phaseCount; ++phase) {
    if (phase == static_cast<unsigned>(Phase::Setup)) {
      if (!blocks[phase]->empty()) {
        auto setup = step::SetupOp::create(declarations);
        Block& inside = setup.getBody().emplaceBlock();
        inside.getOperations().splice(inside.end(), blocks[phase]->getOperations());
      }
      continue;
    }
    body.getOperations().splice(body.end(), blocks[phase]->getOperations());
    if (phase == static_cast<unsigned>(Phase::Arrive)) {
      declarations.setInsertionPointToEnd(&body);
      step::SampleOp::create(declarations);
    }
  }
  return program;
}

} // namespace nissl::conversion
