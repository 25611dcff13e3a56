// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a projection's rules do: traces' jumps and programs at events under the projection's tie, equations,
// and programs that run on their own.
#include "compiler/conversion/neuro_to_step/Populations.h"
#include "compiler/conversion/neuro_to_step/RuleNames.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

using neuro::ProgramKind;
using neuro::Scope;

class RuleWriter {
public:
  RuleWriter(Lowering& lowering, Projection& projection, TracePoints& points)
      : lowering(lowering), writer(lowering.writer), projection(projection), points(points) {}

  LogicalResult writeEventPrograms();
  LogicalResult writeEquations();
  LogicalResult writeProgram(neuro::RuleOp rule, neuro::ProgramOp program);

private:
  bool has(ProgramKind kind);
  LogicalResult jump(Scope side);
  LogicalResult arrive(Moment pre, Moment post);
  LogicalResult back(Moment pre, Moment post);
  LogicalResult runAll(RuleNames& names, ProgramKind kind, Value when = {});
  std::string backEvents();
  LogicalResult integrate(Scope scope);

  Lowering& lowering;
  ProgramWriter& writer;
  Projection& projection;
  TracePoints& points;
};

bool RuleWriter::has(ProgramKind kind) {
  return llvm::any_of(projection.rules, [&](neuro::RuleOp rule) {
    return llvm::any_of(rule.getBody().getOps<neuro::ProgramOp>(),
                        [&](neuro::ProgramOp program) { return program.getKind() == kind; });
  });
}

LogicalResult RuleWriter::runAll(RuleNames& names, ProgramKind kind, Value when) {
  for (neuro::RuleOp rule : projection.rules) {
    names.rule = rule;
    for (neuro::ProgramOp program : rule.getBody().getOps<neuro::ProgramOp>()) {
      if (program.getKind() != kind) {
        continue;
      }
      if (failed(names.run(program, when, /*wait=*/0))) {
        return failure();
      }
      for (Attribute name :
           program.getRestoresAttr() ? program.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
        StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
        std::string initial = projection.initials.lookup(variable);
        if (initial.empty() || names.view != Scope::Synapse) {
          return program.emitError("restores @")
                 << variable << " at an event; only variables of the synapse can be";
        }
        names.assign(variable, names.body.real(initial));
      }
    }
  }
  return success();
}

//===-- At events --------------------------------------------------------------------------------===//

LogicalResult RuleWriter::jump(Scope side) {
  bool isPre = side == Scope::Pre;
  ProgramKind kind = isPre ? ProgramKind::PreSpike : ProgramKind::PostSpike;
  Operation*& after = isPre ? points.afterPre : points.afterPost;
  if (!has(kind)) {
    after = writer.marker(Phase::Rules);
    return success();
  }
  Population& population = isPre ? *projection.source : *projection.target;
  StringRef event = isPre ? projection.event() : StringRef("spike");
  BodyWriter body = writer.map(Phase::Rules, population.name);
  RuleNames names(lowering, body, Phase::Rules, projection, points, side);
  Value happened = body.read(lowering.flag(population, event), body.build.getI1Type());
  if (std::string payload = population.payloads.lookup(event); !payload.empty()) {
    names.payload = body.real(payload);
  }
  if (failed(runAll(names, kind, happened))) {
    return failure();
  }
  names.writeStates();
  body.finish();
  after = writer.marker(Phase::Rules);
  return success();
}

LogicalResult RuleWriter::arrive(Moment pre, Moment post) {
  if (!has(ProgramKind::OnPre) && !projection.deliversAtArrival) {
    return success();
  }
  Population& source = *projection.source;
  BodyWriter body = writer.traverse(Phase::Rules, projection.name, step::TraverseKind::Arrive,
                                    lowering.emittedEvents(source, projection.event()));
  RuleNames names(lowering, body, Phase::Rules, projection, points, Scope::Synapse);
  names.pre = pre;
  names.post = post;
  if (std::string payload = source.payloads.lookup(projection.event()); !payload.empty()) {
    if (projection.axonal == 0) {
      names.payload = body.real(payload, step::ReadRole::Pre);
    } else {
      std::string past = lowering.pushed(payload, source.name, Phase::Begin);
      writer.needHistory(past, projection.axonal + 1);
      names.payload = body.real(past, step::ReadRole::Pre, step::ReadAttr::delayLag);
    }
  }
  if (projection.deliversAtArrival) {
    int64_t delay = projection.dendritic;
    Value weight = projection.weight ? body.constant(*projection.weight) : body.real(projection.fields["w"]);
    body.writePort(lowering.arrivePort(*projection.target, *projection.op.getPort(), delay + 1), weight,
                   delay > 0 ? body.constant(static_cast<int32_t>(delay)) : Value());
  }
  if (failed(runAll(names, ProgramKind::OnPre))) {
    return failure();
  }
  names.writeStates();
  body.finish();
  return success();
}

/// The target's spikes as they reach the synapses: those of t_k, or of `back` steps before.
std::string RuleWriter::backEvents() {
  Population& target = *projection.target;
  if (projection.back == 0) {
    return lowering.emittedEvents(target, "spike");
  }
  Type truth = IntegerType::get(projection.op.getContext(), 1);
  std::string flag = lowering.flag(target, "spike");
  std::string past = lowering.pushed(flag, target.name, Phase::Begin, truth);
  writer.needHistory(past, projection.back + 1);
  std::string events = writer.events(projection.name + ".back", target.name);
  BodyWriter body = writer.map(Phase::Rules, target.name);
  body.writeEvent(events, body.read(past, truth, step::ReadRole::Own, projection.back));
  body.finish();
  return events;
}

LogicalResult RuleWriter::back(Moment pre, Moment post) {
  if (!has(ProgramKind::OnPost)) {
    return success();
  }
  std::string events = backEvents();
  BodyWriter body = writer.traverse(Phase::Rules, projection.name, step::TraverseKind::Back, events);
  RuleNames names(lowering, body, Phase::Rules, projection, points, Scope::Synapse);
  names.pre = pre;
  names.post = post;
  if (failed(runAll(names, ProgramKind::OnPost))) {
    return failure();
  }
  names.writeStates();
  body.finish();
  return success();
}

LogicalResult RuleWriter::writeEventPrograms() {
  bool needsTarget = has(ProgramKind::OnPost) || has(ProgramKind::PostSpike);
  if (needsTarget && !isa_and_present<neuro::EventOp>(projection.target->find("spike"))) {
    return projection.op.emitError("has a rule with a program at the target's spike, but the cells of @")
           << projection.target->name << " have no event @spike";
  }
  bool wantsPayload = false;
  for (neuro::RuleOp rule : projection.rules) {
    rule.walk([&](neuro::PayloadOp) { wantsPayload = true; });
  }
  if (auto event = dyn_cast_or_null<neuro::EventOp>(projection.source->find(projection.event()));
      wantsPayload && event && !event.getPayload().empty()) {
    std::string& state = projection.source->payloads[projection.event()];
    if (state.empty()) {
      state = writer.state(projection.source->name + "." + projection.event().str() + ".payload",
                           projection.source->name);
    }
  }
  points.before = writer.marker(Phase::Rules);
  LogicalResult result = success();
  switch (projection.op.getTie()) {
  case neuro::Tie::Pre:
    result = failure(failed(jump(Scope::Pre)) || failed(arrive(Moment::After, Moment::Before)) ||
                     failed(jump(Scope::Post)) || failed(back(Moment::After, Moment::After)));
    break;
  case neuro::Tie::Post:
    result = failure(failed(jump(Scope::Post)) || failed(back(Moment::Before, Moment::After)) ||
                     failed(jump(Scope::Pre)) || failed(arrive(Moment::After, Moment::After)));
    break;
  case neuro::Tie::Old:
    result = failure(failed(arrive(Moment::Before, Moment::Before)) ||
                     failed(back(Moment::Before, Moment::Before)) || failed(jump(Scope::Pre)) ||
                     failed(jump(Scope::Post)));
    break;
  }
  return result;
}

//===-- Equations --------------------------------------------------------------------------------===//

LogicalResult RuleWriter::integrate(Scope scope) {
  bool any = llvm::any_of(projection.rules, [&](neuro::RuleOp rule) {
    return llvm::any_of(rule.getBody().getOps<neuro::EquationOp>(), [&](neuro::EquationOp equation) {
      return cast<neuro::VariableOp>(SymbolTable::lookupSymbolIn(rule, equation.getVariable())).getScope() ==
             scope;
    });
  });
  if (!any) {
    return success();
  }
  bool ofSynapses = scope == Scope::Synapse;
  Phase phase = ofSynapses ? Phase::Synapses : Phase::Traces;
  StringRef owner = scope == Scope::Pre    ? StringRef(projection.source->name)
                    : scope == Scope::Post ? StringRef(projection.target->name)
                                           : writer.networkExtent();
  BodyWriter body = ofSynapses ? writer.traverse(phase, projection.name, step::TraverseKind::All)
                               : writer.map(phase, owner);
  RuleNames names(lowering, body, phase, projection, points, scope);
  names.pre = names.post = Moment::After;
  for (neuro::RuleOp rule : projection.rules) {
    names.rule = rule;
    auto takes = [&](StringRef variable) {
      return cast<neuro::VariableOp>(SymbolTable::lookupSymbolIn(rule, variable)).getScope() == scope;
    };
    if (failed(integrateModel(names, rule, takes, [](StringRef) { return Value(); }, projection.op))) {
      return failure();
    }
  }
  names.writeStates();
  body.finish();
  return success();
}

LogicalResult RuleWriter::writeEquations() {
  return failure(failed(integrate(Scope::Synapse)) || failed(integrate(Scope::Pre)) ||
                 failed(integrate(Scope::Post)) || failed(integrate(Scope::Projection)));
}

//===-- Programs of their own ----------------------------------------------------------------------===//

LogicalResult RuleWriter::writeProgram(neuro::RuleOp rule, neuro::ProgramOp program) {
  ImplicitLocOpBuilder build = writer.at(Phase::Programs);
  if (program.getKind() == ProgramKind::Every) {
    int64_t period = lowering.steps(program, program.getPeriod()->convertToDouble(), "the period");
    if (period < 1) {
      return program.emitError("runs every ") << program.getPeriod()->convertToDouble()
                                              << " s, which is less than a step of " << lowering.dt << " s";
    }
    // The first time is at the end of the period, the end of step period - 1.
    auto every = step::EveryOp::create(build, period, period - 1);
    writer.redirect(Phase::Programs, &every.getBody().emplaceBlock());
  } else if (program.getKind() == ProgramKind::Trigger) {
    auto when = step::WhenOp::create(build, lowering.triggers[*program.getTrigger()]);
    writer.redirect(Phase::Programs, &when.getBody().emplaceBlock());
  }
  BodyWriter body = writer.traverse(Phase::Programs, projection.name, step::TraverseKind::All);
  RuleNames names(lowering, body, Phase::Programs, projection, points, Scope::Synapse);
  names.rule = rule;
  names.pre = names.post = Moment::Late;
  // What is delivered now bears the time at which the next step begins.
  LogicalResult result = names.run(program, {}, /*wait=*/1);
  for (Attribute name :
       program.getRestoresAttr() ? program.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
    StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
    if (std::string initial = projection.initials.lookup(variable); !initial.empty()) {
      names.assign(variable, body.real(initial));
    } else if (projection.fields.contains(variable)) {
      result = program.emitError("restores @") << variable << ", which another rule of @" << projection.name
                                               << " declares; restore it in that rule";
    }
  }
  names.writeStates();
  bool empty = body.writesNothing();
  body.finish();
  if (empty) {
    body.operation()->erase();
  }
  for (Attribute name :
       program.getRestoresAttr() ? program.getRestoresAttr().getValue() : ArrayRef<Attribute>()) {
    StringRef variable = cast<FlatSymbolRefAttr>(name).getValue();
    for (auto* states : {&projection.preStates, &projection.postStates, &projection.ownStates}) {
      if (auto found = states->find(variable); found != states->end()) {
        writer.restore(Phase::Programs, found->second);
      }
    }
  }
  writer.redirect(Phase::Programs, nullptr);
  return result;
}

} // namespace

LogicalResult lowerRules(Lowering& lowering, Projection& projection) {
  if (projection.rules.empty()) {
    return success();
  }
  lowering.writer.setLocation(projection.op.getLoc());
  RuleWriter writer(lowering, projection, projection.points);
  return failure(failed(writer.writeEventPrograms()) || failed(writer.writeEquations()));
}

LogicalResult lowerPrograms(Lowering& lowering, Projection& projection) {
  lowering.writer.setLocation(projection.op.getLoc());
  RuleWriter writer(lowering, projection, projection.points);
  for (neuro::RuleOp rule : projection.rules) {
    for (neuro::ProgramOp program : rule.getBody().getOps<neuro::ProgramOp>()) {
      ProgramKind kind = program.getKind();
      bool onItsOwn =
          kind == ProgramKind::Every || kind == ProgramKind::Continuous || kind == ProgramKind::Trigger;
      if (onItsOwn && failed(writer.writeProgram(rule, program))) {
        return failure();
      }
    }
  }
  return success();
}

} // namespace nissl::conversion
