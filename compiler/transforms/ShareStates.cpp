// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Keeps one of states that always have the same values; see Passes.td. Changes no result.
#include "compiler/transforms/Passes.h"
#include "dialects/step/StepBodies.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_SHARESTATES
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Something that happens to a state.
struct Change {
  int64_t place = 0;
  Operation* op = nullptr; ///< a map, or a push
  Value value;             ///< of a map: what it yields
};

/// Who changes and who reads a state, by places in the program: the setup's actions, then the step's. What an
/// `every` or `when` holds is where that stands.
struct Uses {
  SmallVector<Change> changes;
  SmallVector<int64_t> readers; ///< but for what only its own new value needs
  SmallVector<int64_t> writers; ///< of any kind
  bool fit = true;              ///< nothing but maps and pushes of every step changes it
};

using step::readOf;
using step::readsOf;
using step::yieldOf;

/// Whether a value is needed for anything that the body yields but `except`.
bool neededBut(Value value, step::YieldOp yield, Value except) {
  SmallVector<Value> open;
  for (Value yielded : yield->getOperands()) {
    if (yielded != except) {
      open.push_back(yielded);
    }
  }
  llvm::DenseSet<Value> seen;
  while (!open.empty()) {
    Value one = open.pop_back_val();
    if (one == value) {
      return true;
    }
    if (seen.insert(one).second && one.getDefiningOp()) {
      llvm::append_range(open, one.getDefiningOp()->getOperands());
    }
  }
  return false;
}

/// Whether two values are computed alike, the second from `other` what the first computes from `kept`; lists
/// whatever else they read.
class Likeness {
public:
  Likeness(StringRef kept, StringRef other) : kept(kept), other(other) {}

  bool alike(Value a, Value b) {
    if (a.getType() != b.getType() || isa<BlockArgument>(a) != isa<BlockArgument>(b)) {
      return false;
    }
    if (!known.insert({a, b}).second) {
      return true; // or being found out: bodies have no cycles
    }
    if (auto argument = dyn_cast<BlockArgument>(a)) {
      return alikeReads(readOf(argument), readOf(cast<BlockArgument>(b)));
    }
    Operation *first = a.getDefiningOp(), *second = b.getDefiningOp();
    return cast<OpResult>(a).getResultNumber() == cast<OpResult>(b).getResultNumber() &&
           first->getName() == second->getName() && first->getNumRegions() == 0 &&
           first->getAttrDictionary() == second->getAttrDictionary() &&
           first->getNumOperands() == second->getNumOperands() &&
           llvm::all_of(llvm::zip(first->getOperands(), second->getOperands()),
                        [&](auto pair) { return alike(std::get<0>(pair), std::get<1>(pair)); });
  }

  llvm::SetVector<StringRef> sources;

private:
  bool alikeReads(step::ReadAttr a, step::ReadAttr b) {
    if (a.getAt() || b.getAt() || a.getSource().getValue() == other) {
      return false;
    }
    Attribute renamed = Attribute(b).replace([&](FlatSymbolRefAttr symbol) {
      return symbol.getValue() == other ? FlatSymbolRefAttr::get(symbol.getContext(), kept) : symbol;
    });
    if (a.getSource().getValue() != kept) {
      sources.insert(a.getSource().getValue());
    }
    return renamed == Attribute(a);
  }

  StringRef kept, other;
  llvm::DenseSet<std::pair<Value, Value>> known;
};

class Sharing {
public:
  explicit Sharing(step::ProgramOp program) : program(program) {
    for (auto setup : program.getOps<step::SetupOp>()) {
      for (Operation& op : setup.getBody().front()) {
        note(&op, /*nested=*/false);
      }
    }
    firstOfStep = place;
    for (Operation& op : program.getBody().front()) {
      if (isa<step::SetupOp>(op)) {
        continue;
      }
      bool nested = isa<step::EveryOp, step::WhenOp>(op);
      op.walk([&](Operation* inner) { note(inner, nested); });
      if (isa<step::SampleOp>(op)) {
        for (auto probe : program.getOps<step::ProbeOp>()) {
          uses[probe.getSubject()].readers.push_back(place);
        }
      }
      ++place;
    }
  }

  bool same(step::StateOp kept, step::StateOp other) {
    const Uses &a = uses[kept.getSymName()], &b = uses[other.getSymName()];
    if (!a.fit || !b.fit || a.changes.size() != b.changes.size()) {
      return false;
    }
    for (auto [one, two] : llvm::zip(a.changes, b.changes)) {
      if (!alike(kept.getSymName(), other.getSymName(), one, two)) {
        return false;
      }
    }
    // Whoever reads the second sees what the first has then.
    return llvm::all_of(b.readers, [&](int64_t reader) { return before(a, reader) == before(b, reader); });
  }

private:
  void note(Operation* op, bool nested) {
    if (isa<step::MapOp, step::TraverseOp>(op)) {
      noteBody(op, nested);
    } else if (auto push = dyn_cast<step::PushOp>(op)) {
      change(push.getState(), {place, op, Value()}, nested);
    } else if (auto restore = dyn_cast<step::RestoreOp>(op)) {
      change(restore.getState(), {place, op, Value()}, /*nested=*/true);
    } else if (auto reduce = dyn_cast<step::ReduceOp>(op)) {
      change(reduce.getInto(), {place, op, Value()}, /*nested=*/true);
      uses[reduce.getSource()].readers.push_back(place);
    }
    if (isa<step::SetupOp>(op->getParentOp())) {
      ++place;
    }
  }

  void change(StringRef state, Change what, bool nested) {
    Uses& of = uses[state];
    of.fit &= !nested;
    of.writers.push_back(place);
    of.changes.push_back(what);
  }

  void noteBody(Operation* op, bool nested) {
    step::YieldOp yield = yieldOf(op);
    llvm::StringMap<Value> own;
    for (auto [write, value] :
         llvm::zip(yield.getWrites().getAsRange<step::WriteAttr>(), yield.getValues())) {
      StringRef target = write.getTarget().getValue();
      if (write.getKind() == step::WriteKind::State) {
        own[target] = value;
        change(target, {place, op, value}, nested || isa<step::TraverseOp>(op));
      } else {
        uses[target].writers.push_back(place);
      }
    }
    for (auto [attribute, argument] : llvm::zip(readsOf(op), op->getRegion(0).front().getArguments())) {
      auto read = cast<step::ReadAttr>(attribute);
      StringRef source = read.getSource().getValue();
      if (!own.contains(source) || neededBut(argument, yield, own[source])) {
        uses[source].readers.push_back(place);
      }
      if (read.getAt()) {
        uses[read.getAt().getValue()].readers.push_back(place);
      }
    }
  }

  bool alike(StringRef kept, StringRef other, const Change& one, const Change& two) {
    if (one.op->getName() != two.op->getName() || (one.place < firstOfStep) != (two.place < firstOfStep)) {
      return false;
    }
    if (!one.value) {
      return true;
    }
    Likeness likeness(kept, other);
    if (cast<step::MapOp>(one.op).getOver() != cast<step::MapOp>(two.op).getOver() ||
        !likeness.alike(one.value, two.value)) {
      return false;
    }
    auto [first, last] = std::minmax(one.place, two.place);
    return llvm::all_of(likeness.sources, [&](StringRef source) {
      // A port's slots change between the actions too.
      return one.op == two.op ||
             (!isa_and_nonnull<step::PortOp>(program.lookupSymbol(source)) &&
              llvm::none_of(uses[source].writers, [&, first = first, last = last](int64_t writer) {
                return first <= writer && writer < last;
              }));
    });
  }

  static int64_t before(const Uses& of, int64_t place) {
    return llvm::count_if(of.changes, [&](const Change& change) { return change.place < place; });
  }

  step::ProgramOp program;
  llvm::StringMap<Uses> uses;
  int64_t place = 0, firstOfStep = 0;
};

/// Removes ops and reads that nothing needs, and all but one of reads that are the same.
void clean(step::MapOp map) {
  Block& body = map.getBody().front();
  for (Operation& op : llvm::make_early_inc_range(llvm::reverse(body))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
    }
  }
  SmallVector<Attribute> reads;
  for (Attribute read : map.getReads()) {
    BlockArgument argument = body.getArgument(reads.size());
    auto known = llvm::find(reads, read);
    if (known != reads.end()) {
      argument.replaceAllUsesWith(body.getArgument(known - reads.begin()));
    }
    if (argument.use_empty()) {
      body.eraseArgument(reads.size());
    } else {
      reads.push_back(read);
    }
  }
  map.setReadsAttr(ArrayAttr::get(map.getContext(), reads));
}

/// Removes what changes `state`, and has all who read it read `kept`.
void drop(step::ProgramOp program, step::StateOp kept, step::StateOp state) {
  program.walk([&](step::PushOp push) {
    if (push.getState() == state.getSymName()) {
      push.erase();
    }
  });
  program.walk([&](step::MapOp map) {
    step::YieldOp yield = yieldOf(map);
    SmallVector<Attribute> writes(yield.getWrites().begin(), yield.getWrites().end());
    auto found = llvm::find_if(writes, [&](Attribute write) {
      return cast<step::WriteAttr>(write).getTarget().getValue() == state.getSymName();
    });
    if (found == writes.end()) {
      return;
    }
    yield.getValuesMutable().erase(static_cast<unsigned>(found - writes.begin()));
    writes.erase(found);
    if (writes.empty()) {
      map.erase();
      return;
    }
    yield.setWritesAttr(ArrayAttr::get(map.getContext(), writes));
  });
  bool renamed = succeeded(SymbolTable::replaceAllSymbolUses(state, kept.getSymNameAttr(), program));
  assert(renamed && "every use of a symbol of the program is in it");
  (void)renamed;
  state.erase();
  program.walk([](step::MapOp map) { clean(map); });
}

struct ShareStates : impl::ShareStatesBase<ShareStates> {
  void runOnOperation() override {
    getOperation()->walk([&](step::ProgramOp program) {
      while (shareOne(program)) {
        ++shared;
      }
    });
  }

  static bool shareOne(step::ProgramOp program) {
    Sharing sharing(program);
    // By all that is declared of them but their names.
    llvm::MapVector<Attribute, SmallVector<step::StateOp>> likes;
    for (auto state : program.getOps<step::StateOp>()) {
      // Ops on integers count what they saturate.
      if (isa<FloatType>(state.getType()) &&
          isa_and_nonnull<step::ExtentOp>(program.lookupSymbol(state.getOwner()))) {
        NamedAttrList declared(state->getAttrDictionary());
        declared.erase(state.getSymNameAttrName());
        likes[declared.getDictionary(state.getContext())].push_back(state);
      }
    }
    for (auto& [declared, states] : likes) {
      for (size_t i = 0; i < states.size(); ++i) {
        for (size_t j = i + 1; j < states.size(); ++j) {
          if (sharing.same(states[i], states[j])) {
            drop(program, states[i], states[j]);
            return true;
          }
        }
      }
    }
    return false;
  }
};

} // namespace
} // namespace nissl::transforms
