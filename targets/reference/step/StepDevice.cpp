// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/step/StepDevice.h"

#include "compiler/conversion/StepToProgram.h"
#include "dialects/step/StepDialect.h"
#include "runtime/support/Error.h"
#include "runtime/support/Random.h"
#include "targets/reference/step/Reduction.h"
#include "targets/reference/step/StepMemory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {
namespace {

constexpr llvm::StringLiteral textSection = "step.mlir";

/// The writes of a body in yield order, found once.
struct BodyProgram {
  std::unique_ptr<Body> body;
  std::vector<step::ReadAttr> reads;
  std::vector<step::WriteAttr> writes;
  std::deque<std::vector<uint32_t>> arrivals; ///< of an `arrive` traversal: the events it saw, newest first
};

class StepDevice final : public runtime::Device {
public:
  void load(const program::Program& artefact, const runtime::DeviceOptions& options) override;
  void setInput(program::Index input, std::span<const double> values) override;
  void step(runtime::StepObserver* observer) override;
  void sampleNext(runtime::StepObserver& observer) override;
  void readState(program::Index state, int64_t begin, std::span<double> out) override;
  int64_t synapseCount(program::Index table) override {
    return static_cast<int64_t>(memory.tables[artefact->tables[table].name].size());
  }
  std::map<std::string, uint64_t> losses() const override { return {{"saturations", saturations}}; }
  std::map<std::string, uint64_t> counters() const override { return {{"synaptic_ops", synapticOps}}; }

private:
  void prepareBodies();
  void runBlock(Block& block, runtime::StepObserver* observer, bool untilSample = false);
  void runMap(step::MapOp map, runtime::StepObserver* observer);
  void runTraverse(step::TraverseOp traverse);
  void visitSynapse(BodyProgram& code, step::TraverseOp traverse, TableMemory& table, uint32_t synapse);
  Bits read(step::ReadAttr read, const BodyPosition& position, int64_t delay);
  void addToPort(llvm::StringRef name, int64_t element, int64_t delay, Bits value);
  void checkFinite();
  bool inSetup = false;
  uint64_t seedNow() const { return inSetup ? artefact->structureSeed : options.dynamicsSeed; }
  int64_t delayOf(TableMemory& table, uint32_t synapse);

  const program::Program* artefact = nullptr;
  runtime::DeviceOptions options;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
  step::ProgramOp program;
  StepMemory memory;
  llvm::DenseMap<Operation*, BodyProgram> bodies;
  int64_t now = 0;
  uint64_t saturations = 0, synapticOps = 0;
  std::map<program::Index, uint64_t> inputSaturations; ///< of what was set for the next step
};

void StepDevice::load(const program::Program& loaded, const runtime::DeviceOptions& chosen) {
  artefact = &loaded;
  options = chosen;
  now = 0;
  auto text = llvm::find_if(loaded.sections, [](const program::Section& s) { return s.name == textSection; });
  if (text == loaded.sections.end()) {
    throw Error::input("NS0601",
                       "the artefact has no section '{}'; compile it again to run it on the step interpreter",
                       textSection.str());
  }
  context.loadDialect<step::StepDialect, arith::ArithDialect, math::MathDialect>();
  llvm::StringRef source(reinterpret_cast<const char*>(text->bytes.data()), text->bytes.size());
  module = parseSourceString<ModuleOp>(source, ParserConfig(&context));
  auto programs =
      module ? llvm::to_vector(module->getOps<step::ProgramOp>()) : SmallVector<step::ProgramOp>();
  if (programs.size() != 1) {
    throw Error::input("NS0602", "section '{}' must hold exactly one step.program", textSection.str());
  }
  program = programs.front();
  memory = StepMemory::create(program, loaded);
  prepareBodies();
  inSetup = true;
  for (step::SetupOp setup : program.getBody().front().getOps<step::SetupOp>()) {
    runBlock(setup.getBody().front(), nullptr);
  }
  inSetup = false;
  synapticOps = 0;
  program.walk([&](step::StateOp op) {
    StateMemory& state = memory.states[op.getSymName()];
    state.initial = state.values;
    state.pushed.assign(op.getHistory(), state.values);
  });
  now = options.firstStep;
}

void StepDevice::prepareBodies() {
  auto arrayOf = [&](llvm::StringRef name) -> const std::vector<Bits>* { return &memory.arrays[name]; };
  bool understood = true;
  program.walk([&](Operation* op) {
    if (!isa<step::MapOp, step::TraverseOp>(op)) {
      return;
    }
    Block& block = op->getRegion(0).front();
    BodyProgram code;
    code.body = std::make_unique<Body>(block, arrayOf);
    understood &= code.body->ok();
    auto reads = op->getAttrOfType<ArrayAttr>("reads").getAsRange<step::ReadAttr>();
    code.reads.assign(reads.begin(), reads.end());
    auto writes = cast<step::YieldOp>(block.getTerminator()).getWrites().getAsRange<step::WriteAttr>();
    code.writes.assign(writes.begin(), writes.end());
    bodies[op] = std::move(code);
  });
  if (!understood) {
    throw Error::input("NS0603", "the step interpreter cannot run this program; see the errors above");
  }
}

void StepDevice::setInput(program::Index input, std::span<const double> values) {
  const program::Input& declared = artefact->inputs[input];
  std::vector<Bits>& bits = memory.inputs[declared.name];
  if (values.size() != bits.size()) {
    throw Error::input("NS0604", "input '{}' has {} elements, found {} values", declared.name, bits.size(),
                       values.size());
  }
  auto op = program.lookupSymbol<step::InputOp>(declared.name);
  uint64_t& saturated = inputSaturations[input];
  saturated = 0;
  for (size_t i = 0; i < bits.size(); ++i) {
    bits[i] = bitsOfNumber(values[i], op.getType(), declared.frac, saturated);
  }
}

void StepDevice::step(runtime::StepObserver* observer) {
  bool samples = !program.getBody().front().getOps<step::SampleOp>().empty();
  if (observer) {
    observer->onSample(now, /*before=*/true);
    if (!samples) {
      observer->onSample(now, /*before=*/false);
    }
  }
  runBlock(program.getBody().front(), observer);
  for (auto& port : memory.ports) {
    std::vector<Bits>& slot = port.second.slots[now % port.second.slots.size()];
    std::fill(slot.begin(), slot.end(), 0);
  }
  for (auto& input : memory.inputs) {
    std::fill(input.second.begin(), input.second.end(), 0);
  }
  for (auto& [input, count] : inputSaturations) {
    saturations += std::exchange(count, 0);
  }
  checkFinite();
  ++now;
}

void StepDevice::sampleNext(runtime::StepObserver& observer) {
  observer.onSample(now, /*before=*/true);
  Block& schedule = program.getBody().front();
  if (schedule.getOps<step::SampleOp>().empty()) {
    observer.onSample(now, /*before=*/false);
    return;
  }
  auto states = memory.states;
  auto ports = memory.ports;
  auto events = memory.events;
  llvm::DenseMap<Operation*, std::deque<std::vector<uint32_t>>> arrivals;
  for (auto& [op, code] : bodies) {
    arrivals[op] = code.arrivals;
  }
  uint64_t ops = synapticOps;
  runBlock(schedule, &observer, /*untilSample=*/true);
  checkFinite();
  memory.states = std::move(states);
  memory.ports = std::move(ports);
  memory.events = std::move(events);
  for (auto& [op, code] : bodies) {
    code.arrivals = std::move(arrivals[op]);
  }
  synapticOps = ops;
}

void StepDevice::runBlock(Block& block, runtime::StepObserver* observer, bool untilSample) {
  for (Operation& op : block) {
    TypeSwitch<Operation*>(&op)
        .Case<step::MapOp>([&](step::MapOp map) { runMap(map, observer); })
        .Case<step::TraverseOp>([&](step::TraverseOp traverse) { runTraverse(traverse); })
        .Case<step::PushOp>([&](step::PushOp push) {
          StateMemory& state = memory.states[push.getState()];
          state.pushed.pop_back();
          state.pushed.push_front(state.values);
        })
        .Case<step::RestoreOp>([&](step::RestoreOp restore) {
          StateMemory& state = memory.states[restore.getState()];
          state.values = state.initial;
        })
        .Case<step::ReduceOp>([&](step::ReduceOp op) { reduce(op, memory); })
        .Case<step::EveryOp>([&](step::EveryOp every) {
          if (now % static_cast<int64_t>(every.getPeriod()) == static_cast<int64_t>(every.getOffset())) {
            runBlock(every.getBody().front(), observer);
          }
        })
        .Case<step::WhenOp>([&](step::WhenOp when) {
          if (!memory.events[when.getEvents()].empty()) {
            runBlock(when.getBody().front(), observer);
          }
        })
        .Case<step::SampleOp>([&](step::SampleOp) {
          if (observer) {
            observer->onSample(now, /*before=*/false);
          }
        });
    if (untilSample && isa<step::SampleOp>(op)) {
      return;
    }
  }
}

Bits StepDevice::read(step::ReadAttr read, const BodyPosition& position, int64_t delay) {
  llvm::StringRef name = read.getSource().getValue();
  int64_t index = 0;
  switch (read.getRole()) {
  case step::ReadRole::Own:
    index = position.synapse >= 0 ? position.synapse : position.element;
    break;
  case step::ReadRole::Pre:
    index = position.pre;
    break;
  case step::ReadRole::Post:
    index = position.post;
    break;
  case step::ReadRole::Broadcast:
    if (read.getAt()) {
      int64_t own = position.synapse >= 0 ? position.synapse : position.element;
      index = static_cast<int64_t>(memory.states[read.getAt().getValue()].values[own]);
    }
    break;
  }
  if (auto port = memory.ports.find(name); port != memory.ports.end()) {
    return port->second.slots[now % port->second.slots.size()][index];
  }
  if (auto input = memory.inputs.find(name); input != memory.inputs.end()) {
    return input->second[index];
  }
  StateMemory& state = memory.states[name];
  int64_t size = static_cast<int64_t>(state.values.size());
  if (index < 0 || index >= size) {
    throw Error::input("NS0605", "'{}' is read at index {}, but has {} elements", name.str(), index, size);
  }
  if (!read.hasLag()) {
    return state.values[index];
  }
  return state.pushed[read.getLag() == step::ReadAttr::delayLag ? delay : read.getLag()][index];
}

void StepDevice::addToPort(llvm::StringRef name, int64_t element, int64_t delay, Bits value) {
  PortMemory& port = memory.ports[name];
  auto slots = static_cast<int64_t>(port.slots.size());
  if (delay < 0 || delay >= slots) {
    throw Error::input("NS0606",
                       "port '{}' has slots for 0 to {} steps ahead, but {} were asked for in step {}",
                       name.str(), slots - 1, delay, now);
  }
  Bits& sum = port.slots[(now + delay) % slots][element];
  sum = addBits(sum, value, port.type);
}

void StepDevice::runMap(step::MapOp map, runtime::StepObserver* observer) {
  BodyProgram& code = bodies[map];
  int64_t size = memory.extents.lookup(map.getOver());
  std::vector<std::vector<Bits>> written(code.writes.size());
  std::vector<Bits> arguments(code.reads.size());
  for (auto [w, write] : llvm::enumerate(code.writes)) {
    written[w].reserve(size);
    if (write.getKind() == step::WriteKind::Event) {
      memory.events[write.getTarget().getValue()].clear();
    }
  }
  for (int64_t element = 0; element < size; ++element) {
    BodyPosition position{seedNow(), static_cast<uint64_t>(inSetup ? 0 : now),
                          static_cast<uint64_t>(element)};
    position.element = element;
    position.synapse = -1;
    for (auto [r, readAttr] : llvm::enumerate(code.reads)) {
      arguments[r] = read(readAttr, position, 0);
    }
    code.body->run(arguments.data(), position);
    auto delay = static_cast<unsigned>(code.writes.size());
    for (auto [w, write] : llvm::enumerate(code.writes)) {
      Bits value = code.body->yielded(w);
      if (write.getKind() == step::WriteKind::Port) {
        int64_t after = write.getDelayed() ? static_cast<int64_t>(code.body->yielded(delay++)) : 0;
        addToPort(write.getTarget().getValue(), element, after, value);
      } else if (write.getKind() == step::WriteKind::Event) {
        if (value) {
          memory.events[write.getTarget().getValue()].push_back(static_cast<uint32_t>(element));
        }
      } else {
        written[w].push_back(value);
      }
    }
  }
  for (auto [w, write] : llvm::enumerate(code.writes)) {
    llvm::StringRef name = write.getTarget().getValue();
    if (write.getKind() == step::WriteKind::State) {
      memory.states[name].values = std::move(written[w]);
    } else if (write.getKind() == step::WriteKind::Event && observer) {
      auto index = llvm::find_if(artefact->events, [&](const program::Events& e) { return name == e.name; });
      observer->onEvents(static_cast<program::Index>(index - artefact->events.begin()), now,
                         memory.events[name]);
    }
  }
}

int64_t StepDevice::delayOf(TableMemory& table, uint32_t synapse) {
  if (!table.op.getDelayField()) {
    return table.op.getMinDelay();
  }
  auto delay = static_cast<int64_t>(memory.states[*table.op.getDelayField()].values[synapse]);
  if (delay < static_cast<int64_t>(table.op.getMinDelay()) ||
      delay > static_cast<int64_t>(table.op.getMaxDelay())) {
    throw Error::input("NS0607", "table '{}' has a delay of {} steps, declared from {} to {}",
                       table.op.getSymName().str(), delay, table.op.getMinDelay(), table.op.getMaxDelay());
  }
  return delay;
}

void StepDevice::runTraverse(step::TraverseOp traverse) {
  BodyProgram& code = bodies[traverse];
  TableMemory& table = memory.tables[traverse.getTable()];
  auto row = [&](uint32_t source, auto&& visit) {
    int64_t r = static_cast<int64_t>(source) - table.sourceBegin;
    if (r < 0 || r + 1 >= static_cast<int64_t>(table.rows.rowStart.size())) {
      return;
    }
    for (uint64_t s = table.rows.rowStart[r]; s < table.rows.rowStart[r + 1]; ++s) {
      visit(static_cast<uint32_t>(s));
    }
  };
  switch (traverse.getKind()) {
  case step::TraverseKind::All:
    for (uint32_t s = 0; s < table.size(); ++s) {
      visitSynapse(code, traverse, table, s);
    }
    break;
  case step::TraverseKind::Emit:
  case step::TraverseKind::Due:
    for (uint32_t source : memory.events[*traverse.getEvents()]) {
      row(source, [&](uint32_t s) { visitSynapse(code, traverse, table, s); });
    }
    break;
  case step::TraverseKind::Back:
    for (uint32_t target : memory.events[*traverse.getEvents()]) {
      for (uint32_t s : table.ofTarget[target]) {
        visitSynapse(code, traverse, table, s);
      }
    }
    break;
  case step::TraverseKind::Arrive: {
    code.arrivals.push_front(memory.events[*traverse.getEvents()]);
    if (code.arrivals.size() > table.op.getMaxDelay() + 1) {
      code.arrivals.pop_back();
    }
    for (int64_t ago = static_cast<int64_t>(code.arrivals.size()) - 1; ago >= 0; --ago) {
      for (uint32_t source : code.arrivals[ago]) {
        row(source, [&](uint32_t s) {
          if (delayOf(table, s) == ago) {
            visitSynapse(code, traverse, table, s);
          }
        });
      }
    }
    break;
  }
  }
}

void StepDevice::visitSynapse(BodyProgram& code, step::TraverseOp traverse, TableMemory& table,
                              uint32_t synapse) {
  ++synapticOps;
  BodyPosition position{seedNow(), static_cast<uint64_t>(inSetup ? 0 : now),
                        support::synapseEntity(table.source[synapse], table.ordinal[synapse])};
  position.pre = table.source[synapse];
  position.post = table.rows.target[synapse];
  position.ordinal = table.ordinal[synapse];
  position.synapse = synapse;
  int64_t delay = inSetup ? 0 : delayOf(table, synapse);
  std::vector<Bits> arguments(code.reads.size());
  for (auto [r, readAttr] : llvm::enumerate(code.reads)) {
    arguments[r] = read(readAttr, position, delay);
  }
  code.body->run(arguments.data(), position);
  auto nextDelay = static_cast<unsigned>(code.writes.size());
  for (auto [w, write] : llvm::enumerate(code.writes)) {
    Bits value = code.body->yielded(w);
    llvm::StringRef name = write.getTarget().getValue();
    if (write.getKind() == step::WriteKind::State) {
      memory.states[name].values[synapse] = value;
      continue;
    }
    int64_t after = write.getDelayed() ? static_cast<int64_t>(code.body->yielded(nextDelay++)) : 0;
    bool emits =
        traverse.getKind() == step::TraverseKind::Emit || traverse.getKind() == step::TraverseKind::Due;
    addToPort(name, position.post, emits ? delay : after, value);
  }
}

void StepDevice::readState(program::Index state, int64_t begin, std::span<double> out) {
  const program::State& declared = artefact->states[state];
  StateMemory& values = memory.states[declared.name];
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = numberOf(values.values.at(begin + i), values.type, values.frac);
  }
}

void StepDevice::checkFinite() {
  for (const program::State& declared : artefact->states) {
    StateMemory& state = memory.states[declared.name];
    if (!isa<FloatType>(state.type)) {
      continue;
    }
    for (size_t i = 0; i < state.values.size(); ++i) {
      double value = numberOf(state.values[i], state.type, state.frac);
      if (!std::isfinite(value)) {
        throw Error::input("NS0608",
                           "'{}' of element {} is {} after step {}; check the equations, dt and the inputs",
                           declared.name, i, value, now);
      }
    }
  }
}

} // namespace

std::unique_ptr<runtime::Device> createStepDevice() { return std::make_unique<StepDevice>(); }

} // namespace nissl::reference
