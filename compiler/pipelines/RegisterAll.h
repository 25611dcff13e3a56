// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace nissl::compiler {

/// Adds to `registry` every dialect that the compiler reads or writes: the project's own and the upstream
/// ones that stand in bodies or that lowering ends in. A tool that parses IR calls it once.
void registerAllDialects(mlir::DialectRegistry& registry);

/// Makes every pass and pipeline of the compiler, and the upstream passes it is used with, known by name to
/// textual pipelines. Call it once, before parsing a command line. Targets register theirs themselves.
void registerAllPasses();

} // namespace nissl::compiler
