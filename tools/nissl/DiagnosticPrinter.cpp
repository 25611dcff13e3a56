// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/DiagnosticPrinter.h"

#include "mlir/IR/Location.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <regex>

using namespace mlir;

namespace nissl::driver {

namespace {

/// The first place in a file that a location knows.
FileLineColLoc placeOf(Location location) {
  FileLineColLoc place;
  location->walk([&](Location part) {
    if (auto file = llvm::dyn_cast<FileLineColLoc>(part)) {
      place = file;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return place;
}

std::string prefixOf(FileLineColLoc place) {
  if (!place) {
    return {};
  }
  std::string prefix = place.getFilename().str();
  if (place.getLine() != 0) {
    prefix += fmt::format(":{}:{}", place.getLine(), place.getColumn());
  }
  return prefix + ": ";
}

/// The line that `place` is in and a caret below its column; empty where the file cannot be read.
std::string underlined(FileLineColLoc place) {
  if (!place || place.getLine() == 0 || place.getColumn() == 0) {
    return {};
  }
  std::ifstream stream(place.getFilename().str());
  std::string line;
  for (unsigned number = 0; number < place.getLine(); ++number) {
    if (!std::getline(stream, line)) {
      return {};
    }
  }
  std::string caret = line.substr(0, place.getColumn() - 1);
  std::replace_if(caret.begin(), caret.end(), [](char letter) { return letter != '\t'; }, ' ');
  return fmt::format("{}\n{}^\n", line, caret);
}

const char* nameOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  return "error";
}

/// Takes "NS0123: " or "error[NS0123]: " off the message's front; empty where there is none.
std::string takeCode(std::string& message) {
  static const std::regex coded("^(?:error\\[(NS[0-9]{4})\\]|(NS[0-9]{4})): ");
  std::smatch match;
  if (!std::regex_search(message, match, coded)) {
    return {};
  }
  std::string code = match[1].matched ? match[1] : match[2];
  message = match.suffix();
  return code;
}

} // namespace

DiagnosticPrinter::DiagnosticPrinter(MLIRContext* context)
    : handler(context, [this](Diagnostic& diagnostic) { take(diagnostic); }) {
  context->printOpOnDiagnostic(false);
}

void DiagnosticPrinter::add(const import::Diagnostic& diagnostic) {
  fmt::print(stderr, "{}", diagnostic.render());
  bool isError = diagnostic.severity == import::Severity::Error;
  errors += isError;
  nlohmann::ordered_json json{{"severity", isError ? "error" : "warning"},
                              {"code", fmt::format("NS{:04}", static_cast<int>(diagnostic.code))},
                              {"message", diagnostic.message}};
  if (const std::shared_ptr<const import::Source>& source = diagnostic.span.source) {
    json["file"] = source->path();
    json["line"] = source->lineOf(diagnostic.span.begin);
    json["column"] = source->columnOf(diagnostic.span.begin);
  }
  json["notes"] = nlohmann::ordered_json::array();
  for (const import::Diagnostic::Note& note : diagnostic.notes) {
    json["notes"].push_back(note.message);
  }
  if (!diagnostic.help.empty()) {
    json["help"] = diagnostic.help;
  }
  list.push_back(std::move(json));
}

void DiagnosticPrinter::take(Diagnostic& diagnostic) {
  FileLineColLoc place = placeOf(diagnostic.getLocation());
  std::string message = diagnostic.str();
  std::string code = takeCode(message);
  if (code.empty()) {
    code = stage;
  }
  errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
  const char* severity = nameOf(diagnostic.getSeverity());
  bool coded = diagnostic.getSeverity() != DiagnosticSeverity::Remark;
  fmt::print(stderr, "{}{}{}: {}\n{}", prefixOf(place), severity, coded ? "[" + code + "]" : "", message,
             underlined(place));
  nlohmann::ordered_json json{{"severity", severity}, {"code", code}, {"message", message}};
  if (place) {
    json["file"] = place.getFilename().str();
    json["line"] = place.getLine();
    json["column"] = place.getColumn();
  }
  json["notes"] = nlohmann::ordered_json::array();
  for (Diagnostic& note : diagnostic.getNotes()) {
    FileLineColLoc notePlace = placeOf(note.getLocation());
    fmt::print(stderr, "{}note: {}\n{}", prefixOf(notePlace), note.str(), underlined(notePlace));
    json["notes"].push_back(prefixOf(notePlace) + note.str());
  }
  list.push_back(std::move(json));
}

} // namespace nissl::driver
