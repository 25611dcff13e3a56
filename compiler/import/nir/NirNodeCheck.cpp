// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirNodeCheck.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace nissl::nir {
namespace {

std::string shapeText(const NirArray& array) {
  return fmt::format("shape ({})", fmt::join(array.shape, ", "));
}

void bad(const NirNode& node, NirProblems& problems, std::string found, std::string expected,
         std::string fix = {}) {
  problems.error(NirCode::badField, whereNode(node), std::move(found), std::move(expected), std::move(fix));
}

/// A number that the arithmetic of a step can use.
bool allFinite(const NirArray& array) {
  return std::all_of(array.values.begin(), array.values.end(),
                     [](double value) { return std::isfinite(value); });
}

/// Combines a size stated by one field with those stated before.
void state(const NirNode& node, std::optional<size_t>& size, size_t found, std::string_view field,
           NirProblems& problems) {
  if (size && *size != found) {
    bad(node, problems,
        fmt::format("'{}' has {} values, but the fields before it have {}", field, found, *size),
        "one value, or one per neuron");
    return;
  }
  size = found;
}

void checkShape(const NirNode& node, const NirArray& array, NetworkNode& result, NirProblems& problems) {
  double product = 1;
  for (double axis : array.values) {
    if (!(axis >= 1) || axis != std::floor(axis)) {
      bad(node, problems, fmt::format("'shape' holds {}", axis), "whole numbers of at least 1");
      return;
    }
    product *= axis;
  }
  // Sizes are i32 positions in every program that comes later.
  if (array.values.empty() || product > 2147483647.0) {
    bad(node, problems,
        array.values.empty() ? "'shape' is empty" : fmt::format("'shape' holds {} values", product),
        "1 to 2147483647 values");
    return;
  }
  result.inSize = result.outSize = static_cast<size_t>(product);
}

void checkField(const NirNode& node, const NirFieldRule& field, const NirArray& array, NetworkNode& result,
                NirProblems& problems) {
  if (field.kind == NirFieldKind::any) {
    return;
  }
  if (!allFinite(array)) {
    bad(node, problems, fmt::format("'{}' holds a value that is not finite", field.name), "finite numbers",
        "look for a training run that diverged");
    return;
  }
  switch (field.kind) {
  case NirFieldKind::time:
    if (auto wrong =
            std::find_if(array.values.begin(), array.values.end(), [](double value) { return !(value > 0); });
        wrong != array.values.end()) {
      bad(node, problems, fmt::format("'{}' is {}", field.name, *wrong), "a time constant above 0");
      return;
    }
    [[fallthrough]];
  case NirFieldKind::perNeuron:
    if (array.values.empty()) {
      bad(node, problems, fmt::format("'{}' has {}", field.name, shapeText(array)), "at least one value");
    } else if (array.values.size() > 1) {
      state(node, result.outSize, array.values.size(), field.name, problems);
      result.inSize = result.outSize;
    }
    return;
  case NirFieldKind::matrix:
    if (array.shape.size() != 2 || array.values.empty()) {
      bad(node, problems, fmt::format("'{}' has {}", field.name, shapeText(array)),
          "shape (targets, sources)", "batched or stacked weights are not built yet");
      return;
    }
    result.outSize = array.shape[0];
    result.inSize = array.shape[1];
    return;
  case NirFieldKind::vector:
    if (result.outSize && array.values.size() != *result.outSize && array.values.size() != 1) {
      bad(node, problems,
          fmt::format("'{}' has {} for {} targets", field.name, shapeText(array), *result.outSize),
          fmt::format("shape ({})", *result.outSize));
    }
    return;
  case NirFieldKind::shape:
    checkShape(node, array, result, problems);
    return;
  case NirFieldKind::any:
    return;
  }
}

} // namespace

std::string whereNode(const NirNode& node) {
  return node.path.empty() ? std::string("the root graph") : fmt::format("node '{}'", node.path);
}

NetworkNode checkNode(const NirNode& node, NirProblems& problems) {
  NetworkNode result;
  result.node = &node;
  if (node.type.empty()) {
    return result; // the reader said so
  }
  result.rule = findType(node.type);
  if (!result.rule) {
    problems.error(NirCode::unknownType, whereNode(node),
                   fmt::format("type '{}' is no type of NIR", node.type), "one of NIR 1.0's 19 types",
                   "check the version of the program that wrote the file");
    return result;
  }
  if (!result.rule->supported) {
    std::vector<std::string_view> supported;
    for (const NirTypeRule& rule : allTypes()) {
      if (rule.supported) {
        supported.push_back(rule.name);
      }
    }
    problems.error(NirCode::unsupportedType, whereNode(node),
                   fmt::format("type '{}' is not built yet", node.type),
                   fmt::format("one of {}", fmt::join(supported, ", ")), {});
    return result;
  }
  for (const NirFieldRule& field : result.rule->fields) {
    auto array = node.fields.arrays.find(std::string(field.name));
    if (array != node.fields.arrays.end()) {
      checkField(node, field, array->second, result, problems);
    } else if (field.required) {
      problems.error(NirCode::missingField, whereNode(node),
                     fmt::format("field of type '{}' is missing: '{}'", node.type, field.name),
                     "an array of numbers", {});
    }
  }
  auto known = [&](const std::string& name) {
    return std::any_of(result.rule->fields.begin(), result.rule->fields.end(),
                       [&](const NirFieldRule& field) { return field.name == name; });
  };
  for (const auto& [name, array] : node.fields.arrays) {
    // input_type and output_type repeat what 'shape' says in some versions.
    if (!known(name) && name != "input_type" && name != "output_type") {
      problems.warning(NirCode::unknownField, whereNode(node),
                       fmt::format("type '{}' has no field '{}' in NIR; it is not used", node.type, name), {},
                       {});
    }
  }
  return result;
}

} // namespace nissl::nir
