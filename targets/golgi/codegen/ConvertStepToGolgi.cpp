// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A step program as the chip sees it: which map is a program, which traversal a projection, which state a
// word and which a parameter. Nothing is placed.
#include "dialects/golgi/GolgiDialect.h"
#include "runtime/support/Error.h"
#include "targets/golgi/codegen/MicrocodePatterns.h"
#include "targets/golgi/codegen/Passes.h"
#include "targets/golgi/codegen/Strata.h"
#include "targets/golgi/model/ChipModel.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::golgi {

#define GEN_PASS_DEF_CONVERTSTEPTOGOLGI
#include "targets/golgi/codegen/Passes.h.inc"

namespace {

constexpr int64_t narrowLow = -32768, narrowHigh = 32767;

CapacitiesAttr capacitiesOf(const ChipModel& model, MLIRContext* context) {
  auto of = [&](Resource resource) { return static_cast<int64_t>(model.capacity(resource)); };
  return CapacitiesAttr::get(context, of(Resource::Instructions), of(Resource::Groups), of(Resource::Cells),
                             of(Resource::StateWords), of(Resource::StateWordsPerCell),
                             of(Resource::ParameterHalfwords), of(Resource::Constants),
                             of(Resource::LutEntries), of(Resource::LutTables), of(Resource::InputWords),
                             of(Resource::Accumulators), of(Resource::AccSlots), of(Resource::AxonsIn),
                             of(Resource::SynapseWords), of(Resource::SpikeSources), of(Resource::AxonsOut));
}

class ChipWriter {
public:
  ChipWriter(step::ProgramOp program, SetupValues& setup, const ChipModel& model)
      : program(program), setup(setup), model(model), builder(program) {
    builder.setInsertionPointAfter(program);
  }

  LogicalResult run() {
    collectWrites();
    createChip();
    writeWords();
    collectMaps();
    if (failed) {
      return failure();
    }
    FailureOr<Strata> ordered = stratify(program, maps);
    if (mlir::failed(ordered)) {
      return failure();
    }
    strata = *std::move(ordered);
    chip.setTicks(strata.ticksPerStep);
    chip.setSample(strata.sampleTick);
    if (mlir::failed(writePrograms())) {
      return failure();
    }
    writeProjections();
    return success(!failed);
  }

private:
  InFlightDiagnostic refuse(Operation* op) {
    failed = true;
    return op->emitError() << "the golgi chip ";
  }
  Operation* symbol(FlatSymbolRefAttr name) { return SymbolTable::lookupSymbolIn(program, name); }

  void createChip() {
    int64_t mesh[] = {model.width(), model.height()};
    chip = ChipOp::create(builder, program.getLoc(), (program.getSymName() + ".chip").str(),
                          program.getSymName(), model.name(), mesh, CapacitiesAttr(), 1, 0);
    CapacitiesAttr capacities = capacitiesOf(model, builder.getContext());
    if (capacities != chip.capacitiesOrDefault()) {
      chip.setCapacitiesAttr(capacities);
    }
    builder.setInsertionPointToStart(&chip.getBody().emplaceBlock());
  }

  //===-- Words of a cell ------------------------------------------------------------------------===//

  void collectWrites() {
    program.walk([&](step::YieldOp yield) {
      if (yield->getParentOfType<step::SetupOp>()) {
        return;
      }
      for (auto write : yield.getWrites().getAsRange<step::WriteAttr>()) {
        if (write.getKind() == step::WriteKind::State) {
          written.insert(write.getTarget().getValue());
        }
      }
    });
  }

  void writeWords() {
    for (Operation& op : program.getBody().front()) {
      if (auto extent = dyn_cast<step::ExtentOp>(op)) {
        PopulationOp::create(builder, extent.getLoc(), extent.getSymName(), extent.getSize());
        words[extent.getSymName()];
      }
    }
    for (Operation& op : program.getBody().front()) {
      TypeSwitch<Operation*>(&op)
          .Case<step::StateOp>([&](step::StateOp state) { writeState(state); })
          .Case<step::PortOp>([&](step::PortOp port) {
            requireWord(port, port.getType());
            PortOp::create(builder, port.getLoc(), port.getSymName(), port.getOwner(),
                           words[port.getOwner()].ports++);
          })
          .Case<step::InputOp>([&](step::InputOp input) {
            requireWord(input, input.getType());
            InputOp::create(builder, input.getLoc(), input.getSymName(), input.getOwner(),
                            words[input.getOwner()].inputs++);
          });
    }
  }

  void requireWord(Operation* op, Type type) {
    if (isa<FloatType>(type)) {
      refuse(op) << "computes in fixed point; compile with --precision fixed";
    } else if (!type.isInteger(32) && !type.isInteger(1)) {
      refuse(op) << "has words of 32 bits, found " << type;
    }
  }

  void writeState(step::StateOp state) {
    StringRef name = state.getSymName();
    if (state.getHistory() > 0) {
      refuse(state) << "keeps no history of a state; " << state.getSymNameAttr() << " needs "
                    << state.getHistory() << " values";
      return;
    }
    requireWord(state, state.getType());
    auto owner = words.find(state.getOwner());
    if (owner == words.end()) {
      if (written.contains(name)) {
        refuse(state) << "has no learning engine yet; " << state.getSymNameAttr()
                      << " of a synapse table is changed by a rule";
      }
      return;
    }
    if (written.contains(name)) {
      StateOp::create(builder, state.getLoc(), name, state.getOwner(), owner->second.states++);
      return;
    }
    ArrayRef<int32_t> values = setup.valuesOf(name);
    if (llvm::all_equal(values)) {
      return; // a constant of the microcode
    }
    bool wide = llvm::any_of(values, [](int32_t v) { return v < narrowLow || v > narrowHigh; });
    ParameterOp::create(builder, state.getLoc(), name, state.getOwner(), owner->second.halfwords, wide);
    owner->second.halfwords += wide ? 2 : 1;
  }

  //===-- Programs -------------------------------------------------------------------------------===//

  void collectMaps() {
    for (Operation& op : program.getBody().front()) {
      if (auto map = dyn_cast<step::MapOp>(op)) {
        addMap(map, 1, 0);
      } else if (auto every = dyn_cast<step::EveryOp>(op)) {
        for (Operation& inner : every.getBody().front()) {
          if (auto map = dyn_cast<step::MapOp>(inner)) {
            addMap(map, every.getPeriod(), every.getOffset());
          } else {
            refuse(&inner) << "runs only maps every " << every.getPeriod() << " steps, not '"
                           << inner.getName() << "'";
          }
        }
      } else if (isa<step::PushOp, step::ReduceOp, step::WhenOp, step::RestoreOp>(op)) {
        refuse(&op) << "does not build '" << op.getName() << "'";
      } else if (auto traverse = dyn_cast<step::TraverseOp>(op);
                 traverse && traverse.getKind() != step::TraverseKind::Emit) {
        refuse(traverse) << "has no learning engine yet; it delivers only what is fixed at emission, not '"
                         << stringifyTraverseKind(traverse.getKind()) << "' traversals";
      }
    }
  }

  void addMap(step::MapOp op, int64_t period, int64_t offset) {
    MapPlan plan;
    plan.op = op;
    plan.period = period;
    plan.offset = offset;
    for (auto read : op.getReads().getAsRange<step::ReadAttr>()) {
      if (read.getRole() == step::ReadRole::Broadcast &&
          (read.getAt() || written.contains(read.getSource().getValue()) ||
           !isa<step::StateOp>(symbol(read.getSource())))) {
        refuse(op) << "does not broadcast states between cells yet; the map reads " << read.getSource();
      }
    }
    auto yield = cast<step::YieldOp>(op.getBody().front().getTerminator());
    for (auto write : yield.getWrites().getAsRange<step::WriteAttr>()) {
      if (write.getKind() == step::WriteKind::Port) {
        refuse(op) << "does not let a map add to a port; the map adds to " << write.getTarget();
      } else if (write.getKind() == step::WriteKind::Event) {
        if (period != 1) {
          refuse(op) << "emits events only from maps of every step, not " << write.getTarget();
        }
        plan.events.push_back(write.getTarget());
      }
    }
    if (plan.events.size() > ProgramOp::maxEvents) {
      refuse(op) << "has " << ProgramOp::maxEvents << " named events per cell, wanted " << plan.events.size();
    }
    maps.push_back(std::move(plan));
  }

  LogicalResult writePrograms() {
    SymbolTable symbols(chip);
    for (MapPlan& map : maps) {
      ArrayAttr events;
      if (!map.events.empty()) {
        events = builder.getArrayAttr(SmallVector<Attribute>(map.events.begin(), map.events.end()));
      }
      auto code = ProgramOp::create(builder, map.op.getLoc(), (map.op.getOver() + ".map").str(),
                                    map.op.getOver(), map.tick, map.period, map.offset, events, 0);
      code.getBody().emplaceBlock();
      code->remove();
      symbols.insert(code); // several maps of an extent get names of their own
      programs.push_back(code);
      auto constantOf = [&](StringRef name) {
        const std::vector<int32_t>& values = setup.valuesOf(name);
        return values.empty() ? 0 : values.front();
      };
      if (mlir::failed(convertBody(map.op, code, constantOf))) {
        return failure();
      }
    }
    return success();
  }

  //===-- Projections ----------------------------------------------------------------------------===//

  void writeProjections() {
    SymbolTable symbols(chip);
    for (auto [t, traverse] : llvm::enumerate(program.getBody().front().getOps<step::TraverseOp>())) {
      auto emitter = emitterOf(maps, *traverse.getEvents());
      if (!emitter) {
        continue; // nobody emits: nothing is ever delivered
      }
      bool checked = false;
      for (auto [w, write] : llvm::enumerate(writesOf(traverse))) {
        std::optional<unsigned> reader = readerOf(maps, write.getTarget().getValue());
        if (!reader) {
          continue;
        }
        if (!checked && !isStatic(traverse)) {
          break;
        }
        checked = true;
        const MapPlan& from = maps[emitter->first];
        int64_t lag =
            (precedes(traverse, from.op) ? strata.ticksPerStep : 0) + maps[*reader].tick - from.tick - 1;
        auto projection = ProjectionOp::create(
            builder, traverse.getLoc(), traverse.getTable(), traverse.getTable(), t, w,
            programs[emitter->first].getSymName(), emitter->second, write.getTarget().getValue(), lag);
        projection->remove();
        symbols.insert(projection);
      }
    }
  }

  /// What a synapse delivers must be known now.
  bool isStatic(step::TraverseOp traverse) {
    for (auto read : traverse.getReads().getAsRange<step::ReadAttr>()) {
      auto state = dyn_cast<step::StateOp>(symbol(read.getSource()));
      if (!state || written.contains(read.getSource().getValue()) || read.hasLag() || read.getAt()) {
        refuse(traverse) << "delivers what is fixed when it is compiled, but the body reads "
                         << read.getSource() << ", which changes";
        return false;
      }
    }
    bool random = false;
    traverse.walk([&](Operation* op) { random |= isa<step::RandomBitsOp, step::NowOp>(op); });
    if (random) {
      refuse(traverse) << "delivers what is fixed when it is compiled, but the body draws random numbers or "
                          "reads the time";
    }
    return !random;
  }

  struct Words {
    int64_t states = 0, halfwords = 0, ports = 0, inputs = 0;
  };

  step::ProgramOp program;
  SetupValues& setup;
  const ChipModel& model;
  OpBuilder builder;
  ChipOp chip;
  llvm::StringSet<> written;
  llvm::StringMap<Words> words; ///< by population: numbers given so far
  std::vector<MapPlan> maps;
  std::vector<ProgramOp> programs; ///< by map
  Strata strata;
  bool failed = false;
};

struct ConvertStepToGolgiPass : impl::ConvertStepToGolgiBase<ConvertStepToGolgiPass> {
  using ConvertStepToGolgiBase::ConvertStepToGolgiBase;

  void runOnOperation() override {
    SmallVector<step::ProgramOp> programs(getOperation().getOps<step::ProgramOp>());
    for (step::ProgramOp program : programs) {
      try {
        ChipModel model = ChipModel::load(chip);
        std::shared_ptr<SetupValues> values = setup ? setup : SetupValues::of(program, structureSeed);
        if (failed(ChipWriter(program, *values, model).run())) {
          return signalPassFailure();
        }
      } catch (const support::Error& error) {
        program.emitError() << error.format();
        return signalPassFailure();
      }
    }
  }

  std::shared_ptr<SetupValues> setup;
};

} // namespace

std::unique_ptr<Pass> createConvertStepToGolgi(std::string chip, std::shared_ptr<SetupValues> setup) {
  ConvertStepToGolgiOptions options;
  options.chip = std::move(chip);
  auto pass = std::make_unique<ConvertStepToGolgiPass>(options);
  pass->setup = std::move(setup);
  return pass;
}

} // namespace nissl::golgi
