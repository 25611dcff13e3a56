// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What reaches a port in a step: contributions, then inputs and drives in the order of the network.
#include "compiler/conversion/neuro_to_step/Populations.h"

using namespace mlir;

namespace nissl::conversion {
namespace {

/// An input's or drive's names: those of nothing but positions, time, arrays and broadcasts.
class InputNames : public Names {
public:
  InputNames(Lowering& lowering, BodyWriter& body, Phase phase, StringRef input)
      : Names(lowering, body, phase, input.str()) {}
  Value get(StringRef name, Operation* at) override {
    at->emitError("reads @") << name << "; an input reads positions, time, arrays and broadcasts";
    return {};
  }

protected:
  Value readVariable(StringRef) override { return {}; }
};

Value inView(CellNames& names, neuro::ViewAttr view, Value value) {
  if (view.isWhole()) {
    return value;
  }
  BodyWriter& body = names.body;
  Value position = step::IndexOp::create(body.build, body.build.getI32Type(), step::IndexKind::Element);
  return body.select(body.inside(position, view.getBegin(), view.getEnd()), value, body.constant(0.0));
}

Value driveValue(CellNames& names, neuro::DriveOp drive, Phase phase) {
  BodyWriter& body = names.body;
  InputNames inputs(names.lowering, body, phase, drive.getSymName());
  Value rate = inputs.value(drive.getRate()), weight = inputs.value(drive.getWeight());
  if (!rate || !weight) {
    return {};
  }
  Value mean = body.multiply(rate, body.constant(static_cast<double>(drive.getCount()) * names.lowering.dt));
  Value number = step::RandomOp::create(body.build, body.build.getI32Type(), step::Distribution::Poisson,
                                        mean, drive.getSymName(), 0);
  return body.multiply(weight, arith::SIToFPOp::create(body.build, body.build.getF64Type(), number));
}

} // namespace

Value portSum(CellNames& names, neuro::PortOp port) {
  BodyWriter& body = names.body;
  Population& population = names.population;
  Value sum;
  for (auto* ports : {&population.emitPorts, &population.arrivePorts}) {
    if (std::string name = ports->lookup(port.getSymName()); !name.empty()) {
      sum = body.add(sum, body.real(name));
    }
  }
  for (Operation& op : names.lowering.network.getBody().front()) {
    auto input = dyn_cast<neuro::InputOp>(op);
    auto drive = dyn_cast<neuro::DriveOp>(op);
    neuro::ViewAttr view = input ? input.getTarget() : drive ? drive.getTarget() : neuro::ViewAttr();
    StringRef target = input ? input.getPort() : drive ? drive.getPort() : StringRef();
    if (!view || view.getPopulation().getValue() != population.name || target != port.getSymName()) {
      continue;
    }
    Value value;
    if (drive) {
      value = driveValue(names, drive, names.runsIn());
    } else if (input.getHost()) {
      value = body.real(input.getSymName());
    } else {
      InputNames inputs(names.lowering, body, names.runsIn(), input.getSymName());
      value = inputs.value(input.getValue());
    }
    if (!value) {
      return {};
    }
    sum = body.add(sum, inView(names, view, value));
  }
  return sum ? sum : body.constant(0.0);
}

} // namespace nissl::conversion
