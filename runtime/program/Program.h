// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled network in memory: what the compiler hands to the runtime. The file form is Writer.h and
// Reader.h. Everything refers to everything else by index into the vectors of Program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nissl::program {

/// Index into one of Program's vectors; `none` where there is nothing to point at.
using Index = int32_t;
inline constexpr Index none = -1;

enum class ScalarType : uint8_t { I1, I8, I16, I32, I64, F32, F64 };

/// Bytes of one value in memory; an i1 takes one byte.
size_t sizeOf(ScalarType type);

enum class Precision : uint8_t { F64, F32, Fixed };

struct Extent {
  std::string name;
  int64_t size = 0;

  bool operator==(const Extent&) const = default;
};

enum class ConnectKind : uint8_t {
  OneToOne,
  AllToAll,
  Bernoulli,
  FixedOutdegree,
  FixedIndegree,
  FixedTotal,
  Pairs
};

/// A connectivity rule; see Connectivity.h for its meaning.
struct ConnectRule {
  ConnectKind kind = ConnectKind::AllToAll;
  int64_t count = 0;      ///< degree, or the number of synapses of FixedTotal
  double probability = 0; ///< of Bernoulli
  bool autapses = true;
  bool multapses = false;
  std::vector<int32_t> pre, post; ///< of Pairs, in the table's order, indices into the whole extents

  bool operator==(const ConnectRule&) const = default;
};

/// A table of synapses; delays in steps.
struct Table {
  std::string name;
  Index source = none, target = none; ///< extents
  int64_t sourceBegin = 0, sourceEnd = 0, targetBegin = 0, targetEnd = 0;
  ConnectRule connect;
  int64_t minDelay = 0, maxDelay = 0;
  Index delayField = none; ///< an I32 state of the table, or none where minDelay == maxDelay

  bool operator==(const Table&) const = default;
};

/// The state table: everything that survives a step.
struct State {
  std::string name;
  bool ofTable = false; ///< owner is a table (a value per synapse), not an extent
  Index owner = none;
  ScalarType type = ScalarType::F64;
  int64_t history = 0; ///< how many pushed values are kept
  int32_t frac = none; ///< fraction bits of a fixed-point value: value = integer * 2^-frac
  /// What most values are multiplied by from a step to the next, as those of a trace are; 0: nothing is
  /// known. An exact number of the state's type, and a hint: events, or the host, may change a value as well.
  double decay = 0;

  bool operator==(const State&) const = default;
};

struct Port {
  std::string name;
  Index extent = none;
  ScalarType type = ScalarType::F64;
  int64_t slots = 1;
  int32_t frac = none;
  /// What everything is worth that is ever added, where that is the same: arrivals may be counted instead. 0:
  /// it is not, or is not known to be.
  double unit = 0;

  bool operator==(const Port&) const = default;
};

struct Events {
  std::string name;
  Index extent = none;

  bool operator==(const Events&) const = default;
};

/// A value per element that the host sets before each step, always as f64.
struct Input {
  std::string name;
  Index extent = none;
  ScalarType type = ScalarType::F64;
  int32_t frac = none;

  bool operator==(const Input&) const = default;
};

/// A constant array that kernels look up.
struct Array {
  std::string name;
  ScalarType type = ScalarType::F64;
  std::vector<std::byte> bytes;

  bool operator==(const Array&) const = default;
};

enum class ProbeKind : uint8_t { Events, State };

/// What a run records. Elements [begin, end) of an extent or synapses [begin, end) of a table; of a table
/// [0, none) is every synapse.
struct Probe {
  std::string name;
  ProbeKind kind = ProbeKind::Events;
  Index subject = none; ///< index into events or states
  int64_t period = 1;   ///< in steps; steps k with k % period == 0 are sampled
  int64_t begin = 0, end = 0;
  bool before = false; ///< sees the state before arrivals
  std::string unit;    ///< for display; values are multiplied by `scale` to be in it
  double scale = 1;

  bool operator==(const Probe&) const = default;
};

/// What one pointer of a kernel's operand list points at. See targets/cpu/README.md for the calling
/// convention.
enum class OperandKind : uint8_t {
  State,       ///< first element of a state (of an extent or of a table's partition)
  HistorySlot, ///< first element of what was pushed `lag` pushes ago
  HistoryRing, ///< a Ring of the state's history
  PortSlot,    ///< first element of the port's present slot
  PortRing,    ///< a Ring of the port
  EventMask,   ///< a byte per element of the events' extent
  Input,       ///< first element of an input
  Array,       ///< first element of an array
  Target,      ///< target per synapse of the partition, in targetBytes (targets/cpu/device/KernelCall.h)
  Source,      ///< uint32 source per position of a List kernel's list
  Ordinal,     ///< uint32 ordinal per synapse of the partition
  Synapse,     ///< int64 position in the whole table, per synapse of the partition
  PortCounts,  ///< uint8: how often the port's unit was added to the present slot, of a port with one
};

struct Operand {
  OperandKind kind = OperandKind::State;
  Index subject =
      none;        ///< into states, ports, events, inputs or arrays by kind; the table for Target to Synapse
  int64_t lag = 0; ///< of HistorySlot
  bool shared = false; ///< reads elements that another part of the extent may own
  bool clears = false; ///< of PortSlot, PortCounts: leaves zeros, so that nobody has to at the step's end

  bool operator==(const Operand&) const = default;
};

enum class KernelKind : uint8_t {
  Map,  ///< elements [begin, end) of an extent
  Row,  ///< synapses [begin, end) of one source's row in a partition
  List, ///< synapses named by a list of uint32 positions in a partition
};

/// A compiled body. Where its code lies is said per variant.
struct Kernel {
  std::string name;
  KernelKind kind = KernelKind::Map;
  std::vector<Operand> operands;
  std::vector<uint64_t>
      constants; ///< bits of numbers that the code reads: in these alone kernels with the same code differ
  /// A List kernel of a traversal back that needs nothing but states of its synapses and of their sources: it
  /// may be done later with what the sources had.
  bool waits = false;
  Index counted = none; ///< a kernel that does the same with PortCounts in place of sums; none of an action

  bool operator==(const Kernel&) const = default;
};

/// Machine code for one instruction set: a flat position-independent image without relocations.
struct CodeVariant {
  std::string isa; ///< "x86-64", "x86-64-v3" or "x86-64-v4"
  std::vector<std::byte> code;
  std::vector<uint64_t> kernelOffset; ///< one per kernel

  bool operator==(const CodeVariant&) const = default;
};

enum class TraverseKind : uint8_t { Emit, Arrive, Back, All, Due };
enum class ReduceKind : uint8_t { Sum, Min, Max };
enum class ReduceBy : uint8_t { All, Pre, Post };
enum class ActionKind : uint8_t { Map, Traverse, Push, Reduce, Every, When, Restore, Sample };

/// One action of the schedule; which members count depends on `kind`. Mirrors the ops of dialects/step.
struct Action {
  ActionKind kind = ActionKind::Sample;
  Index subject = none; ///< Map: extent; Traverse: table; Push, Restore, Reduce: state; When: events
  Index kernel = none;  ///< Map, Traverse; none for programs without a CPU section
  TraverseKind traverse = TraverseKind::All;
  Index events = none; ///< Traverse other than All
  ReduceKind reduce = ReduceKind::Sum;
  ReduceBy by = ReduceBy::All;
  Index into = none;               ///< Reduce: state
  int64_t period = 1, offset = 0;  ///< Every
  std::vector<Index> writesEvents; ///< Map: the events it sets
  std::vector<Index> writesPorts;  ///< Map, Traverse
  std::vector<Action> body;        ///< Every, When

  bool operator==(const Action&) const = default;
};

/// Bytes for one target or for tools, e.g. "golgi.image", "step.mlir", "provenance.json".
struct Section {
  std::string name;
  std::vector<std::byte> bytes;

  bool operator==(const Section&) const = default;
};

struct Program {
  std::string name;
  std::string target; ///< "cpu", "golgi", "step" or "reference"
  Precision precision = Precision::F64;
  double dt = 0; ///< seconds
  uint64_t structureSeed = 0;
  uint64_t dynamicsSeed = 0; ///< default of `nissl run --seed`
  std::string compilerVersion;
  std::string descriptionHash; ///< for provenance

  std::vector<Extent> extents;
  std::vector<Table> tables;
  std::vector<State> states;
  std::vector<Port> ports;
  std::vector<Events> events;
  std::vector<Input> inputs;
  std::vector<Array> arrays;
  std::vector<Probe> probes;
  std::vector<Kernel> kernels;
  std::vector<Action> setup;
  std::vector<Action> schedule;
  std::vector<CodeVariant> code;
  std::vector<Section> sections;

  bool operator==(const Program&) const = default;
};

} // namespace nissl::program
