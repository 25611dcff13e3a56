// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>

namespace nissl::tests {

/// What a finished process left.
struct Outcome {
  int exitCode = -1; ///< 128 + the signal's number where one ended it
  std::string out, err;
};

inline std::string contentOf(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Runs `nissl` of this build with arguments as a shell takes them; its output goes to files in `scratch`.
/// `launcher` comes before it on the command line.
inline Outcome runNissl(const std::string& arguments, const std::filesystem::path& scratch,
                        const std::string& launcher = "") {
  std::string out = (scratch / "stdout.txt").string();
  std::string err = (scratch / "stderr.txt").string();
  std::string command = "cd '" + scratch.string() + "' && " + launcher + " " NISSL_BIN_DIR "/nissl " +
                        arguments + " >" + out + " 2>" + err;
  int status = std::system(command.c_str());
  Outcome outcome;
  outcome.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = contentOf(out);
  outcome.err = contentOf(err);
  return outcome;
}

} // namespace nissl::tests
