// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one exception of the runtime: a message, a code to look up, and the process's exit code.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace nissl::support {

/// What a process of Nissl ends with.
enum class ExitCode : int {
  ok = 0,
  input = 1,   ///< the user's network or input is wrong
  usage = 2,   ///< the command line is wrong
  machine = 3, ///< this machine cannot do it (no GPU, no memory, no disk)
  bug = 4,     ///< Nissl contradicts itself
};

/// Where it failed, what was found, what was expected, what to do: in that order, in one message.
///
/// `code()` is stable ("NS0301"); `what()` is the message without it; `format()` is both, as it is printed.
class Error : public std::runtime_error {
public:
  Error(ExitCode exitCode, std::string_view code, const std::string& message)
      : std::runtime_error(message), exit(exitCode), stableCode(code) {}

  ExitCode exitCode() const noexcept { return exit; }
  const std::string& code() const noexcept { return stableCode; }
  std::string format() const { return fmt::format("error[{}]: {}", stableCode, what()); }

  /// `throw Error::input("NS0301", "projection '{}' …", name);` and likewise for the other exit codes.
  template <typename... Args>
  static Error input(std::string_view code, fmt::format_string<Args...> text, Args&&... args) {
    return {ExitCode::input, code, fmt::format(text, std::forward<Args>(args)...)};
  }
  template <typename... Args>
  static Error usage(std::string_view code, fmt::format_string<Args...> text, Args&&... args) {
    return {ExitCode::usage, code, fmt::format(text, std::forward<Args>(args)...)};
  }
  template <typename... Args>
  static Error machine(std::string_view code, fmt::format_string<Args...> text, Args&&... args) {
    return {ExitCode::machine, code, fmt::format(text, std::forward<Args>(args)...)};
  }
  template <typename... Args>
  static Error bug(std::string_view code, fmt::format_string<Args...> text, Args&&... args) {
    return {ExitCode::bug, code, fmt::format(text, std::forward<Args>(args)...)};
  }

private:
  ExitCode exit;
  std::string stableCode;
};

} // namespace nissl::support
