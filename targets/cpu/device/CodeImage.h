// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Machine code of an artefact, mapped read-execute.
#pragma once

#include "runtime/program/Program.h"
#include "targets/cpu/device/KernelCall.h"

#include <string>

namespace nissl::cpu {

/// The best variant of `program` that this processor runs. Throws support::Error (machine) where there is
/// none, naming what was found and what is needed.
const program::CodeVariant& chooseVariant(const program::Program& program);

/// A private executable copy of one variant's code.
class CodeImage {
public:
  CodeImage() = default;
  explicit CodeImage(const program::CodeVariant& variant);
  CodeImage(CodeImage&& other) noexcept;
  CodeImage& operator=(CodeImage&& other) noexcept;
  ~CodeImage();
  KernelFunction kernel(program::Index index) const;

private:
  void* memory = nullptr;
  size_t size = 0;
  const program::CodeVariant* variant = nullptr;
};

} // namespace nissl::cpu
