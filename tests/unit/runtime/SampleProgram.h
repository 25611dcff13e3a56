// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small valid program that uses every kind of thing an artefact can hold, and files made of it.
#pragma once

#include "runtime/program/FileLayout.h"
#include "runtime/program/Program.h"

#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace nissl::program::test {

inline std::vector<std::byte> bytesOf(std::string_view text) {
  auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline Action makeAction(ActionKind kind, Index subject, Index kernel = none) {
  Action action;
  action.kind = kind;
  action.subject = subject;
  action.kernel = kernel;
  return action;
}

inline Action makeTraverse(TraverseKind kind, Index table, Index kernel, Index events,
                           std::vector<Index> ports = {}) {
  Action action = makeAction(ActionKind::Traverse, table, kernel);
  action.traverse = kind;
  action.events = events;
  action.writesPorts = std::move(ports);
  return action;
}

inline Program sampleProgram() {
  Program program;
  program.name = "réseau";
  program.target = "cpu";
  program.precision = Precision::F32;
  program.dt = 1e-4;
  program.structureSeed = 0xfedcba9876543210;
  program.dynamicsSeed = 7;
  program.compilerVersion = "0.1.0";
  program.descriptionHash = "c0ffee";
  program.extents = {{"E", 5}, {"R", 1}};

  Table drawn{"EE", 0, 0, 1, 5, 0, 4, {}, 1, 9, 2};
  drawn.connect.kind = ConnectKind::Bernoulli;
  drawn.connect.probability = 0.25;
  drawn.connect.autapses = false;
  Table listed{"ER", 0, 1, 0, 5, 0, 1, {}, 2, 2, none};
  listed.connect.kind = ConnectKind::Pairs;
  listed.connect.multapses = true;
  listed.connect.pre = {0, 3, 3};
  listed.connect.post = {0, 0, 0};
  program.tables = {drawn, listed};

  program.states = {
      {"E.v", false, 0, ScalarType::F32, 0, none},     {"E.x", false, 0, ScalarType::F32, 50, none, 0.75},
      {"EE.delay", true, 0, ScalarType::I32, 0, none}, {"EE.w", true, 0, ScalarType::F32, 0, none},
      {"R.sum", false, 1, ScalarType::F32, 0, none},   {"E.q", false, 0, ScalarType::I32, 0, 16}};
  program.ports = {{"E.exc", 0, ScalarType::F32, 10, none}, {"R.in", 1, ScalarType::I32, 3, 12}};
  program.events = {{"E.spike", 0}, {"R.hit", 1}};
  program.inputs = {{"E.I", 0, ScalarType::I32, 8}};
  program.arrays = {{"table", ScalarType::F64, std::vector<std::byte>(4096, std::byte{3})},
                    {"flags", ScalarType::I1, {std::byte{0}, std::byte{1}, std::byte{1}}},
                    {"empty", ScalarType::I64, {}}};
  program.probes = {{"spikes", ProbeKind::Events, 0, 1, 0, 5, false, "", 1},
                    {"weights", ProbeKind::State, 3, 10000, 2, 1000000, true, "nS", 1e9}};

  program.kernels = {{"map_E",
                      KernelKind::Map,
                      {{OperandKind::State, 0, 0},
                       {OperandKind::PortSlot, 0, 0},
                       {OperandKind::EventMask, 0, 0},
                       {OperandKind::Input, 0, 0},
                       {OperandKind::Array, 0, 0}},
                      {}},
                     {"emit_EE",
                      KernelKind::Row,
                      {{OperandKind::State, 3, 0},
                       {OperandKind::PortRing, 0, 0},
                       {OperandKind::Target, 0, 0},
                       {OperandKind::Ordinal, 0, 0}},
                      {0x3fb999999999999a, 7}},
                     {"back_EE",
                      KernelKind::List,
                      {{OperandKind::HistorySlot, 1, 49},
                       {OperandKind::HistoryRing, 1, 0},
                       {OperandKind::Source, 0, 0},
                       {OperandKind::Synapse, 0, 0}},
                      {}}};
  program.setup = {makeAction(ActionKind::Map, 0, 0), makeTraverse(TraverseKind::All, 0, 1, none)};

  Action map = makeAction(ActionKind::Map, 0, 0);
  map.writesEvents = {0};
  map.writesPorts = {0};
  Action reduce = makeAction(ActionKind::Reduce, 3);
  reduce.into = 4;
  Action byPost = makeAction(ActionKind::Reduce, 3);
  byPost.reduce = ReduceKind::Max;
  byPost.by = ReduceBy::Post;
  byPost.into = 0;
  Action every = makeAction(ActionKind::Every, none);
  every.period = 10;
  every.offset = 9;
  every.body = {makeAction(ActionKind::Push, 1), reduce, byPost};
  Action when = makeAction(ActionKind::When, 1);
  when.body = {makeAction(ActionKind::Restore, 0)};
  program.schedule = {makeTraverse(TraverseKind::Arrive, 0, 2, 0),
                      makeTraverse(TraverseKind::Back, 1, 2, 1),
                      makeAction(ActionKind::Sample, none),
                      map,
                      makeTraverse(TraverseKind::Emit, 0, 1, 0, {0}),
                      every,
                      when};
  program.schedule[1].subject = 0;
  program.schedule[1].events = 0;
  program.code = {{"x86-64-v3", bytesOf("not really machine code"), {0, 4, 8}},
                  {"x86-64-v4", bytesOf("this neither"), {3, 0, 11}}};
  program.sections = {{"provenance.json", bytesOf("{}")},
                      {"golgi.image", std::vector<std::byte>(300, std::byte{0x5a})}};
  return program;
}

/// The sample with a map of R that reads a port of one slot, or counts what arrives there.
inline Program countedProgram() {
  Program program = sampleProgram();
  program.ports.push_back({"R.few", 1, ScalarType::F32, 1, none, 0.5});
  program.kernels.push_back(
      {"map_R", KernelKind::Map, {{OperandKind::PortSlot, 2, 0, false, true}}, {}, false, 4});
  program.kernels.push_back(
      {"map_R_counted", KernelKind::Map, {{OperandKind::PortCounts, 2, 0, false, true}}, {}});
  for (CodeVariant& variant : program.code) {
    variant.kernelOffset.insert(variant.kernelOffset.end(), {1, 2});
  }
  program.schedule.push_back(makeAction(ActionKind::Map, 1, 3));
  return program;
}

/// Makes the header's and the manifest's checksums and the size fit the bytes again, as an attacker would.
inline void reseal(std::vector<std::byte>& file) {
  FileHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  header.fileBytes = file.size();
  if (header.manifestBytes <= file.size() - sizeof(header)) {
    header.manifestChecksum = checksum(std::span(file).subspan(sizeof(header), header.manifestBytes));
  }
  header.headerChecksum = checksumOf(header);
  std::memcpy(file.data(), &header, sizeof(header));
}

} // namespace nissl::program::test
