// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Descriptions written to a file and imported.
#pragma once

#include "compiler/import/Bounds.h"
#include "compiler/import/json/JsonImport.h"
#include "dialects/neuro/NeuroDialect.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace nissl::import::test {

/// A folder that goes away with its tests.
class Folder {
public:
  Folder() : path(std::filesystem::temp_directory_path() / ("nissl-import-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
  const std::filesystem::path path;
};

struct Imported {
  std::unique_ptr<mlir::MLIRContext> context = std::make_unique<mlir::MLIRContext>();
  DiagnosticList diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  neuro::NetworkOp network() { return *module->getOps<neuro::NetworkOp>().begin(); }
  /// The op of that name, in the network or in one of its parts.
  template <typename T>
  T find(llvm::StringRef name, llvm::StringRef part = "") {
    mlir::Operation* table = network();
    if (!part.empty()) {
      table = mlir::SymbolTable::lookupSymbolIn(table, part);
      REQUIRE(table);
    }
    auto op = llvm::dyn_cast_or_null<T>(mlir::SymbolTable::lookupSymbolIn(table, name));
    INFO("no such op: " << name.str());
    REQUIRE(op);
    return op;
  }
  std::string text(mlir::Operation* op) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    op->print(stream);
    // Generated printers put one space or two before an enum.
    for (size_t at; (at = text.find("  ", text.find_first_not_of(" \n"))) != std::string::npos;) {
      text.erase(at, 1);
    }
    return text;
  }
};

/// Imports a file; the result may hold errors.
inline Imported importFile(const std::string& path) {
  Imported imported;
  imported.module =
      importJson(*imported.context, path, imported.diagnostics, {{NISSL_SOURCE_DIR "/examples"}});
  return imported;
}

/// Imports a text that is right.
inline Imported importRight(const std::string& text) {
  Folder folder;
  Imported imported = importFile(folder.write("net.json", text));
  INFO(imported.diagnostics.render());
  REQUIRE(imported.module);
  return imported;
}

/// The messages about a text that is wrong, without the folder's name.
inline std::string importWrong(const std::string& text) {
  Folder folder;
  Imported imported = importFile(folder.write("net.json", text));
  CHECK_FALSE(imported.module);
  std::string messages = imported.diagnostics.render(), prefix = folder.path.string() + "/";
  for (size_t at; (at = messages.find(prefix)) != std::string::npos;) {
    messages.erase(at, prefix.size());
  }
  return messages;
}

/// A description with a simple cell `c` (v in mV, ports `in` in mV and `n` without unit) and populations E
/// (4 cells) and F (3 cells); `rest` are further members, each beginning with a comma.
inline std::string withCells(const std::string& rest) {
  return R"json({"nissl": 1, "dt": "1 ms", "cells": {"c": {
    "parameters": {"tau": "10 ms", "th": "20 mV", "k": 2},
    "equations": ["dv/dt = -v/tau + I/ms"], "initial": {"v": "0 mV", "u": 0},
    "ports": {"I": {"unit": "mV"}, "n": {}},
    "events": {"spike": {"when": "v > th", "do": ["v = 0*mV", "u += 1"]}}}},
    "populations": {"E": {"cell": "c", "size": 4}, "F": {"cell": "c", "size": 3}})json" +
         rest + "}";
}

} // namespace nissl::import::test
