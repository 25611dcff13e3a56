// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/codegen/MicrocodePatterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nissl::golgi {
namespace {

constexpr int32_t immediateLow = -(1 << 17), immediateHigh = (1 << 17) - 1;

bool isBit(Type type) { return type.isInteger(1); }
bool isWord(Type type) { return type.isInteger(32) || isBit(type); }

Type freeRegister(MLIRContext* context) { return RegType::get(context, -1); }

Value createConstant(OpBuilder& builder, Location loc, int32_t value) {
  Type type = freeRegister(builder.getContext());
  if (value >= immediateLow && value <= immediateHigh) {
    return LdiOp::create(builder, loc, type, static_cast<uint32_t>(value));
  }
  return LdcOp::create(builder, loc, type, static_cast<uint32_t>(value));
}

/// Patterns see words only: i32, and i1 as 0 or 1.
template <typename OpT>
class WordPattern : public OpConversionPattern<OpT> {
public:
  using Adaptor = typename OpT::Adaptor;
  using OpConversionPattern<OpT>::OpConversionPattern;

  LogicalResult matchAndRewrite(OpT op, Adaptor adaptor, ConversionPatternRewriter& rewriter) const final {
    if (!llvm::all_of(op->getOperandTypes(), isWord) || !llvm::all_of(op->getResultTypes(), isWord)) {
      return rewriter.notifyMatchFailure(op, "registers have 32 bits");
    }
    return rewrite(op, adaptor, rewriter);
  }

protected:
  virtual LogicalResult rewrite(OpT op, Adaptor adaptor, ConversionPatternRewriter& rewriter) const = 0;
  Type reg() const { return freeRegister(this->getContext()); }
};

/// `Word` for i32, `Bit` for i1 (void: the chip has none).
template <typename OpT, typename Word, typename Bit>
class BinaryPattern final : public WordPattern<OpT> {
public:
  using WordPattern<OpT>::WordPattern;

private:
  LogicalResult rewrite(OpT op, typename OpT::Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    if (!isBit(op.getType())) {
      rewriter.replaceOpWithNewOp<Word>(op, this->reg(), adaptor.getLhs(), adaptor.getRhs());
      return success();
    }
    if constexpr (std::is_void_v<Bit>) {
      return rewriter.notifyMatchFailure(op, "the chip has no such instruction on single bits");
    } else {
      rewriter.replaceOpWithNewOp<Bit>(op, this->reg(), adaptor.getLhs(), adaptor.getRhs());
      return success();
    }
  }
};

/// The chip's extremes have a sign; without one it is a comparison and a choice.
template <typename OpT, Comparison condition>
class UnsignedExtremePattern final : public WordPattern<OpT> {
public:
  using WordPattern<OpT>::WordPattern;

private:
  LogicalResult rewrite(OpT op, typename OpT::Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    Value chosen =
        RcmpOp::create(rewriter, op.getLoc(), this->reg(), condition, adaptor.getLhs(), adaptor.getRhs());
    rewriter.replaceOpWithNewOp<SelrOp>(op, this->reg(), chosen, adaptor.getLhs(), adaptor.getRhs());
    return success();
  }
};

class ComparePattern final : public WordPattern<arith::CmpIOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(arith::CmpIOp op, Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    bool isSigned =
        op.getPredicate() >= arith::CmpIPredicate::slt && op.getPredicate() <= arith::CmpIPredicate::sge;
    if (isSigned && isBit(op.getLhs().getType())) {
      return rewriter.notifyMatchFailure(op, "signed comparisons of i1 read 1 as -1, registers hold 1");
    }
    // Numbered alike.
    auto condition = static_cast<Comparison>(op.getPredicate());
    rewriter.replaceOpWithNewOp<RcmpOp>(op, reg(), condition, adaptor.getLhs(), adaptor.getRhs());
    return success();
  }
};

class SelectPattern final : public WordPattern<arith::SelectOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(arith::SelectOp op, Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOpWithNewOp<SelrOp>(op, reg(), adaptor.getCondition(), adaptor.getTrueValue(),
                                        adaptor.getFalseValue());
    return success();
  }
};

template <typename OpT, typename Bit>
class ExtendPattern final : public WordPattern<OpT> {
public:
  using WordPattern<OpT>::WordPattern;

private:
  LogicalResult rewrite(OpT op, typename OpT::Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOpWithNewOp<Bit>(op, this->reg(), adaptor.getIn());
    return success();
  }
};

/// Only the low bit of a word, or the low half of the step's number.
class TruncatePattern final : public OpConversionPattern<arith::TruncIOp> {
public:
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(arith::TruncIOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter& rewriter) const override {
    Type reg = freeRegister(getContext());
    if (op.getIn().getDefiningOp<step::NowOp>() && op.getType().isInteger(32)) {
      rewriter.replaceOpWithNewOp<NowOp>(op, reg);
      return success();
    }
    if (!isWord(op.getIn().getType()) || !isBit(op.getType())) {
      return rewriter.notifyMatchFailure(op, "registers have 32 bits");
    }
    rewriter.replaceOpWithNewOp<AndiOp>(op, reg, adaptor.getIn(), 1);
    return success();
  }
};

class ConstantPattern final : public WordPattern<arith::ConstantOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(arith::ConstantOp op, Adaptor, ConversionPatternRewriter& rewriter) const override {
    APInt value = cast<IntegerAttr>(op.getValue()).getValue();
    auto word = static_cast<int32_t>(isBit(op.getType()) ? value.getZExtValue() : value.getSExtValue());
    rewriter.replaceOp(op, createConstant(rewriter, op.getLoc(), word));
    return success();
  }
};

class MulQPattern final : public WordPattern<step::MulQOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(step::MulQOp op, Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOpWithNewOp<MulqOp>(op, reg(), adaptor.getLhs(), adaptor.getRhs(), op.getShift());
    return success();
  }
};

class RandomPattern final : public WordPattern<step::RandomBitsOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(step::RandomBitsOp op, Adaptor, ConversionPatternRewriter& rewriter) const override {
    Value cell = CidOp::create(rewriter, op.getLoc(), reg());
    rewriter.replaceOpWithNewOp<RndcOp>(op, reg(), cell, op.getStream(), op.getDraw(), op.getWord());
    return success();
  }
};

class LookupPattern final : public WordPattern<step::LookupOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(step::LookupOp op, Adaptor adaptor,
                        ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOpWithNewOp<LutOp>(op, reg(), op.getArray(), adaptor.getIndex());
    return success();
  }
};

class IndexPattern final : public WordPattern<step::IndexOp> {
public:
  using WordPattern::WordPattern;

private:
  LogicalResult rewrite(step::IndexOp op, Adaptor, ConversionPatternRewriter& rewriter) const override {
    rewriter.replaceOpWithNewOp<CidOp>(op, reg());
    return success();
  }
};

void addPatterns(RewritePatternSet& patterns, const TypeConverter& converter) {
  // Wrapping i1 arithmetic is exclusive or; comparisons and selects keep 0 and 1.
  patterns.add<BinaryPattern<arith::AddIOp, AddOp, XorOp>, BinaryPattern<arith::SubIOp, SubOp, XorOp>,
               BinaryPattern<arith::MulIOp, MulOp, AndOp>, BinaryPattern<arith::AndIOp, AndOp, AndOp>,
               BinaryPattern<arith::OrIOp, OrOp, OrOp>, BinaryPattern<arith::XOrIOp, XorOp, XorOp>,
               BinaryPattern<arith::ShLIOp, ShlOp, void>, BinaryPattern<arith::ShRUIOp, ShrOp, void>,
               BinaryPattern<arith::ShRSIOp, SarOp, void>, BinaryPattern<arith::MaxSIOp, MaxOp, void>,
               BinaryPattern<arith::MinSIOp, MinOp, void>,
               UnsignedExtremePattern<arith::MaxUIOp, Comparison::ugt>,
               UnsignedExtremePattern<arith::MinUIOp, Comparison::ult>, ComparePattern, SelectPattern,
               ExtendPattern<arith::ExtUIOp, MovOp>, ExtendPattern<arith::ExtSIOp, NegOp>, TruncatePattern,
               ConstantPattern, MulQPattern, RandomPattern, LookupPattern, IndexPattern>(
      converter, patterns.getContext());
}

/// Registers for words; other types stay and no pattern takes them.
class RegisterConverter : public TypeConverter {
public:
  RegisterConverter() {
    addConversion([](Type type) { return type; });
    addConversion([](IntegerType type) -> std::optional<Type> {
      return isWord(type) ? freeRegister(type.getContext()) : type;
    });
    auto cast = [](OpBuilder& builder, Type type, ValueRange inputs, Location loc) -> Value {
      return UnrealizedConversionCastOp::create(builder, loc, type, inputs).getResult(0);
    };
    addSourceMaterialization(cast);
    addTargetMaterialization(cast);
  }
};

class BodyWriter {
public:
  BodyWriter(step::MapOp map, ProgramOp program, ConstantOf constantOf)
      : map(map), program(program), chip(program->getParentOfType<ChipOp>()), constantOf(constantOf),
        builder(OpBuilder::atBlockEnd(&program.getBody().front())) {}

  LogicalResult run() {
    Block& body = map.getBody().front();
    IRMapping mapping;
    for (auto [read, argument] :
         llvm::zip_equal(map.getReads().getAsRange<step::ReadAttr>(), body.getArguments())) {
      mapping.map(argument, toWord(load(read.getSource()), argument.getType()));
    }
    for (Operation& op : body.without_terminator()) {
      builder.clone(op, mapping);
    }
    writeEnd(cast<step::YieldOp>(body.getTerminator()), mapping);
    return convert();
  }

private:
  Value load(FlatSymbolRefAttr name) {
    Operation* word = SymbolTable::lookupSymbolIn(chip, name);
    Location loc = map.getLoc();
    Type reg = freeRegister(map.getContext());
    // A parameter that is the same in all cells is no word of the chip; something else may bear its name.
    if (!isa_and_nonnull<StateOp, PortOp, InputOp, ParameterOp>(word)) {
      return createConstant(builder, loc, constantOf(name.getValue()));
    }
    return TypeSwitch<Operation*, Value>(word)
        .Case<StateOp>([&](auto) { return LdsOp::create(builder, loc, reg, name); })
        .Case<PortOp>([&](auto) { return LdxOp::create(builder, loc, reg, name); })
        .Case<InputOp>([&](auto) { return LdhOp::create(builder, loc, reg, name); })
        .Case<ParameterOp>([&](ParameterOp parameter) -> Value {
          if (parameter.getWide()) {
            return LdpwOp::create(builder, loc, reg, name);
          }
          return LdpOp::create(builder, loc, reg, name);
        });
  }

  Value toWord(Value reg, Type type) {
    return UnrealizedConversionCastOp::create(builder, map.getLoc(), type, reg).getResult(0);
  }
  Value toRegister(Value word) { return toWord(word, freeRegister(map.getContext())); }

  /// Events first: they change no state.
  void writeEnd(step::YieldOp yield, IRMapping& mapping) {
    int64_t event = 0;
    auto writes = llvm::zip_equal(yield.getWrites().getAsRange<step::WriteAttr>(), yield.getValues());
    for (auto [write, value] : writes) {
      if (write.getKind() == step::WriteKind::Event) {
        SpkrOp::create(builder, yield.getLoc(), event++, toRegister(mapping.lookup(value)));
      }
    }
    for (auto [write, value] : writes) {
      if (write.getKind() == step::WriteKind::State) {
        StsOp::create(builder, yield.getLoc(), write.getTarget(), toRegister(mapping.lookup(value)));
      }
    }
  }

  LogicalResult convert() {
    RegisterConverter converter;
    ConversionTarget target(*map.getContext());
    target.addLegalDialect<GolgiDialect>();
    target.addLegalOp<UnrealizedConversionCastOp>();
    RewritePatternSet patterns(map.getContext());
    addPatterns(patterns, converter);
    ConversionConfig config;
    config.foldingMode = DialectConversionFoldingMode::Never; // the canonicalizer's work
    if (failed(applyPartialConversion(program, target, std::move(patterns), config))) {
      return failure();
    }
    SmallVector<UnrealizedConversionCastOp> casts(program.getOps<UnrealizedConversionCastOp>());
    reconcileUnrealizedCasts(casts);
    return refuseRest();
  }

  /// What no pattern took: dead ops go, the first other one is an error.
  LogicalResult refuseRest() {
    Block& body = program.getBody().front();
    for (Operation& op : llvm::make_early_inc_range(llvm::reverse(body))) {
      if (!isa<GolgiDialect>(op.getDialect()) && op.use_empty()) {
        op.erase();
      }
    }
    for (Operation& op : body) {
      // A constant or the time is refused at the op that does something with its 64 bits.
      if (!isa<GolgiDialect>(op.getDialect()) &&
          !isa<UnrealizedConversionCastOp, arith::ConstantOp, step::NowOp>(op)) {
        return op.emitError() << "the golgi chip has no instruction for '" << op.getName()
                              << "' on these types";
      }
    }
    return success();
  }

  step::MapOp map;
  ProgramOp program;
  ChipOp chip;
  ConstantOf constantOf;
  OpBuilder builder;
};

} // namespace

LogicalResult convertBody(step::MapOp map, ProgramOp program, ConstantOf constantOf) {
  return BodyWriter(map, program, constantOf).run();
}

} // namespace nissl::golgi
