// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rules of step programs. Each message is checked by a test of its own.
#include "dialects/step/StepDialect.h"
#include "dialects/step/StepDue.h"

using namespace mlir;
using namespace nissl::step;

namespace {

/// Whether contributions arrive a synapse's delay later.
bool emits(std::optional<TraverseKind> kind) {
  return kind == TraverseKind::Emit || kind == TraverseKind::Due;
}

/// What a body runs over: an extent (a map) or a table (a traversal).
struct BodyContext {
  Operation* op;
  Operation* over;
  std::optional<TraverseKind> kind;
};

Operation* lookup(Operation* from, FlatSymbolRefAttr name) {
  auto program = from->getParentOfType<ProgramOp>();
  return program ? SymbolTable::lookupSymbolIn(program, name) : nullptr;
}

template <typename OpT>
FailureOr<OpT> find(Operation* from, FlatSymbolRefAttr name, StringRef what) {
  Operation* found = lookup(from, name);
  if (!found) {
    return from->emitError() << name << " is not declared in this program, expected " << what;
  }
  if (auto op = dyn_cast<OpT>(found)) {
    return op;
  }
  InFlightDiagnostic diagnostic = from->emitError()
                                  << name << " is a " << found->getName() << ", expected " << what;
  diagnostic.attachNote(found->getLoc()) << "declared here";
  return failure();
}

FlatSymbolRefAttr ownerOf(Operation* declaration) {
  return declaration->getAttrOfType<FlatSymbolRefAttr>("owner");
}

Type typeOf(Operation* declaration) { return declaration->getAttrOfType<TypeAttr>("type").getValue(); }

LogicalResult verifyOwner(Operation* declaration, bool tableAllowed) {
  Operation* owner = lookup(declaration, ownerOf(declaration));
  if (!owner || !(isa<ExtentOp>(owner) || (tableAllowed && isa<SynapsesOp>(owner)))) {
    return declaration->emitError() << "belongs to " << ownerOf(declaration) << ", expected "
                                    << (tableAllowed ? "an extent or a synapse table" : "an extent");
  }
  return success();
}

LogicalResult verifyRange(SynapsesOp table, std::optional<ArrayRef<int64_t>> range, FlatSymbolRefAttr side) {
  FailureOr<ExtentOp> extent = find<ExtentOp>(table, side, "an extent");
  if (failed(extent)) {
    return failure();
  }
  if (!range) {
    return success();
  }
  int64_t size = extent->getSize();
  if (range->size() != 2 || (*range)[0] < 0 || (*range)[0] > (*range)[1] || (*range)[1] > size) {
    return table.emitError() << "range of " << side << " must be [begin, end) inside 0 to " << size;
  }
  return success();
}

LogicalResult verifyTable(SynapsesOp table) {
  if (failed(verifyRange(table, table.getSourceRange(), table.getSourceAttr())) ||
      failed(verifyRange(table, table.getTargetRange(), table.getTargetAttr()))) {
    return failure();
  }
  int64_t min = table.getMinDelay(), max = table.getMaxDelay();
  if (min < 0 || max < min) {
    return table.emitError() << "delay in [" << min << ", " << max << "], expected 0 <= smallest <= largest";
  }
  if (FlatSymbolRefAttr field = table.getDelayFieldAttr()) {
    FailureOr<StateOp> state = find<StateOp>(table, field, "an i32 state of the table");
    if (failed(state)) {
      return failure();
    }
    if (state->getOwnerAttr().getValue() != table.getSymName() || !state->getType().isInteger(32)) {
      return table.emitError() << "delay field " << field << " must be an i32 state of @"
                               << table.getSymName();
    }
  }
  return success();
}

/// The extent or table that a read with this role looks at.
Operation* sideOf(const BodyContext& body, ReadRole role) {
  auto table = dyn_cast<SynapsesOp>(body.over);
  if (!table) {
    return role == ReadRole::Own ? body.over : nullptr;
  }
  switch (role) {
  case ReadRole::Own:
    return table;
  case ReadRole::Pre:
    return lookup(body.op, table.getSourceAttr());
  case ReadRole::Post:
    return lookup(body.op, table.getTargetAttr());
  case ReadRole::Broadcast:
    return nullptr;
  }
  return nullptr;
}

LogicalResult verifyRead(const BodyContext& body, ReadAttr read, BlockArgument argument) {
  Operation* op = body.op;
  Operation* source = lookup(op, read.getSource());
  if (!source || !isa<StateOp, PortOp, InputOp>(source)) {
    return op->emitError() << "reads " << read.getSource() << ", expected a state, a port or an input";
  }
  if (typeOf(source) != argument.getType()) {
    return op->emitError() << "reads " << read.getSource() << " as " << argument.getType()
                           << ", but it holds " << typeOf(source);
  }
  Operation* owner = lookup(op, ownerOf(source));
  if (read.getRole() == ReadRole::Broadcast) {
    if (!read.getAt()) {
      auto extent = dyn_cast<ExtentOp>(owner);
      if (!extent || extent.getSize() != 1) {
        return op->emitError() << "reads " << read.getSource() << " as broadcast, but " << ownerOf(source)
                               << " is not an extent of size 1; read it 'at' an index instead";
      }
    }
  } else if (owner != sideOf(body, read.getRole())) {
    return op->emitError() << "reads " << read.getSource() << " as '" << stringifyReadRole(read.getRole())
                           << "', but it belongs to " << ownerOf(source);
  }
  if (read.getAt()) {
    FailureOr<StateOp> at = find<StateOp>(op, read.getAt(), "an i32 state that holds an index");
    if (failed(at)) {
      return failure();
    }
    if (!at->getType().isInteger(32) || read.getRole() != ReadRole::Broadcast) {
      return op->emitError() << "'at' " << read.getAt() << " must be an i32 state and goes with 'broadcast'";
    }
  }
  if (!read.hasLag()) {
    return success();
  }
  auto state = dyn_cast<StateOp>(source);
  int64_t needed = read.getLag() + 1;
  if (read.getLag() == ReadAttr::delayLag) {
    auto table = dyn_cast<SynapsesOp>(body.over);
    if (!table) {
      return op->emitError() << "'lag delay' belongs to traversals, a map has no delay";
    }
    needed = table.getMaxDelay() + 1;
  }
  if (!state || static_cast<int64_t>(state.getHistory()) < needed) {
    return op->emitError() << "reads " << read.getSource() << " with a lag that needs 'history " << needed
                           << "', but it declares " << (state ? static_cast<int64_t>(state.getHistory()) : 0);
  }
  return success();
}

LogicalResult verifyWrite(const BodyContext& body, WriteAttr write, Value value) {
  Operation* op = body.op;
  Operation* target = lookup(op, write.getTarget());
  bool setup = isa<SetupOp>(op->getParentOp());
  auto reject = [&](const Twine& why) {
    return op->emitError() << "writes " << write.getTarget() << ", " << why;
  };
  if (!target) {
    return reject("which is not declared in this program");
  }
  switch (write.getKind()) {
  case WriteKind::State:
    if (!isa<StateOp>(target) || lookup(op, ownerOf(target)) != body.over) {
      return reject("expected a state of what the body runs over");
    }
    if (emits(body.kind)) {
      return reject("but an '" + stringifyTraverseKind(*body.kind) +
                    "' traversal writes ports only; use 'arrive'");
    }
    if (auto table = dyn_cast<SynapsesOp>(body.over);
        table && !setup && table.getDelayFieldAttr() == write.getTarget()) {
      return reject("but a delay field is written in step.setup only");
    }
    break;
  case WriteKind::Event:
    if (!isa<EventsOp>(target) || lookup(op, ownerOf(target)) != body.over || setup) {
      return reject("expected events of the map's extent, outside step.setup");
    }
    return value.getType().isInteger(1) ? success() : reject("expected an i1");
  case WriteKind::Port: {
    Operation* side = body.kind ? lookup(op, cast<SynapsesOp>(body.over).getTargetAttr()) : body.over;
    if (!isa<PortOp>(target) || lookup(op, ownerOf(target)) != side || setup) {
      return reject("expected a port of the target, outside step.setup");
    }
    if (write.getDelayed() && emits(body.kind)) {
      return reject("but an '" + stringifyTraverseKind(*body.kind) +
                    "' contribution arrives after the synapse's delay; 'after' is not for it");
    }
    if (emits(body.kind)) {
      auto table = cast<SynapsesOp>(body.over);
      if (static_cast<int64_t>(cast<PortOp>(target).getSlots()) <=
          static_cast<int64_t>(table.getMaxDelay())) {
        return reject("but the largest delay of the table needs " + Twine(table.getMaxDelay() + 1) +
                      " slots");
      }
    }
    break;
  }
  }
  if (typeOf(target) != value.getType()) {
    InFlightDiagnostic diagnostic = op->emitError() << "writes " << write.getTarget() << " as "
                                                    << value.getType() << ", but it holds " << typeOf(target);
    diagnostic.attachNote(target->getLoc()) << "declared here";
    return diagnostic;
  }
  return success();
}

LogicalResult verifyBody(const BodyContext& body, ArrayAttr reads, Region& region) {
  Block& block = region.front();
  if (reads.size() != block.getNumArguments()) {
    return body.op->emitError() << "has " << reads.size() << " reads for " << block.getNumArguments()
                                << " arguments";
  }
  for (auto [read, argument] : llvm::zip_equal(reads.getAsRange<ReadAttr>(), block.getArguments())) {
    if (failed(verifyRead(body, read, argument))) {
      return failure();
    }
  }
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield) {
    return body.op->emitError() << "needs a body that ends in step.yield";
  }
  if (yield.getWrites().size() != yield.getValues().size()) {
    return body.op->emitError() << "yields " << yield.getValues().size() << " values for "
                                << yield.getWrites().size() << " writes";
  }
  llvm::SmallDenseSet<Attribute> written;
  size_t delays = 0;
  for (auto [write, value] : llvm::zip_equal(yield.getWrites().getAsRange<WriteAttr>(), yield.getValues())) {
    if (failed(verifyWrite(body, write, value))) {
      return failure();
    }
    if (write.getKind() != WriteKind::Port && !written.insert(write.getTarget()).second) {
      return body.op->emitError() << "writes " << write.getTarget() << " twice";
    }
    delays += write.getDelayed();
  }
  if (delays != yield.getDelays().size()) {
    return body.op->emitError() << "yields " << yield.getDelays().size() << " delays for " << delays
                                << " delayed writes";
  }
  for (Operation& inner : block.without_terminator()) {
    if (!isMemoryEffectFree(&inner)) {
      InFlightDiagnostic diagnostic = body.op->emitError() << "needs a pure body";
      diagnostic.attachNote(inner.getLoc()) << "this is not pure";
      return diagnostic;
    }
  }
  return success();
}

/// A contribution to the present slot of a port that was read already would be cleared unseen.
LogicalResult verifyPortOrder(ProgramOp program) {
  llvm::DenseMap<Attribute, Operation*> readers;
  LogicalResult result = success();
  program.walk<WalkOrder::PreOrder>([&](Operation* op) {
    if (!isa<MapOp, TraverseOp>(op)) {
      return;
    }
    auto yield = cast<YieldOp>(op->getRegion(0).front().getTerminator());
    auto traverse = dyn_cast<TraverseOp>(op);
    for (auto write : yield.getWrites().getAsRange<WriteAttr>()) {
      bool now = write.getKind() == WriteKind::Port && !write.getDelayed();
      if (now && traverse && emits(traverse.getKind())) {
        auto table = dyn_cast_or_null<SynapsesOp>(lookup(op, traverse.getTableAttr()));
        now = table && table.getMinDelay() == 0;
      }
      if (Operation* reader = now ? readers.lookup(write.getTarget()) : nullptr) {
        InFlightDiagnostic diagnostic = op->emitError()
                                        << "adds to the present slot of " << write.getTarget()
                                        << ", which was read before; the contribution would be lost";
        diagnostic.attachNote(reader->getLoc()) << "read here";
        result = failure();
      }
    }
    for (auto read : op->getAttrOfType<ArrayAttr>("reads").getAsRange<ReadAttr>()) {
      if (isa_and_nonnull<PortOp>(lookup(op, read.getSource()))) {
        readers[read.getSource()] = op;
      }
    }
  });
  return result;
}

LogicalResult verifyProbe(ProbeOp probe) {
  Operation* subject = lookup(probe, probe.getSubjectAttr());
  if (!subject || !isa<StateOp, EventsOp>(subject)) {
    return probe.emitError() << "records " << probe.getSubjectAttr() << ", expected a state or events";
  }
  if (!probe.getRange()) {
    return success();
  }
  ArrayRef<int64_t> range = *probe.getRange();
  auto extent = dyn_cast_or_null<ExtentOp>(lookup(probe, ownerOf(subject)));
  if (range.size() != 2 || range[0] < 0 || range[0] > range[1] ||
      (extent && range[1] > static_cast<int64_t>(extent.getSize()))) {
    return probe.emitError() << "range must be [begin, end) inside " << ownerOf(subject);
  }
  return success();
}

LogicalResult verifyDeclaration(Operation& op) {
  return TypeSwitch<Operation*, LogicalResult>(&op)
      .Case<StateOp>([](StateOp state) -> LogicalResult {
        if (state.getFrac() && !state.getType().isInteger()) {
          return state.emitError() << "'frac' belongs to integers, found " << state.getType();
        }
        return verifyOwner(state, /*tableAllowed=*/true);
      })
      .Case<PortOp, EventsOp, InputOp>([](auto declaration) { return verifyOwner(declaration, false); })
      .Case<ProbeOp>([](ProbeOp probe) { return verifyProbe(probe); })
      .Case<SynapsesOp>([](SynapsesOp table) { return verifyTable(table); })
      .Default([](Operation*) { return success(); });
}

LogicalResult verifyReduce(ReduceOp op) {
  FailureOr<StateOp> source = find<StateOp>(op, op.getSourceAttr(), "a state");
  FailureOr<StateOp> into = find<StateOp>(op, op.getIntoAttr(), "a state");
  if (failed(source) || failed(into)) {
    return failure();
  }
  auto table = dyn_cast<SynapsesOp>(lookup(op, source->getOwnerAttr()));
  if (op.getBy() != ReduceBy::All && !table) {
    return op.emitError() << "reduces 'by " << stringifyReduceBy(op.getBy())
                          << "', which needs a state of a table";
  }
  Operation* owner = lookup(op, into->getOwnerAttr());
  bool fits = op.getBy() == ReduceBy::Pre    ? owner == lookup(op, table.getSourceAttr())
              : op.getBy() == ReduceBy::Post ? owner == lookup(op, table.getTargetAttr())
                                             : isa<ExtentOp>(owner) && cast<ExtentOp>(owner).getSize() == 1;
  if (!fits || source->getType() != into->getType()) {
    return op.emitError() << "cannot put its results into " << op.getIntoAttr()
                          << ": expected a state of the same type and of the key's extent (size 1 for 'all')";
  }
  return success();
}

LogicalResult verifyAction(Operation* op) {
  return TypeSwitch<Operation*, LogicalResult>(op)
      .Case<MapOp>([](MapOp map) -> LogicalResult {
        FailureOr<ExtentOp> extent = find<ExtentOp>(map, map.getOverAttr(), "an extent");
        return failed(extent) ? failure()
                              : verifyBody({map, *extent, std::nullopt}, map.getReads(), map.getBody());
      })
      .Case<TraverseOp>([](TraverseOp traverse) -> LogicalResult {
        FailureOr<SynapsesOp> table = find<SynapsesOp>(traverse, traverse.getTableAttr(), "a synapse table");
        if (failed(table)) {
          return failure();
        }
        bool all = traverse.getKind() == TraverseKind::All;
        if (all == static_cast<bool>(traverse.getEventsAttr())) {
          return traverse.emitError() << "'" << stringifyTraverseKind(traverse.getKind())
                                      << (all ? "' takes no events" : "' needs 'on' events");
        }
        if (isa<SetupOp>(traverse->getParentOp()) && !all) {
          return traverse.emitError() << "setup has no events; only 'all' traversals stand there";
        }
        if (!all) {
          FailureOr<EventsOp> events = find<EventsOp>(traverse, traverse.getEventsAttr(), "events");
          if (failed(events)) {
            return failure();
          }
          StringRef side = traverse.getKind() == TraverseKind::Back ? table->getTarget() : table->getSource();
          if (events->getOwner() != side) {
            return traverse.emitError() << "events " << traverse.getEventsAttr() << " belong to @"
                                        << events->getOwner() << ", expected events of @" << side;
          }
        }
        return verifyBody({traverse, *table, traverse.getKind()}, traverse.getReads(), traverse.getBody());
      })
      .Case<PushOp>([](PushOp push) -> LogicalResult {
        FailureOr<StateOp> state = find<StateOp>(push, push.getStateAttr(), "a state");
        if (failed(state)) {
          return failure();
        }
        return state->getHistory() > 0
                   ? success()
                   : push.emitError() << push.getStateAttr() << " declares no history to push to";
      })
      .Case<RestoreOp>([](RestoreOp restore) -> LogicalResult {
        return LogicalResult(find<StateOp>(restore, restore.getStateAttr(), "a state"));
      })
      .Case<ReduceOp>([](ReduceOp reduce) { return verifyReduce(reduce); })
      .Case<WhenOp>([](WhenOp when) -> LogicalResult {
        return LogicalResult(find<EventsOp>(when, when.getEventsAttr(), "events"));
      })
      .Case<EveryOp>([](EveryOp every) -> LogicalResult {
        return every.getOffset() < every.getPeriod() ? success()
                                                     : every.emitError() << "offset " << every.getOffset()
                                                                         << " must be below the period "
                                                                         << every.getPeriod();
      })
      .Case<LookupOp>([](LookupOp lookupOp) -> LogicalResult {
        FailureOr<ArrayOp> array = find<ArrayOp>(lookupOp, lookupOp.getArrayAttr(), "an array");
        if (failed(array)) {
          return failure();
        }
        auto type = cast<ShapedType>(array->getValues().getType());
        if (type.getRank() != 1 || type.getElementType() != lookupOp.getType() ||
            type.getNumElements() == 0) {
          return lookupOp.emitError()
                 << "looks up " << lookupOp.getType() << " in " << lookupOp.getArrayAttr() << ", which holds "
                 << type << "; expected one dimension, not empty";
        }
        return success();
      })
      .Default([](Operation*) { return success(); });
}

} // namespace

LogicalResult ProgramOp::verifyRegions() {
  if (!(getDt().convertToDouble() > 0)) {
    return emitError() << "dt is " << getDt().convertToDouble() << ", expected a positive number of seconds";
  }
  for (Operation& op : getBody().front()) {
    if (op.getDialect() != (*this)->getDialect()) {
      return op.emitError() << "does not belong in a step.program";
    }
    if (failed(verifyDeclaration(op))) {
      return failure();
    }
  }
  auto samples = getBody().front().getOps<SampleOp>();
  if (std::distance(samples.begin(), samples.end()) > 1) {
    return emitError() << "has more than one step.sample";
  }
  WalkResult walked = getBody().walk([](Operation* op) {
    return failed(verifyAction(op)) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(walked.wasInterrupted() || failed(verifyPortOrder(*this)) || failed(verifyDue(*this)));
}

// The rules that need the whole program's symbols are checked by the program, which sees them all.
LogicalResult MapOp::verifyRegions() { return success(); }
LogicalResult TraverseOp::verifyRegions() { return success(); }

LogicalResult SetupOp::verifyRegions() {
  for (Operation& op : getBody().front()) {
    if (!isa<MapOp, TraverseOp, ReduceOp>(op)) {
      return op.emitError()
             << "does not belong in step.setup, which takes maps, 'all' traversals and reductions";
    }
  }
  return success();
}

LogicalResult IndexOp::verify() {
  bool wide = getKind() == IndexKind::Synapse;
  if (getType().isInteger(64) != wide) {
    return emitOpError() << "'" << stringifyIndexKind(getKind()) << "' is an " << (wide ? "i64" : "i32")
                         << ", found " << getType();
  }
  bool element = getKind() == IndexKind::Element;
  auto traverse = (*this)->getParentOfType<TraverseOp>();
  if (element == static_cast<bool>(traverse)) {
    return emitOpError() << "'" << stringifyIndexKind(getKind()) << "' belongs to "
                         << (element ? "maps" : "traversals");
  }
  return success();
}

LogicalResult RandomOp::verify() {
  bool parameter = getDistribution() == Distribution::Gamma || getDistribution() == Distribution::Poisson;
  if (parameter != static_cast<bool>(getParameter())) {
    return emitOpError() << "'" << stringifyDistribution(getDistribution())
                         << (parameter ? "' needs" : "' takes no") << " parameter";
  }
  bool count = getDistribution() == Distribution::Poisson;
  if (getType().isInteger(32) != count) {
    return emitOpError() << "'" << stringifyDistribution(getDistribution()) << "' gives "
                         << (count ? "an i32" : "a float") << ", found " << getType();
  }
  return success();
}
