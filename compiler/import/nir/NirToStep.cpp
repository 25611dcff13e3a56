// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Order of a step: Inputs and what they send; what lags (loops, pipelined layers); then
// each signal's map and what it sends within the step. Weights become tables from source to target; an
// Affine has cells of its own only where something else than a neuron reads it.
#include "compiler/import/nir/NirToStep.h"
#include "compiler/import/nir/NirNeuron.h"
#include "compiler/import/nir/StepWriter.h"

#include "llvm/Support/Path.h"

#include <algorithm>

using namespace mlir;

namespace nissl::nir {
namespace {

/// Below this share of weights that are not zero, a table lists its pairs.
constexpr double denseShare = 0.75;

/// A node's path as a name that may become one of a file: '.' between levels, '_' for what does not print.
std::string labelOf(const std::string& path) {
  constexpr size_t longest = 100;
  std::string label = path.substr(0, longest);
  for (char& letter : label) {
    if (letter == '/') {
      letter = '.';
    } else if (letter <= ' ' || letter > '~' || letter == '\\') {
      letter = '_';
    }
  }
  return label.empty() || label == "." || label == ".." ? "_" + label : label;
}

/// A wire's synapses in table order: by source, then by target.
struct WireSynapses {
  step::ConnectAttr connect;
  std::vector<double> weights; ///< one, where all are equal; none, where there are no synapses
};

class NirToStep {
public:
  NirToStep(ModuleOp module, const NirReport& report)
      : report(report), plan(*report.plan),
        writer(module, labelOf(llvm::sys::path::stem(report.path).str()), plan.dt),
        dt(plan.dt / report.options.secondsPerUnit()), names(plan.signals.size()),
        synapses(plan.wires.size()) {}

  void write();

private:
  void giveLabels();
  void makeSynapses(size_t wire);
  void declareSignal(size_t signal, int64_t history);
  void writeInput(size_t signal);
  void writeWire(size_t wire);
  void writeProbes();
  bool sendsEvents(size_t signal) const { return plan.signals[signal].spikes; }
  bool hasPayload(size_t signal) const {
    return plan.signals[signal].kind == PlanSignal::Kind::input && report.options.inputs == NirInputs::graded;
  }

  /// The table's delay. What lags is sent at the start of the next step, except by inputs, which send at
  /// once; continuous values are read late instead.
  int64_t delayOf(const PlanWire& wire) const {
    if (!sendsEvents(wire.from)) {
      return 0;
    }
    bool fromInput = plan.signals[wire.from].kind == PlanSignal::Kind::input;
    return fromInput || wire.lag == 0 ? wire.lag : wire.lag - 1;
  }

  const NirReport& report;
  const NirPlan& plan;
  StepWriter writer;
  double dt; ///< in the file's unit
  std::vector<SignalNames> names;
  std::vector<WireSynapses> synapses;
  std::vector<std::string> outputLabels;
};

void NirToStep::giveLabels() {
  outputLabels.resize(plan.outputs.size());
  // Nodes of the root graph keep their names as they are: a user's --input and --record speak of them.
  for (bool nested : {false, true}) {
    auto label = [&](const NetworkNode& node, std::string& result) {
      if ((node.node->path.find('/') != std::string::npos) == nested) {
        result = writer.unique(labelOf(node.node->path));
      }
    };
    for (size_t i = 0; i < plan.signals.size(); ++i) {
      label(*plan.signals[i].node, names[i].label);
    }
    for (size_t i = 0; i < plan.outputs.size(); ++i) {
      // An Output that is a sum of its own is a signal already.
      const PlanSignal& signal = plan.signals[plan.outputs[i].signal];
      if (signal.node == plan.outputs[i].node) {
        outputLabels[i] = names[plan.outputs[i].signal].label;
      } else {
        label(*plan.outputs[i].node, outputLabels[i]);
      }
    }
  }
}

void NirToStep::makeSynapses(size_t index) {
  const PlanWire& wire = plan.wires[index];
  WireSynapses& result = synapses[index];
  MLIRContext* context = writer.program.getContext();
  // A delta pulse is 1/dt high for one step.
  bool pulse = report.options.spikes == NirSpikes::delta && sendsEvents(wire.from);
  double height = pulse ? 1 / dt : 1;
  auto connect = [&](step::ConnectKind kind, DenseI32ArrayAttr pre = {}, DenseI32ArrayAttr post = {}) {
    return step::ConnectAttr::get(context, kind, 0, FloatAttr(), true, false, pre, post);
  };
  if (!wire.weights) {
    result = {connect(step::ConnectKind::OneToOne), {height}};
    return;
  }
  const NirArray& matrix = wire.weights->node->fields.arrays.at("weight");
  size_t targets = matrix.shape[0], sources = matrix.shape[1];
  size_t present =
      targets * sources - static_cast<size_t>(std::count(matrix.values.begin(), matrix.values.end(), 0.0));
  bool dense = static_cast<double>(present) >= denseShare * static_cast<double>(targets * sources);
  std::vector<int32_t> pre, post;
  for (size_t source = 0; source < sources; ++source) {
    for (size_t target = 0; target < targets; ++target) {
      double weight = matrix.values[target * sources + source];
      if (!dense && weight == 0) {
        continue;
      }
      result.weights.push_back(weight * height);
      if (!dense) {
        pre.push_back(static_cast<int32_t>(source));
        post.push_back(static_cast<int32_t>(target));
      }
    }
  }
  result.connect = dense ? connect(step::ConnectKind::AllToAll)
                         : connect(step::ConnectKind::Pairs, DenseI32ArrayAttr::get(context, pre),
                                   DenseI32ArrayAttr::get(context, post));
  if (std::equal(result.weights.begin() + !result.weights.empty(), result.weights.end(),
                 result.weights.begin())) {
    result.weights.resize(std::min<size_t>(result.weights.size(), 1));
  }
}

void NirToStep::declareSignal(size_t index, int64_t history) {
  const PlanSignal& signal = plan.signals[index];
  SignalNames& own = names[index];
  const std::string& path = own.label;
  writer.setNode(report.path, signal.node->node->path);
  // The name of an Input or Output is that of what the host gives or gets; their cells get a name beside it.
  own.extent = signal.kind == PlanSignal::Kind::neuron || signal.node->rule->type == NirType::affine ||
                       signal.node->rule->type == NirType::linear
                   ? path
                   : writer.unique(path + ".channels");
  writer.extent(own.extent, static_cast<int64_t>(signal.size));
  int64_t slots = 0;
  for (size_t i = 0; i < plan.wires.size(); ++i) {
    const PlanWire& wire = plan.wires[i];
    if (wire.to == index && !synapses[i].weights.empty()) {
      slots = std::max(slots, delayOf(wire) + 1);
    }
  }
  if (slots > 0) {
    own.port = writer.unique(path + ".sum");
    writer.port(own.port, own.extent, slots);
  }
  if (signal.spikes) {
    own.events = writer.unique(path + ".spike");
    writer.events(own.events, own.extent);
  }
  if (signal.kind != PlanSignal::Kind::input || hasPayload(index)) {
    bool neuron = signal.kind == PlanSignal::Kind::neuron;
    own.value = writer.unique(path + (neuron ? ".v" : ".value"));
    writer.state(own.value, own.extent, writer.real, history,
                 neuron ? report.options.voltageBounds : std::nullopt);
  }
}

void NirToStep::writeInput(size_t index) {
  const SignalNames& own = names[index];
  const std::string& path = own.label;
  writer.setNode(report.path, plan.signals[index].node->node->path);
  bool graded = report.options.inputs == NirInputs::graded;
  writer.input(path, own.extent, graded ? report.options.inputBounds : std::pair(0.0, 1.0));
  StepBody body = writer.map(own.extent);
  Value value = body.read(path, writer.real);
  if (hasPayload(index)) {
    body.writeState(own.value, value);
  }
  // Unordered, so that a NaN from the host travels on to where it is reported.
  body.writeEvent(own.events,
                  arith::CmpFOp::create(body.build, arith::CmpFPredicate::UNE, value, body.constant(0.0)));
  body.finish();
}

void NirToStep::writeWire(size_t index) {
  const PlanWire& wire = plan.wires[index];
  const WireSynapses& own = synapses[index];
  if (own.weights.empty()) {
    return;
  }
  const SignalNames &from = names[wire.from], &to = names[wire.to];
  std::string base = wire.weights ? labelOf(wire.weights->node->path) : from.label + "->" + to.label;
  const NetworkNode& cause = wire.weights ? *wire.weights : *plan.signals[wire.to].node;
  writer.setNode(report.path, cause.node->path);
  bool events = sendsEvents(wire.from);
  // An Affine that has cells of its own has given them its name.
  std::string table = writer.unique(base == to.extent ? base + ".weights" : base);
  writer.synapses(table, from.extent, to.extent, own.connect, delayOf(wire));
  std::string field;
  if (own.weights.size() > 1) {
    field = writer.unique(table + ".w");
    writer.parameter(field, table, own.weights, /*ofTable=*/true);
  }
  StepBody body = events ? writer.emit(table, from.events) : writer.traverseAll(table);
  Value weight = field.empty() ? Value() : body.read(field, writer.real);
  Value value;
  if (!events) {
    int64_t lag = wire.lag > 1 ? wire.lag - 1 : step::ReadAttr::noLag;
    value = body.read(from.value, writer.real, step::ReadRole::Pre, lag);
  } else if (hasPayload(wire.from)) {
    value = body.read(from.value, writer.real, step::ReadRole::Pre);
  }
  if (!weight && !(value && own.weights[0] == 1)) {
    weight = body.constant(own.weights[0]);
  }
  body.writePort(to.port, !value    ? weight
                          : !weight ? value
                                    : arith::MulFOp::create(body.build, weight, value).getResult());
  body.finish();
}

void NirToStep::writeProbes() {
  for (auto [output, label] : llvm::zip_equal(plan.outputs, outputLabels)) {
    const SignalNames& shown = names[output.signal];
    writer.setNode(report.path, output.node->node->path);
    writer.probe(label, sendsEvents(output.signal) ? shown.events : shown.value);
  }
  for (size_t i = 0; i < plan.signals.size(); ++i) {
    if (plan.signals[i].kind != PlanSignal::Kind::neuron) {
      continue;
    }
    const std::string& path = names[i].label;
    writer.setNode(report.path, plan.signals[i].node->node->path);
    bool shown = std::any_of(plan.outputs.begin(), plan.outputs.end(),
                             [&](const PlanOutput& output) { return output.signal == i; });
    if (sendsEvents(i) && !shown) {
      writer.probe(writer.unique(path + ".spikes"), names[i].events);
    }
    if (report.options.recordVoltage && (sendsEvents(i) || !shown)) {
      writer.probe(writer.unique(path + ".voltage"), names[i].value);
    }
  }
}

void NirToStep::write() {
  giveLabels();
  std::vector<int64_t> history(plan.signals.size());
  for (size_t i = 0; i < plan.wires.size(); ++i) {
    makeSynapses(i);
    const PlanWire& wire = plan.wires[i];
    if (!sendsEvents(wire.from) && wire.lag > 1 && !synapses[i].weights.empty()) {
      history[wire.from] = std::max(history[wire.from], wire.lag);
    }
  }
  for (size_t i = 0; i < plan.signals.size(); ++i) {
    declareSignal(i, history[i]);
  }
  auto isInput = [&](size_t signal) { return plan.signals[signal].kind == PlanSignal::Kind::input; };
  auto sendIf = [&](auto chosen) {
    for (size_t i = 0; i < plan.wires.size(); ++i) {
      if (chosen(plan.wires[i])) {
        writeWire(i);
      }
    }
  };
  for (size_t i = 0; i < plan.signals.size(); ++i) {
    if (isInput(i)) {
      writeInput(i);
    }
  }
  sendIf([&](const PlanWire& wire) { return isInput(wire.from); });
  sendIf([&](const PlanWire& wire) { return !isInput(wire.from) && wire.lag > 0; });
  for (size_t i = 0; i < plan.signals.size(); ++i) {
    if (isInput(i)) {
      continue;
    }
    writer.setNode(report.path, plan.signals[i].node->node->path);
    if (plan.signals[i].kind == PlanSignal::Kind::neuron) {
      writeNeuron(writer, plan.signals[i], names[i], dt, report.options.reset);
    } else {
      writeSum(writer, plan.signals[i], names[i]);
    }
    sendIf([&](const PlanWire& wire) { return wire.from == i && wire.lag == 0; });
  }
  for (size_t i = 0; i < plan.signals.size(); ++i) {
    if (history[i] > 0) {
      writer.push(names[i].value);
    }
  }
  writeProbes();
  writer.program->setAttr("nissl.import",
                          StringAttr::get(writer.program.getContext(),
                                          "nir " + report.file->version + " " + optionsText(report.options)));
  writer.finish();
}

} // namespace

OwningOpRef<ModuleOp> toStep(MLIRContext& context, const NirReport& report) {
  context.loadDialect<arith::ArithDialect, step::StepDialect>();
  Location location = FileLineColLoc::get(StringAttr::get(&context, report.path), 0, 0);
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  NirToStep(*module, report).write();
  return module;
}

OwningOpRef<ModuleOp> importNir(MLIRContext& context, const std::string& path, const NirOptions& options,
                                NirProblems& problems) {
  std::unique_ptr<NirReport> report = checkNir(path, options);
  problems = report->problems;
  return report->ok() ? toStep(context, *report) : nullptr;
}

} // namespace nissl::nir
