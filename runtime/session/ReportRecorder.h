// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/session/SonataFile.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace nissl::runtime {

/// What a report holds: one column per element and one row per sample.
struct ReportShape {
  std::string owner;       ///< name of the population, or of the synapse table
  bool ofSynapses = false; ///< columns are synapses in table order
  int64_t begin = 0, end = 0;
  int64_t rows = 0;     ///< declared before the run
  double firstTime = 0; ///< seconds, of row 0
  double timeStep = 0;  ///< seconds between rows
  std::string unit;
};

/// Streams samples to a SONATA report: /report/<owner>/{data [T, N], mapping/{node_ids, index_pointer,
/// element_ids, time}}. For synapses node_ids are positions in the table.
class ReportRecorder {
public:
  ReportRecorder(const std::filesystem::path& file, const Provenance& provenance, const ReportShape& shape);
  /// One value per column.
  void add(std::span<const double> values);
  /// Writes what is buffered, shortens the report to the rows it got, and closes the file.
  void finish();
  /// Rows that were added so far.
  int64_t count() const { return static_cast<int64_t>(written + pendingRows); }

private:
  void flush();
  void createMapping(const H5::Group& group);

  ReportShape shape;
  SonataFile file;
  H5::DataSet data, time;
  hsize_t columns;
  hsize_t chunkRows;
  uint64_t written = 0;
  uint64_t pendingRows = 0;
  std::vector<double> pending;
};

} // namespace nissl::runtime
