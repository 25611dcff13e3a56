// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Moves what depends on parameters only from the step's maps into the setup; see Passes.td.
// Changes no result. Runs before functions are expanded, while an exp is one op.
#include "compiler/transforms/HoistParameters.h"
#include "compiler/transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_HOISTPARAMETERS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// The states that the step itself changes.
llvm::StringSet<> variablesOf(step::ProgramOp program) {
  llvm::StringSet<> names;
  program.walk([&](Operation* op) {
    if (op->getParentOfType<step::SetupOp>()) {
      return;
    }
    if (auto yield = dyn_cast<step::YieldOp>(op)) {
      for (auto write : yield.getWrites().getAsRange<step::WriteAttr>()) {
        names.insert(write.getTarget().getValue());
      }
    } else if (auto reduce = dyn_cast<step::ReduceOp>(op)) {
      names.insert(reduce.getInto());
    }
  });
  return names;
}

/// Worth a state: a division or a function.
bool isCostly(Operation* op) {
  return isa<arith::DivFOp>(op) || (isa_and_nonnull<math::MathDialect>(op->getDialect()) &&
                                    !isa<math::FmaOp, math::AbsFOp, math::CopySignOp>(op));
}

bool isArithmetic(Operation* op) {
  return op->getNumResults() == 1 && op->getNumRegions() == 0 &&
         (isa_and_nonnull<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
          isa<step::LookupOp>(op));
}

class MapHoist {
public:
  MapHoist(step::ProgramOp program, step::MapOp map, const llvm::StringSet<>& variables)
      : program(program), map(map), block(map.getBody().front()) {
    for (auto [argument, read] :
         llvm::zip(block.getArguments(), map.getReads().getAsRange<step::ReadAttr>())) {
      bool isState = isa_and_nonnull<step::StateOp>(program.lookupSymbol(read.getSource().getValue()));
      bool isOwn = read.getRole() == step::ReadRole::Own && !read.hasLag() && !read.getAt();
      if (isState && isOwn && !variables.contains(read.getSource().getValue())) {
        parameters.insert(argument);
      }
    }
  }

  int run() {
    classify();
    if (roots.empty()) {
      return 0;
    }
    SmallVector<FlatSymbolRefAttr> names = declareStates();
    buildSetupMap(names);
    readStates(names);
    return static_cast<int>(roots.size());
  }

private:
  /// Which values depend on parameters only, which of these hold something costly, and which of these the
  /// rest of the body uses.
  void classify() {
    DenseSet<Value> costly;
    for (Operation& op : block) {
      if (auto index = dyn_cast<step::IndexOp>(op); index && index.getKind() == step::IndexKind::Element) {
        parameters.insert(index.getResult());
        continue;
      }
      auto isKnown = [&](Value value) {
        return parameters.contains(value) || matchPattern(value, m_Constant());
      };
      if (!isArithmetic(&op) || op.getNumOperands() == 0 || !llvm::all_of(op.getOperands(), isKnown) ||
          llvm::none_of(op.getOperands(), [&](Value value) { return parameters.contains(value); })) {
        continue;
      }
      Value result = op.getResult(0);
      parameters.insert(result);
      if (isCostly(&op) ||
          llvm::any_of(op.getOperands(), [&](Value value) { return costly.contains(value); })) {
        costly.insert(result);
      }
    }
    for (Operation& op : block) {
      for (Value result : op.getResults()) {
        bool leaves = llvm::any_of(result.getUsers(), [&](Operation* user) {
          return user->getNumResults() != 1 || !parameters.contains(user->getResult(0));
        });
        if (costly.contains(result) && leaves && isa<FloatType>(result.getType())) {
          roots.push_back(result);
        }
      }
    }
  }

  SmallVector<FlatSymbolRefAttr> declareStates() {
    OpBuilder ops(program.lookupSymbol(map.getOver()));
    ops.setInsertionPointAfter(program.lookupSymbol(map.getOver()));
    SmallVector<FlatSymbolRefAttr> names;
    int number = 0;
    for (Value root : roots) {
      std::string name;
      do {
        name = map.getOver().str() + ".derived" + std::to_string(number++);
      } while (program.lookupSymbol(name));
      step::StateOp::create(ops, root.getLoc(), name, map.getOver(), root.getType(), /*history=*/0, nullptr);
      names.push_back(FlatSymbolRefAttr::get(program.getContext(), name));
    }
    return names;
  }

  /// The end of the last setup, or of a new one before the first action.
  OpBuilder setupEnd() {
    step::SetupOp setup;
    for (auto candidate : program.getBody().getOps<step::SetupOp>()) {
      setup = candidate;
    }
    if (!setup) {
      OpBuilder ops(program.getContext());
      Operation* first = map;
      while (first->getParentOp() != program) {
        first = first->getParentOp();
      }
      for (Operation& op : program.getBody().front()) {
        if (isa<step::MapOp, step::TraverseOp, step::ReduceOp, step::EveryOp, step::WhenOp>(op)) {
          first = &op;
          break;
        }
      }
      ops.setInsertionPoint(first);
      setup = step::SetupOp::create(ops, map.getLoc());
      setup.getBody().emplaceBlock();
    }
    return OpBuilder::atBlockEnd(&setup.getBody().front());
  }

  void buildSetupMap(ArrayRef<FlatSymbolRefAttr> names) {
    MLIRContext* context = program.getContext();
    llvm::SetVector<Operation*> needed;
    SmallVector<Value> work(roots.begin(), roots.end());
    llvm::SetVector<BlockArgument> arguments;
    while (!work.empty()) {
      Value value = work.pop_back_val();
      if (auto argument = dyn_cast<BlockArgument>(value)) {
        arguments.insert(argument);
      } else if (needed.insert(value.getDefiningOp())) {
        llvm::append_range(work, value.getDefiningOp()->getOperands());
      }
    }
    SmallVector<Attribute> reads, writes;
    for (BlockArgument argument : arguments) {
      reads.push_back(map.getReads()[argument.getArgNumber()]);
    }
    for (FlatSymbolRefAttr name : names) {
      writes.push_back(step::WriteAttr::get(context, name, step::WriteKind::State, false));
    }
    OpBuilder ops = setupEnd();
    auto setupMap = step::MapOp::create(ops, map.getLoc(), map.getOver(), ops.getArrayAttr(reads));
    Block& body = setupMap.getBody().emplaceBlock();
    IRMapping mapping;
    for (BlockArgument argument : arguments) {
      mapping.map(argument, body.addArgument(argument.getType(), argument.getLoc()));
    }
    ops.setInsertionPointToEnd(&body);
    for (Operation& op : block) {
      if (needed.contains(&op)) {
        ops.clone(op, mapping);
      }
    }
    SmallVector<Value> values;
    for (Value root : roots) {
      values.push_back(mapping.lookup(root));
    }
    step::YieldOp::create(ops, map.getLoc(), values, ValueRange(), ops.getArrayAttr(writes));
  }

  void readStates(ArrayRef<FlatSymbolRefAttr> names) {
    SmallVector<Attribute> reads(map.getReads().begin(), map.getReads().end());
    for (auto [root, name] : llvm::zip_equal(roots, names)) {
      reads.push_back(
          step::ReadAttr::get(program.getContext(), name, step::ReadRole::Own, step::ReadAttr::noLag, {}));
      root.replaceAllUsesWith(block.addArgument(root.getType(), root.getLoc()));
    }
    map.setReadsAttr(ArrayAttr::get(program.getContext(), reads));
    for (Operation& op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (op.use_empty() && op.getNumResults() == 1 && parameters.contains(op.getResult(0))) {
        op.erase();
      }
    }
  }

  step::ProgramOp program;
  step::MapOp map;
  Block& block;
  DenseSet<Value> parameters;
  SmallVector<Value> roots;
};

struct HoistParameters : impl::HoistParametersBase<HoistParameters> {
  void runOnOperation() override {
    getOperation()->walk([&](step::ProgramOp program) { hoisted += hoistParameters(program); });
  }
};

} // namespace

int hoistParameters(step::ProgramOp program) {
  llvm::StringSet<> variables = variablesOf(program);
  SmallVector<step::MapOp> maps;
  program.walk([&](step::MapOp map) {
    bool overExtent = isa_and_nonnull<step::ExtentOp>(program.lookupSymbol(map.getOver()));
    if (overExtent && !map->getParentOfType<step::SetupOp>()) {
      maps.push_back(map);
    }
  });
  int count = 0;
  for (step::MapOp map : maps) {
    count += MapHoist(program, map, variables).run();
  }
  return count;
}

} // namespace nissl::transforms
