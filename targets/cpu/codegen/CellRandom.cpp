// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/codegen/CellRandom.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace nissl::step;

namespace nissl::cpu {

// Cells of a group share 16 blocks per word (support::cellWord).
static constexpr int64_t group = 64, lanes = 16;

CellRandom::CellRandom(Operation* op) {
  if (isa<MapOp>(op)) {
    op->walk([&](RandomBitsOp random) {
      places.try_emplace(wordOf(random), static_cast<int64_t>(places.size()));
    });
  }
}

int64_t CellRandom::chunk() const {
  constexpr size_t many = 16; // words: what lies between must stay in the fastest cache
  return places.size() > many ? group : 4 * group;
}

static Value constant(OpBuilder& builder, Location loc, int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, value, 64);
}

void CellRandom::allocate(OpBuilder& builder, Location loc) {
  Value size = constant(builder, loc, static_cast<int64_t>(places.size()) * chunk());
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  buffer = LLVM::AllocaOp::create(builder, loc, pointer, builder.getI32Type(), size, /*alignment=*/64);
}

Value CellRandom::addressOf(OpBuilder& builder, Location loc, int64_t place, Value index) const {
  Value at = arith::AddIOp::create(builder, loc, index, constant(builder, loc, place * chunk()));
  return LLVM::GEPOp::create(builder, loc, buffer.getType(), builder.getI32Type(), buffer, ValueRange{at});
}

void CellRandom::fill(OpBuilder& builder, Location loc, const BodyPosition& position, Value begin, Value end,
                      int64_t extent) {
  first = begin;
  auto number = [&](int64_t value) { return constant(builder, loc, value); };
  auto add = [&](Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b).getResult(); };
  auto times = [&](Value a, int64_t factor) {
    return arith::MulIOp::create(builder, loc, a, number(factor)).getResult();
  };
  // The last cells of a part may be few.
  Value count = number(chunk() / group);
  if (chunk() > group) {
    Value cells = arith::SubIOp::create(builder, loc, end, begin);
    count = arith::ShRUIOp::create(builder, loc, add(cells, number(group - 1)), number(llvm::Log2_64(group)));
  }
  Value firstBlock = arith::ShRUIOp::create(builder, loc, begin, number(2));
  for (auto [word, place] : places) {
    auto [stream, draw, which] = word;
    OpBuilder::InsertionGuard guard(builder);
    auto groups = scf::ForOp::create(builder, loc, number(0), count, number(1));
    builder.setInsertionPointToStart(groups.getBody());
    Value block = add(firstBlock, times(groups.getInductionVar(), lanes));
    Value base = times(groups.getInductionVar(), group);
    auto loop = scf::ForOp::create(builder, loc, number(0), number(lanes), number(1));
    builder.setInsertionPointToStart(loop.getBody());
    Value entity = add(block, loop.getInductionVar());
    // Of few cells one half of the counter is the same for all: told so, LLVM computes it once.
    int64_t mask = extent <= 1 << 18 ? 0xffff : 0x3fffffff;
    entity = arith::AndIOp::create(builder, loc, entity, number(mask));
    entity = arith::OrIOp::create(builder, loc, entity, number(which << 30));
    std::array<Value, 4> words = philox(builder, loc, position, entity, stream, draw);
    for (int64_t k = 0; k < 4; ++k) {
      Value bits = arith::TruncIOp::create(builder, loc, builder.getI32Type(), words[k]);
      Value index = add(add(base, loop.getInductionVar()), number(k * lanes));
      LLVM::StoreOp::create(builder, loc, bits, addressOf(builder, loc, place, index));
    }
  }
}

Value CellRandom::read(OpBuilder& builder, RandomBitsOp op, Value cell) const {
  Location loc = op.getLoc();
  Value index = arith::SubIOp::create(builder, loc, cell, first);
  return LLVM::LoadOp::create(builder, loc, builder.getI32Type(),
                              addressOf(builder, loc, places.at(wordOf(op)), index));
}

} // namespace nissl::cpu
