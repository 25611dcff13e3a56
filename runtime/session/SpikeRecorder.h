// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/session/SonataFile.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace nissl::runtime {

/// Streams spikes to a SONATA spike file: /spikes/<population>/{timestamps [ms], node_ids}, sorted by
/// time and then by node.
class SpikeRecorder {
public:
  /// `dt` in seconds. Populations are numbered as in `populations`.
  SpikeRecorder(const std::filesystem::path& file, const Provenance& provenance,
                const std::vector<std::string>& populations, double dt);
  /// Spikes of `nodes` (ascending) that bear the time `stamp` * dt; stamps of a population ascend.
  void add(size_t population, int64_t stamp, std::span<const uint32_t> nodes);
  /// Writes what is buffered and closes the file, which is then complete.
  void finish();
  uint64_t count() const { return recorded; }

private:
  struct Stream {
    H5::DataSet timestamps, nodeIds;
    uint64_t written = 0;
    std::vector<double> pendingTimes;
    std::vector<uint64_t> pendingNodes;
  };
  void flush(Stream& stream);

  SonataFile file;
  std::vector<Stream> streams;
  double milliseconds; ///< of a step
  uint64_t recorded = 0;
};

} // namespace nissl::runtime
