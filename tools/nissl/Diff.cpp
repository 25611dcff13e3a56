// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/RunComparison.h"
#include "tools/nissl/Verb.h"

#include <fmt/format.h>

#include <memory>

namespace nissl::driver {

namespace {

struct DiffOptions {
  std::string a, b;
  bool spikesOnly = false;
};

int diff(const DiffOptions& options, const Invocation& invocation) {
  runtime::RunComparison comparison = runtime::compareRuns(options.a, options.b, options.spikesOnly);
  if (invocation.json) {
    Invocation::print(runtime::toJson(comparison));
  } else {
    fmt::print("{}", runtime::toText(comparison));
  }
  return comparison.identical() ? 0 : 1;
}

} // namespace

void addDiff(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* verb = invocation.addVerb(app, "diff", "Compare the spikes and reports of two runs",
                                      "nissl diff runs/cpu runs/golgi");
  verb->add_option("A", options->a, "A folder that 'nissl run --record' wrote")->required();
  verb->add_option("B", options->b, "Another one")->required();
  verb->add_flag("--spikes-only", options->spikesOnly, "Leave reports out");
  verb->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return diff(*options, invocation); };
  });
}

} // namespace nissl::driver
