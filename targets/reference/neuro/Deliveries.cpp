// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/Deliveries.h"

#include "runtime/program/Connectivity.h"
#include "runtime/support/Error.h"

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {
namespace {

/// The names in a weight or delay that is the same for all synapses: there are none.
class NoNames final : public Scope {
public:
  explicit NoNames(double step) { dt = step; }
  Number get(StringRef name) override { throw refuse(name); }
  Quantity broadcast(StringRef population, StringRef) override { throw refuse(population); }
  Quantity fired(StringRef event) override { throw refuse(event); }
  Quantity random(neuro::Distribution, int64_t, const std::string&, const Quantity&) override {
    throw refuse("rand()");
  }
  Quantity reduce(neuro::ReduceOp op) override { throw refuse("a reduction"); }
  ElementsAttr array(StringRef name) override { throw refuse(name); }

private:
  static Error refuse(StringRef name) {
    return Error::input("NS0621", "a weight or delay reads '{}', but the program has no value per synapse",
                        name.str());
  }
};

template <typename List>
program::Index find(const List& list, const std::string& name) {
  auto found = llvm::find_if(list, [&](const auto& entry) { return entry.name == name; });
  return found == list.end() ? program::none : static_cast<program::Index>(found - list.begin());
}

} // namespace

std::string Deliveries::refusal(neuro::ProjectionOp op) {
  std::string name = op.getSymName().str();
  if (op.getRulesAttr()) {
    return "projection '" + name + "' has rules, which are not interpreted";
  }
  return op.getSameStep() ? "projection '" + name + "' arrives in the same step, which is not interpreted"
                          : "";
}

Deliveries::Deliveries(Network& network, neuro::ProjectionOp op, runtime::Device& device,
                       const program::Program& program)
    : target(network.find(op.getTarget().getPopulation().getValue())), port(op.getPort().value_or("").str()) {
  std::string name = op.getSymName().str(), source = op.getSource().getPopulation().getValue().str();
  program::Index index = find(program.tables, name);
  std::string sent = source + "." + op.getEventName().str();
  fromCells = network.find(source) != nullptr;
  events = find(program.events, sent + ".emitted");
  events = events == program::none ? find(program.events, sent) : events;
  if (index == program::none || events == program::none) {
    throw Error::input("NS0621", "program '{}' has no table '{}' or no events '{}'", program.name, name,
                       sent);
  }
  const program::Table& table = program.tables[index];
  program::Rows rows =
      program::expandRows(table.connect, program::shapeOf(table), program.structureSeed, name, 1);
  rowStart = std::move(rows.rowStart);
  targets = std::move(rows.target);
  firstSource = table.sourceBegin;
  auto values = [&](program::Index state, Region& body, double otherwise) {
    std::vector<double> result(targets.size(), otherwise);
    if (state != program::none) {
      device.readState(state, 0, result);
    } else if (!body.empty()) {
      NoNames names(network.dt);
      result.assign(targets.size(), evaluate(body, names, Forms(1e-9)).front().value.value);
    }
    return result;
  };
  weights = values(find(program.states, name + ".w"), op.getWeight(), 1.0);
  bool varies = table.delayField != program::none; // then in steps, else in seconds
  for (double delay : values(table.delayField, op.getDelay(), 0.0)) {
    delays.push_back(varies ? static_cast<int64_t>(delay) : stepsOf(delay, network.dt));
  }
}

void Deliveries::emit(int64_t stamp, const std::set<int64_t>& cells) {
  for (int64_t cell : cells) {
    int64_t row = cell - firstSource;
    if (row < 0 || row + 1 >= static_cast<int64_t>(rowStart.size())) {
      continue;
    }
    for (uint64_t synapse = rowStart[row]; synapse < rowStart[row + 1]; ++synapse) {
      std::vector<Quantity>& due = target->due[{port, stamp + delays[synapse]}];
      due.resize(static_cast<size_t>(target->size), {0.0, 0.0, Trust::Sure, Origin::Moving});
      Quantity& sum = due[targets[synapse]];
      sum = Arithmetic(1.0).add(sum, Arithmetic::constant(weights[synapse]));
    }
  }
}

} // namespace nissl::reference
