// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/step/Reduction.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

using namespace mlir;

namespace nissl::reference {
namespace {

constexpr size_t blockSize = 256;

/// The result of an empty reduction.
template <typename T>
T identity(step::ReduceKind kind) {
  if (kind == step::ReduceKind::Sum) {
    return T{};
  }
  using Limits = std::numeric_limits<T>;
  T largest = Limits::has_infinity ? Limits::infinity() : Limits::max();
  T smallest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  return kind == step::ReduceKind::Min ? largest : smallest;
}

template <typename T>
T combine(step::ReduceKind kind, T a, T b) {
  switch (kind) {
  case step::ReduceKind::Sum:
    return static_cast<T>(a + b);
  case step::ReduceKind::Min:
    return b < a ? b : a;
  case step::ReduceKind::Max:
    return b > a ? b : a;
  }
  return a;
}

template <typename T>
T reduceValues(step::ReduceKind kind, const std::vector<T>& values) {
  if (values.empty()) {
    return identity<T>(kind);
  }
  std::vector<T> partial;
  for (size_t begin = 0; begin < values.size(); begin += blockSize) {
    T result = values[begin];
    for (size_t i = begin + 1; i < std::min(begin + blockSize, values.size()); ++i) {
      result = combine(kind, result, values[i]);
    }
    partial.push_back(result);
  }
  while (partial.size() > 1) { // neighbours first; an odd one out moves up alone
    std::vector<T> next;
    for (size_t i = 0; i < partial.size(); i += 2) {
      next.push_back(i + 1 < partial.size() ? combine(kind, partial[i], partial[i + 1]) : partial[i]);
    }
    partial = std::move(next);
  }
  return partial.front();
}

Bits reduceBits(step::ReduceKind kind, const std::vector<Bits>& bits, Type type) {
  if (type.isF64()) {
    std::vector<double> values;
    for (Bits b : bits) {
      values.push_back(std::bit_cast<double>(b));
    }
    return std::bit_cast<uint64_t>(reduceValues(kind, values));
  }
  if (type.isF32()) {
    std::vector<float> values;
    for (Bits b : bits) {
      values.push_back(std::bit_cast<float>(static_cast<uint32_t>(b)));
    }
    return std::bit_cast<uint32_t>(reduceValues(kind, values));
  }
  unsigned width = type.getIntOrFloatBitWidth();
  if (bits.empty() && kind != step::ReduceKind::Sum) {
    int64_t extreme = kind == step::ReduceKind::Min ? INT64_MAX : INT64_MIN;
    return wrap(static_cast<uint64_t>(extreme >> (64 - width)), width);
  }
  std::vector<int64_t> values(bits.begin(), bits.end());
  return wrap(static_cast<uint64_t>(reduceValues(kind, values)), width);
}

} // namespace

void reduce(step::ReduceOp op, StepMemory& memory) {
  StateMemory& source = memory.states[op.getSource()];
  StateMemory& into = memory.states[op.getInto()];
  if (op.getBy() == step::ReduceBy::All) {
    into.values[0] = reduceBits(op.getKind(), source.values, source.type);
    return;
  }
  auto owner = op->getParentOfType<step::ProgramOp>().lookupSymbol<step::StateOp>(op.getSource()).getOwner();
  TableMemory& table = memory.tables[owner];
  std::vector<std::vector<Bits>> groups(into.values.size());
  for (size_t s = 0; s < table.size(); ++s) {
    groups[op.getBy() == step::ReduceBy::Pre ? table.source[s] : table.rows.target[s]].push_back(
        source.values[s]);
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    into.values[i] = reduceBits(op.getKind(), groups[i], source.type);
  }
}

} // namespace nissl::reference
