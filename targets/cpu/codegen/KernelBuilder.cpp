// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/KernelBuilder.h"

#include "runtime/support/Random.h"
#include "targets/cpu/codegen/BodyLowering.h"
#include "targets/cpu/codegen/BodyOrder.h"
#include "targets/cpu/codegen/CellRandom.h"
#include "targets/cpu/codegen/KernelNeeds.h"
#include "targets/cpu/device/KernelCall.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::cpu {
namespace {

/// Positions of KernelCall's members, eight bytes each.
enum class CallMember : int { Begin, End, Source, Ordinal, Synapse, Step, Seed, List, Faults, Constants };
constexpr int callMembers = 10;
static_assert(sizeof(KernelCall) == callMembers * 8);

class KernelBuilder : KernelNeeds {
public:
  KernelBuilder(Operation* op, ProgramOp program, const compiler::ProgramIndex& index, ModuleOp into,
                std::string name, const CountedPorts* counts)
      : KernelNeeds(op, program, index, std::move(name), counts), builder(into.getBodyRegion()),
        loc(op->getLoc()), order(interleavedOrder(op->getRegion(0).front())), random(op) {
    builder.setInsertionPointToEnd(into.getBody());
  }

  FailureOr<program::Kernel> build() {
    if (failed(refuseHazards())) {
      return failure();
    }
    collectOperands();
    LLVM::LLVMFuncOp inner = buildInner();
    buildEntry(inner);
    return kernel;
  }

private:
  Type pointer() { return LLVM::LLVMPointerType::get(builder.getContext()); }
  Value constant(int64_t value, unsigned width) {
    return arith::ConstantIntOp::create(builder, loc, value, width);
  }
  /// How a step type lies in memory: an i1 takes a byte.
  Type memoryType(Type type) { return type.isInteger(1) ? builder.getI8Type() : type; }
  /// How a table's delays lie in memory; none for other states.
  Type delayType(StringRef state) {
    auto owner = dyn_cast<SynapsesOp>(symbol(program.lookupSymbol<StateOp>(state).getOwnerAttr()));
    bool isDelay = owner && owner.getDelayField() == state;
    return isDelay ? builder.getIntegerType(8 * delayBytes(owner.getMaxDelay())) : Type();
  }

  Value addressOf(Value base, Type type, Value index) {
    return LLVM::GEPOp::create(builder, loc, pointer(), memoryType(type), base, ValueRange{index});
  }
  Value load(Value base, Type type, Value index) {
    auto value = LLVM::LoadOp::create(builder, loc, memoryType(type), addressOf(base, type, index));
    value.setAccessGroupsAttr(independent);
    return type.isInteger(1) ? arith::TruncIOp::create(builder, loc, type, value).getResult()
                             : value.getResult();
  }
  void store(Value value, Value base, Value index) {
    Type type = value.getType();
    if (type.isInteger(1)) {
      value = arith::ExtUIOp::create(builder, loc, builder.getI8Type(), value);
    }
    LLVM::StoreOp::create(builder, loc, value, addressOf(base, type, index)).setAccessGroupsAttr(independent);
  }
  Value loadState(StringRef state, Value base, Type type, Value index) {
    Type narrow = delayType(state);
    if (!narrow || narrow == type) {
      return load(base, type, index);
    }
    return arith::ExtSIOp::create(builder, loc, type, load(base, narrow, index));
  }
  void storeState(StringRef state, Value value, Value base, Value index) {
    Type narrow = delayType(state);
    if (narrow && narrow != value.getType()) {
      int64_t end = int64_t{1} << (narrow.getIntOrFloatBitWidth() - 1);
      value = arith::MaxSIOp::create(builder, loc, value, constant(-end, 32));
      value = arith::MinSIOp::create(builder, loc, value, constant(end - 1, 32));
      value = arith::TruncIOp::create(builder, loc, narrow, value);
    }
    store(value, base, index);
  }
  Value wide(Value narrow) { return arith::ExtSIOp::create(builder, loc, builder.getI64Type(), narrow); }
  Value wideUnsigned(Value narrow) {
    return arith::ExtUIOp::create(builder, loc, builder.getI64Type(), narrow);
  }

  /// The array of a ring that lies `ahead` (i64) further than the present one.
  Value ringSlot(Value ring, Type type, Value ahead) {
    Type i64 = builder.getI64Type();
    auto member = [&](int i, Type memberType) { return load(ring, memberType, constant(i, 64)); };
    Value base = member(0, pointer());
    Value slots = member(1, i64), cursor = member(2, i64), stride = member(3, i64);
    Value slot = arith::AddIOp::create(builder, loc, cursor, ahead);
    Value over = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, slot, slots);
    Value wrapped = arith::SubIOp::create(builder, loc, slot, slots);
    slot = arith::SelectOp::create(builder, loc, over, wrapped, slot);
    return addressOf(base, type, arith::MulIOp::create(builder, loc, slot, stride));
  }

  void fault(Value condition, uint64_t which) {
    Value bits = arith::SelectOp::create(builder, loc, condition, constant(static_cast<int64_t>(which), 32),
                                         constant(0, 32));
    faults = arith::OrIOp::create(builder, loc, faults, bits);
  }

  /// `value` (i64) clamped to [0, limit); a value outside is a fault.
  Value checked(Value value, Value limit) {
    Value outside = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge, value, limit);
    fault(outside, faultOutOfRange);
    return arith::SelectOp::create(builder, loc, outside, constant(0, 64), value);
  }

  LLVM::LLVMFuncOp buildInner() {
    MLIRContext* context = builder.getContext();
    SmallVector<Type> types(kernel.operands.size(), pointer());
    Type i64 = builder.getI64Type();
    types.append({i64, i64, i64, i64, i64, i64, i64, pointer(), pointer()});
    auto type = LLVM::LLVMFunctionType::get(builder.getI32Type(), types);
    auto inner = LLVM::LLVMFuncOp::create(builder, loc, kernel.name + "_body", type, LLVM::Linkage::Internal);
    inner.setNoInline(true);
    for (size_t i = 0; i < kernel.operands.size(); ++i) {
      inner.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), UnitAttr::get(context));
    }
    OpBuilder::InsertionGuard guard(builder);
    Block* entry = inner.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    size_t n = kernel.operands.size();
    pointers.assign(entry->args_begin(), entry->args_begin() + n);
    Value begin = entry->getArgument(n), end = entry->getArgument(n + 1);
    source = entry->getArgument(n + 2);
    if (countsAlongRows()) {
      ordinalBefore = arith::SubIOp::create(builder, loc, entry->getArgument(n + 3), begin);
      synapseBefore = arith::SubIOp::create(builder, loc, entry->getArgument(n + 4), begin);
    }
    position.step = entry->getArgument(n + 5);
    position.seed = entry->getArgument(n + 6);
    Value list = entry->getArgument(n + 7);
    faults = differences32 = constant(0, 32);
    differences64 = constant(0, 64);
    // Sums of a port meet, so that their loop stays in order; what each synapse keeps for itself has its own.
    auto isPort = [](WriteAttr write) { return write.getKind() == WriteKind::Port; };
    bool ports = llvm::any_of(yield.getWrites().getAsRange<WriteAttr>(), isPort);
    bool apart = traverse && ports && !llvm::all_of(yield.getWrites().getAsRange<WriteAttr>(), isPort);
    if (apart) {
      buildLoop(entry, begin, end, list, isPort);
      buildLoop(entry, begin, end, list, [&](WriteAttr write) { return !isPort(write); });
    } else if (!random.empty()) {
      buildChunks(begin, end);
    } else {
      buildLoop(entry, begin, end, list, [](WriteAttr) { return true; });
    }
    for (Value differences : {differences32, differences64}) {
      Value none = constant(0, differences.getType().getIntOrFloatBitWidth());
      fault(arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, differences, none), faultNotFinite);
    }
    LLVM::ReturnOp::create(builder, loc, faults);
    return inner;
  }

  /// A map that draws random numbers: some cells at a time, after their words.
  void buildChunks(Value begin, Value end) {
    random.allocate(builder, loc);
    Value size = constant(random.chunk(), 64);
    auto chunks =
        scf::ForOp::create(builder, loc, begin, end, size, ValueRange{faults, differences32, differences64});
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(chunks.getBody());
    faults = chunks.getRegionIterArg(0);
    differences32 = chunks.getRegionIterArg(1);
    differences64 = chunks.getRegionIterArg(2);
    Value first = chunks.getInductionVar();
    auto extent = cast<ExtentOp>(symbol(cast<MapOp>(op).getOverAttr()));
    Value last = arith::MinSIOp::create(builder, loc, end, arith::AddIOp::create(builder, loc, first, size));
    random.fill(builder, loc, position, first, last, static_cast<int64_t>(extent.getSize()));
    buildLoop(chunks.getBody(), first, last, {}, [](WriteAttr) { return true; });
    scf::YieldOp::create(builder, loc, ValueRange{faults, differences32, differences64});
    faults = chunks.getResult(0);
    differences32 = chunks.getResult(1);
    differences64 = chunks.getResult(2);
  }

  /// A loop that does those writes that are wanted, behind what `entry` has. Synapses that write nothing but
  /// their own states do not meet, in whatever order a list has them.
  void buildLoop(Block* entry, Value begin, Value end, Value list,
                 llvm::function_ref<bool(WriteAttr)> wanted) {
    bool meets = !traverse || llvm::any_of(yield.getWrites().getAsRange<WriteAttr>(), [&](WriteAttr write) {
      return wanted(write) && write.getKind() == WriteKind::Port;
    });
    Value one = constant(1, 64);
    auto loop =
        scf::ForOp::create(builder, loc, begin, end, one, ValueRange{faults, differences32, differences64});
    if (!meets && !(kernel.kind == program::KernelKind::List && isCheap())) {
      independent = builder.getArrayAttr(LLVM::AccessGroupAttr::get(builder.getContext()));
    }
    builder.setInsertionPointToStart(loop.getBody());
    faults = loop.getRegionIterArg(0);
    differences32 = loop.getRegionIterArg(1);
    differences64 = loop.getRegionIterArg(2);
    element = loop.getInductionVar();
    if (kernel.kind == program::KernelKind::List) {
      listed = element;
      element = wideUnsigned(load(list, builder.getI32Type(), listed));
    }
    buildIteration(wanted);
    scf::YieldOp::create(builder, loc, ValueRange{faults, differences32, differences64});
    independent = nullptr;
    builder.setInsertionPointToEnd(entry);
    faults = loop.getResult(0);
    differences32 = loop.getResult(1);
    differences64 = loop.getResult(2);
  }

  /// Whether elements cost less to compute than to load one by one into a vector and to store likewise.
  bool isCheap() {
    constexpr int64_t few = 8;
    return operationsOf(op->getRegion(0).front()) <= few;
  }

  Value tableColumn(program::OperandKind kind, Type type) {
    return load(pointers[tableOperand(kind)], type, element);
  }

  void locate() {
    Type i32 = builder.getI32Type();
    if (!traverse) {
      position.element = element;
      return;
    }
    if (kernel.kind == program::KernelKind::List && sourceNeeded()) {
      source = wideUnsigned(load(pointers[tableOperand(program::OperandKind::Source)], i32, listed));
    }
    position.pre = source;
    if (postNeeded()) {
      auto targets = cast<ExtentOp>(symbol(table.getTargetAttr()));
      Type narrow = builder.getIntegerType(8 * targetBytes(static_cast<int64_t>(targets.getSize())));
      position.post = wideUnsigned(tableColumn(program::OperandKind::Target, narrow));
    }
    if (usesRandom() || usesIndex(IndexKind::Ordinal)) {
      position.ordinal = countsAlongRows() ? arith::AddIOp::create(builder, loc, ordinalBefore, element)
                                           : wideUnsigned(tableColumn(program::OperandKind::Ordinal, i32));
      Value shifted = arith::ShLIOp::create(builder, loc, source, constant(support::synapseFieldBits, 64));
      position.entity = arith::OrIOp::create(builder, loc, shifted, position.ordinal);
    }
    if (usesIndex(IndexKind::Synapse)) {
      position.synapse = countsAlongRows() ? arith::AddIOp::create(builder, loc, synapseBefore, element)
                                           : tableColumn(program::OperandKind::Synapse, builder.getI64Type());
    }
    if (delayNeeded()) {
      std::optional<StringRef> field = table.getDelayField();
      delay = field ? wide(loadState(*field, pointers[stateOperand(*field)], i32, element))
                    : constant(table.getMinDelay(), 64);
    }
  }

  Value indexFor(ReadAttr read) {
    switch (read.getRole()) {
    case ReadRole::Own:
      return element;
    case ReadRole::Pre:
      return source;
    case ReadRole::Post:
      return position.post;
    case ReadRole::Broadcast:
      break;
    }
    if (!read.getAt()) {
      return constant(0, 64);
    }
    Value index = wide(load(pointers[stateOperand(read.getAt().getValue())], builder.getI32Type(), element));
    auto owner = symbol(read.getSource())->getAttrOfType<FlatSymbolRefAttr>("owner");
    auto extent = cast<ExtentOp>(symbol(owner));
    return checked(index, constant(extent.getSize(), 64));
  }

  void buildIteration(llvm::function_ref<bool(WriteAttr)> wanted) {
    locate();
    Block& body = op->getRegion(0).front();
    IRMapping mapping;
    for (auto [read, argument] : llvm::zip_equal(reads.getAsRange<ReadAttr>(), body.getArguments())) {
      Value at = indexFor(read);
      Value base = pointers[readOperand(read)];
      if (lagsByDelay(read)) {
        base = ringSlot(base, argument.getType(), delay);
      }
      FloatAttr unit = unitOf(read.getSource());
      Type stored = unit ? builder.getI8Type() : argument.getType();
      bool isState = isa<StateOp>(symbol(read.getSource()));
      Value value =
          isState ? loadState(read.getSource().getValue(), base, stored, at) : load(base, stored, at);
      mapping.map(argument, unit ? sumOf(value, unit) : value);
      if (isa<PortOp>(symbol(read.getSource())) && kernel.operands[readOperand(read)].clears) {
        cleared.push_back({base, stored, at});
      }
    }
    for (Operation& inner : llvm::make_pointee_range(order)) {
      if (auto lookup = dyn_cast<LookupOp>(inner)) {
        auto array = program.lookupSymbol<ArrayOp>(lookup.getArray());
        Value base = pointers[operand(program::OperandKind::Array, index.array(lookup.getArray()))];
        int64_t last = cast<ShapedType>(array.getValues().getType()).getNumElements() - 1;
        Value at = mapping.lookup(lookup.getIndex());
        at = at.getType().isInteger(64) ? at : wide(at);
        at = arith::MaxSIOp::create(builder, loc, at, constant(0, 64));
        at = arith::MinSIOp::create(builder, loc, at, constant(last, 64));
        mapping.map(lookup.getResult(), load(base, lookup.getType(), at));
      } else if (auto bits = dyn_cast<RandomBitsOp>(inner); bits && !random.empty()) {
        mapping.map(bits.getResult(), random.read(builder, bits, element));
      } else if (!lowerStepOp(inner, builder, position, mapping)) {
        builder.clone(inner, mapping);
      }
    }
    for (const Cleared& one : cleared) {
      store(arith::ConstantOp::create(builder, loc, builder.getZeroAttr(one.type)), one.base, one.at);
    }
    unsigned nextDelay = 0;
    for (auto [write, value] :
         llvm::zip_equal(yield.getWrites().getAsRange<WriteAttr>(), yield.getValues())) {
      Value after = write.getDelayed() ? mapping.lookup(yield.getDelays()[nextDelay++]) : Value();
      if (wanted(write)) {
        writeBack(write, mapping.lookup(value), after);
      }
    }
  }

  void writeBack(WriteAttr write, Value value, Value after) {
    Value base = pointers[writeOperand(write)];
    if (write.getKind() != WriteKind::Port) {
      if (write.getKind() == WriteKind::State) {
        storeState(write.getTarget().getValue(), value, base, element);
      } else {
        store(value, base, element);
      }
      noteNotFinite(value);
      return;
    }
    if (unitOf(write.getTarget())) {
      Value count = load(base, builder.getI8Type(), position.post);
      count = arith::AddIOp::create(builder, loc, count, constant(1, 8));
      fault(arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ugt, count, constant(mostCounted, 8)),
            manyArrived);
      return store(count, base, position.post);
    }
    Type type = value.getType();
    if (after) {
      auto port = program.lookupSymbol<PortOp>(write.getTarget().getValue());
      base = ringSlot(base, type, checked(wide(after), constant(port.getSlots(), 64)));
    } else if (traverse && traverse.getKind() == TraverseKind::Emit) {
      base = ringSlot(base, type, delay);
    }
    Value at = traverse ? position.post : element;
    Value sum = load(base, type, at);
    sum = isa<FloatType>(type) ? arith::AddFOp::create(builder, loc, sum, value).getResult()
                               : arith::AddIOp::create(builder, loc, sum, value).getResult();
    store(sum, base, at);
  }

  /// The sum of as many units, of `mostCounted` at most: what their addition one by one gives. (Of none it is
  /// +0.)
  Value sumOf(Value count, FloatAttr unit) {
    Value number = arith::UIToFPOp::create(builder, loc, unit.getType(), count);
    Value sum = arith::MulFOp::create(builder, loc, number,
                                      arith::ConstantOp::create(builder, loc, unit).getResult());
    Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(unit.getType()));
    return unit.getValue().isNegative() ? arith::AddFOp::create(builder, loc, sum, zero).getResult() : sum;
  }

  /// x - x is +0, and a NaN where x is not finite: the bits of all differences, or-ed, are 0 where all are
  /// finite.
  void noteNotFinite(Value value) {
    auto type = dyn_cast<FloatType>(value.getType());
    if (!type) {
      return;
    }
    Value difference = arith::SubFOp::create(builder, loc, value, value);
    Value bits = arith::BitcastOp::create(builder, loc, builder.getIntegerType(type.getWidth()), difference);
    Value& all = type.isF64() ? differences64 : differences32;
    all = arith::OrIOp::create(builder, loc, all, bits);
  }

  /// The exported function: unpacks the operands and the call, so that the loop sees noalias arguments.
  void buildEntry(LLVM::LLVMFuncOp inner) {
    auto type =
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()), {pointer(), pointer()});
    auto function = LLVM::LLVMFuncOp::create(builder, loc, kernel.name, type);
    OpBuilder::InsertionGuard guard(builder);
    Block* entry = function.addEntryBlock(builder);
    builder.setInsertionPointToStart(entry);
    Value operands = entry->getArgument(0), call = entry->getArgument(1);
    SmallVector<Value> arguments;
    for (size_t i = 0; i < kernel.operands.size(); ++i) {
      arguments.push_back(load(operands, pointer(), constant(i, 64)));
    }
    auto member = [&](CallMember which) { return constant(static_cast<int>(which), 64); };
    Type i64 = builder.getI64Type();
    for (CallMember which : {CallMember::Begin, CallMember::End, CallMember::Source, CallMember::Ordinal,
                             CallMember::Synapse, CallMember::Step, CallMember::Seed}) {
      arguments.push_back(load(call, i64, member(which)));
    }
    arguments.push_back(load(call, pointer(), member(CallMember::List)));
    arguments.push_back(load(call, pointer(), member(CallMember::Constants)));
    Value met = LLVM::CallOp::create(builder, loc, inner, arguments).getResult();
    Value before = load(call, i64, member(CallMember::Faults));
    store(arith::OrIOp::create(builder, loc, before, wideUnsigned(met)), call, member(CallMember::Faults));
    LLVM::ReturnOp::create(builder, loc, ValueRange{});
  }

  OpBuilder builder;
  Location loc;
  SmallVector<Operation*> order; ///< of the body
  SmallVector<Value> pointers;
  ArrayAttr independent; ///< the access group of a loop whose iterations do not meet
  Value element;         ///< i64: the element, or the synapse's place in the partition
  Value listed;          ///< i64: the position in the list of a List kernel
  Value source, delay, faults, differences32, differences64;
  struct Cleared {
    Value base;
    Type type;
    Value at;
  };
  SmallVector<Cleared> cleared;       ///< places of ports to set to zero
  Value ordinalBefore, synapseBefore; ///< what `element` lacks to the ordinal, and to the place in the table
  BodyPosition position;
  CellRandom random;
};

} // namespace

FailureOr<Kernels> buildKernels(ProgramOp program, const compiler::ProgramIndex& index,
                                const CountedPorts& counts) {
  Kernels result;
  result.module = ModuleOp::create(program.getLoc());
  WalkResult walked = program.walk<WalkOrder::PreOrder>([&](Operation* op) {
    if (!isa<MapOp, TraverseOp>(op)) {
      return WalkResult::advance();
    }
    auto add = [&](const CountedPorts* counted) -> LogicalResult {
      std::string name = "kernel" + std::to_string(result.kernels.size());
      FailureOr<program::Kernel> kernel =
          KernelBuilder(op, program, index, *result.module, name, counted).build();
      if (failed(kernel)) {
        return failure();
      }
      result.codeOf.push_back(static_cast<program::Index>(result.kernels.size()));
      result.kernels.push_back(*std::move(kernel));
      return success();
    };
    result.kernelOf[op] = static_cast<program::Index>(result.kernels.size());
    if (failed(add(nullptr))) {
      return WalkResult::interrupt();
    }
    if (counts.concern(op)) {
      result.kernels.back().counted = static_cast<program::Index>(result.kernels.size());
      if (failed(add(&counts))) {
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  if (walked.wasInterrupted()) {
    return failure();
  }
  return result;
}

} // namespace nissl::cpu
