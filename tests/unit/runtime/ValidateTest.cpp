// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One crafted value per field that can be wrong, each written to a file and read back.
#include "tests/unit/runtime/SampleProgram.h"

#include "runtime/program/Reader.h"
#include "runtime/program/Writer.h"
#include "runtime/support/Error.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <limits>

using namespace nissl::program;
using namespace nissl::program::test;
using nissl::support::Error;

namespace {

struct Case {
  const char* expected; ///< part of the message
  std::function<void(Program&)> spoil;
};

constexpr Index far = 1000000;
constexpr int64_t huge = std::numeric_limits<int64_t>::max();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

template <typename Enum>
Enum beyond(Enum last) {
  return static_cast<Enum>(static_cast<int>(last) + 1);
}

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    Program program = sampleProgram();
    one.spoil(program);
    std::string message = "accepted";
    try {
      parseProgram(serialize(program), "x.npb");
    } catch (const Error& error) {
      CHECK(error.code() == "NS0407");
      message = error.what();
    }
    CHECK_THAT(message, Catch::Contains(one.expected));
  }
}

Action& emit(Program& program) { return program.schedule[4]; }
Action& every(Program& program) { return program.schedule[5]; }

} // namespace

TEST_CASE("no index of a declaration may leave its list", "[runtime][validate]") {
  for (Index bad : {Index{-2}, far, std::numeric_limits<Index>::max(), std::numeric_limits<Index>::min()}) {
    check({
        {"table 0 'EE': source is extent", [=](Program& p) { p.tables[0].source = bad; }},
        {"table 1 'ER': target is extent", [=](Program& p) { p.tables[1].target = bad; }},
        {"table 0 'EE': delay field is state", [=](Program& p) { p.tables[0].delayField = bad; }},
        {"state 0 'E.v': belongs to extent", [=](Program& p) { p.states[0].owner = bad; }},
        {"state 3 'EE.w': belongs to table", [=](Program& p) { p.states[3].owner = bad; }},
        {"port 0 'E.exc': belongs to extent", [=](Program& p) { p.ports[0].extent = bad; }},
        {"events 1 'R.hit': belong to extent", [=](Program& p) { p.events[1].extent = bad; }},
        {"input 0 'E.I': belongs to extent", [=](Program& p) { p.inputs[0].extent = bad; }},
        {"probe 0 'spikes': records events", [=](Program& p) { p.probes[0].subject = bad; }},
        {"probe 1 'weights': records state", [=](Program& p) { p.probes[1].subject = bad; }},
        {"table 1 'ER': pair 1", [=](Program& p) { p.tables[1].connect.pre[1] = bad; }},
        {"table 1 'ER': pair 2", [=](Program& p) { p.tables[1].connect.post[2] = bad; }},
    });
  }
}

TEST_CASE("no operand may leave its list", "[runtime][validate]") {
  for (Index bad : {none, far}) {
    check({
        {"kernel 0 'map_E': operand is state", [=](Program& p) { p.kernels[0].operands[0].subject = bad; }},
        {"operand is port", [=](Program& p) { p.kernels[0].operands[1].subject = bad; }},
        {"operand is events", [=](Program& p) { p.kernels[0].operands[2].subject = bad; }},
        {"operand is input", [=](Program& p) { p.kernels[0].operands[3].subject = bad; }},
        {"operand is array", [=](Program& p) { p.kernels[0].operands[4].subject = bad; }},
        {"kernel 1 'emit_EE': operand is port", [=](Program& p) { p.kernels[1].operands[1].subject = bad; }},
        {"operand is a column of table", [=](Program& p) { p.kernels[1].operands[2].subject = bad; }},
        {"operand is a column of table", [=](Program& p) { p.kernels[1].operands[3].subject = bad; }},
        {"kernel 2 'back_EE': operand is state", [=](Program& p) { p.kernels[2].operands[0].subject = bad; }},
        {"operand is state", [=](Program& p) { p.kernels[2].operands[1].subject = bad; }},
        {"operand is a column of table", [=](Program& p) { p.kernels[2].operands[2].subject = bad; }},
        {"operand is a column of table", [=](Program& p) { p.kernels[2].operands[3].subject = bad; }},
    });
  }
  check({
      {"operand's lag 50, expected 0 to 49", [](Program& p) { p.kernels[2].operands[0].lag = 50; }},
      {"operand's lag -1", [](Program& p) { p.kernels[2].operands[0].lag = -1; }},
      {"operand's lag 1, expected 0 to 0", [](Program& p) { p.kernels[0].operands[0].lag = 1; }},
      {"history of 0", [](Program& p) { p.kernels[2].operands[1].subject = 0; }},
      {"a map reads a column", [](Program& p) { p.kernels[0].operands[0] = {OperandKind::Target, 0, 0}; }},
  });
}

TEST_CASE("no action may refer to what is not there", "[runtime][validate]") {
  for (Index bad : {none, far}) {
    check({
        {"action 3: maps extent", [=](Program& p) { p.schedule[3].subject = bad; }},
        {"action 3: runs kernel", [=](Program& p) { p.schedule[3].kernel = bad; }},
        {"action 4: traverses table", [=](Program& p) { emit(p).subject = bad; }},
        {"action 4: runs kernel", [=](Program& p) { emit(p).kernel = bad; }},
        {"action 4: is driven by events", [=](Program& p) { emit(p).events = bad; }},
        {"action 4: writes port", [=](Program& p) { emit(p).writesPorts[0] = bad; }},
        {"action 3: writes events", [=](Program& p) { p.schedule[3].writesEvents[0] = bad; }},
        {"action 3: writes port", [=](Program& p) { p.schedule[3].writesPorts[0] = bad; }},
        {"action 5, inner action 0: pushes state", [=](Program& p) { every(p).body[0].subject = bad; }},
        {"action 5, inner action 1: reduces state", [=](Program& p) { every(p).body[1].subject = bad; }},
        {"action 5, inner action 1: result is state", [=](Program& p) { every(p).body[1].into = bad; }},
        {"action 6: waits for events", [=](Program& p) { p.schedule[6].subject = bad; }},
        {"action 6, inner action 0: restores state",
         [=](Program& p) { p.schedule[6].body[0].subject = bad; }},
        {"setup action 0: maps extent", [=](Program& p) { p.setup[0].subject = bad; }},
        {"setup action 1: runs kernel", [=](Program& p) { p.setup[1].kernel = bad; }},
    });
  }
  check({
      {"action 2: subject 0, expected none", [](Program& p) { p.schedule[2].subject = 0; }},
      {"action 5: subject 0, expected none", [](Program& p) { every(p).subject = 0; }},
      {"action 2: kernel 0, expected none", [](Program& p) { p.schedule[2].kernel = 0; }},
      {"action 3: events 0, expected none", [](Program& p) { p.schedule[3].events = 0; }},
      {"action 3: result state 0, expected none", [](Program& p) { p.schedule[3].into = 0; }},
      {"setup action 1: events of an 'all' traversal 0", [](Program& p) { p.setup[1].events = 0; }},
  });
}

TEST_CASE("no enum may leave its range", "[runtime][validate]") {
  check({
      {"precision 3, expected 0 to 2", [](Program& p) { p.precision = beyond(Precision::Fixed); }},
      {"connectivity rule 7", [](Program& p) { p.tables[0].connect.kind = beyond(ConnectKind::Pairs); }},
      {"type 7", [](Program& p) { p.states[0].type = beyond(ScalarType::F64); }},
      {"type 7", [](Program& p) { p.ports[0].type = beyond(ScalarType::F64); }},
      {"type 7", [](Program& p) { p.inputs[0].type = beyond(ScalarType::F64); }},
      {"type 7", [](Program& p) { p.arrays[0].type = beyond(ScalarType::F64); }},
      {"kind 2", [](Program& p) { p.probes[0].kind = beyond(ProbeKind::State); }},
      {"kind 3", [](Program& p) { p.kernels[0].kind = beyond(KernelKind::List); }},
      {"operand's kind 13",
       [](Program& p) { p.kernels[0].operands[0].kind = beyond(OperandKind::PortCounts); }},
      {"kind 8", [](Program& p) { p.schedule[3].kind = beyond(ActionKind::Sample); }},
      {"traversal 5", [](Program& p) { p.schedule[3].traverse = beyond(TraverseKind::Due); }},
      {"reduction 3", [](Program& p) { p.schedule[3].reduce = beyond(ReduceKind::Max); }},
      {"key of the reduction 3", [](Program& p) { p.schedule[3].by = beyond(ReduceBy::Post); }},
  });
}

TEST_CASE("no number may leave its range", "[runtime][validate]") {
  check({
      {"dt is 0", [](Program& p) { p.dt = 0; }},
      {"dt is nan", [](Program& p) { p.dt = notANumber; }},
      {"dt is inf", [](Program& p) { p.dt = std::numeric_limits<double>::infinity(); }},
      {"size -1", [](Program& p) { p.extents[1].size = -1; }},
      {"size 9223372036854775807", [](Program& p) { p.extents[1].size = huge; }},
      {"source range ends at 6, expected 0 to 5", [](Program& p) { p.tables[0].sourceEnd = 6; }},
      {"source range begins at -1", [](Program& p) { p.tables[0].sourceBegin = -1; }},
      {"source range begins at 6", [](Program& p) { p.tables[0].sourceBegin = 6; }},
      {"target range ends at", [](Program& p) { p.tables[0].targetEnd = huge; }},
      {"target range begins at", [](Program& p) { p.tables[0].targetBegin = -huge; }},
      {"smallest delay -1", [](Program& p) { p.tables[0].minDelay = -1; }},
      {"smallest delay 10", [](Program& p) { p.tables[0].minDelay = 10; }},
      {"largest delay 2147483648", [](Program& p) { p.tables[0].maxDelay = int64_t{1} << 31; }},
      {"without a delay field its smallest delay is 1, expected 2",
       [](Program& p) { p.tables[1].minDelay = 1; }},
      {"count -1", [](Program& p) { p.tables[0].connect.count = -1; }},
      {"count 9223372036854775807", [](Program& p) { p.tables[0].connect.count = huge; }},
      {"probability nan", [](Program& p) { p.tables[0].connect.probability = notANumber; }},
      {"probability 1.5", [](Program& p) { p.tables[0].connect.probability = 1.5; }},
      {"history -1", [](Program& p) { p.states[0].history = -1; }},
      {"need more than",
       [](Program& p) {
         p.extents[0].size = 1 << 30;
         p.states[1].history = 1 << 30;
       }},
      {"port 0 'E.exc': 1073741824 elements",
       [](Program& p) {
         p.extents[0].size = 1 << 30;
         p.ports[0].slots = 1 << 30;
       }},
      {"fraction bits of a float 0", [](Program& p) { p.states[0].frac = 0; }},
      {"fraction bits 64", [](Program& p) { p.states[5].frac = 64; }},
      {"decay 0.1", [](Program& p) { p.states[0].decay = 0.1; }}, // no f32
      {"decay 1", [](Program& p) { p.states[0].decay = 1; }},
      {"decay -0.5", [](Program& p) { p.states[0].decay = -0.5; }},
      {"decay nan", [](Program& p) { p.states[0].decay = std::nan(""); }},
      {"decay 0.5", [](Program& p) { p.states[5].decay = 0.5; }}, // an integer
      {"fraction bits -2", [](Program& p) { p.ports[1].frac = -2; }},
      {"slots 0", [](Program& p) { p.ports[1].slots = 0; }},
      {"slots 9223372036854775807", [](Program& p) { p.ports[1].slots = huge; }},
      {"multiple of 8", [](Program& p) { p.arrays[0].bytes.pop_back(); }},
      {"truth value 2 is 2", [](Program& p) { p.arrays[1].bytes[2] = std::byte{2}; }},
      {"range ends at 6, expected 0 to 5", [](Program& p) { p.probes[0].end = 6; }},
      {"range begins at 6", [](Program& p) { p.probes[0].begin = 6; }},
      {"range begins at -1", [](Program& p) { p.probes[1].begin = -1; }},
      {"range ends at -1", [](Program& p) { p.probes[0].end = none; }},
      {"range of all synapses begins at 2", [](Program& p) { p.probes[1].end = none; }},
      {"range begins at 2, expected 0 to -2", [](Program& p) { p.probes[1].end = -2; }},
      {"period 0", [](Program& p) { p.probes[0].period = 0; }},
      {"scale nan", [](Program& p) { p.probes[0].scale = notANumber; }},
      {"kernel 2 begins at byte 23 of 23", [](Program& p) { p.code[0].kernelOffset[2] = 23; }},
      {"kernel 0 begins at byte 18446744073709551615",
       [](Program& p) { p.code[1].kernelOffset[0] = ~uint64_t{0}; }},
      {"2 offsets for 3 kernels", [](Program& p) { p.code[1].kernelOffset.pop_back(); }},
      {"period 0", [](Program& p) { every(p).period = 0; }},
      {"offset 10, expected 0 to 9", [](Program& p) { every(p).offset = 10; }},
      {"offset -1", [](Program& p) { every(p).offset = -1; }},
  });
}

namespace {

/// The sample with table EE traversed when due, and nowhere else.
Program dueProgram() {
  Program program = sampleProgram();
  program.schedule[0] = program.schedule[4];
  program.schedule[0].traverse = TraverseKind::Due;
  program.schedule.erase(program.schedule.begin() + 4);
  program.schedule.erase(program.schedule.begin() + 1);
  program.kernels[1].operands = {
      {OperandKind::State, 3, 0}, {OperandKind::PortSlot, 0, 0}, {OperandKind::Target, 0, 0}};
  program.setup.pop_back();
  return program;
}

} // namespace

TEST_CASE("what is due has columns of its own table and one sum per target", "[runtime][validate]") {
  CHECK_NOTHROW(validate(dueProgram()));
  Program oneDelay = dueProgram();
  oneDelay.tables[0].delayField = none;
  oneDelay.tables[0].minDelay = oneDelay.tables[0].maxDelay;
  CHECK_NOTHROW(validate(oneDelay));
  const std::vector<Case> cases = {
      {"adds to 2 ports", [](Program& p) { p.schedule[0].writesPorts.push_back(0); }},
      {"table 'EE' is traversed elsewhere too", [](Program& p) { p.schedule.push_back(p.schedule[0]); }},
      {"table 'EE' is traversed elsewhere too",
       [](Program& p) {
         Action when = p.schedule.back();
         when.body = {p.schedule[0]};
         p.schedule = {when};
       }},
      {"kernel 'emit_EE' needs more than the table's columns",
       [](Program& p) { p.kernels[1].operands[0].subject = 0; }},
      {"kernel 'emit_EE' needs more than the table's columns",
       [](Program& p) { p.kernels[1].operands[1].kind = OperandKind::PortRing; }},
      {"kernel 'map_E' adds to slots of its port that lie ahead",
       [](Program& p) { p.kernels[0].operands[1].kind = OperandKind::PortRing; }},
      {"delays of up to 9 into the 5 slots", [](Program& p) { p.ports[0].slots = 5; }},
  };
  for (const Case& one : cases) {
    Program program = dueProgram();
    one.spoil(program);
    CHECK_THROWS_WITH(validate(program), Catch::Contains(one.expected));
  }
}

TEST_CASE("what is counted has a unit, and a kernel that adds", "[runtime][validate]") {
  CHECK_NOTHROW(validate(countedProgram()));
  const std::vector<Case> cases = {
      {"unit nan", [](Program& p) { p.ports[2].unit = notANumber; }},
      {"unit inf", [](Program& p) { p.ports[2].unit = std::numeric_limits<double>::infinity(); }},
      {"unit 0.1, expected", [](Program& p) { p.ports[2].unit = 0.1; }},       // no f32
      {"port 0 'E.exc': unit 0.5", [](Program& p) { p.ports[0].unit = 0.5; }}, // ten slots
      {"unit 2", [](Program& p) { p.ports[2] = {"R.few", 1, ScalarType::I32, 1, 12, 2}; }},
      {"port 'R.few', which has no unit", [](Program& p) { p.ports[2].unit = 0; }},
      {"only a map clears a port",
       [](Program& p) {
         p.kernels[3].counted = none;
         p.kernels[4].kind = KernelKind::Row;
       }},
      {"operand is port",
       [](Program& p) {
         p.kernels[3].counted = none;
         p.kernels[4].operands[0].subject = 3;
       }},
      {"with counts it is kernel", [](Program& p) { p.kernels[3].counted = 5; }},
      {"with counts it is kernel", [](Program& p) { p.kernels[3].counted = -2; }},
      {"which has other operands", [](Program& p) { p.kernels[3].counted = 0; }},
      {"which has other operands", [](Program& p) { p.kernels[4].counted = 0; }},
      {"which has other operands", [](Program& p) { p.kernels[4].operands[0].clears = false; }},
      {"which has other operands", [](Program& p) { p.kernels[3].operands[0].subject = 1; }},
      {"kernel 'map_R_counted' counts", [](Program& p) { p.schedule.back().kernel = 4; }},
  };
  for (const Case& one : cases) {
    Program program = countedProgram();
    one.spoil(program);
    CHECK_THROWS_WITH(validate(program), Catch::Contains(one.expected));
  }
}

TEST_CASE("names can be printed, tell things apart and stay in the run's folder", "[runtime][validate]") {
  check({
      {"extent 0: its name has 0 bytes", [](Program& p) { p.extents[0].name.clear(); }},
      {"state 1: its name", [](Program& p) { p.states[1].name = "a\nb"; }},
      {"state 1: its name", [](Program& p) { p.states[1].name = "\xc3"; }},
      {"state 1: its name", [](Program& p) { p.states[1].name = "\xc3("; }},
      {"state 1: its name", [](Program& p) { p.states[1].name = "\xed\xa0\x80"; }},
      {"state 1: its name", [](Program& p) { p.states[1].name = "\xc0\x80"; }},
      {"state 1: its name", [](Program& p) { p.states[1].name = "\xf4\x90\x80\x80"; }},
      {"state 1: its name has 1025", [](Program& p) { p.states[1].name = std::string(1025, 'x'); }},
      {"the program's name", [](Program& p) { p.name = std::string("a\0b", 3); }},
      {"the target", [](Program& p) { p.target = "\x1b[2J"; }},
      {"the compiler's version", [](Program& p) { p.compilerVersion = "\t"; }},
      {"the description's hash", [](Program& p) { p.descriptionHash = "\x7f"; }},
      {"the description's hash has 65537", [](Program& p) { p.descriptionHash = std::string(65537, 'x'); }},
      {"events 1 'E.spike': another", [](Program& p) { p.events[1].name = "E.spike"; }},
      {"input 0: its name", [](Program& p) { p.inputs[0].name.clear(); }},
      {"array 2 'table': another", [](Program& p) { p.arrays[2].name = "table"; }},
      {"probe 1 'spikes': another", [](Program& p) { p.probes[1].name = "spikes"; }},
      {"kernel 2 'map_E': another", [](Program& p) { p.kernels[2].name = "map_E"; }},
      {"code 0: its name", [](Program& p) { p.code[0].isa.clear(); }},
      {"table 1 'EE': another", [](Program& p) { p.tables[1].name = "EE"; }},
      {"port 1 'E.exc': another", [](Program& p) { p.ports[1].name = "E.exc"; }},
      {"section 1 'provenance.json': another", [](Program& p) { p.sections[1].name = "provenance.json"; }},
      {"there is other code", [](Program& p) { p.code[1].isa = "x86-64-v3"; }},
      {"cannot be the name of a file", [](Program& p) { p.probes[0].name = "../../etc/passwd"; }},
      {"cannot be the name of a file", [](Program& p) { p.probes[0].name = ".."; }},
      {"its unit", [](Program& p) { p.probes[0].unit = "\xff"; }},
  });
  Program program = sampleProgram();
  program.states[1].name = "\xc2\xb5 \xe2\x82\xac \xf0\x9f\xa7\xa0";
  CHECK_NOTHROW(validate(program));
}

TEST_CASE("things that refer to each other must fit", "[runtime][validate]") {
  check({
      {"its rule takes none", [](Program& p) { p.tables[1].connect.kind = ConnectKind::AllToAll; }},
      {"is not an i32 state of the table", [](Program& p) { p.tables[0].delayField = 3; }},
      {"is not an i32 state of the table", [](Program& p) { p.tables[0].delayField = 5; }},
      {"is not an i32 state of the table", [](Program& p) { p.tables[1].delayField = 2; }},
      {"kernel 'emit_EE' is for traversals", [](Program& p) { p.schedule[3].kernel = 1; }},
      {"kernel 'map_E' is for maps", [](Program& p) { emit(p).kernel = 0; }},
      {"reads columns of table 'EE'", [](Program& p) { p.setup[1].subject = 1; }},
      {"expected events of 'E'", [](Program& p) { emit(p).events = 1; }},
      {"expected events of 'R'", [](Program& p) { p.schedule[1].subject = 1; }},
      {"writes events 'R.hit' of another extent", [](Program& p) { p.schedule[3].writesEvents = {1}; }},
      {"writes port 'R.in' of another extent", [](Program& p) { p.schedule[3].writesPorts = {1}; }},
      {"writes port 'R.in' of another extent", [](Program& p) { emit(p).writesPorts = {1}; }},
      {"a traversal writes events", [](Program& p) { emit(p).writesEvents = {0}; }},
      {"delays of up to 9 into the 9 slots", [](Program& p) { p.ports[0].slots = 9; }},
      {"pushes a state with a history of 0", [](Program& p) { every(p).body[0].subject = 0; }},
      {"is not a state of a table", [](Program& p) { every(p).body[2].subject = 0; }},
      {"does not fit into 'EE.w'", [](Program& p) { every(p).body[1].into = 3; }},
      {"does not fit into 'E.v'", [](Program& p) { every(p).body[1].into = 0; }},
      {"does not fit into 'E.q'", [](Program& p) { every(p).body[2].into = 5; }},
      {"does not fit into 'R.sum'", [](Program& p) { every(p).body[2].into = 4; }},
      {"writes events or ports without a body", [](Program& p) { p.schedule[2].writesPorts = {0}; }},
      {"a second sample", [](Program& p) { p.schedule.push_back(p.schedule[2]); }},
      {"a body of 1 actions", [](Program& p) { p.schedule[3].body = {p.schedule[2]}; }},
      {"stand directly in the schedule", [](Program& p) { every(p).body.push_back(p.schedule[2]); }},
      {"stand directly in the schedule", [](Program& p) { every(p).body.push_back(every(p)); }},
      {"setup takes", [](Program& p) { p.setup.push_back(p.schedule[3]); }},
      {"setup takes", [](Program& p) { p.setup.push_back(emit(p)); }},
      {"setup takes", [](Program& p) { p.setup.push_back(every(p)); }},
  });
}

TEST_CASE("a list of pairs has as many sources as targets", "[runtime][validate]") {
  Program program = sampleProgram();
  program.tables[1].connect.pre = {0};
  CHECK_THROWS_WITH(validate(program), Catch::Contains("1 sources for 3 targets"));
}

TEST_CASE("actions nested deeper than any program are refused", "[runtime][validate]") {
  Program program = sampleProgram();
  Action deep = makeAction(ActionKind::When, 1);
  for (int i = 0; i < 500; ++i) {
    Action outer = makeAction(ActionKind::When, 1);
    outer.body.push_back(std::move(deep));
    deep = std::move(outer);
  }
  program.schedule.push_back(deep);
  CHECK_THROWS_AS(parseProgram(serialize(program), "x.npb"), Error);
}

TEST_CASE("sections lie one after the other and fill the file", "[runtime][validate]") {
  struct Crafted {
    const char* expected;
    std::function<void(std::vector<SectionEntry>&)> spoil;
  };
  // 100 bytes, then 28 bytes from the next multiple of 64: 156 in all.
  const std::vector<SectionEntry> good = {{"a", 0, 100, 100, 0, Compression::Raw},
                                          {"b", 128, 28, 3000, 0, Compression::Zstd}};
  CHECK_NOTHROW(validateSections(good, 156, {}));
  CHECK_NOTHROW(validateSections({}, 0, {}));
  for (const Crafted& one : std::vector<Crafted>{
           {"the name of section 1", [](auto& s) { s[1].name = "\x1b"; }},
           {"section 1 'b' begins at byte 100, expected 128", [](auto& s) { s[1].offset = 100; }},
           {"section 1 'b' begins at byte 0, expected 128", [](auto& s) { s[1].offset = 0; }},
           {"section 1 'b' has 29 bytes at 128, but the file has 156", [](auto& s) { s[1].stored = 29; }},
           {"section 1 'b' has 18446744073709551615 bytes", [](auto& s) { s[1].stored = ~uint64_t{0}; }},
           {"section 0 'a' has 300 bytes at 0",
            [](auto& s) {
              s[0].stored = 300;
              s[0].size = 300;
            }},
           {"156 bytes of data, but its sections end at 155", [](auto& s) { s[1].stored = 27; }},
           {"section 0 'a' is stored as it is, but has 100 bytes of 99", [](auto& s) { s[0].size = 99; }},
           {"compression 2", [](auto& s) { s[0].compression = beyond(Compression::Zstd); }},
           {"more than this reader takes", [](auto& s) { s[1].size = ~uint64_t{0}; }},
           {"156 bytes of data, but its sections end at 0", [](auto& s) { s.clear(); }}}) {
    std::vector<SectionEntry> sections = good;
    one.spoil(sections);
    CHECK_THROWS_WITH(validateSections(sections, 156, {}), Catch::Contains(one.expected));
  }
}
