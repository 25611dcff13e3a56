// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/Reader.h"
#include "runtime/session/Provenance.h"
#include "runtime/support/Error.h"
#include "tools/nissl/Disassembly.h"
#include "tools/nissl/Verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

namespace nissl::driver {

using nlohmann::ordered_json;
using program::Program;

namespace {

struct InspectOptions {
  std::string file, section;
  bool disassemble = false;
};

std::string nameOf(program::ScalarType type) {
  switch (type) {
  case program::ScalarType::I1:
    return "i1";
  case program::ScalarType::I8:
    return "i8";
  case program::ScalarType::I16:
    return "i16";
  case program::ScalarType::I32:
    return "i32";
  case program::ScalarType::I64:
    return "i64";
  case program::ScalarType::F32:
    return "f32";
  case program::ScalarType::F64:
    return "f64";
  }
  return "unknown";
}

/// "i32 frac 16"
std::string typeText(program::ScalarType type, int32_t frac) {
  return frac == program::none ? nameOf(type) : fmt::format("{} frac {}", nameOf(type), frac);
}

std::string nameOf(program::ConnectKind kind) {
  switch (kind) {
  case program::ConnectKind::OneToOne:
    return "one_to_one";
  case program::ConnectKind::AllToAll:
    return "all_to_all";
  case program::ConnectKind::Bernoulli:
    return "bernoulli";
  case program::ConnectKind::FixedOutdegree:
    return "fixed_outdegree";
  case program::ConnectKind::FixedIndegree:
    return "fixed_indegree";
  case program::ConnectKind::FixedTotal:
    return "fixed_total";
  case program::ConnectKind::Pairs:
    return "pairs";
  }
  return "unknown";
}

std::string connectText(const program::ConnectRule& rule) {
  switch (rule.kind) {
  case program::ConnectKind::Bernoulli:
    return fmt::format("bernoulli {:.6g}", rule.probability);
  case program::ConnectKind::Pairs:
    return fmt::format("pairs ({} synapses)", rule.pre.size());
  case program::ConnectKind::FixedOutdegree:
  case program::ConnectKind::FixedIndegree:
  case program::ConnectKind::FixedTotal:
    return fmt::format("{} {}", nameOf(rule.kind), rule.count);
  default:
    return nameOf(rule.kind);
  }
}

template <typename T>
const T& at(const std::vector<T>& items, program::Index index) {
  return items[static_cast<size_t>(index)];
}

const std::string& ownerName(const Program& program, const program::State& state) {
  return state.ofTable ? at(program.tables, state.owner).name : at(program.extents, state.owner).name;
}

const std::string& subjectName(const Program& program, const program::Probe& probe) {
  return probe.kind == program::ProbeKind::Events ? at(program.events, probe.subject).name
                                                  : at(program.states, probe.subject).name;
}

ordered_json networkJson(const Program& program) {
  ordered_json json;
  for (const program::Extent& extent : program.extents) {
    json["extents"].push_back({{"name", extent.name}, {"size", extent.size}});
  }
  for (const program::Table& table : program.tables) {
    json["tables"].push_back({{"name", table.name},
                              {"source", at(program.extents, table.source).name},
                              {"target", at(program.extents, table.target).name},
                              {"connect", connectText(table.connect)},
                              {"delay_steps", {table.minDelay, table.maxDelay}}});
  }
  for (const program::State& state : program.states) {
    json["states"].push_back({{"name", state.name},
                              {"of", ownerName(program, state)},
                              {"type", typeText(state.type, state.frac)},
                              {"history", state.history}});
  }
  for (const program::Port& port : program.ports) {
    json["ports"].push_back(
        {{"name", port.name}, {"type", typeText(port.type, port.frac)}, {"slots", port.slots}});
  }
  for (const program::Events& events : program.events) {
    json["events"].push_back({{"name", events.name}, {"of", at(program.extents, events.extent).name}});
  }
  for (const program::Input& input : program.inputs) {
    json["inputs"].push_back({{"name", input.name},
                              {"channels", at(program.extents, input.extent).size},
                              {"type", typeText(input.type, input.frac)}});
  }
  for (const program::Probe& probe : program.probes) {
    json["probes"].push_back({{"name", probe.name},
                              {"of", subjectName(program, probe)},
                              {"every", probe.period},
                              {"range", {probe.begin, probe.end}},
                              {"unit", probe.unit}});
  }
  return json;
}

ordered_json sizesJson(const Program& program, const program::FileSummary& file) {
  ordered_json json{{"format_version", file.version},       {"file_bytes", file.fileBytes},
                    {"manifest_bytes", file.manifestBytes}, {"kernels", program.kernels.size()},
                    {"code", ordered_json::array()},        {"arrays", ordered_json::array()},
                    {"sections", ordered_json::array()}};
  for (const program::CodeVariant& variant : program.code) {
    std::set<uint64_t> functions(variant.kernelOffset.begin(), variant.kernelOffset.end());
    json["code"].push_back(
        {{"isa", variant.isa}, {"bytes", variant.code.size()}, {"functions", functions.size()}});
  }
  for (const program::Array& array : program.arrays) {
    json["arrays"].push_back(
        {{"name", array.name}, {"type", nameOf(array.type)}, {"bytes", array.bytes.size()}});
  }
  for (const program::Section& section : program.sections) {
    json["sections"].push_back({{"name", section.name}, {"bytes", section.bytes.size()}});
  }
  return json;
}

/// A list of flat objects as lines of "key value".
void printList(const std::string& title, const ordered_json& list) {
  if (list.empty()) {
    return;
  }
  fmt::print("{}:\n", title);
  for (const ordered_json& item : list) {
    std::string line = " ";
    for (const auto& [key, value] : item.items()) {
      std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      if (!text.empty()) {
        line += key == "name" || key == "isa" ? " " + text : fmt::format("  {} {}", key, text);
      }
    }
    fmt::print("{}\n", line);
  }
}

int printSection(const Program& program, const std::string& name) {
  for (const program::Section& section : program.sections) {
    if (section.name == name) {
      std::fwrite(section.bytes.data(), 1, section.bytes.size(), stdout);
      return 0;
    }
  }
  std::string known;
  for (const program::Section& section : program.sections) {
    known += (known.empty() ? "" : ", ") + section.name;
  }
  throw support::Error::input("NS0905", "the program has no section '{}'; it has {}", name,
                              known.empty() ? "none" : known);
}

int inspect(const InspectOptions& options, const Invocation& invocation) {
  Program program = program::readProgram(options.file);
  if (!options.section.empty()) {
    return printSection(program, options.section);
  }
  if (options.disassemble) {
    fmt::print("{}", disassembleCode(program));
    return 0;
  }
  ordered_json json =
      runtime::toJson(runtime::provenanceOf(program, program.target, program.dynamicsSeed, ""));
  json.erase("command_line");
  json.erase("nissl_version");
  json.erase("device");
  json.update(networkJson(program));
  json.update(sizesJson(program, program::summarize(options.file)));
  if (invocation.json) {
    Invocation::print(json);
    return 0;
  }
  for (const auto& [key, value] : json.items()) {
    if (value.is_array()) {
      printList(key, value);
    } else {
      fmt::print("{}: {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return 0;
}

} // namespace

void addInspect(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* verb = invocation.addVerb(app, "inspect", "Show what a compiled network holds",
                                      "nissl inspect net.npb --section step.mlir");
  verb->add_option("PROGRAM", options->file, "What 'nissl compile' wrote (.npb)")->required();
  verb->add_option("--section", options->section, "Print this section's bytes and nothing else");
  verb->add_flag("--disassemble", options->disassemble, "Print its machine code or microcode as text");
  verb->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return inspect(*options, invocation); };
  });
}

} // namespace nissl::driver
