// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The step dialect, its enums and its attributes.
#ifndef NISSL_STEP_DIALECT_TD
#define NISSL_STEP_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Step_Dialect : Dialect {
  let name = "step";
  let cppNamespace = "::nissl::step";
  let summary = "One time step of a spiking network as a program.";
  let description = [{
    The waist of the compiler: every importer ends here and every target starts here. A `step.program`
    declares everything that survives a step (extents, states, ports, events, inputs, synapse tables) and
    then lists, in order, what one step does: dense maps, event traversals, reductions. The text is the
    schedule. Nothing here knows a neuron model, a synapse model or a learning rule by name.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class Step_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::nissl::step";
  let genSpecializedAttr = 0;
}

def Step_ConnectKind : Step_Enum<"ConnectKind", "how pre and post cells are paired", [
  I32EnumAttrCase<"OneToOne", 0, "one_to_one">, I32EnumAttrCase<"AllToAll", 1, "all_to_all">,
  I32EnumAttrCase<"Bernoulli", 2, "bernoulli">, I32EnumAttrCase<"FixedOutdegree", 3, "fixed_outdegree">,
  I32EnumAttrCase<"FixedIndegree", 4, "fixed_indegree">, I32EnumAttrCase<"FixedTotal", 5, "fixed_total">,
  I32EnumAttrCase<"Pairs", 6, "pairs">]>;

def Step_ReadRole : Step_Enum<"ReadRole", "whose value a body reads", [
  I32EnumAttrCase<"Own", 0, "own">, I32EnumAttrCase<"Pre", 1, "pre">, I32EnumAttrCase<"Post", 2, "post">,
  I32EnumAttrCase<"Broadcast", 3, "broadcast">]>;

def Step_WriteKind : Step_Enum<"WriteKind", "what a yield writes", [
  I32EnumAttrCase<"State", 0, "state">, I32EnumAttrCase<"Event", 1, "event">, I32EnumAttrCase<"Port", 2, "port">]>;

def Step_TraverseKind : Step_Enum<"TraverseKind", "which synapses of a table a traversal visits", [
  I32EnumAttrCase<"Emit", 0, "emit">, I32EnumAttrCase<"Arrive", 1, "arrive">,
  I32EnumAttrCase<"Back", 2, "back">, I32EnumAttrCase<"All", 3, "all">, I32EnumAttrCase<"Due", 4, "due">]>;

def Step_IndexKind : Step_Enum<"IndexKind", "which position an index op gives", [
  I32EnumAttrCase<"Element", 0, "element">, I32EnumAttrCase<"Pre", 1, "pre">, I32EnumAttrCase<"Post", 2, "post">,
  I32EnumAttrCase<"Ordinal", 3, "ordinal">, I32EnumAttrCase<"Synapse", 4, "synapse">]>;

def Step_Distribution : Step_Enum<"Distribution", "what a random op draws", [
  I32EnumAttrCase<"Uniform", 0, "uniform">, I32EnumAttrCase<"Normal", 1, "normal">,
  I32EnumAttrCase<"Exponential", 2, "exponential">, I32EnumAttrCase<"Gamma", 3, "gamma">,
  I32EnumAttrCase<"Poisson", 4, "poisson">]>;

def Step_ReduceKind : Step_Enum<"ReduceKind", "how values are reduced", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Min", 1, "min">, I32EnumAttrCase<"Max", 2, "max">]>;

def Step_ReduceBy : Step_Enum<"ReduceBy", "the key of a grouped reduction", [
  I32EnumAttrCase<"All", 0, "all">, I32EnumAttrCase<"Pre", 1, "pre">, I32EnumAttrCase<"Post", 2, "post">]>;

class Step_Attr<string name, string attrMnemonic> : AttrDef<Step_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Step_ConnectAttr : Step_Attr<"Connect", "connect"> {
  let summary = "A connectivity rule, expanded at load.";
  let description = [{
    `count` is the degree of `fixed_outdegree` and `fixed_indegree` and the number of synapses of
    `fixed_total`; `probability` belongs to `bernoulli`; `pre` and `post` are the lists of `pairs`, in
    the order of the table. `autapses` and `multapses` say whether a cell may meet itself and whether a
    pair may occur twice. Rows and ordinals are defined in runtime/program/Connectivity.h.

    Example: `#step.connect<fixed_outdegree, count = 100, autapses = false>`
  }];
  let parameters = (ins
    EnumParameter<Step_ConnectKind>:$kind,
    DefaultValuedParameter<"int64_t", "0">:$count,
    OptionalParameter<"::mlir::FloatAttr">:$probability,
    DefaultValuedParameter<"bool", "true">:$autapses,
    DefaultValuedParameter<"bool", "false">:$multapses,
    OptionalParameter<"::mlir::DenseI32ArrayAttr">:$pre,
    OptionalParameter<"::mlir::DenseI32ArrayAttr">:$post);
  let assemblyFormat = "`<` $kind (`,` struct($count, $probability, $autapses, $multapses, $pre, $post)^)? `>`";
  let genVerifyDecl = 1;
}

def Step_ReadAttr : Step_Attr<"Read", "read"> {
  let summary = "One value that a body reads: a state, a port or an input.";
  let description = [{
    `role` says whose: of the element or synapse itself (`own`), of the synapse's source (`pre`) or
    target (`post`), or of element 0 of a small extent (`broadcast`). `lag` n >= 0 reads what the state's
    `step.push` recorded n pushes ago (0 is the newest); `lag` -2 takes n from the synapse's delay; -1
    reads the present value. `at` names an i32 state of the element that gives the index to read at.
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$source, EnumParameter<Step_ReadRole>:$role,
                        DefaultValuedParameter<"int64_t", "-1">:$lag,
                        OptionalParameter<"::mlir::FlatSymbolRefAttr">:$at);
  let assemblyFormat = "`<` $source `,` $role (`,` struct($lag, $at)^)? `>`";
  let extraClassDeclaration = [{
    /// Reads the present value, not a recorded one.
    static constexpr int64_t noLag = -1;
    /// Reads as many steps ago as the synapse's delay.
    static constexpr int64_t delayLag = -2;
    bool hasLag() const { return getLag() != noLag; }
  }];
}

def Step_WriteAttr : Step_Attr<"Write", "write"> {
  let summary = "Where one yielded value goes.";
  let description = [{
    `state` replaces the element's value; `event` (i1) puts the element into this step's events; `port`
    adds to the port. `delayed` ports take one i32 of the yield's delays: the slots after the present one.
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$target, EnumParameter<Step_WriteKind>:$kind,
                        DefaultValuedParameter<"bool", "false">:$delayed);
  let assemblyFormat = "`<` $target `,` $kind (`,` struct($delayed)^)? `>`";
}

def Step_ReadArrayAttr : TypedArrayAttrBase<Step_ReadAttr, "list of reads">;
def Step_WriteArrayAttr : TypedArrayAttrBase<Step_WriteAttr, "list of writes">;

#endif
