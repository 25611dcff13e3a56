// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirOrder.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <set>

namespace nissl::nir {
namespace {

using Adjacency = std::vector<std::vector<size_t>>;

Adjacency successorsOf(size_t nodes, const std::vector<NetworkEdge>& edges) {
  Adjacency result(nodes);
  for (const NetworkEdge& edge : edges) {
    result[edge.from].push_back(edge.to);
  }
  return result;
}

/// Strongly connected parts (Tarjan 1972), with an explicit stack: networks may be chains of any length.
std::vector<size_t> componentsOf(const Adjacency& successors) {
  constexpr size_t unset = std::numeric_limits<size_t>::max();
  size_t count = successors.size(), clock = 0, components = 0;
  std::vector<size_t> index(count, unset), low(count), component(count, unset), stack;
  struct Frame {
    size_t node, next;
  };
  for (size_t root = 0; root < count; ++root) {
    if (index[root] != unset) {
      continue;
    }
    std::vector<Frame> frames{{root, 0}};
    while (!frames.empty()) {
      auto& [node, next] = frames.back();
      if (next == 0) {
        index[node] = low[node] = clock++;
        stack.push_back(node);
      }
      if (next < successors[node].size()) {
        size_t to = successors[node][next++];
        if (index[to] == unset) {
          frames.push_back({to, 0});
        } else if (component[to] == unset) {
          low[node] = std::min(low[node], index[to]);
        }
        continue;
      }
      size_t done = node;
      frames.pop_back();
      if (!frames.empty()) {
        low[frames.back().node] = std::min(low[frames.back().node], low[done]);
      }
      if (low[done] == index[done]) {
        size_t member;
        do {
          member = stack.back();
          stack.pop_back();
          component[member] = components;
        } while (member != done);
        ++components;
      }
    }
  }
  return component;
}

} // namespace

std::vector<bool> previousStepEdges(const std::vector<bool>& isInput, const std::vector<NetworkEdge>& edges) {
  Adjacency successors = successorsOf(isInput.size(), edges);
  std::vector<size_t> component = componentsOf(successors);
  constexpr size_t far = std::numeric_limits<size_t>::max();
  std::vector<size_t> distance(isInput.size(), far);
  std::queue<size_t> ready;
  for (size_t i = 0; i < isInput.size(); ++i) {
    if (isInput[i]) {
      distance[i] = 0;
      ready.push(i);
    }
  }
  while (!ready.empty()) {
    size_t at = ready.front();
    ready.pop();
    for (size_t next : successors[at]) {
      if (distance[next] == far) {
        distance[next] = distance[at] + 1;
        ready.push(next);
      }
    }
  }
  std::vector<bool> previous;
  for (const NetworkEdge& edge : edges) {
    size_t from = distance[edge.from] == far ? 0 : distance[edge.from];
    size_t to = distance[edge.to] == far ? 0 : distance[edge.to];
    previous.push_back(component[edge.from] == component[edge.to] && to <= from);
  }
  return previous;
}

std::vector<size_t> workOrder(const std::vector<std::string>& names, const std::vector<NetworkEdge>& edges) {
  Adjacency successors = successorsOf(names.size(), edges);
  std::vector<size_t> waiting(names.size()), order;
  for (const NetworkEdge& edge : edges) {
    ++waiting[edge.to];
  }
  std::set<std::pair<std::string, size_t>> ready;
  for (size_t i = 0; i < names.size(); ++i) {
    if (waiting[i] == 0) {
      ready.emplace(names[i], i);
    }
  }
  while (!ready.empty()) {
    size_t at = ready.begin()->second;
    ready.erase(ready.begin());
    order.push_back(at);
    for (size_t next : successors[at]) {
      if (--waiting[next] == 0) {
        ready.emplace(names[next], next);
      }
    }
  }
  return order;
}

std::vector<int64_t> pipelineDepths(const std::vector<bool>& isInput, const std::vector<NetworkEdge>& edges,
                                    const std::vector<bool>& previous, std::vector<size_t>& cycle) {
  size_t count = isInput.size();
  std::vector<int64_t> depth(count, 0);
  std::vector<size_t> cause(count, count);
  // Longest paths by relaxation (Bellman and Ford); a change in round `count` lies behind a positive loop.
  size_t last = count;
  for (size_t round = 0; round <= count; ++round) {
    last = count;
    for (size_t i = 0; i < edges.size(); ++i) {
      int64_t least = (isInput[edges[i].from] ? 0 : 1) - (previous[i] ? 1 : 0);
      if (depth[edges[i].to] < depth[edges[i].from] + least) {
        depth[edges[i].to] = depth[edges[i].from] + least;
        cause[edges[i].to] = edges[i].from;
        last = edges[i].to;
      }
    }
    if (last == count) {
      return depth;
    }
  }
  for (size_t i = 0; i < count; ++i) {
    last = cause[last];
  }
  size_t at = last;
  do {
    cycle.push_back(at);
    at = cause[at];
  } while (at != last);
  std::reverse(cycle.begin(), cycle.end());
  return depth;
}

} // namespace nissl::nir
