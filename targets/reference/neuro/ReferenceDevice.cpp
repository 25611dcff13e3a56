// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/reference/neuro/ReferenceDevice.h"

#include "runtime/support/Error.h"
#include "targets/reference/neuro/TeacherForced.h"
#include "targets/reference/step/StepDevice.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"

#include <sstream>

using namespace mlir;
using nissl::support::Error;

namespace nissl::reference {
namespace {

/// Tells two observers, the reference first.
class Both final : public runtime::StepObserver {
public:
  Both(runtime::StepObserver& first, runtime::StepObserver* second) : first(first), second(second) {}
  void onEvents(program::Index events, int64_t step, std::span<const uint32_t> elements) override {
    first.onEvents(events, step, elements);
    if (second) {
      second->onEvents(events, step, elements);
    }
  }
  void onSample(int64_t step, bool before) override {
    first.onSample(step, before);
    if (second) {
      second->onSample(step, before);
    }
  }

private:
  runtime::StepObserver& first;
  runtime::StepObserver* second;
};

class ReferenceDevice final : public runtime::Device {
public:
  void load(const program::Program& loaded, const runtime::DeviceOptions& options) override;
  void setInput(program::Index input, std::span<const double> values) override {
    target->setInput(input, values);
    teacher->setInput(program->inputs[input].name, values);
  }
  void step(runtime::StepObserver* observer) override {
    Both both(*teacher, observer);
    target->step(&both);
    teacher->endStep();
  }
  void sampleNext(runtime::StepObserver& observer) override { target->sampleNext(observer); }
  void readState(program::Index state, int64_t begin, std::span<double> out) override {
    target->readState(state, begin, out);
  }
  int64_t synapseCount(program::Index table) override { return target->synapseCount(table); }
  std::map<std::string, uint64_t> losses() const override { return target->losses(); }
  std::map<std::string, uint64_t> counters() const override { return target->counters(); }
  std::optional<runtime::Findings> findings() const override;

private:
  const program::Program* program = nullptr;
  std::unique_ptr<runtime::Device> target;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<TeacherForced> teacher;
};

void ReferenceDevice::load(const program::Program& loaded, const runtime::DeviceOptions& options) {
  program = &loaded;
  auto text =
      llvm::find_if(loaded.sections, [](const program::Section& s) { return s.name == networkSection; });
  if (text == loaded.sections.end()) {
    throw Error::input("NS0625",
                       "the artefact has no section '{}', so there is nothing to compare with; compile its "
                       "description with --target reference",
                       networkSection);
  }
  context.loadDialect<neuro::NeuroDialect, arith::ArithDialect, math::MathDialect>();
  StringRef source(reinterpret_cast<const char*>(text->bytes.data()), text->bytes.size());
  module = parseSourceString<ModuleOp>(source, ParserConfig(&context));
  auto networks =
      module ? llvm::to_vector(module->getOps<neuro::NetworkOp>()) : SmallVector<neuro::NetworkOp>();
  if (networks.size() != 1) {
    throw Error::input("NS0625", "section '{}' must hold exactly one neuro.network", networkSection);
  }
  target = createStepDevice();
  target->load(loaded, options);
  teacher = std::make_unique<TeacherForced>(networks.front(), *target, loaded, boundOf(loaded.precision),
                                            options.dynamicsSeed);
}

std::optional<runtime::Findings> ReferenceDevice::findings() const {
  if (!teacher) {
    return std::nullopt;
  }
  const Comparison& comparison = teacher->comparison();
  runtime::Findings findings{"reference", comparison.json(), "reference:\n", "", ""};
  std::istringstream lines(comparison.text());
  for (std::string line; std::getline(lines, line);) {
    findings.text += "  " + line + "\n";
  }
  if (!comparison.agrees()) {
    findings.code = "NS0624";
    findings.failure =
        fmt::format("the compiled program does not do what the description says: {} values outside the "
                    "bound, {} events that disagree; {}. Please report it with the description",
                    comparison.deviations, comparison.disagreements, comparison.firstText());
  }
  return findings;
}

} // namespace

std::unique_ptr<runtime::Device> createReferenceDevice() { return std::make_unique<ReferenceDevice>(); }

} // namespace nissl::reference
