// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Diagnostic.h"

#include "llvm/ADT/StringRef.h"

#include <fmt/format.h>

using namespace nissl::import;

/// "file:line:col: ", or nothing for an unknown place.
static std::string place(const Span& span) {
  if (!span.source) {
    return "";
  }
  return fmt::format("{}:{}:{}: ", span.source->path(), span.source->lineOf(span.begin),
                     span.source->columnOf(span.begin));
}

/// The line of the span and a line that underlines it.
static std::string excerpt(const Span& span) {
  if (!span.source) {
    return "";
  }
  size_t line = span.source->lineOf(span.begin);
  std::string_view text = span.source->line(line);
  size_t column = span.source->columnOf(span.begin);
  size_t last = span.source->lineOf(span.end) == line ? span.source->columnOf(span.end) : text.size() + 1;
  size_t width = last > column ? last - column : 1;
  std::string number = std::to_string(line);
  // Tabs stay tabs so that the caret stands under its character.
  std::string indent;
  size_t seen = 1;
  for (char byte : text) {
    if ((byte & 0xC0) == 0x80) {
      continue;
    }
    if (seen++ >= column) {
      break;
    }
    indent += byte == '\t' ? '\t' : ' ';
  }
  return fmt::format("  {} | {}\n  {} | {}^{}\n", number, text, std::string(number.size(), ' '), indent,
                     std::string(width - 1, '~'));
}

std::string Diagnostic::render() const {
  std::string text =
      fmt::format("{}{}[NS{:04}]: {}\n", place(span), severity == Severity::Error ? "error" : "warning",
                  static_cast<int>(code), message);
  text += excerpt(span);
  for (const Note& note : notes) {
    text += fmt::format("{}note: {}\n{}", place(note.span), note.message, excerpt(note.span));
  }
  if (!help.empty()) {
    text += "  help: " + help + "\n";
  }
  return text;
}

/// Whether two messages are the same but for the index of a compartment: "dend[0].v", "dend[1].v".
static bool sameButIndex(std::string_view a, std::string_view b) {
  auto withoutIndices = [](std::string_view text) {
    std::string rest;
    bool inside = false;
    for (char byte : text) {
      inside = byte == '[' || (inside && byte != ']');
      if (!inside || byte == '[') {
        rest += byte;
      }
    }
    return rest;
  };
  return a == b || withoutIndices(a) == withoutIndices(b);
}

Diagnostic& DiagnosticList::error(Code code, Span span, std::string message) {
  // What two cells or compartments take from one place is said once.
  for (Diagnostic& known : all_) {
    bool same = known.code == code && known.span.source == span.source && known.span.begin == span.begin;
    if (same && sameButIndex(known.message, message) && known.severity == Severity::Error) {
      repeated_ = {code, Severity::Error, {}, {}};
      return repeated_;
    }
  }
  ++errors_;
  return all_.emplace_back(Diagnostic{code, Severity::Error, std::move(span), std::move(message)});
}

Diagnostic& DiagnosticList::warning(Code code, Span span, std::string message) {
  return all_.emplace_back(Diagnostic{code, Severity::Warning, std::move(span), std::move(message)});
}

std::string DiagnosticList::render() const {
  std::string text;
  for (const Diagnostic& diagnostic : all_) {
    text += diagnostic.render();
  }
  return text;
}

std::string nissl::import::nearest(std::string_view word, const std::vector<std::string>& candidates) {
  llvm::StringRef wanted(word.data(), word.size());
  // One letter in three may be wrong; of a name of one or two only the case.
  unsigned best = wanted.size() / 3 + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    if (unsigned distance = wanted.edit_distance_insensitive(candidate); distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}
