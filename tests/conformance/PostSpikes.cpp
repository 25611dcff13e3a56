// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/conformance/PostSpikes.h"

#include <fmt/format.h>

namespace nissl::conformance {
namespace {

bool isFloat(const std::string& type) { return type[0] == 'f'; }

/// `name` = a / 2 + b, of numbers or of integers.
std::string halveAndAdd(const std::string& type, const std::string& name, const std::string& a,
                        const std::string& b) {
  if (!isFloat(type)) {
    return fmt::format("%{1}s = arith.constant 1 : {0}\n%{1}h = arith.shrsi {2}, %{1}s : {0}\n"
                       "%{1} = arith.addi %{1}h, {3} : {0}\n",
                       type, name, a, b);
  }
  return fmt::format("%{1}s = arith.constant 0.5 : {0}\n%{1}h = arith.mulf {2}, %{1}s : {0}\n"
                     "%{1} = arith.addf %{1}h, {3} : {0}\n",
                     type, name, a, b);
}

/// `name` = a * 0.75, or b in every fourth step or so.
std::string decay(const std::string& type, const std::string& name, const std::string& a,
                  const std::string& b) {
  return fmt::format("%{1}f = arith.constant 0.75 : {0}\n%{1}d = arith.mulf {2}, %{1}f : {0}\n"
                     "%{1} = arith.select %often, {3}, %{1}d : {0}\n",
                     type, name, a, b);
}

std::string fromBits(const std::string& type, const std::string& name) {
  return isFloat(type) ? fmt::format("%{} = arith.sitofp %bits : i32 to {}\n", name, type)
                       : fmt::format("%{} = arith.trunci %bits : i32 to {}\n", name, type);
}

/// Of the same sources' states, with a row that is visited between the two traversals back.
std::string secondDeclarations(int cells, const std::string& type) {
  return fmt::format(R"mlir(
  step.extent @F size {0}
  step.events @F.spike of @F
  step.port @F.in of @F : {1} slots 4
  step.synapses @U from @E to @F connect #step.connect<all_to_all> delay 3
  step.state @U.w of @U : {1}
  step.probe @u of @U.w every 97
)mlir",
                     cells, type);
}

std::string secondActions(const std::string& type, const std::string& lag) {
  return fmt::format(R"mlir(
  step.traverse @U arrive on @E.spike (%w = @U.w : {0}) {{
    {1}
    step.yield @U.w = %w1 : {0}, port @F.in += %w : {0}
  }}
  step.traverse @U back on @F.spike (%w = @U.w : {0}, %x = pre @E.x {2} : {0}) {{
    {3}
    step.yield @U.w = %w1 : {0}
  }}
  step.map @F () {{
    %bits = step.random_bits stream "F.x" draw 0 word 0 : i32
    %some = arith.constant 0x00400000 : i32
    %fire = arith.cmpi ult, %bits, %some : i32
    step.yield event @F.spike if %fire : i1
  }}
)mlir",
                     type, halveAndAdd(type, "w1", "%w", "%w"), lag, halveAndAdd(type, "w1", "%w", "%x"));
}

} // namespace

std::string postSpikes(const PostSpikes& network) {
  const std::string& type = network.type;
  bool arrives = network.visit == "arrive";
  return fmt::format(
      R"mlir(
step.program @post dt 1.0e-3 {{
  step.extent @E size {cells}
  step.state @E.v of @E : {type}
  step.state @E.x of @E : {type} history 5
  step.state @E.y of @E : {type}
  step.port @E.in of @E : {type} slots 4
  step.events @E.spike of @E
  step.synapses @T from @E to @E connect #step.connect<all_to_all> delay 3
  step.state @T.w of @T : {type}
  {declarations}
  step.probe @v of @E.v every 1
  step.probe @w of @T.w every 97
  step.setup {{
    step.traverse @T all () {{
      %bits = step.random_bits stream "T.w" draw 0 word 0 : i32
      {weight}
      step.yield @T.w = %w : {type}
    }}
  }}
  step.traverse @T {visit} on @E.spike (%w = @T.w : {type}, %y = {other}) {{
    {meet}
    step.yield {write} port @E.in += %w : {type}
  }}
  {open}
    step.traverse @T back on @E.spike (%w = @T.w : {type}, %x = pre @E.x {lag} : {type} {second}) {{
      {first}
      {then}
      step.yield @T.w = %{result} : {type}
    }}
  {close}
  {actions}
  step.sample
  step.map @E (%v = @E.v : {type}, %x = @E.x : {type}, %y = @E.y : {type}, %in = @E.in : {type}) {{
    {v}
    %bits = step.random_bits stream "E.x" draw 0 word 0 : i32
    {noise}
    %some = arith.constant {often} : i32
    %often = arith.cmpi ult, %bits, %some : i32
    {x}
    {y}
    %element = step.index element : i32
    %silent = arith.constant 20 : i32
    %others = arith.cmpi sge, %element, %silent : i32
    %fire = arith.andi %often, %others : i1
    step.yield @E.v = %v1 : {type}, @E.x = %x1 : {type}, @E.y = %y1 : {type}, event @E.spike if %fire : i1
  }}
  step.push @E.x
}}
)mlir",
      fmt::arg("cells", network.cells), fmt::arg("often", network.rare ? 1 << 25 : 1 << 30),
      fmt::arg("type", type),
      fmt::arg("declarations", network.second ? secondDeclarations(network.cells, type) : ""),
      fmt::arg("actions", network.second ? secondActions(type, network.lag) : ""),
      fmt::arg("weight", fromBits(type, "w")), fmt::arg("visit", network.visit),
      fmt::arg("other", (arrives ? "post @E.y : " : "pre @E.y : ") + type),
      fmt::arg("meet", halveAndAdd(type, "w1", "%w", "%y")),
      fmt::arg("write", arrives ? fmt::format("@T.w = %w1 : {},", type) : ""),
      fmt::arg("open", network.when.empty() ? "" : network.when + " {"), fmt::arg("lag", network.lag),
      fmt::arg("second", network.two ? fmt::format(", %y = pre @E.y : {}", type) : ""),
      fmt::arg("first", halveAndAdd(type, "w1", "%w", "%x")),
      fmt::arg("then", network.two ? halveAndAdd(type, "w2", "%w1", "%y") : ""),
      fmt::arg("result", network.two ? "w2" : "w1"), fmt::arg("close", network.when.empty() ? "" : "}"),
      fmt::arg("v", halveAndAdd(type, "v1", "%v", "%in")), fmt::arg("noise", fromBits(type, "noise")),
      fmt::arg("x",
               network.decays ? decay(type, "x1", "%x", "%noise") : halveAndAdd(type, "x1", "%x", "%noise")),
      fmt::arg("y",
               network.decays ? decay(type, "y1", "%y", "%x1") : halveAndAdd(type, "y1", "%x1", "%noise")));
}

} // namespace nissl::conformance
