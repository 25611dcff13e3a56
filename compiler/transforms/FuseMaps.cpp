// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Makes one map of two that follow each other; see Passes.td. Changes no result.
#include "compiler/transforms/Passes.h"
#include "dialects/step/StepBodies.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace nissl::transforms {

#define GEN_PASS_DEF_FUSEMAPS
#include "compiler/transforms/Passes.h.inc"

namespace {

using step::isPlain;
using step::yieldOf;

llvm::StringSet<> written(step::MapOp map) {
  llvm::StringSet<> names;
  for (auto write : yieldOf(map).getWrites().getAsRange<step::WriteAttr>()) {
    names.insert(write.getTarget().getValue());
  }
  return names;
}

/// Whether other elements' values that one map reads are written by the other, or what both write adds up.
bool interfere(step::MapOp first, step::MapOp second) {
  llvm::StringSet<> before = written(first), after = written(second);
  for (auto write : yieldOf(first).getWrites().getAsRange<step::WriteAttr>()) {
    if (write.getKind() != step::WriteKind::State && after.contains(write.getTarget().getValue())) {
      return true;
    }
  }
  for (auto read : first.getReads().getAsRange<step::ReadAttr>()) {
    if ((!isPlain(read) && after.contains(read.getSource().getValue())) ||
        (read.getAt() && after.contains(read.getAt().getValue()))) {
      return true;
    }
  }
  for (auto read : second.getReads().getAsRange<step::ReadAttr>()) {
    StringRef source = read.getSource().getValue();
    bool isState = llvm::any_of(yieldOf(first).getWrites().getAsRange<step::WriteAttr>(), [&](auto write) {
      return write.getTarget() == read.getSource() && write.getKind() == step::WriteKind::State;
    });
    if ((before.contains(source) && !(isPlain(read) && isState)) ||
        (read.getAt() && before.contains(read.getAt().getValue()))) {
      return true;
    }
  }
  return false;
}

bool takesFrom(step::MapOp map, const llvm::StringSet<>& names) {
  return llvm::any_of(map.getReads().getAsRange<step::ReadAttr>(), [&](step::ReadAttr read) {
    return names.contains(read.getSource().getValue()) ||
           (read.getAt() && names.contains(read.getAt().getValue()));
  });
}

/// Whether it matters which of two comes first.
bool depend(step::MapOp one, step::MapOp other) {
  llvm::StringSet<> ofOne = written(one), ofOther = written(other);
  return takesFrom(one, ofOther) || takesFrom(other, ofOne) ||
         llvm::any_of(ofOne.keys(), [&](StringRef name) { return ofOther.contains(name); });
}

/// Whether the second reads what the first reads or writes: what shares nothing gains nothing from one loop.
bool share(step::MapOp first, step::MapOp second) {
  llvm::StringSet<> names = written(first);
  for (auto read : first.getReads().getAsRange<step::ReadAttr>()) {
    names.insert(read.getSource().getValue());
  }
  return takesFrom(second, names);
}

/// Builds the fused map behind `second` and erases both.
step::MapOp fuse(step::MapOp first, step::MapOp second) {
  OpBuilder builder(second);
  SmallVector<Attribute> reads(first.getReads().begin(), first.getReads().end());
  Block& firstBody = first.getBody().front();
  Block& secondBody = second.getBody().front();
  SmallVector<Type> types(firstBody.getArgumentTypes());
  llvm::StringMap<Value> stored;
  for (auto [write, value] :
       llvm::zip(yieldOf(first).getWrites().getAsRange<step::WriteAttr>(), yieldOf(first).getValues())) {
    if (write.getKind() == step::WriteKind::State) {
      stored[write.getTarget().getValue()] = value;
    }
  }
  // What the second reads: the first one's value, or the same read, or a read of its own.
  SmallVector<std::optional<unsigned>> place;
  for (auto [read, argument] :
       llvm::zip(second.getReads().getAsRange<step::ReadAttr>(), secondBody.getArguments())) {
    if (isPlain(read) && stored.contains(read.getSource().getValue())) {
      place.push_back(std::nullopt);
      continue;
    }
    auto known = llvm::find(reads, Attribute(read));
    place.push_back(static_cast<unsigned>(known - reads.begin()));
    if (known == reads.end()) {
      reads.push_back(read);
      types.push_back(argument.getType());
    }
  }
  auto fused = step::MapOp::create(builder, builder.getFusedLoc({first.getLoc(), second.getLoc()}),
                                   second.getOverAttr(), builder.getArrayAttr(reads));
  Block& body = fused.getBody().emplaceBlock();
  body.addArguments(types, SmallVector<Location>(types.size(), fused.getLoc()));
  OpBuilder inside = OpBuilder::atBlockBegin(&body);
  IRMapping map;
  map.map(firstBody.getArguments(), body.getArguments().take_front(firstBody.getNumArguments()));
  for (Operation& op : firstBody.without_terminator()) {
    inside.clone(op, map);
  }
  for (auto [index, argument] : llvm::enumerate(secondBody.getArguments())) {
    auto read = cast<step::ReadAttr>(second.getReads()[index]);
    map.map(argument, place[index] ? Value(body.getArgument(*place[index]))
                                   : map.lookup(stored[read.getSource().getValue()]));
  }
  for (Operation& op : secondBody.without_terminator()) {
    inside.clone(op, map);
  }
  SmallVector<Value> values, delays;
  SmallVector<Attribute> writes;
  llvm::StringSet<> again = written(second);
  auto append = [&](step::MapOp from, bool isFirst) {
    step::YieldOp yield = yieldOf(from);
    unsigned delay = 0;
    for (auto [write, value] :
         llvm::zip(yield.getWrites().getAsRange<step::WriteAttr>(), yield.getValues())) {
      Value after = write.getDelayed() ? yield.getDelays()[delay++] : Value();
      if (isFirst && write.getKind() == step::WriteKind::State &&
          again.contains(write.getTarget().getValue())) {
        continue;
      }
      values.push_back(map.lookup(value));
      writes.push_back(write);
      if (after) {
        delays.push_back(map.lookup(after));
      }
    }
  };
  append(first, true);
  append(second, false);
  step::YieldOp::create(inside, yieldOf(second).getLoc(), values, delays, inside.getArrayAttr(writes));
  first.erase();
  second.erase();
  return fused;
}

struct FuseMaps : impl::FuseMapsBase<FuseMaps> {
  void runOnOperation() override {
    getOperation()->walk([&](step::ProgramOp program) { run(program); });
  }

  void run(step::ProgramOp program) {
    // Where no state is sampled nobody sees what lies between the maps around the sample, but events.
    bool seen = llvm::any_of(program.getBody().getOps<step::ProbeOp>(), [&](step::ProbeOp probe) {
      return isa_and_nonnull<step::StateOp>(program.lookupSymbol(probe.getSubject()));
    });
    // Maps that nothing else parts, and how many of them come before the sample.
    SmallVector<step::MapOp> maps;
    size_t sampled = 0;
    for (Operation& op : llvm::make_early_inc_range(program.getBody().front())) {
      if (auto map = dyn_cast<step::MapOp>(op)) {
        for (size_t place = maps.size(); place-- > 0;) {
          if (joins(maps, place, sampled, map)) {
            map = fuse(maps[place], map);
            ++fused;
            maps.erase(maps.begin() + place);
            sampled -= place < sampled ? 1 : 0;
          }
        }
        maps.push_back(map);
      } else if (isa<step::SampleOp>(op) && !seen) {
        sampled = maps.size();
      } else {
        maps.clear();
        sampled = 0;
      }
    }
  }

  /// Whether the map at a place is better done with `map`, which follows all: later than those behind it.
  static bool joins(ArrayRef<step::MapOp> maps, size_t place, size_t sampled, step::MapOp map) {
    step::MapOp first = maps[place];
    if (first.getOver() != map.getOver() || interfere(first, map)) {
      return false;
    }
    ArrayRef<step::MapOp> between = maps.drop_front(place + 1);
    bool stays = between.empty() && place >= sampled;
    return stays || (!emits(first) && share(first, map) &&
                     llvm::none_of(between, [&](step::MapOp other) { return depend(first, other); }));
  }

  static bool emits(step::MapOp map) {
    return llvm::any_of(yieldOf(map).getWrites().getAsRange<step::WriteAttr>(),
                        [](step::WriteAttr write) { return write.getKind() == step::WriteKind::Event; });
  }
};

} // namespace
} // namespace nissl::transforms
