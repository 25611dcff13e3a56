// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/SpikeRecorder.h"

namespace nissl::runtime {

namespace {

constexpr hsize_t chunkSpikes = 16384;

H5::DataSet createColumn(const H5::Group& group, const std::string& name, const H5::PredType& type) {
  hsize_t size = 0;
  hsize_t most = H5S_UNLIMITED;
  H5::DSetCreatPropList properties;
  properties.setChunk(1, &chunkSpikes);
  return group.createDataSet(name, type, H5::DataSpace(1, &size, &most), properties);
}

/// SONATA's enumeration {none, by_id, by_time}, set to by_time.
void setSortedByTime(const H5::Group& group) {
  H5::EnumType type(H5::PredType::NATIVE_INT8);
  int8_t none = 0, byId = 1, byTime = 2;
  type.insert("none", &none);
  type.insert("by_id", &byId);
  type.insert("by_time", &byTime);
  group.createAttribute("sorting", type, H5::DataSpace(H5S_SCALAR)).write(type, &byTime);
}

template <typename T>
void append(const H5::DataSet& column, const H5::PredType& type, uint64_t written,
            const std::vector<T>& values) {
  hsize_t begin = written;
  hsize_t count = values.size();
  hsize_t size = begin + count;
  column.extend(&size);
  H5::DataSpace space = column.getSpace();
  space.selectHyperslab(H5S_SELECT_SET, &count, &begin);
  column.write(values.data(), type, H5::DataSpace(1, &count), space);
}

} // namespace

SpikeRecorder::SpikeRecorder(const std::filesystem::path& path, const Provenance& provenance,
                             const std::vector<std::string>& populations, double dt)
    : file(path, provenance), milliseconds(dt * 1e3) {
  file.guard([&] {
    H5::Group spikes = file.createGroup("spikes");
    for (const std::string& population : populations) {
      H5::Group group = spikes.createGroup(population);
      setSortedByTime(group);
      Stream stream;
      stream.timestamps = createColumn(group, "timestamps", H5::PredType::IEEE_F64LE);
      SonataFile::setText(stream.timestamps, "units", "ms");
      stream.nodeIds = createColumn(group, "node_ids", H5::PredType::STD_U64LE);
      streams.push_back(std::move(stream));
    }
  });
}

void SpikeRecorder::add(size_t population, int64_t stamp, std::span<const uint32_t> nodes) {
  Stream& stream = streams[population];
  stream.pendingTimes.insert(stream.pendingTimes.end(), nodes.size(),
                             static_cast<double>(stamp) * milliseconds);
  stream.pendingNodes.insert(stream.pendingNodes.end(), nodes.begin(), nodes.end());
  recorded += nodes.size();
  if (stream.pendingNodes.size() >= chunkSpikes) {
    flush(stream);
  }
}

void SpikeRecorder::finish() {
  for (Stream& stream : streams) {
    flush(stream);
  }
  streams.clear();
  file.close();
}

void SpikeRecorder::flush(Stream& stream) {
  if (stream.pendingNodes.empty()) {
    return;
  }
  file.guard([&] {
    append(stream.timestamps, H5::PredType::NATIVE_DOUBLE, stream.written, stream.pendingTimes);
    append(stream.nodeIds, H5::PredType::NATIVE_UINT64, stream.written, stream.pendingNodes);
  });
  stream.written += stream.pendingNodes.size();
  stream.pendingTimes.clear();
  stream.pendingNodes.clear();
}

} // namespace nissl::runtime
