// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The neuro dialect, its enums and its attributes.
#ifndef NISSL_NEURO_DIALECT_TD
#define NISSL_NEURO_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Neuro_Dialect : Dialect {
  let name = "neuro";
  let cppNamespace = "::nissl::neuro";
  let summary = "A spiking network as written.";
  let description = [{
    Every importer produces this dialect. Time is continuous and every number is in SI units; each quantity
    carries its dimension. Cells and rules are symbol tables of quantities; an expression is a region of
    pure f64 arithmetic whose reads are `neuro.get @name` and whose result leaves through the terminator.
    No model of a neuron, a synapse or learning is known here by name.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Neuro_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::nissl::neuro";
  let genSpecializedAttr = 0;
}

/// An enum as an op's attribute. It keeps the default format: without the space before its value the
/// generic form could not be parsed again.
class Neuro_EnumAttr<EnumAttrInfo info, string attrMnemonic> : EnumAttr<Neuro_Dialect, info, attrMnemonic>;

def Neuro_Scope : Neuro_Enum<"Scope", "what owns a quantity", [
  I32EnumAttrCase<"Cell", 0, "cell">, I32EnumAttrCase<"Synapse", 1, "synapse">,
  I32EnumAttrCase<"Pre", 2, "pre">, I32EnumAttrCase<"Post", 3, "post">,
  I32EnumAttrCase<"Projection", 4, "projection">]>;

def Neuro_EquationKind : Neuro_Enum<"EquationKind", "how an equation advances its variable", [
  I32EnumAttrCase<"Rate", 0, "rate">, I32EnumAttrCase<"Next", 1, "next">]>;

def Neuro_Method : Neuro_Enum<"Method", "how a group of variables is integrated", [
  I32EnumAttrCase<"Automatic", 0, "automatic">, I32EnumAttrCase<"Euler", 1, "euler">,
  I32EnumAttrCase<"ExponentialEuler", 2, "exponential_euler">, I32EnumAttrCase<"Exact", 3, "exact">,
  I32EnumAttrCase<"SemiImplicit", 4, "semi_implicit">, I32EnumAttrCase<"Rk4", 5, "rk4">,
  I32EnumAttrCase<"Implicit", 6, "implicit">]>;

def Neuro_Applies : Neuro_Enum<"Applies", "when in a step an input acts", [
  I32EnumAttrCase<"Start", 0, "start">, I32EnumAttrCase<"End", 1, "end">]>;

def Neuro_Overlap : Neuro_Enum<"Overlap", "what pulses of one cell that overlap make", [
  I32EnumAttrCase<"Union", 0, "union">, I32EnumAttrCase<"Sum", 1, "sum">]>;

def Neuro_ProgramKind : Neuro_Enum<"ProgramKind", "when a program of a rule runs", [
  I32EnumAttrCase<"PreSpike", 0, "pre_spike">, I32EnumAttrCase<"PostSpike", 1, "post_spike">,
  I32EnumAttrCase<"OnPre", 2, "on_pre">, I32EnumAttrCase<"OnPost", 3, "on_post">,
  I32EnumAttrCase<"Every", 4, "every">, I32EnumAttrCase<"Continuous", 5, "continuous">,
  I32EnumAttrCase<"Trigger", 6, "trigger">]>;

def Neuro_Tie : Neuro_Enum<"Tie", "who comes first when a pre event and a post spike bear the same time", [
  I32EnumAttrCase<"Pre", 0, "pre">, I32EnumAttrCase<"Post", 1, "post">, I32EnumAttrCase<"Old", 2, "old">]>;

def Neuro_ConnectKind : Neuro_Enum<"ConnectKind", "how pre and post cells are paired", [
  I32EnumAttrCase<"OneToOne", 0, "one_to_one">, I32EnumAttrCase<"AllToAll", 1, "all_to_all">,
  I32EnumAttrCase<"Probability", 2, "probability">, I32EnumAttrCase<"FixedOutdegree", 3, "fixed_outdegree">,
  I32EnumAttrCase<"FixedIndegree", 4, "fixed_indegree">, I32EnumAttrCase<"FixedTotal", 5, "fixed_total">,
  I32EnumAttrCase<"Pairs", 6, "pairs">]>;

def Neuro_WriteKind : Neuro_Enum<"WriteKind", "what a write does", [
  I32EnumAttrCase<"Set", 0, "set">, I32EnumAttrCase<"Deliver", 1, "deliver">]>;

def Neuro_IndexKind : Neuro_Enum<"IndexKind", "which position an index op gives", [
  I32EnumAttrCase<"Element", 0, "element">, I32EnumAttrCase<"Pre", 1, "pre">, I32EnumAttrCase<"Post", 2, "post">,
  I32EnumAttrCase<"Ordinal", 3, "ordinal">, I32EnumAttrCase<"Synapse", 4, "synapse">]>;

def Neuro_Distribution : Neuro_Enum<"Distribution", "what a random op draws", [
  I32EnumAttrCase<"Uniform", 0, "uniform">, I32EnumAttrCase<"Normal", 1, "normal">,
  I32EnumAttrCase<"Exponential", 2, "exponential">, I32EnumAttrCase<"Gamma", 3, "gamma">,
  I32EnumAttrCase<"Poisson", 4, "poisson">]>;

def Neuro_ReduceKind : Neuro_Enum<"ReduceKind", "how values are reduced", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Min", 1, "min">, I32EnumAttrCase<"Max", 2, "max">]>;

def Neuro_ReduceBy : Neuro_Enum<"ReduceBy", "the key of a reduction", [
  I32EnumAttrCase<"All", 0, "all">, I32EnumAttrCase<"Pre", 1, "pre">, I32EnumAttrCase<"Post", 2, "post">]>;

class Neuro_Attr<string name, string attrMnemonic> : AttrDef<Neuro_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Neuro_DimensionAttr : Neuro_Attr<"Dimension", "dim"> {
  let summary = "A physical dimension: the seven SI exponents.";
  let description = [{
    `#neuro.dim<"s-1">` is a rate, `#neuro.dim<"m2 kg s-3 A-1">` a voltage; `s-1/2` is the dimension of
    white noise. A quantity without this attribute has no dimension.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$halves);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static DimensionAttr get(::mlir::MLIRContext* context, const Dimension& dimension);
    Dimension getDimension() const;
  }];
}

def Neuro_ConnectAttr : Neuro_Attr<"Connect", "connect"> {
  let summary = "A connectivity rule, expanded at load.";
  let description = [{
    `count` is the degree of `fixed_outdegree` and `fixed_indegree` and the number of synapses of
    `fixed_total`. The probability of `probability` is a region of the projection. `pre` and `post` are
    the lists of `pairs`: positions in the views, ascending by `pre`; that order numbers the synapses.
    `autapses` and `multapses` say whether a cell may meet itself and whether a pair may occur twice.

    Example: `#neuro.connect<fixed_outdegree, count = 100, autapses = false>`
  }];
  let parameters = (ins
    EnumParameter<Neuro_ConnectKind>:$kind,
    DefaultValuedParameter<"int64_t", "0">:$count,
    DefaultValuedParameter<"bool", "true">:$autapses,
    DefaultValuedParameter<"bool", "false">:$multapses,
    OptionalParameter<"::mlir::DenseI32ArrayAttr">:$pre,
    OptionalParameter<"::mlir::DenseI32ArrayAttr">:$post);
  let assemblyFormat = "`<` $kind (`,` struct($count, $autapses, $multapses, $pre, $post)^)? `>`";
  let genVerifyDecl = 1;
}

def Neuro_ViewAttr : Neuro_Attr<"View", "view"> {
  let summary = "A population or a contiguous part of it.";
  let description = [{
    `begin` and `end` are positions, [begin, end); without them the view is the whole population.
    The population may also be a source (`neuro.poisson`, `neuro.spikes`).

    Example: `#neuro.view<@E, begin = 0, end = 640>`
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$population,
                        DefaultValuedParameter<"int64_t", "0">:$begin,
                        DefaultValuedParameter<"int64_t", "-1">:$end);
  let assemblyFormat = "`<` $population (`,` struct($begin, $end)^)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isWhole() const { return getBegin() == 0 && getEnd() == -1; }
  }];
}

def Neuro_WriteAttr : Neuro_Attr<"Write", "write"> {
  let summary = "Where one written value goes.";
  let description = [{
    `set` replaces a variable's value; `deliver` adds to a port of the projection's target cell, or to
    the projection's own port if the name is `@port`.
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$target, EnumParameter<Neuro_WriteKind>:$kind);
  let assemblyFormat = "`<` $target `,` $kind `>`";
}

def Neuro_WriteArrayAttr : TypedArrayAttrBase<Neuro_WriteAttr, "list of writes">;

#endif
