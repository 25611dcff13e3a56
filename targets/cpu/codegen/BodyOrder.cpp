// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/BodyOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace nissl::cpu {
namespace {

/// With more values at hand those operations are preferred that free some: AVX-512 has as many registers, and
/// the few that AVX2 lacks cost less than waiting.
constexpr size_t fewValues = 32;

/// Cycles until a result can be used, about, on processors of today.
size_t latencyOf(Operation& op) {
  if (isa<arith::BitcastOp>(op)) {
    return 0;
  }
  if (isa<arith::DivFOp>(op)) {
    return 24;
  }
  return llvm::any_of(op.getResultTypes(), llvm::IsaPred<FloatType>) ? 4 : 1;
}

/// List scheduling (Cooper & Torczon, Engineering a Compiler, 12.3): first what most is waiting for.
class Scheduler {
public:
  explicit Scheduler(Block& body) {
    DenseMap<Operation*, size_t> place;
    for (Operation& op : body.without_terminator()) {
      if (op.hasTrait<OpTrait::ConstantLike>()) {
        order.push_back(&op);
        continue;
      }
      llvm::SmallSetVector<size_t, 4> needed;
      for (Value operand : op.getOperands()) {
        if (auto known = place.find(operand.getDefiningOp()); known != place.end()) {
          needed.insert(known->second);
        }
      }
      size_t own = nodes.size();
      for (size_t earlier : needed) {
        nodes[earlier].users.push_back(own);
      }
      size_t missing = needed.size();
      nodes.push_back({.op = &op, .needed = needed.takeVector(), .missing = missing});
      place[&op] = own;
    }
    for (Node& node : llvm::reverse(nodes)) {
      for (size_t user : node.users) {
        node.path = std::max(node.path, nodes[user].path);
      }
      node.path += latencyOf(*node.op);
      node.unread = node.users.size();
    }
  }

  SmallVector<Operation*> run() {
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].missing == 0) {
        startable.push_back(i);
      }
    }
    while (!startable.empty()) {
      auto best = llvm::min_element(startable, [this](size_t a, size_t b) { return isBetter(a, b); });
      size_t chosen = *best;
      startable.erase(best);
      start(chosen);
    }
    return std::move(order);
  }

private:
  struct Node {
    Operation* op;
    SmallVector<size_t, 4> needed = {}, users = {}; ///< whose results it uses, and who use its own
    size_t path = 0;                                ///< cycles until all that waits for it is done
    size_t missing = 0, unread = 0;                 ///< how many of `needed` and `users` are not in order yet
  };

  /// By how much the values at hand grow when `node` starts.
  int growth(const Node& node) const {
    auto isLastUse = [this](size_t earlier) { return nodes[earlier].unread == 1; };
    return (node.unread > 0 ? 1 : 0) - static_cast<int>(llvm::count_if(node.needed, isLastUse));
  }

  bool isBetter(size_t one, size_t other) const {
    const Node &a = nodes[one], &b = nodes[other];
    return values < fewValues ? std::pair(b.path, one) < std::pair(a.path, other)
                              : std::pair(growth(a), one) < std::pair(growth(b), other);
  }

  void start(size_t chosen) {
    Node& node = nodes[chosen];
    order.push_back(node.op);
    values += node.unread > 0 ? 1 : 0;
    for (size_t earlier : node.needed) {
      values -= --nodes[earlier].unread == 0 ? 1 : 0;
    }
    for (size_t user : node.users) {
      if (--nodes[user].missing == 0) {
        startable.push_back(user);
      }
    }
  }

  SmallVector<Operation*> order; ///< constants first, which take no time
  std::vector<Node> nodes;
  std::vector<size_t> startable; ///< of `nodes`, those that miss nothing
  size_t values = 0;             ///< that were computed and are still needed
};

} // namespace

SmallVector<Operation*> interleavedOrder(Block& body) { return Scheduler(body).run(); }

int64_t operationsOf(Block& body) {
  return llvm::count_if(body.without_terminator(), [](Operation& op) { return !isa<arith::ConstantOp>(op); });
}

} // namespace nissl::cpu
