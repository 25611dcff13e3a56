// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/ChipProgram.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::golgi {
namespace {

class Reader {
public:
  Reader(ChipOp chip, SetupValues& setup) : chip(chip), setup(setup) {}

  FailureOr<ChipProgram> run() {
    result.ticksPerStep = static_cast<int64_t>(chip.getTicks());
    result.sampleTick = static_cast<int64_t>(chip.getSample());
    for (PopulationOp population : chip.getBody().front().getOps<PopulationOp>()) {
      cellOf[population.getSymName()] = result.cells.size();
      CellLayout& cell = result.cells.emplace_back();
      cell.name = population.getSymName().str();
      cell.size = static_cast<int64_t>(population.getSize());
    }
    for (Operation& op : chip.getBody().front()) {
      TypeSwitch<Operation*>(&op)
          .Case<StateOp>([&](StateOp state) { add(cell(state).states, state); })
          .Case<PortOp>([&](PortOp port) {
            portOf[port.getSymName()] = static_cast<unsigned>(port.getNumber());
            ownerOf[port.getSymName()] = cellOf[port.getOwner()];
            add(cell(port).ports, port);
          })
          .Case<InputOp>([&](InputOp input) { add(cell(input).inputs, input); })
          .Case<ParameterOp>([&](ParameterOp parameter) { addParameter(parameter); })
          .Case<ProgramOp>([&](ProgramOp program) { addMap(program); });
    }
    for (ProjectionOp projection : chip.getBody().front().getOps<ProjectionOp>()) {
      if (failed(addEdge(projection))) {
        return failure();
      }
    }
    return std::move(result);
  }

private:
  template <typename OpT>
  CellLayout& cell(OpT word) {
    return result.cells[cellOf[word.getOwner()]];
  }
  template <typename OpT>
  static void add(std::vector<std::string>& names, OpT word) {
    names.push_back(word.getSymName().str());
  }

  void addParameter(ParameterOp parameter) {
    CellLayout& owner = cell(parameter);
    owner.parameters.push_back({&setup.valuesOf(parameter.getSymName()),
                                static_cast<unsigned>(parameter.getHalfword()), parameter.getWide()});
    owner.parameterHalfwords += parameter.getWide() ? 2 : 1;
  }

  void addMap(ProgramOp program) {
    mapOf[program.getSymName()] = result.maps.size();
    MapCode& map = result.maps.emplace_back();
    map.cell = cellOf[program.getPopulation()];
    map.tick = static_cast<int64_t>(program.getTick());
    map.period = static_cast<int64_t>(program.getEvery());
    map.offset = static_cast<int64_t>(program.getOffset());
    if (program.getEvents()) {
      for (auto event : program.getEventsAttr().getAsRange<FlatSymbolRefAttr>()) {
        map.events.push_back(event.getValue().str());
      }
    }
    CellLayout& cell = result.cells[map.cell];
    cell.spillWords = std::max(cell.spillWords, static_cast<unsigned>(program.getSpills()));
  }

  LogicalResult addEdge(ProjectionOp projection) {
    FailureOr<const Deliveries*> deliveries = setup.deliveriesOf(
        static_cast<int64_t>(projection.getTraversal()), static_cast<int64_t>(projection.getWrite()));
    if (failed(deliveries)) {
      return failure();
    }
    Edge& edge = result.edges.emplace_back();
    edge.name = projection.getTable().str();
    edge.sourceMap = mapOf[projection.getSource()];
    edge.sourceEvent = static_cast<unsigned>(projection.getEvent());
    edge.targetCell = ownerOf[projection.getTarget()];
    edge.targetPort = portOf[projection.getTarget()];
    edge.lag = static_cast<int64_t>(projection.getLag());
    edge.deliveries = *deliveries;
    return success();
  }

  ChipOp chip;
  SetupValues& setup;
  ChipProgram result;
  llvm::StringMap<unsigned> cellOf, mapOf, portOf, ownerOf;
};

} // namespace

FailureOr<ChipProgram> readChip(ChipOp chip, SetupValues& setup) { return Reader(chip, setup).run(); }

} // namespace nissl::golgi
