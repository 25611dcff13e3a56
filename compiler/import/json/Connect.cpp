// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/Connect.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

using namespace mlir;
using namespace nissl;
using namespace nissl::import;

neuro::ConnectAttr NetworkImporter::Connect::attribute(OpBuilder& builder) const {
  DenseI32ArrayAttr pre, post;
  if (kind == neuro::ConnectKind::Pairs) {
    SmallVector<int32_t> sources, targets;
    for (const auto& [source, target] : pairs) {
      sources.push_back(source);
      targets.push_back(target);
    }
    pre = builder.getDenseI32ArrayAttr(sources);
    post = builder.getDenseI32ArrayAttr(targets);
  }
  return neuro::ConnectAttr::get(builder.getContext(), kind, count, autapses, multapses, pre, post);
}

std::optional<NetworkImporter::Connect> ConnectReader::read() {
  const Node* node = projection.node->get("connect");
  Connect connect;
  if (!node || !readNamed(*node, connect) || !check(*node, connect)) {
    return std::nullopt;
  }
  return connect;
}

static constexpr std::string_view kinds =
    "one_to_one, all_to_all, probability, fixed_indegree, fixed_outdegree, fixed_total, pairs, list, dense";

bool ConnectReader::readNamed(const Node& node, Connect& connect) {
  if (node.isString()) {
    if (node.string == "one_to_one" || node.string == "all_to_all") {
      connect.kind = *neuro::symbolizeConnectKind(node.string);
      return true;
    }
    Code code = node.string == "convolution" ? Code::Unsupported : Code::WrongValue;
    std::string message = code == Code::Unsupported ? "convolutional connections are not built yet"
                                                    : fmt::format("\"{}\" is no way to connect", node.string);
    diagnostics.error(code, node.span(), message).suggest(fmt::format("the ways are {}", kinds));
    return false;
  }
  Fields fields(node, "\"connect\"", diagnostics);
  fields.allow({"probability", "fixed_indegree", "fixed_outdegree", "fixed_total", "pairs", "list", "dense",
                "one_to_one", "all_to_all", "autapses", "multapses", "unit", "convolution"});
  if (const Node* convolution = fields.find("convolution")) {
    diagnostics.error(Code::Unsupported, convolution->span(), "convolutional connections are not built yet");
    return false;
  }
  connect.autapses = fields.flag("autapses", true);
  // A number of synapses is drawn with repetition unless the description forbids it, as elsewhere.
  connect.multapses = fields.flag("multapses", fields.has("fixed_total"));
  int found = 0;
  bool ok = true;
  for (std::string_view key : {"probability", "fixed_indegree", "fixed_outdegree", "fixed_total", "pairs",
                               "list", "dense", "one_to_one", "all_to_all"}) {
    const Node* value = fields.find(key);
    if (!value) {
      continue;
    }
    ++found;
    if (key == "probability") {
      connect.kind = neuro::ConnectKind::Probability;
      connect.probability = ValueSpec::read(*value, "a probability", diagnostics);
      bool isExpression = connect.probability && connect.probability->kind() == ValueSpec::Kind::Expression;
      if (connect.probability && !isExpression) {
        wrongKind(*value, "a number or an expression", "a probability", diagnostics);
      }
      ok = isExpression;
    } else if (key == "pairs") {
      ok = readPairs(*value, connect);
    } else if (key == "list") {
      ok = readList(*value, connect);
    } else if (key == "dense") {
      ok = readDense(*value, fields.find("unit"), connect);
    } else {
      connect.kind = *neuro::symbolizeConnectKind(key);
      if (!key.starts_with("fixed") && !fields.flag(key, false)) {
        diagnostics.error(Code::WrongValue, value->span(), fmt::format("\"{}\" is true or absent", key));
        ok = false;
      }
      if (key.starts_with("fixed")) {
        std::optional<int64_t> count = fields.whole(key, 0);
        connect.count = count.value_or(0);
        ok = count.has_value();
      }
    }
  }
  if (found != 1) {
    diagnostics
        .error(Code::WrongValue, node.span(),
               fmt::format("\"connect\" names {} ways to connect, expected one", found))
        .suggest(fmt::format("the ways are {}", kinds));
    return false;
  }
  return ok;
}

bool ConnectReader::check(const Node& node, const Connect& connect) {
  if (connect.kind == neuro::ConnectKind::OneToOne && sources() != targets()) {
    diagnostics.error(
        Code::OutOfRange, node.span(),
        fmt::format("one_to_one needs as many sources as targets, found {} and {}", sources(), targets()));
    return false;
  }
  bool same = projection.from.population == projection.to.population;
  int64_t others = connect.kind == neuro::ConnectKind::FixedOutdegree ? targets() : sources();
  bool isDegree =
      connect.kind == neuro::ConnectKind::FixedOutdegree || connect.kind == neuro::ConnectKind::FixedIndegree;
  int64_t choices = others - (same && !connect.autapses ? 1 : 0);
  if (isDegree && !connect.multapses && connect.count > choices) {
    diagnostics
        .error(Code::OutOfRange, node.span(),
               fmt::format("a degree of {} needs as many different cells, but there are {}", connect.count,
                           choices))
        .suggest("allow \"multapses\", or lower the degree");
    return false;
  }
  return true;
}

bool ConnectReader::addPair(const Node& pre, const Node& post, Connect& connect) {
  std::optional<int64_t> from = wholeNumber(pre, "a source", 0, diagnostics);
  std::optional<int64_t> to = wholeNumber(post, "a target", 0, diagnostics);
  if (!from || !to) {
    return false;
  }
  if (*from >= sources() || *to >= targets()) {
    bool isSource = *from >= sources();
    diagnostics.error(Code::OutOfRange, isSource ? pre.span() : post.span(),
                      fmt::format("there is no {} {}: the view has {}", isSource ? "source" : "target",
                                  isSource ? *from : *to, isSource ? sources() : targets()));
    return false;
  }
  connect.pairs.emplace_back(static_cast<int32_t>(*from), static_cast<int32_t>(*to));
  return true;
}

void ConnectReader::sortPairs(Connect& connect) {
  connect.kind = neuro::ConnectKind::Pairs;
  connect.multapses = true;
  connect.order.resize(connect.pairs.size());
  std::iota(connect.order.begin(), connect.order.end(), 0);
  std::sort(connect.order.begin(), connect.order.end(), [&](size_t a, size_t b) {
    return std::pair(connect.pairs[a], a) < std::pair(connect.pairs[b], b);
  });
  std::vector<std::pair<int32_t, int32_t>> sorted;
  for (size_t i : connect.order) {
    sorted.push_back(connect.pairs[i]);
  }
  connect.pairs = std::move(sorted);
}

bool ConnectReader::readPairs(const Node& node, Connect& connect) {
  if (!node.isArray()) {
    wrongKind(node, "an array of [source, target]", "\"pairs\"", diagnostics);
    return false;
  }
  for (const Node& pair : node.elements) {
    if (!pair.isArray() || pair.elements.size() != 2) {
      diagnostics.error(Code::WrongValue, pair.span(), "a pair is [source, target]");
      return false;
    }
    if (!addPair(pair.elements[0], pair.elements[1], connect)) {
      return false;
    }
  }
  sortPairs(connect);
  return true;
}

bool ConnectReader::readList(const Node& node, Connect& connect) {
  Fields fields(node, "\"list\"", diagnostics);
  fields.allow({"pre", "post", "weight", "delay"});
  fields.need("pre");
  fields.need("post");
  const Node* pre = fields.array("pre");
  const Node* post = fields.array("post");
  if (!pre || !post) {
    return false;
  }
  if (pre->elements.size() != post->elements.size()) {
    diagnostics.error(
        Code::WrongValue, post->span(),
        fmt::format("\"pre\" has {} entries and \"post\" {}", pre->elements.size(), post->elements.size()));
    return false;
  }
  for (size_t i = 0; i < pre->elements.size(); ++i) {
    if (!addPair(pre->elements[i], post->elements[i], connect)) {
      return false;
    }
  }
  for (auto [key, slot] : {std::pair("weight", &connect.weights), std::pair("delay", &connect.delays)}) {
    if (const Node* value = fields.find(key)) {
      *slot = ValueSpec::read(*value, fmt::format("\"{}\" of \"list\"", key), diagnostics);
      if (!*slot) {
        return false;
      }
    }
  }
  sortPairs(connect);
  return true;
}

/// A matrix of weights: a row per source, a column per target; every entry is a synapse.
bool ConnectReader::readDense(const Node& node, const Node* unit, Connect& connect) {
  connect.kind = neuro::ConnectKind::AllToAll;
  if (!node.isArray() || static_cast<int64_t>(node.elements.size()) != sources()) {
    diagnostics.error(Code::OutOfRange, node.span(),
                      fmt::format("\"dense\" has {} rows, expected one for each of the {} sources",
                                  node.elements.size(), sources()));
    return false;
  }
  std::optional<ScaledUnit> scaled = unit ? readUnit(*unit, diagnostics) : ScaledUnit{};
  std::vector<double> numbers;
  for (const Node& row : node.elements) {
    if (!row.isArray() || static_cast<int64_t>(row.elements.size()) != targets()) {
      diagnostics.error(Code::OutOfRange, row.span(),
                        fmt::format("a row has {} entries, expected one for each of the {} targets",
                                    row.elements.size(), targets()));
      return false;
    }
    for (const Node& entry : row.elements) {
      if (!entry.isNumber()) {
        wrongKind(entry, "a number", "an entry of \"dense\"", diagnostics);
        return false;
      }
      numbers.push_back(scaled ? scaled->of(entry) : entry.number);
    }
  }
  if (!scaled || numbers.empty()) {
    return scaled.has_value();
  }
  connect.weights = ValueSpec::array(node.span(), std::move(numbers), scaled->dimension);
  return true;
}
