// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/ReportRecorder.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace nissl::runtime {

namespace {

/// Bytes that are kept before they are written.
constexpr hsize_t chunkBytes = 1 << 20;
constexpr hsize_t mostChunkColumns = 1 << 16;

H5::DataSet writeIds(const H5::Group& group, const std::string& name, const std::vector<uint64_t>& values) {
  hsize_t size = values.size();
  H5::DataSet dataset = group.createDataSet(name, H5::PredType::STD_U64LE, H5::DataSpace(1, &size));
  if (size != 0) {
    dataset.write(values.data(), H5::PredType::NATIVE_UINT64);
  }
  return dataset;
}

} // namespace

ReportRecorder::ReportRecorder(const std::filesystem::path& path, const Provenance& provenance,
                               const ReportShape& shape)
    : shape(shape), file(path, provenance), columns(static_cast<hsize_t>(shape.end - shape.begin)),
      chunkRows(std::clamp<hsize_t>(chunkBytes / (sizeof(double) * std::max<hsize_t>(columns, 1)), 1, 4096)) {
  file.guard([&] {
    H5::Group group = file.createGroup("report").createGroup(shape.owner);
    hsize_t size[2] = {static_cast<hsize_t>(shape.rows), columns};
    // HDF5 wants chunks of at least one value that are within the largest size.
    hsize_t most[2] = {std::max<hsize_t>(size[0], 1), std::max<hsize_t>(size[1], 1)};
    hsize_t chunk[2] = {std::min(chunkRows, most[0]), std::min(mostChunkColumns, most[1])};
    H5::DSetCreatPropList properties;
    properties.setChunk(2, chunk);
    data = group.createDataSet("data", H5::PredType::IEEE_F64LE, H5::DataSpace(2, size, most), properties);
    SonataFile::setText(data, "units", shape.unit);
    createMapping(group);
  });
}

void ReportRecorder::createMapping(const H5::Group& group) {
  H5::Group mapping = group.createGroup("mapping");
  std::vector<uint64_t> ids(columns);
  std::iota(ids.begin(), ids.end(), static_cast<uint64_t>(shape.begin));
  writeIds(mapping, "node_ids", ids);
  SonataFile::setText(mapping, "of", shape.ofSynapses ? "synapses" : "nodes");
  writeIds(mapping, "element_ids", std::vector<uint64_t>(columns, 0));
  std::vector<uint64_t> pointers(columns + 1);
  std::iota(pointers.begin(), pointers.end(), 0);
  writeIds(mapping, "index_pointer", pointers);
  hsize_t three = 3;
  time = mapping.createDataSet("time", H5::PredType::IEEE_F64LE, H5::DataSpace(1, &three));
  SonataFile::setText(time, "units", "ms");
}

void ReportRecorder::add(std::span<const double> values) {
  if (values.size() != columns || count() >= shape.rows) {
    throw support::Error::bug("NS0521", "report of '{}': row {} with {} values, declared {} rows of {}",
                              shape.owner, count(), values.size(), shape.rows, columns);
  }
  pending.insert(pending.end(), values.begin(), values.end());
  if (++pendingRows == chunkRows) {
    flush();
  }
}

void ReportRecorder::finish() {
  flush();
  file.guard([&] {
    hsize_t size[2] = {written, columns};
    data.extend(size); // H5Dset_extent: shrinks as well
    // [start, stop, step] of SONATA: the row r bears start + r * step, and stop is one step after the last.
    std::array<double, 3> range{shape.firstTime * 1e3,
                                (shape.firstTime + static_cast<double>(written) * shape.timeStep) * 1e3,
                                shape.timeStep * 1e3};
    time.write(range.data(), H5::PredType::NATIVE_DOUBLE);
    data.close();
    time.close();
  });
  file.close();
}

void ReportRecorder::flush() {
  if (pendingRows != 0 && columns != 0) {
    file.guard([&] {
      hsize_t begin[2] = {written, 0};
      hsize_t count[2] = {pendingRows, columns};
      H5::DataSpace space = data.getSpace();
      space.selectHyperslab(H5S_SELECT_SET, count, begin);
      data.write(pending.data(), H5::PredType::NATIVE_DOUBLE, H5::DataSpace(2, count), space);
    });
  }
  written += pendingRows;
  pendingRows = 0;
  pending.clear();
}

} // namespace nissl::runtime
