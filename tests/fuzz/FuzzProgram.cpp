// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libFuzzer target: damaged .npb files with forged checksums are refused with an error or give a program that
// passes through a file unchanged. Starts from tests/unit/runtime/SampleProgram.h; needs no corpus.
#include "runtime/program/Reader.h"
#include "runtime/program/Writer.h"
#include "runtime/support/Error.h"
#include "tests/unit/runtime/SampleProgram.h"

#include <algorithm>
#include <cstdlib>

using namespace nissl::program;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t maxSize);

/// Mutates the bytes of a file, then seals it, so that the fuzzer gets past the checksums.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t maxSize, unsigned) {
  static const std::vector<std::byte> sample = serialize(test::sampleProgram());
  std::vector<std::byte> file(maxSize);
  if (size < sizeof(FileHeader)) {
    size = std::min(sample.size(), maxSize);
    std::copy_n(sample.begin(), size, file.begin());
  } else {
    std::copy_n(reinterpret_cast<const std::byte*>(data), size, file.begin());
  }
  // The header only stops what it can recognise; the manifest and the sections are what is of interest.
  if (size > sizeof(FileHeader)) {
    size = sizeof(FileHeader) + LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(file.data()) + sizeof(FileHeader),
                                                 size - sizeof(FileHeader), maxSize - sizeof(FileHeader));
  }
  file.resize(size);
  if (size >= sizeof(FileHeader)) {
    test::reseal(file);
  }
  std::copy(file.begin(), file.end(), reinterpret_cast<std::byte*>(data));
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    Program program = parseProgram(std::as_bytes(std::span(data, size)), "fuzz", {1 << 20, 1 << 22});
    if (!(parseProgram(serialize(program), "fuzz again") == program)) {
      std::abort();
    }
  } catch (const nissl::support::Error& error) {
    if (error.exitCode() != nissl::support::ExitCode::input) {
      std::abort();
    }
  }
  return 0;
}
