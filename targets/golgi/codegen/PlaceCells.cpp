// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tries fillings from the fullest cores down: first what cells take, then axons, then synapse rows. Only
// sizes are counted.
#include "dialects/golgi/CoreMemory.h"
#include "runtime/support/Error.h"
#include "targets/golgi/codegen/Assemble.h"
#include "targets/golgi/codegen/Passes.h"
#include "targets/golgi/codegen/Wiring.h"

#include <fmt/format.h>

using namespace mlir;

namespace nissl::golgi {

#define GEN_PASS_DEF_PLACECELLS
#include "targets/golgi/codegen/Passes.h.inc"

namespace {

/// Cells per core, tried from the fullest cores down.
constexpr int64_t fillings[] = {1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32, 16, 8, 4};

/// What a core takes besides its cells.
struct CoreTraffic {
  uint32_t slots = 1;
  int64_t axonsIn = 0, axonsOut = 0, synapseWords = 0;
  std::map<uint32_t, int64_t> axonsTo; ///< by target core
};

/// "state_words: 9000 wanted, 8192 available; …", empty where everything fits.
std::string shortageOf(ArrayRef<MemoryUse> uses) {
  std::string text;
  for (const MemoryUse& use : uses) {
    if (use.wanted > use.available) {
      text += fmt::format("{}{}: {} wanted, {} available", text.empty() ? "" : "; ",
                          std::string_view(use.name), use.wanted, use.available);
    }
  }
  return text;
}

class Placer {
public:
  Placer(ChipOp chip, step::ProgramOp step, const ChipProgram& program)
      : chip(chip), step(step), program(program), populations(populationsOf(chip)),
        capacities(chip.capacitiesOrDefault()) {}

  LogicalResult run() {
    shortage = sharedShortage();
    for (int64_t filling : fillings) {
      placement = placeInOrder(program, filling);
      auto cores = static_cast<int64_t>(placement.size()), available = chip.width() * chip.height();
      if (isHopeless || (cores > available && !shortage.empty())) {
        break;
      }
      if (cores > available) {
        shortage = fmt::format("cores: {} wanted, {} available", cores, available);
        continue;
      }
      if (fits()) {
        write();
        return success();
      }
    }
    return refuse();
  }

private:
  /// What is the same for every filling.
  std::string sharedShortage() {
    Microcode code = assemble(chip, step);
    auto size = [](const auto& items) { return static_cast<int64_t>(items.size()); };
    std::string text = shortageOf({{"constants", size(code.pool.constants), capacities.getConstants()},
                                   {"lut_entries", size(code.pool.lut), capacities.getLutEntries()},
                                   {"lut_tables", size(code.pool.tables), capacities.getLutTables()}});
    text = text.empty() ? delayShortage(program) : "core 0: " + text;
    isHopeless = !text.empty();
    return text;
  }

  bool fits() {
    for (auto [number, slices] : llvm::enumerate(placement)) {
      SmallVector<std::pair<StringRef, int64_t>> counts;
      for (const Slice& slice : slices) {
        counts.emplace_back(program.cells[slice.cell].name, slice.count);
      }
      if (isShort(number, shortageOf(memoryOfCells(populations, counts, 1, capacities)))) {
        return false;
      }
    }
    std::vector<CoreLayout> layouts = layOut(program, placement);
    Wirer wirer(program, placement, layouts);
    std::vector<uint32_t> slots = wirer.chooseSlots(static_cast<uint64_t>(capacities.getAccumulators()),
                                                    static_cast<uint64_t>(capacities.getAccSlots()));
    Wiring wiring = std::move(wirer).wire(slots);
    countAxons(wiring, slots);
    for (unsigned core = 0; core < traffic.size(); ++core) {
      const CoreTraffic& of = traffic[core];
      if (of.axonsIn > capacities.getAxonsIn() || of.axonsOut > capacities.getAxonsOut()) {
        countRows(wiring, layouts, core);
        return !isShort(core, shortageOfTraffic(core));
      }
    }
    countRows(wiring, layouts, std::nullopt);
    for (unsigned core = 0; core < traffic.size(); ++core) {
      if (isShort(core, shortageOfTraffic(core))) {
        return false;
      }
    }
    return true;
  }

  bool isShort(size_t core, const std::string& text) {
    if (!text.empty()) {
      shortage = fmt::format("core {}: {}", core, text);
    }
    return !text.empty();
  }

  std::string shortageOfTraffic(unsigned core) {
    const CoreTraffic& of = traffic[core];
    return shortageOf({{"axons_in", of.axonsIn, capacities.getAxonsIn()},
                       {"synapse_words", of.synapseWords, capacities.getSynapseWords()},
                       {"axons_out", of.axonsOut, capacities.getAxonsOut()}});
  }

  void countAxons(const Wiring& wiring, const std::vector<uint32_t>& slots) {
    traffic.assign(placement.size(), {});
    for (unsigned core = 0; core < traffic.size(); ++core) {
      traffic[core].slots = slots[core];
    }
    for (const Axon& axon : wiring.axons) {
      ++traffic[axon.targetCore].axonsIn;
      ++traffic[axon.sourceCore].axonsOut;
      ++traffic[axon.sourceCore].axonsTo[axon.targetCore];
    }
  }

  /// Words of SYN, of all cores or of one.
  void countRows(const Wiring& wiring, const std::vector<CoreLayout>& layouts, std::optional<unsigned> only) {
    std::vector<uint64_t> row;
    for (const Axon& axon : wiring.axons) {
      if (only && axon.targetCore != *only) {
        continue;
      }
      row.clear();
      appendRow(row, wiring.synapsesOf(axon), layouts[axon.targetCore].accPlane);
      traffic[axon.targetCore].synapseWords += static_cast<int64_t>(row.size());
    }
  }

  void write() {
    auto builder = OpBuilder::atBlockEnd(&chip.getBody().front());
    auto name = [](uint64_t core) { return fmt::format("core.{}", core); };
    for (auto [number, slices] : llvm::enumerate(placement)) {
      const CoreTraffic& of = traffic[number];
      auto place = static_cast<int64_t>(number);
      int64_t xy[] = {place % chip.width(), place / chip.width()};
      auto core = CoreOp::create(builder, chip.getLoc(), name(number), xy, of.slots, of.synapseWords);
      OpBuilder inside = OpBuilder::atBlockEnd(&core.getBody().emplaceBlock());
      for (const Slice& slice : slices) {
        SliceOp::create(inside, chip.getLoc(), program.cells[slice.cell].name, slice.first, slice.count);
      }
      for (auto [target, axons] : of.axonsTo) {
        RouteOp::create(inside, chip.getLoc(), name(target), axons);
      }
    }
  }

  LogicalResult refuse() {
    int64_t cells = 0;
    for (const CellLayout& cell : program.cells) {
      cells += cell.size;
    }
    InFlightDiagnostic diagnostic =
        step.emitError() << "the network of " << cells << " cells does not fit the chip " << chip.getModel()
                         << " (" << chip.width() * chip.height() << " cores): " << shortage;
    diagnostic.attachNote()
        << "choose a larger chip with --chip (golgi-256), or fewer cells, synapses or delays";
    return diagnostic;
  }

  ChipOp chip;
  step::ProgramOp step;
  const ChipProgram& program;
  Populations populations;
  CapacitiesAttr capacities;
  Placement placement;
  std::vector<CoreTraffic> traffic; ///< by core
  std::string shortage;
  bool isHopeless = false;
};

struct PlaceCellsPass : impl::PlaceCellsBase<PlaceCellsPass> {
  using PlaceCellsBase::PlaceCellsBase;

  void runOnOperation() override {
    for (ChipOp chip : getOperation().getOps<ChipOp>()) {
      if (failed(place(chip))) {
        return signalPassFailure();
      }
    }
  }

  LogicalResult place(ChipOp chip) {
    auto step = getOperation().lookupSymbol<step::ProgramOp>(chip.getProgramAttr());
    if (!step) {
      return chip.emitError() << "needs its step program " << chip.getProgramAttr() << ", which is not there";
    }
    if (!chip.getBody().front().getOps<CoreOp>().empty()) {
      return chip.emitError() << "is placed already";
    }
    for (ProgramOp code : chip.getBody().front().getOps<ProgramOp>()) {
      WalkResult free = code.walk([](Operation* op) {
        bool has = llvm::all_of(op->getResultTypes(), [](Type t) { return cast<RegType>(t).isAllocated(); });
        return has ? WalkResult::advance() : WalkResult::interrupt();
      });
      if (free.wasInterrupted()) {
        return code.emitError() << "needs registers first: golgi-allocate-registers";
      }
    }
    try {
      std::shared_ptr<SetupValues> values = setup ? setup : SetupValues::of(step, structureSeed);
      FailureOr<ChipProgram> program = readChip(chip, *values);
      return failed(program) ? failure() : Placer(chip, step, *program).run();
    } catch (const support::Error& error) {
      return step.emitError() << error.format();
    }
  }

  std::shared_ptr<SetupValues> setup;
};

} // namespace

std::unique_ptr<Pass> createPlaceCells(std::shared_ptr<SetupValues> setup) {
  auto pass = std::make_unique<PlaceCellsPass>();
  pass->setup = std::move(setup);
  return pass;
}

} // namespace nissl::golgi
