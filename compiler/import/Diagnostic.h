// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an importer tells its user.
#pragma once

#include "compiler/import/Source.h"

#include <string>
#include <vector>

namespace nissl::import {

/// The number behind NS in a diagnostic. The list with explanations is in json/README.md.
enum class Code : int {
  // Files and JSON.
  CannotRead = 1,
  JsonSyntax = 2,
  WrongType = 3,
  UnknownKey = 4,
  MissingKey = 5,
  DuplicateKey = 6,
  WrongValue = 7,
  WrongVersion = 8,
  ImportCycle = 9,
  // Equations.
  EquationSyntax = 101,
  UnknownName = 102,
  UnknownFunction = 103,
  Dimension = 104,
  Boolean = 105,
  NotHere = 106,
  Circular = 107,
  // The network.
  UnknownThing = 201,
  Redefinition = 202,
  OutOfRange = 203,
  Unbounded = 204,
  Ambiguous = 205,
  Invalid = 299,
  // What Nissl cannot do yet.
  Unsupported = 291,
};

enum class Severity { Error, Warning };

/// One message. `help` says what the user can do.
struct Diagnostic {
  struct Note {
    Span span;
    std::string message;
  };

  Code code = Code::Invalid;
  Severity severity = Severity::Error;
  Span span = {};
  std::string message = {};
  std::vector<Note> notes = {};
  std::string help = {};

  Diagnostic& note(Span at, std::string text) {
    notes.push_back({std::move(at), std::move(text)});
    return *this;
  }
  Diagnostic& suggest(std::string text) {
    help = std::move(text);
    return *this;
  }
  /// "file:line:col: error[NS0104]: message", the line, its underlining, notes and help.
  std::string render() const;
};

/// All messages of one import, in the order in which they were found.
class DiagnosticList {
public:
  /// The reference is valid until the next message.
  Diagnostic& error(Code code, Span span, std::string message);
  Diagnostic& warning(Code code, Span span, std::string message);
  bool hasErrors() const { return errors_ != 0; }
  const std::vector<Diagnostic>& all() const { return all_; }
  std::string render() const;

private:
  std::vector<Diagnostic> all_;
  Diagnostic repeated_ = {}; ///< takes the notes of a message that was said before
  size_t errors_ = 0;
};

/// The candidate that is most like a misspelt word, or nothing if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace nissl::import
