// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/conversion/StepToProgram.h"

#include "compiler/conversion/FindDecay.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace mlir;
using namespace nissl;
using namespace nissl::step;

namespace nissl::compiler {

ProgramIndex::ProgramIndex(ProgramOp program) {
  auto add = [](llvm::StringMap<program::Index>& map, StringRef name) {
    auto next = static_cast<program::Index>(map.size());
    map[name] = next;
  };
  for (Operation& op : program.getBody().front()) {
    TypeSwitch<Operation*>(&op)
        .Case<ExtentOp>([&](ExtentOp op) { add(extents, op.getSymName()); })
        .Case<SynapsesOp>([&](SynapsesOp op) { add(tables, op.getSymName()); })
        .Case<StateOp>([&](StateOp op) { add(states, op.getSymName()); })
        .Case<PortOp>([&](PortOp op) { add(ports, op.getSymName()); })
        .Case<EventsOp>([&](EventsOp op) { add(eventSets, op.getSymName()); })
        .Case<InputOp>([&](InputOp op) { add(inputs, op.getSymName()); })
        .Case<ArrayOp>([&](ArrayOp op) { add(arrays, op.getSymName()); });
  }
}

program::ScalarType scalarTypeOf(Type type) {
  using program::ScalarType;
  if (type.isF64()) {
    return ScalarType::F64;
  }
  if (type.isF32()) {
    return ScalarType::F32;
  }
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return ScalarType::I1;
  case 8:
    return ScalarType::I8;
  case 16:
    return ScalarType::I16;
  case 32:
    return ScalarType::I32;
  default:
    return ScalarType::I64;
  }
}

namespace {

template <typename To, typename From>
To sameNumber(From value) {
  return static_cast<To>(static_cast<int>(value));
}

int32_t fracOf(std::optional<uint64_t> frac) {
  return frac ? static_cast<int32_t>(*frac) : static_cast<int32_t>(program::none);
}

std::vector<std::byte> bytesOf(ElementsAttr values) {
  auto type = cast<ShapedType>(values.getType());
  Type element = type.getElementType();
  size_t size = program::sizeOf(scalarTypeOf(element));
  std::vector<std::byte> bytes(size * type.getNumElements());
  std::byte* next = bytes.data();
  auto append = [&](const APInt& bits) {
    uint64_t word = bits.getZExtValue();
    std::memcpy(next, &word, size); // little-endian, as the artefact is
    next += size;
  };
  if (isa<FloatType>(element)) {
    for (APFloat value : values.getValues<APFloat>()) {
      append(value.bitcastToAPInt());
    }
  } else {
    for (APInt value : values.getValues<APInt>()) {
      append(value);
    }
  }
  return bytes;
}

program::Table tableOf(SynapsesOp op, const ProgramIndex& index) {
  auto program = op->getParentOfType<ProgramOp>();
  auto range = [&](FlatSymbolRefAttr side, std::optional<ArrayRef<int64_t>> part, int64_t& begin,
                   int64_t& end) {
    begin = part ? (*part)[0] : 0;
    end = part ? (*part)[1] : cast<ExtentOp>(SymbolTable::lookupSymbolIn(program, side)).getSize();
  };
  program::Table table;
  table.name = op.getSymName().str();
  table.source = index.extent(op.getSource());
  table.target = index.extent(op.getTarget());
  range(op.getSourceAttr(), op.getSourceRange(), table.sourceBegin, table.sourceEnd);
  range(op.getTargetAttr(), op.getTargetRange(), table.targetBegin, table.targetEnd);
  ConnectAttr connect = op.getConnect();
  table.connect.kind = sameNumber<program::ConnectKind>(connect.getKind());
  table.connect.count = connect.getCount();
  table.connect.probability = connect.getProbability() ? connect.getProbability().getValueAsDouble() : 0.0;
  table.connect.autapses = connect.getAutapses();
  table.connect.multapses = connect.getMultapses();
  if (connect.getPre()) {
    table.connect.pre.assign(connect.getPre().asArrayRef().begin(), connect.getPre().asArrayRef().end());
    table.connect.post.assign(connect.getPost().asArrayRef().begin(), connect.getPost().asArrayRef().end());
  }
  table.minDelay = op.getMinDelay();
  table.maxDelay = op.getMaxDelay();
  table.delayField = op.getDelayField() ? index.state(*op.getDelayField()) : program::none;
  return table;
}

class Builder {
public:
  Builder(ProgramOp program, const ProgramIndex& index, const KernelOf& kernelOf, program::Program& out)
      : program(program), index(index), kernelOf(kernelOf), out(out), decays(findDecays(program)) {}

  void declarations() {
    for (Operation& op : program.getBody().front()) {
      declaration(op);
    }
  }

  /// The actions of a block, in order; setup and declarations are not actions.
  std::vector<program::Action> actions(Block& block) {
    std::vector<program::Action> result;
    for (Operation& op : block) {
      if (isa<MapOp, TraverseOp, PushOp, ReduceOp, EveryOp, WhenOp, RestoreOp, SampleOp>(op)) {
        result.push_back(action(op));
      }
    }
    return result;
  }

private:
  void declaration(Operation& op) {
    TypeSwitch<Operation*>(&op)
        .Case<ExtentOp>([&](ExtentOp op) {
          out.extents.push_back({op.getSymName().str(), static_cast<int64_t>(op.getSize())});
        })
        .Case<SynapsesOp>([&](SynapsesOp op) { out.tables.push_back(tableOf(op, index)); })
        .Case<StateOp>([&](StateOp op) {
          bool ofTable = isa<SynapsesOp>(SymbolTable::lookupSymbolIn(program, op.getOwnerAttr()));
          out.states.push_back({op.getSymName().str(), ofTable,
                                ofTable ? index.table(op.getOwner()) : index.extent(op.getOwner()),
                                scalarTypeOf(op.getType()), static_cast<int64_t>(op.getHistory()),
                                fracOf(op.getFrac()), decays.lookup(op.getSymName())});
        })
        .Case<PortOp>([&](PortOp op) {
          out.ports.push_back({op.getSymName().str(), index.extent(op.getOwner()), scalarTypeOf(op.getType()),
                               static_cast<int64_t>(op.getSlots()), fracOf(op.getFrac())});
        })
        .Case<EventsOp>(
            [&](EventsOp op) { out.events.push_back({op.getSymName().str(), index.extent(op.getOwner())}); })
        .Case<InputOp>([&](InputOp op) {
          out.inputs.push_back({op.getSymName().str(), index.extent(op.getOwner()),
                                scalarTypeOf(op.getType()), fracOf(op.getFrac())});
        })
        .Case<ArrayOp>([&](ArrayOp op) {
          Type element = cast<ShapedType>(op.getValues().getType()).getElementType();
          out.arrays.push_back({op.getSymName().str(), scalarTypeOf(element), bytesOf(op.getValues())});
        })
        .Case<ProbeOp>([&](ProbeOp op) { out.probes.push_back(probe(op)); });
  }

  program::Probe probe(ProbeOp op) {
    program::Probe probe;
    probe.name = op.getSymName().str();
    Operation* subject = SymbolTable::lookupSymbolIn(program, op.getSubjectAttr());
    bool events = isa<EventsOp>(subject);
    probe.kind = events ? program::ProbeKind::Events : program::ProbeKind::State;
    probe.subject = events ? index.events(op.getSubject()) : index.state(op.getSubject());
    probe.period = op.getPeriod();
    auto owner = subject->getAttrOfType<FlatSymbolRefAttr>("owner");
    if (op.getRange()) {
      probe.begin = (*op.getRange())[0];
      probe.end = (*op.getRange())[1];
    } else if (auto extent = dyn_cast<ExtentOp>(SymbolTable::lookupSymbolIn(program, owner))) {
      probe.end = extent.getSize();
    } else {
      probe.end = program::none; // all synapses: their number is known at load
    }
    probe.before = op.getBefore();
    probe.unit = op.getUnit().value_or("").str();
    probe.scale = op.getScale() ? op.getScale()->convertToDouble() : 1.0;
    return probe;
  }

  program::Action action(Operation& op) {
    program::Action action;
    TypeSwitch<Operation*>(&op)
        .Case<MapOp>([&](MapOp op) {
          action.kind = program::ActionKind::Map;
          action.subject = index.extent(op.getOver());
          body(op, action);
        })
        .Case<TraverseOp>([&](TraverseOp op) {
          action.kind = program::ActionKind::Traverse;
          action.subject = index.table(op.getTable());
          action.traverse = sameNumber<program::TraverseKind>(op.getKind());
          action.events = op.getEvents() ? index.events(*op.getEvents()) : program::none;
          body(op, action);
        })
        .Case<PushOp>([&](PushOp op) {
          action.kind = program::ActionKind::Push;
          action.subject = index.state(op.getState());
        })
        .Case<RestoreOp>([&](RestoreOp op) {
          action.kind = program::ActionKind::Restore;
          action.subject = index.state(op.getState());
        })
        .Case<ReduceOp>([&](ReduceOp op) {
          action.kind = program::ActionKind::Reduce;
          action.subject = index.state(op.getSource());
          action.reduce = sameNumber<program::ReduceKind>(op.getKind());
          action.by = sameNumber<program::ReduceBy>(op.getBy());
          action.into = index.state(op.getInto());
        })
        .Case<EveryOp>([&](EveryOp op) {
          action.kind = program::ActionKind::Every;
          action.period = op.getPeriod();
          action.offset = op.getOffset();
          action.body = actions(op.getBody().front());
        })
        .Case<WhenOp>([&](WhenOp op) {
          action.kind = program::ActionKind::When;
          action.subject = index.events(op.getEvents());
          action.body = actions(op.getBody().front());
        })
        .Default([&](Operation*) { action.kind = program::ActionKind::Sample; });
    return action;
  }

  void body(Operation* op, program::Action& action) {
    action.kernel = kernelOf(op);
    auto yield = cast<YieldOp>(op->getRegion(0).front().getTerminator());
    for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
      StringRef name = write.getTarget().getValue();
      if (write.getKind() == WriteKind::Event) {
        action.writesEvents.push_back(index.events(name));
      } else if (write.getKind() == WriteKind::Port) {
        action.writesPorts.push_back(index.port(name));
      }
    }
  }

  ProgramOp program;
  const ProgramIndex& index;
  const KernelOf& kernelOf;
  program::Program& out;
  const llvm::StringMap<double> decays;
};

} // namespace

void buildProgram(ProgramOp program, const ProgramIndex& index, const KernelOf& kernelOf,
                  program::Program& out) {
  out.name = program.getSymName().str();
  out.dt = program.getDt().convertToDouble();
  Builder builder(program, index, kernelOf, out);
  builder.declarations();
  for (SetupOp setup : program.getBody().front().getOps<SetupOp>()) {
    std::vector<program::Action> actions = builder.actions(setup.getBody().front());
    out.setup.insert(out.setup.end(), actions.begin(), actions.end());
  }
  out.schedule = builder.actions(program.getBody().front());
}

void attachStepText(ModuleOp module, program::Program& out) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  program::Section section;
  section.name = "step.mlir";
  section.bytes.resize(text.size());
  std::memcpy(section.bytes.data(), text.data(), text.size());
  out.sections.push_back(std::move(section));
}

} // namespace nissl::compiler
