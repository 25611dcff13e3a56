// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every rule that a program must keep for the runtime to index it without looking again. In the order of
// Program.h; nothing is used before it was checked.
#include "runtime/program/Validate.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>

namespace nissl::program {
namespace {

using support::Error;

/// Elements, delays, slots and lags are i32 in kernels.
constexpr int64_t int32Limit = std::numeric_limits<int32_t>::max();
/// More bytes than any machine holds, so that sums of a few such numbers do not overflow.
constexpr int64_t bytesLimit = int64_t{1} << 47;
constexpr int64_t countLimit = int64_t{1} << 44;
constexpr size_t nameLimit = 1024;
constexpr size_t textLimit = 65536;

/// A thing of the program, for messages: "state 3 'E.v'".
struct Place {
  std::string_view kind;
  size_t index = 0;
  std::string_view name;

  std::string describe() const {
    return name.empty() ? fmt::format("{} {}", kind, index) : fmt::format("{} {} '{}'", kind, index, name);
  }
};

template <typename... Args>
[[noreturn]] void refuse(const Place& place, fmt::format_string<Args...> text, Args&&... args) {
  throw Error::input("NS0407", "not a valid program: {}: {}", place.describe(),
                     fmt::format(text, std::forward<Args>(args)...));
}

/// UTF-8 (RFC 3629) without control characters: printable, and fit for JSON.
bool isText(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    size_t more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : 3;
    if (lead < 0x20 || lead == 0x7f || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4 ||
        more >= text.size() - i) {
      return false;
    }
    uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);
    for (size_t k = 1; k <= more; ++k) {
      auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xc0) != 0x80) {
        return false;
      }
      point = point << 6 | (byte & 0x3fu);
    }
    bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

void checkName(const Place& place, std::string_view name) {
  if (name.empty() || name.size() > nameLimit || !isText(name)) {
    refuse({place.kind, place.index, {}}, "its name has {} bytes; expected 1 to {} of printable UTF-8",
           name.size(), nameLimit);
  }
}

void checkText(std::string_view what, std::string_view text) {
  if (text.size() > textLimit || !isText(text)) {
    refuse({"header", 0, {}}, "{} has {} bytes; expected up to {} of printable UTF-8", what, text.size(),
           textLimit);
  }
}

/// Names of one kind differ: files and JSON keys are made of them.
template <typename Things>
void checkNames(std::string_view kind, const Things& things) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < things.size(); ++i) {
    checkName({kind, i, things[i].name}, things[i].name);
    if (!seen.insert(things[i].name).second) {
      refuse({kind, i, things[i].name}, "another {} has this name", kind);
    }
  }
}

void checkIndex(const Place& place, std::string_view what, Index index, size_t count) {
  if (index < 0 || static_cast<size_t>(index) >= count) {
    refuse(place, "{} {} of {}", what, index, count);
  }
}

void checkNone(const Place& place, std::string_view what, Index index) {
  if (index != none) {
    refuse(place, "{} {}, expected none ({})", what, index, none);
  }
}

template <typename Enum>
void checkEnum(const Place& place, std::string_view what, Enum value, Enum last) {
  if (value > last) {
    refuse(place, "{} {}, expected 0 to {}", what, static_cast<int>(value), static_cast<int>(last));
  }
}

void checkBetween(const Place& place, std::string_view what, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    refuse(place, "{} {}, expected {} to {}", what, value, low, high);
  }
}

void checkType(const Place& place, ScalarType type, int32_t frac) {
  checkEnum(place, "type", type, ScalarType::F64);
  bool isFloat = type == ScalarType::F32 || type == ScalarType::F64;
  checkBetween(place, isFloat ? "fraction bits of a float" : "fraction bits", frac, none,
               isFloat ? none : 63);
}

void checkDecay(const Place& place, ScalarType type, double decay) {
  bool fits = type == ScalarType::F64 || (type == ScalarType::F32 && decay == static_cast<float>(decay));
  if (decay != 0 && !(fits && decay > 0 && decay < 1)) {
    refuse(place, "decay {}, expected 0, or a number between 0 and 1 of its type, which is a float", decay);
  }
}

/// Arrivals are counted in the step in which they arrive.
void checkUnit(const Place& place, const Port& port) {
  bool fits =
      port.type == ScalarType::F64 ||
      (port.type == ScalarType::F32 && port.unit == static_cast<double>(static_cast<float>(port.unit)));
  if (port.unit != 0 && !(fits && std::isfinite(port.unit) && port.slots == 1)) {
    refuse(place, "unit {}, expected 0, or a finite number of its type, which is a float, and one slot",
           port.unit);
  }
}

/// copies * size * bytes of the type, without overflow.
void checkMemory(const Place& place, int64_t size, int64_t copies, ScalarType type) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(size, copies, &bytes) ||
      __builtin_mul_overflow(bytes, static_cast<int64_t>(sizeOf(type)), &bytes) || bytes > bytesLimit) {
    refuse(place, "{} elements times {} copies need more than {} bytes", size, copies, bytesLimit);
  }
}

class Validator {
public:
  explicit Validator(const Program& program) : program(program) {}

  void run() const {
    header();
    extents();
    tables();
    states();
    delayFields();
    ports();
    eventsAndInputs();
    arrays();
    probes();
    kernels();
    code();
    checkNames("section", program.sections);
    setup();
    schedule();
  }

private:
  void header() const;
  void extents() const;
  void tables() const;
  void rule(const Place& place, const Table& table) const;
  void states() const;
  void delayFields() const;
  void ports() const;
  void eventsAndInputs() const;
  void arrays() const;
  void probes() const;
  void kernels() const;
  void operand(const Place& place, const Kernel& kernel, const Operand& operand) const;
  void counted(const Place& place, const Kernel& kernel) const;
  void code() const;
  void setup() const;
  void schedule() const;
  void action(const Place& place, const Action& action) const;
  void map(const Place& place, const Action& action) const;
  void traverse(const Place& place, const Action& action) const;
  void reduce(const Place& place, const Action& action) const;
  void useKernel(const Place& place, const Action& action) const;
  void due(const Place& place, const Action& action) const;
  void writes(const Place& place, const Action& action) const;

  const Program& program;
};

void Validator::header() const {
  checkText("the program's name", program.name);
  checkText("the target", program.target);
  checkText("the compiler's version", program.compilerVersion);
  checkText("the description's hash", program.descriptionHash);
  const Place place{"header", 0, {}};
  checkEnum(place, "precision", program.precision, Precision::Fixed);
  if (!(program.dt > 0) || !std::isfinite(program.dt)) {
    refuse(place, "dt is {} s, expected a positive number", program.dt);
  }
}

void Validator::extents() const {
  checkNames("extent", program.extents);
  for (size_t i = 0; i < program.extents.size(); ++i) {
    checkBetween({"extent", i, program.extents[i].name}, "size", program.extents[i].size, 0, int32Limit);
  }
}

void Validator::tables() const {
  checkNames("table", program.tables);
  for (size_t i = 0; i < program.tables.size(); ++i) {
    const Table& table = program.tables[i];
    const Place place{"table", i, table.name};
    checkIndex(place, "source is extent", table.source, program.extents.size());
    checkIndex(place, "target is extent", table.target, program.extents.size());
    checkBetween(place, "source range ends at", table.sourceEnd, 0, program.extents[table.source].size);
    checkBetween(place, "source range begins at", table.sourceBegin, 0, table.sourceEnd);
    checkBetween(place, "target range ends at", table.targetEnd, 0, program.extents[table.target].size);
    checkBetween(place, "target range begins at", table.targetBegin, 0, table.targetEnd);
    checkBetween(place, "largest delay", table.maxDelay, 0, int32Limit);
    checkBetween(place, "smallest delay", table.minDelay, 0, table.maxDelay);
    rule(place, table);
  }
}

void Validator::rule(const Place& place, const Table& table) const {
  const ConnectRule& rule = table.connect;
  checkEnum(place, "connectivity rule", rule.kind, ConnectKind::Pairs);
  checkBetween(place, "count", rule.count, 0, countLimit);
  if (!(rule.probability >= 0 && rule.probability <= 1)) {
    refuse(place, "probability {}, expected 0 to 1", rule.probability);
  }
  if (rule.pre.size() != rule.post.size()) {
    refuse(place, "{} sources for {} targets in its list of pairs", rule.pre.size(), rule.post.size());
  }
  if (rule.kind != ConnectKind::Pairs && !rule.pre.empty()) {
    refuse(place, "{} pairs, but its rule takes none", rule.pre.size());
  }
  for (size_t k = 0; k < rule.pre.size(); ++k) {
    if (rule.pre[k] < table.sourceBegin || rule.pre[k] >= table.sourceEnd ||
        rule.post[k] < table.targetBegin || rule.post[k] >= table.targetEnd) {
      refuse(place, "pair {} ({} to {}) lies outside sources [{}, {}) and targets [{}, {})", k, rule.pre[k],
             rule.post[k], table.sourceBegin, table.sourceEnd, table.targetBegin, table.targetEnd);
    }
  }
}

void Validator::states() const {
  checkNames("state", program.states);
  for (size_t i = 0; i < program.states.size(); ++i) {
    const State& state = program.states[i];
    const Place place{"state", i, state.name};
    checkType(place, state.type, state.frac);
    checkBetween(place, "history", state.history, 0, int32Limit);
    checkDecay(place, state.type, state.decay);
    if (state.ofTable) {
      checkIndex(place, "belongs to table", state.owner, program.tables.size());
    } else {
      checkIndex(place, "belongs to extent", state.owner, program.extents.size());
      checkMemory(place, program.extents[state.owner].size, state.history + 1, state.type);
    }
  }
}

void Validator::delayFields() const {
  for (size_t i = 0; i < program.tables.size(); ++i) {
    const Table& table = program.tables[i];
    const Place place{"table", i, table.name};
    if (table.delayField == none) {
      checkBetween(place, "without a delay field its smallest delay is", table.minDelay, table.maxDelay,
                   table.maxDelay);
      continue;
    }
    checkIndex(place, "delay field is state", table.delayField, program.states.size());
    const State& field = program.states[table.delayField];
    if (!field.ofTable || static_cast<size_t>(field.owner) != i || field.type != ScalarType::I32) {
      refuse(place, "delay field '{}' is not an i32 state of the table", field.name);
    }
  }
}

void Validator::ports() const {
  checkNames("port", program.ports);
  for (size_t i = 0; i < program.ports.size(); ++i) {
    const Port& port = program.ports[i];
    const Place place{"port", i, port.name};
    checkType(place, port.type, port.frac);
    checkIndex(place, "belongs to extent", port.extent, program.extents.size());
    checkBetween(place, "slots", port.slots, 1, int32Limit);
    checkMemory(place, program.extents[port.extent].size, port.slots, port.type);
    checkUnit(place, port);
  }
}

void Validator::eventsAndInputs() const {
  checkNames("events", program.events);
  for (size_t i = 0; i < program.events.size(); ++i) {
    checkIndex({"events", i, program.events[i].name}, "belong to extent", program.events[i].extent,
               program.extents.size());
  }
  checkNames("input", program.inputs);
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const Input& input = program.inputs[i];
    const Place place{"input", i, input.name};
    checkType(place, input.type, input.frac);
    checkIndex(place, "belongs to extent", input.extent, program.extents.size());
  }
}

void Validator::arrays() const {
  checkNames("array", program.arrays);
  for (size_t i = 0; i < program.arrays.size(); ++i) {
    const Array& array = program.arrays[i];
    const Place place{"array", i, array.name};
    checkType(place, array.type, none);
    if (array.bytes.size() % sizeOf(array.type) != 0) {
      refuse(place, "{} bytes, expected a multiple of {}", array.bytes.size(), sizeOf(array.type));
    }
    for (size_t k = 0; array.type == ScalarType::I1 && k < array.bytes.size(); ++k) {
      if (array.bytes[k] > std::byte{1}) {
        refuse(place, "truth value {} is {}, expected 0 or 1", k, static_cast<int>(array.bytes[k]));
      }
    }
  }
}

void Validator::probes() const {
  checkNames("probe", program.probes);
  for (size_t i = 0; i < program.probes.size(); ++i) {
    const Probe& probe = program.probes[i];
    const Place place{"probe", i, probe.name};
    // A probe's name becomes a file of the run directory.
    if (probe.name.find_first_of("/\\") != std::string::npos || probe.name == "." || probe.name == "..") {
      refuse(place, "its name cannot be the name of a file");
    }
    if (probe.unit.size() > nameLimit || !isText(probe.unit)) {
      refuse(place, "its unit has {} bytes; expected up to {} of printable UTF-8", probe.unit.size(),
             nameLimit);
    }
    checkEnum(place, "kind", probe.kind, ProbeKind::State);
    Index extent = none;
    if (probe.kind == ProbeKind::Events) {
      checkIndex(place, "records events", probe.subject, program.events.size());
      extent = program.events[probe.subject].extent;
    } else {
      checkIndex(place, "records state", probe.subject, program.states.size());
      extent = program.states[probe.subject].ofTable ? none : program.states[probe.subject].owner;
    }
    // How many synapses a table has is known when it is expanded: `none` is all of them.
    if (extent != none) {
      checkBetween(place, "range ends at", probe.end, 0, program.extents[extent].size);
    }
    if (extent != none || probe.end != none) {
      checkBetween(place, "range begins at", probe.begin, 0, probe.end);
    } else {
      checkBetween(place, "range of all synapses begins at", probe.begin, 0, 0);
    }
    checkBetween(place, "period", probe.period, 1, std::numeric_limits<int64_t>::max());
    if (!std::isfinite(probe.scale)) {
      refuse(place, "scale {}, expected a finite number", probe.scale);
    }
  }
}

void Validator::kernels() const {
  checkNames("kernel", program.kernels);
  for (size_t i = 0; i < program.kernels.size(); ++i) {
    const Kernel& kernel = program.kernels[i];
    const Place place{"kernel", i, kernel.name};
    checkEnum(place, "kind", kernel.kind, KernelKind::List);
    for (const Operand& one : kernel.operands) {
      operand(place, kernel, one);
    }
    if (kernel.counted != none) {
      counted(place, kernel);
    }
  }
}

/// Called like the kernel, but for what is counted.
void Validator::counted(const Place& place, const Kernel& kernel) const {
  checkIndex(place, "with counts it is kernel", kernel.counted, program.kernels.size());
  const Kernel& other = program.kernels[kernel.counted];
  auto like = [](const Operand& sum, const Operand& one) {
    bool isPort = sum.kind == OperandKind::PortSlot || sum.kind == OperandKind::PortRing;
    bool counts = isPort && one.kind == OperandKind::PortCounts;
    return one.subject == sum.subject && one.lag == sum.lag && one.shared == sum.shared &&
           one.clears == sum.clears && (one.kind == sum.kind || counts);
  };
  if (other.kind != kernel.kind || other.counted != none ||
      !std::ranges::equal(kernel.operands, other.operands, like)) {
    refuse(place, "with counts it is kernel '{}', which has other operands", other.name);
  }
}

void Validator::operand(const Place& place, const Kernel& kernel, const Operand& operand) const {
  checkEnum(place, "operand's kind", operand.kind, OperandKind::PortCounts);
  int64_t lags = 1;
  switch (operand.kind) {
  case OperandKind::State:
  case OperandKind::HistorySlot:
  case OperandKind::HistoryRing:
    checkIndex(place, "operand is state", operand.subject, program.states.size());
    if (operand.kind != OperandKind::State) {
      checkBetween(place, "operand reads a state with a history of", program.states[operand.subject].history,
                   1, int32Limit);
    }
    lags = operand.kind == OperandKind::HistorySlot ? program.states[operand.subject].history : 1;
    break;
  case OperandKind::PortSlot:
  case OperandKind::PortRing:
  case OperandKind::PortCounts:
    checkIndex(place, "operand is port", operand.subject, program.ports.size());
    if (operand.clears && (operand.kind == OperandKind::PortRing || kernel.kind != KernelKind::Map)) {
      refuse(place, "only a map clears a port, port '{}', and only its present slot",
             program.ports[operand.subject].name);
    }
    if (operand.kind == OperandKind::PortCounts && program.ports[operand.subject].unit == 0) {
      refuse(place, "counts what arrives at port '{}', which has no unit",
             program.ports[operand.subject].name);
    }
    break;
  case OperandKind::EventMask:
    checkIndex(place, "operand is events", operand.subject, program.events.size());
    break;
  case OperandKind::Input:
    checkIndex(place, "operand is input", operand.subject, program.inputs.size());
    break;
  case OperandKind::Array:
    checkIndex(place, "operand is array", operand.subject, program.arrays.size());
    break;
  case OperandKind::Target:
  case OperandKind::Source:
  case OperandKind::Ordinal:
  case OperandKind::Synapse:
    checkIndex(place, "operand is a column of table", operand.subject, program.tables.size());
    if (kernel.kind == KernelKind::Map) {
      refuse(place, "a map reads a column of table '{}'", program.tables[operand.subject].name);
    }
    break;
  }
  checkBetween(place, "operand's lag", operand.lag, 0, lags - 1);
}

void Validator::code() const {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < program.code.size(); ++i) {
    const CodeVariant& variant = program.code[i];
    const Place place{"code", i, variant.isa};
    checkName(place, variant.isa);
    if (!seen.insert(variant.isa).second) {
      refuse(place, "there is other code for this instruction set");
    }
    if (variant.kernelOffset.size() != program.kernels.size()) {
      refuse(place, "{} offsets for {} kernels", variant.kernelOffset.size(), program.kernels.size());
    }
    for (size_t k = 0; k < variant.kernelOffset.size(); ++k) {
      if (variant.kernelOffset[k] >= variant.code.size()) {
        refuse(place, "kernel {} begins at byte {} of {}", k, variant.kernelOffset[k], variant.code.size());
      }
    }
  }
}

void Validator::setup() const {
  for (size_t i = 0; i < program.setup.size(); ++i) {
    const Action& one = program.setup[i];
    const Place place{"setup action", i, {}};
    action(place, one);
    bool allowed = one.kind == ActionKind::Map || one.kind == ActionKind::Reduce ||
                   (one.kind == ActionKind::Traverse && one.traverse == TraverseKind::All);
    if (!allowed || !one.body.empty() || !one.writesEvents.empty() || !one.writesPorts.empty()) {
      refuse(place, "setup takes maps, 'all' traversals and reductions that write states only");
    }
  }
}

void Validator::schedule() const {
  size_t samples = 0;
  for (size_t i = 0; i < program.schedule.size(); ++i) {
    const Action& one = program.schedule[i];
    const Place place{"action", i, {}};
    action(place, one);
    samples += one.kind == ActionKind::Sample ? 1 : 0;
    if (samples > 1) {
      refuse(place, "a second sample");
    }
    if (!one.body.empty() && one.kind != ActionKind::Every && one.kind != ActionKind::When) {
      refuse(place, "a body of {} actions, but only 'every' and 'when' have one", one.body.size());
    }
    const std::string innerKind = fmt::format("action {}, inner action", i);
    for (size_t k = 0; k < one.body.size(); ++k) {
      const Action& inner = one.body[k];
      const Place innerPlace{innerKind, k, {}};
      action(innerPlace, inner);
      bool plain = inner.kind != ActionKind::Every && inner.kind != ActionKind::When &&
                   inner.kind != ActionKind::Sample && inner.body.empty();
      if (!plain) {
        refuse(innerPlace, "'every', 'when' and 'sample' stand directly in the schedule only");
      }
    }
  }
}

void Validator::action(const Place& place, const Action& action) const {
  checkEnum(place, "kind", action.kind, ActionKind::Sample);
  checkEnum(place, "traversal", action.traverse, TraverseKind::Due);
  checkEnum(place, "reduction", action.reduce, ReduceKind::Max);
  checkEnum(place, "key of the reduction", action.by, ReduceBy::Post);
  bool runsKernel = action.kind == ActionKind::Map || action.kind == ActionKind::Traverse;
  if (!runsKernel) {
    checkNone(place, "kernel", action.kernel);
  }
  if (action.kind != ActionKind::Traverse) {
    checkNone(place, "events", action.events);
  }
  if (action.kind != ActionKind::Reduce) {
    checkNone(place, "result state", action.into);
  }
  if (!runsKernel && (!action.writesEvents.empty() || !action.writesPorts.empty())) {
    refuse(place, "writes events or ports without a body");
  }
  switch (action.kind) {
  case ActionKind::Map:
    return map(place, action);
  case ActionKind::Traverse:
    return traverse(place, action);
  case ActionKind::Reduce:
    return reduce(place, action);
  case ActionKind::Push:
    checkIndex(place, "pushes state", action.subject, program.states.size());
    return checkBetween(place, "pushes a state with a history of", program.states[action.subject].history, 1,
                        int32Limit);
  case ActionKind::Restore:
    return checkIndex(place, "restores state", action.subject, program.states.size());
  case ActionKind::Every:
    checkNone(place, "subject", action.subject);
    checkBetween(place, "period", action.period, 1, std::numeric_limits<int64_t>::max());
    return checkBetween(place, "offset", action.offset, 0, action.period - 1);
  case ActionKind::When:
    return checkIndex(place, "waits for events", action.subject, program.events.size());
  case ActionKind::Sample:
    return checkNone(place, "subject", action.subject);
  }
}

void Validator::map(const Place& place, const Action& action) const {
  checkIndex(place, "maps extent", action.subject, program.extents.size());
  useKernel(place, action);
  writes(place, action);
}

void Validator::traverse(const Place& place, const Action& action) const {
  checkIndex(place, "traverses table", action.subject, program.tables.size());
  const Table& table = program.tables[action.subject];
  if (action.traverse == TraverseKind::All) {
    checkNone(place, "events of an 'all' traversal", action.events);
  } else {
    checkIndex(place, "is driven by events", action.events, program.events.size());
    Index side = action.traverse == TraverseKind::Back ? table.target : table.source;
    if (program.events[action.events].extent != side) {
      refuse(place, "is driven by events '{}' of '{}', expected events of '{}'",
             program.events[action.events].name, program.extents[program.events[action.events].extent].name,
             program.extents[side].name);
    }
  }
  useKernel(place, action);
  writes(place, action);
  if (action.traverse == TraverseKind::Due) {
    due(place, action);
  }
}

/// The kernel gets columns of its own table and one sum per target, and nothing that moves.
void Validator::due(const Place& place, const Action& action) const {
  const Table& table = program.tables[action.subject];
  if (action.writesPorts.size() != 1) {
    refuse(place, "is due, but adds to {} ports", action.writesPorts.size());
  }
  size_t visits = 0;
  for (const Action& other : program.schedule) {
    visits += other.kind == ActionKind::Traverse && other.subject == action.subject;
    for (const Action& inner : other.body) {
      bool also = inner.kind == ActionKind::Traverse && inner.subject == action.subject;
      visits += also ? 2 : 0; // it is none of a body itself
    }
  }
  if (visits != 1) {
    refuse(place, "is due, but table '{}' is traversed elsewhere too", table.name);
  }
  if (action.kernel == none) {
    return;
  }
  for (const Operand& operand : program.kernels[action.kernel].operands) {
    bool isState = operand.kind == OperandKind::State;
    bool isOwn = isState && program.states[operand.subject].ofTable &&
                 program.states[operand.subject].owner == action.subject;
    bool isPort = operand.kind == OperandKind::PortSlot && operand.subject == action.writesPorts.front();
    if (!isOwn && !isPort && operand.kind != OperandKind::Target && operand.kind != OperandKind::Array) {
      refuse(place, "is due, but kernel '{}' needs more than the table's columns",
             program.kernels[action.kernel].name);
    }
  }
  for (const Kernel& kernel : program.kernels) {
    for (const Operand& operand : kernel.operands) {
      if (operand.kind == OperandKind::PortRing && operand.subject == action.writesPorts.front()) {
        refuse(place, "is due, but kernel '{}' adds to slots of its port that lie ahead", kernel.name);
      }
    }
  }
}

/// A kernel of the right kind; its columns are those of the action's table.
void Validator::useKernel(const Place& place, const Action& action) const {
  if (action.kernel == none && program.code.empty()) {
    return;
  }
  checkIndex(place, "runs kernel", action.kernel, program.kernels.size());
  const Kernel& kernel = program.kernels[action.kernel];
  if ((action.kind == ActionKind::Map) != (kernel.kind == KernelKind::Map)) {
    refuse(place, "kernel '{}' is for {}", kernel.name,
           kernel.kind == KernelKind::Map ? "maps" : "traversals");
  }
  for (const Operand& operand : kernel.operands) {
    if (operand.kind == OperandKind::PortCounts) {
      refuse(place, "kernel '{}' counts, and stands only beside one that adds", kernel.name);
    }
    bool isColumn = operand.kind == OperandKind::Target || operand.kind == OperandKind::Source ||
                    operand.kind == OperandKind::Ordinal || operand.kind == OperandKind::Synapse;
    if (isColumn && operand.subject != action.subject) {
      refuse(place, "kernel '{}' reads columns of table '{}'", kernel.name,
             program.tables[operand.subject].name);
    }
  }
}

void Validator::writes(const Place& place, const Action& action) const {
  bool isMap = action.kind == ActionKind::Map;
  if (!isMap && !action.writesEvents.empty()) {
    refuse(place, "a traversal writes events");
  }
  for (Index events : action.writesEvents) {
    checkIndex(place, "writes events", events, program.events.size());
    if (program.events[events].extent != action.subject) {
      refuse(place, "writes events '{}' of another extent", program.events[events].name);
    }
  }
  for (Index index : action.writesPorts) {
    checkIndex(place, "writes port", index, program.ports.size());
    const Port& port = program.ports[index];
    if (port.extent != (isMap ? action.subject : program.tables[action.subject].target)) {
      refuse(place, "writes port '{}' of another extent", port.name);
    }
    bool emits = action.traverse == TraverseKind::Emit || action.traverse == TraverseKind::Due;
    if (!isMap && emits && port.slots <= program.tables[action.subject].maxDelay) {
      refuse(place, "delays of up to {} into the {} slots of port '{}'",
             program.tables[action.subject].maxDelay, port.slots, port.name);
    }
  }
}

void Validator::reduce(const Place& place, const Action& action) const {
  checkIndex(place, "reduces state", action.subject, program.states.size());
  checkIndex(place, "result is state", action.into, program.states.size());
  const State& from = program.states[action.subject];
  const State& into = program.states[action.into];
  if (action.by != ReduceBy::All && !from.ofTable) {
    refuse(place, "reduces '{}' by source or target, but it is not a state of a table", from.name);
  }
  bool fits = !into.ofTable && from.type == into.type;
  if (fits && action.by == ReduceBy::All) {
    fits = program.extents[into.owner].size == 1;
  } else if (fits) {
    const Table& table = program.tables[from.owner];
    fits = into.owner == (action.by == ReduceBy::Pre ? table.source : table.target);
  }
  if (!fits) {
    refuse(place, "'{}' does not fit into '{}': expected the same type and the key's extent (size 1 for all)",
           from.name, into.name);
  }
}

} // namespace

void validate(const Program& program) { Validator(program).run(); }

void validateSections(std::span<const SectionEntry> sections, uint64_t dataBytes, const ReadLimits& limits) {
  uint64_t end = 0, total = 0;
  for (size_t i = 0; i < sections.size(); ++i) {
    const SectionEntry& section = sections[i];
    if (section.name.size() > 2 * nameLimit || !isText(section.name)) {
      throw Error::input("NS0406", "the name of section {} is not printable UTF-8 of up to {} bytes", i,
                         2 * nameLimit);
    }
    auto malformed = [&](const std::string& why) {
      return Error::input("NS0406", "section {} '{}' {}", i, section.name, why);
    };
    if (section.compression > Compression::Zstd) {
      throw malformed(
          fmt::format("has compression {}, expected 0 or 1", static_cast<int>(section.compression)));
    }
    // `end` is at most dataBytes, the size of something in memory, so alignUp cannot overflow.
    if (section.offset != alignUp(end)) {
      throw malformed(fmt::format("begins at byte {}, expected {}", section.offset, alignUp(end)));
    }
    if (section.offset > dataBytes || section.stored > dataBytes - section.offset) {
      throw malformed(
          fmt::format("has {} bytes at {}, but the file has {}", section.stored, section.offset, dataBytes));
    }
    if (section.compression == Compression::Raw && section.size != section.stored) {
      throw malformed(
          fmt::format("is stored as it is, but has {} bytes of {}", section.stored, section.size));
    }
    if (section.size > limits.sectionBytes || section.size > limits.totalBytes - total) {
      throw Error::input("NS0408",
                         "section {} '{}' is {} bytes large, more than this reader takes ({}, {} in total)",
                         i, section.name, section.size, limits.sectionBytes, limits.totalBytes);
    }
    total += section.size;
    end = section.offset + section.stored;
  }
  if (end != dataBytes) {
    throw Error::input("NS0406", "{} bytes of data, but its sections end at {}", dataBytes, end);
  }
}

} // namespace nissl::program
