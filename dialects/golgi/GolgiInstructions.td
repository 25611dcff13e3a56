// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The instructions of a golgi.program: mnemonics and meaning are those of SPEC.md G7, each op is one
// instruction word. Behind operands and results stand the registers, once they are allocated: `: r1, r2 -> r0`.
#ifndef NISSL_GOLGI_INSTRUCTIONS_TD
#define NISSL_GOLGI_INSTRUCTIONS_TD

include "dialects/golgi/GolgiOps.td"

class Golgi_Instruction<string opMnemonic, list<Trait> traits = []>
    : Golgi_Op<opMnemonic, !listconcat([HasParent<"ProgramOp">], traits)>;

//===-- Loads ------------------------------------------------------------------------------------===//

def Golgi_LdsOp : Golgi_Instruction<"lds", [MemoryEffects<[MemRead]>, Golgi_Remade]> {
  let summary = "Loads a state of the cell.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.state @E.v of @E word 0
      golgi.program @E.map on @E tick 0 {
        %v = golgi.lds @E.v
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$state attr-dict `` custom<Registers>(type($result))";
}

def Golgi_LdpOp : Golgi_Instruction<"ldp", [Pure, Golgi_Remade]> {
  let summary = "Loads a parameter of 16 bits, sign-extended.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.parameter @E.tau of @E halfword 0
      golgi.program @E.map on @E tick 0 {
        %t = golgi.ldp @E.tau
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$parameter attr-dict `` custom<Registers>(type($result))";
}

def Golgi_LdpwOp : Golgi_Instruction<"ldpw", [Pure, Golgi_Remade]> {
  let summary = "Loads a wide parameter.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.parameter @E.tau of @E halfword 0 wide
      golgi.program @E.map on @E tick 0 {
        %t = golgi.ldpw @E.tau
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$parameter attr-dict `` custom<Registers>(type($result))";
}

def Golgi_LdxOp : Golgi_Instruction<"ldx", [Pure, Golgi_Remade]> {
  let summary = "Loads the finished sum of a port.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.port @E.exc of @E number 0
      golgi.program @E.map on @E tick 0 {
        %in = golgi.ldx @E.exc
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$port);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$port attr-dict `` custom<Registers>(type($result))";
}

def Golgi_LdhOp : Golgi_Instruction<"ldh", [Pure, Golgi_Remade]> {
  let summary = "Loads what the host gave for this step, or 0.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.input @E.I of @E word 0
      golgi.program @E.map on @E tick 0 {
        %in = golgi.ldh @E.I
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$input);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$input attr-dict `` custom<Registers>(type($result))";
}

def Golgi_LdiOp : Golgi_Instruction<"ldi", [Pure, Golgi_Remade]> {
  let summary = "A constant in the instruction: 18 bits with sign.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %c = golgi.ldi -131072
      }
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I32Attr, [IntMinValue<-131072>, IntMaxValue<131071>]>:$value);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$value attr-dict `` custom<Registers>(type($result))";
}

def Golgi_LdcOp : Golgi_Instruction<"ldc", [Pure, Golgi_Remade]> {
  let summary = "A constant from CONST.";
  let description = [{
    Equal constants share a word; where it lies is the image's.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %c = golgi.ldc 1000000
      }
    }
    ```
  }];
  let arguments = (ins I32Attr:$value);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$value attr-dict `` custom<Registers>(type($result))";
}

def Golgi_CidOp : Golgi_Instruction<"cid", [Pure]> {
  let summary = "The number of the cell in its population.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %i = golgi.cid
      }
    }
    ```
  }];
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "attr-dict `` custom<Registers>(type($result))";
}

def Golgi_NowOp : Golgi_Instruction<"step", [Pure, Golgi_Remade]> {
  let summary = "The number of the step, modulo 2^32.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %t = golgi.step
      }
    }
    ```
  }];
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "attr-dict `` custom<Registers>(type($result))";
}

//===-- Arithmetic -------------------------------------------------------------------------------===//

class Golgi_Binary<string opMnemonic> : Golgi_Instruction<opMnemonic, [Pure]> {
  let arguments = (ins Golgi_Reg:$lhs, Golgi_Reg:$rhs);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `` custom<Registers>(type($lhs), type($rhs), type($result))";
}
class Golgi_Unary<string opMnemonic> : Golgi_Instruction<opMnemonic, [Pure]> {
  let arguments = (ins Golgi_Reg:$operand);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$operand attr-dict `` custom<Registers>(type($operand), type($result))";
}

def Golgi_AddOp : Golgi_Binary<"add"> {
  let summary = "A sum that wraps.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.add %a, %a
      }
    }
    ```
  }];
}

def Golgi_SubOp : Golgi_Binary<"sub"> {
  let summary = "A difference that wraps.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.sub %a, %a
      }
    }
    ```
  }];
}

def Golgi_MulOp : Golgi_Binary<"mul"> {
  let summary = "The low 32 bits of a product.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.mul %a, %a
      }
    }
    ```
  }];
}

def Golgi_AndOp : Golgi_Binary<"and"> {
  let summary = "Bitwise and.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.and %a, %a
      }
    }
    ```
  }];
}

def Golgi_OrOp : Golgi_Binary<"or"> {
  let summary = "Bitwise or.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.or %a, %a
      }
    }
    ```
  }];
}

def Golgi_XorOp : Golgi_Binary<"xor"> {
  let summary = "Bitwise exclusive or.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.xor %a, %a
      }
    }
    ```
  }];
}

def Golgi_ShlOp : Golgi_Binary<"shl"> {
  let summary = "Shifts left by a register; 0 from 32 bits on.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.shl %a, %a
      }
    }
    ```
  }];
}

def Golgi_ShrOp : Golgi_Binary<"shr"> {
  let summary = "Shifts right without sign by a register; 0 from 32 bits on.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.shr %a, %a
      }
    }
    ```
  }];
}

def Golgi_SarOp : Golgi_Binary<"sar"> {
  let summary = "Shifts right with sign by a register; the sign from 32 bits on.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.sar %a, %a
      }
    }
    ```
  }];
}

def Golgi_MinOp : Golgi_Binary<"min"> {
  let summary = "The smaller value, with sign.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.min %a, %a
      }
    }
    ```
  }];
}

def Golgi_MaxOp : Golgi_Binary<"max"> {
  let summary = "The larger value, with sign.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.max %a, %a
      }
    }
    ```
  }];
}

def Golgi_NegOp : Golgi_Unary<"neg"> {
  let summary = "The negative, which wraps.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.neg %a
      }
    }
    ```
  }];
}

def Golgi_MovOp : Golgi_Unary<"mov"> {
  let summary = "The same value.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.mov %a
      }
    }
    ```
  }];
}

def Golgi_MulqOp : Golgi_Instruction<"mulq", [Pure]> {
  let summary = "A product divided by 2^shift, rounded half to even, saturated (G7.6).";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.mulq %a, %a shift 16
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Reg:$lhs, Golgi_Reg:$rhs, ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<62>]>:$shift);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$lhs `,` $rhs `shift` $shift attr-dict `` custom<Registers>(type($lhs), type($rhs), type($result))";
}

def Golgi_AndiOp : Golgi_Instruction<"andi", [Pure]> {
  let summary = "Bitwise and with a constant of 10 bits.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.andi %a, 1
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Reg:$operand, ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<1023>]>:$mask);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$operand `,` $mask attr-dict `` custom<Registers>(type($operand), type($result))";
}

def Golgi_RcmpOp : Golgi_Instruction<"rcmp", [Pure]> {
  let summary = "1 where a comparison holds, else 0 (G7.5).";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.rcmp ult %a, %a
      }
    }
    ```
  }];
  let arguments = (ins EnumAttr<Golgi_Dialect, Golgi_Condition, "comparison">:$condition, Golgi_Reg:$lhs, Golgi_Reg:$rhs);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$condition $lhs `,` $rhs attr-dict `` custom<Registers>(type($lhs), type($rhs), type($result))";
}

def Golgi_SelrOp : Golgi_Instruction<"selr", [Pure]> {
  let summary = "`lhs` where the condition is not 0, else `rhs`.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.selr %a, %a, %a
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Reg:$condition, Golgi_Reg:$lhs, Golgi_Reg:$rhs);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$condition `,` $lhs `,` $rhs attr-dict `` custom<Registers>(type($condition), type($lhs), type($rhs), type($result))";
}

def Golgi_LutOp : Golgi_Instruction<"lut", [Pure]> {
  let summary = "An entry of a table; the index is clamped into it (G7.7).";
  let description = [{
    `table` is an array of the step program; on the chip each array that is looked up is a table of LUT.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %a = golgi.cid
        %b = golgi.lut @tau[%a]
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$table, Golgi_Reg:$index);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$table `[` $index `]` attr-dict `` custom<Registers>(type($index), type($result))";
}

def Golgi_RndcOp : Golgi_Instruction<"rndc", [Pure]> {
  let summary = "A random word of a cell (G7.9).";
  let description = [{
    `cell` is its number; `stream` the name whose hash is the key's stream. The result may take the
    register of its operand.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 {
        %i = golgi.cid
        %r = golgi.rndc %i stream "E.noise" draw 0 word 3
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Reg:$cell, StrAttr:$stream, ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<65535>]>:$draw, ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<3>]>:$word);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$cell `stream` $stream `draw` $draw `word` $word attr-dict `` custom<Registers>(type($cell), type($result))";
}

//===-- What stays behind --------------------------------------------------------------------------===//

def Golgi_SpkrOp : Golgi_Instruction<"spkr", [Golgi_LeavesBehind, MemoryEffects<[MemWrite]>]> {
  let summary = "Emits an event where a value is not 0.";
  let description = [{
    `event` is its number among the program's events.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 events [@E.spike] {
        %f = golgi.ldi 1
        golgi.spkr 0, %f
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Count:$event, Golgi_Reg:$value);
  let assemblyFormat = "$event `,` $value attr-dict `` custom<Operands>(type($value))";
}

def Golgi_StsOp : Golgi_Instruction<"sts", [Golgi_LeavesBehind, MemoryEffects<[MemWrite]>]> {
  let summary = "Stores a state of the cell.";
  let description = [{
    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.state @E.v of @E word 0
      golgi.program @E.map on @E tick 0 {
        %v = golgi.ldi 1
        golgi.sts @E.v, %v
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Golgi_Reg:$value);
  let assemblyFormat = "$state `,` $value attr-dict `` custom<Operands>(type($value))";
}

def Golgi_SpillOp : Golgi_Instruction<"spill", [MemoryEffects<[MemWrite]>]> {
  let summary = "Keeps a register's value in a word behind the states.";
  let description = [{
    An `sts` on the chip.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 spills 1 {
        %v = golgi.cid -> r0
        golgi.spill 0, %v : r0
        %w = golgi.reload 0 -> r5
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Count:$slot, Golgi_Reg:$value);
  let assemblyFormat = "$slot `,` $value attr-dict `` custom<Operands>(type($value))";
}

def Golgi_ReloadOp : Golgi_Instruction<"reload", [MemoryEffects<[MemRead]>]> {
  let summary = "Loads what was spilled.";
  let description = [{
    An `lds` on the chip.

    ```mlir
    golgi.chip @n.chip of @n model "golgi-64" mesh [8, 8] ticks 1 sample 0 {
      golgi.population @E size 8
      golgi.program @E.map on @E tick 0 spills 1 {
        %v = golgi.cid -> r0
        golgi.spill 0, %v : r0
        %w = golgi.reload 0 -> r5
      }
    }
    ```
  }];
  let arguments = (ins Golgi_Count:$slot);
  let results = (outs Golgi_Reg:$result);
  let assemblyFormat = "$slot attr-dict `` custom<Registers>(type($result))";
}

#endif
