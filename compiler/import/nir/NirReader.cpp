// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/nir/NirReader.h"
#include "compiler/import/nir/GlobalHeap.h"

#include <H5Cpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <set>

namespace nissl::nir {
namespace {

constexpr std::string_view readAgain = "write the file again with nir.write()";

/// Ends the reading of the whole file: a limit of it as a whole is exceeded.
struct LimitExceeded {};

std::string whereNode(const std::string& path) {
  return path.empty() ? std::string("the root graph") : fmt::format("node '{}'", path);
}

class Reader {
public:
  Reader(NirProblems& problems, const NirLimits& limits) : problems(problems), limits(limits) {}

  std::optional<NirFile> read(const std::string& path);

private:
  void readNode(const H5::Group& group, NirNode& node, unsigned depth);
  void readGraph(const H5::Group& group, NirNode& node, unsigned depth);
  void readEdges(const H5::Group& group, NirNode& node);
  void readDataset(const H5::Group& group, const std::string& name, const std::string& where,
                   NirFields& fields);
  void checkAmount(const H5::DataSet& dataset, uint64_t count);
  void readNumbers(const H5::DataSet& dataset, uint64_t count, NirArray& array);
  std::vector<std::string> readTexts(const H5::DataSet& dataset, uint64_t count);

  /// The names of a group's own objects, sorted; links that lead elsewhere are problems.
  std::vector<std::string> childrenOf(const H5::Group& group, const std::string& where);
  bool storedHere(const H5::DataSet& dataset, const std::string& name, const std::string& where);
  void take(uint64_t& used, uint64_t amount, uint64_t limit, std::string_view what);

  NirProblems& problems;
  const NirLimits& limits;
  std::unique_ptr<GlobalHeap> heap; ///< null where the file's addresses are not 8 bytes wide
  uint64_t fileSize = 0;
  uint64_t usedElements = 0, usedNodes = 0, usedEdges = 0;
};

void Reader::take(uint64_t& used, uint64_t amount, uint64_t limit, std::string_view what) {
  if (amount > limit - used) {
    problems.error(NirCode::tooLarge, {}, fmt::format("the file holds more than {} {}", limit, what), {},
                   "split the network, or build Nissl with a higher NirLimits");
    throw LimitExceeded();
  }
  used += amount;
}

std::vector<std::string> Reader::childrenOf(const H5::Group& group, const std::string& where) {
  H5G_info_t info{};
  if (H5Gget_info(group.getId(), &info) < 0) {
    throw H5::GroupIException("childrenOf", "H5Gget_info failed");
  }
  if (info.nlinks > limits.nodes) {
    uint64_t none = 0;
    take(none, info.nlinks, limits.nodes, "objects in one group");
  }
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    ssize_t length =
        H5Lget_name_by_idx(group.getId(), ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0 || static_cast<uint64_t>(length) > limits.textBytes) {
      throw H5::GroupIException("childrenOf", "a link has no readable name");
    }
    std::string name(static_cast<size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(group.getId(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(),
                       H5P_DEFAULT);
    name.resize(static_cast<size_t>(length));
    H5L_info_t link{};
    if (H5Lget_info(group.getId(), name.c_str(), &link, H5P_DEFAULT) < 0) {
      throw H5::GroupIException("childrenOf", "link '" + name + "' cannot be read");
    }
    if (link.type != H5L_TYPE_HARD) {
      problems.error(NirCode::foreignStorage, where, fmt::format("'{}' is a link to somewhere else", name),
                     "an object of this file", std::string(readAgain));
      continue;
    }
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool Reader::storedHere(const H5::DataSet& dataset, const std::string& name, const std::string& where) {
  H5::DSetCreatPropList creation = dataset.getCreatePlist();
  bool elsewhere = creation.getLayout() == H5D_VIRTUAL;
  // Only a contiguous dataset can have external files; asking another layout for them is an error in HDF5.
  if (creation.getLayout() == H5D_CONTIGUOUS) {
    elsewhere = elsewhere || creation.getExternalCount() > 0;
  }
  if (elsewhere) {
    problems.error(NirCode::foreignStorage, where,
                   fmt::format("the values of '{}' lie in another file", name), "values stored in this file",
                   std::string(readAgain));
    return false;
  }
  for (int i = 0, filters = creation.getNfilters(); i < filters; ++i) {
    unsigned flags = 0, config = 0;
    size_t parameters = 0;
    std::array<char, 64> filterName{};
    H5Z_filter_t filter =
        creation.getFilter(i, flags, parameters, nullptr, filterName.size(), filterName.data(), config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) {
      filterName.back() = '\0';
      problems.error(NirCode::badField, where,
                     fmt::format("'{}' is compressed with filter {} ('{}')", name, filter, filterName.data()),
                     "gzip or no compression", "write the file again with nir.write(…, compression='gzip')");
      return false;
    }
  }
  return true;
}

/// A damaged shape may claim gigabytes: refuse what the file cannot hold before memory is taken for it.
void Reader::checkAmount(const H5::DataSet& dataset, uint64_t count) {
  constexpr uint64_t harmless = 65536, bestDeflate = 1032; // zlib's limit
  bool packed = dataset.getCreatePlist().getNfilters() > 0;
  uint64_t width = dataset.getDataType().getSize();
  if (width < 1 || width > sizeof(long double)) {
    throw H5::DataSetIException("checkAmount", fmt::format("its numbers claim {} bytes each", width));
  }
  if (count > harmless && count / (packed ? bestDeflate : 1) > fileSize / width) {
    throw H5::DataSetIException(
        "checkAmount", fmt::format("its shape claims {} values, more than the file can hold", count));
  }
}

void Reader::readNumbers(const H5::DataSet& dataset, uint64_t count, NirArray& array) {
  take(usedElements, count, limits.elements, "numbers");
  array.values.resize(count);
  if (count > 0) {
    dataset.read(array.values.data(), H5::PredType::NATIVE_DOUBLE);
  }
}

std::vector<std::string> Reader::readTexts(const H5::DataSet& dataset, uint64_t count) {
  std::vector<std::string> texts;
  take(usedElements, count, limits.elements, "texts and numbers");
  H5::StrType stored = dataset.getStrType();
  if (stored.isVariableStr()) {
    haddr_t offset = H5Dget_offset(dataset.getId());
    if (count > 0 &&
        (dataset.getCreatePlist().getLayout() != H5D_CONTIGUOUS || offset == HADDR_UNDEF || !heap)) {
      throw H5::DataSetIException("readTexts",
                                  "variable-length texts stored in chunks or never written, expected "
                                  "contiguous ones as h5py writes them");
    }
    return count > 0 ? heap->texts(offset, count, limits.textBytes) : std::vector<std::string>();
  }
  size_t width = stored.getSize();
  uint64_t none = 0;
  take(none, width, limits.textBytes, "bytes in one text");
  take(usedElements, width * count / sizeof(double), limits.elements, "texts and numbers");
  std::string all(width * count, '\0');
  if (!all.empty()) {
    dataset.read(all.data(), stored);
  }
  for (uint64_t i = 0; i < count; ++i) {
    const char* begin = all.data() + i * width;
    texts.emplace_back(begin, strnlen(begin, width));
  }
  return texts;
}

void Reader::readDataset(const H5::Group& group, const std::string& name, const std::string& where,
                         NirFields& fields) {
  try {
    H5::DataSet dataset = group.openDataSet(name);
    if (!storedHere(dataset, name, where)) {
      return;
    }
    H5::DataSpace space = dataset.getSpace();
    if (space.getSimpleExtentType() == H5S_NULL) {
      return; // how h5py writes an empty value: the same as an absent field
    }
    int rank = space.getSimpleExtentNdims();
    std::vector<hsize_t> dims(static_cast<size_t>(rank));
    if (rank > 0) {
      space.getSimpleExtentDims(dims.data());
    }
    uint64_t count = 1;
    for (hsize_t dim : dims) {
      if (dim != 0 && count > limits.elements / dim) {
        uint64_t none = 0;
        take(none, limits.elements + 1, limits.elements, "numbers");
      }
      count *= dim;
    }
    H5T_class_t kind = dataset.getTypeClass();
    if (kind == H5T_FLOAT || kind == H5T_INTEGER) {
      checkAmount(dataset, count);
      NirArray array;
      array.shape.assign(dims.begin(), dims.end());
      readNumbers(dataset, count, array);
      fields.arrays[name] = std::move(array);
    } else if (kind == H5T_STRING && count == 1) {
      fields.texts[name] = readTexts(dataset, 1).front();
    } else if (kind != H5T_ENUM) { // an enum is how h5py writes a bool: no field of NIR is one
      problems.error(NirCode::badField, where, fmt::format("'{}' holds neither numbers nor one text", name),
                     "integers, floats or a text", std::string(readAgain));
    }
  } catch (const H5::Exception& exception) {
    problems.error(NirCode::damaged, where,
                   fmt::format("'{}' cannot be read ({})", name, exception.getDetailMsg()), "an HDF5 dataset",
                   "the file is damaged; " + std::string(readAgain));
  } catch (const DamagedHeap& damage) {
    problems.error(NirCode::damaged, where, fmt::format("'{}' cannot be read ({})", name, damage.what()),
                   "an HDF5 dataset", "the file is damaged; " + std::string(readAgain));
  }
}

void Reader::readEdges(const H5::Group& group, NirNode& node) {
  std::string where = whereNode(node.path);
  if (!group.nameExists("edges")) {
    problems.error(NirCode::missingField, where, "the graph has no 'edges'", "a dataset of pairs of names",
                   std::string(readAgain));
    return;
  }
  H5::DataSet dataset = group.openDataSet("edges");
  if (!storedHere(dataset, "edges", where)) {
    return;
  }
  H5::DataSpace space = dataset.getSpace();
  hssize_t points = space.getSimpleExtentType() == H5S_NULL ? 0 : space.getSimpleExtentNpoints();
  if (points == 0) {
    return;
  }
  std::array<hsize_t, 2> dims{};
  if (space.getSimpleExtentNdims() != 2 || (space.getSimpleExtentDims(dims.data()), dims[1] != 2) ||
      dataset.getTypeClass() != H5T_STRING) {
    problems.error(NirCode::badField, where, "'edges' is not a list of pairs of texts",
                   "shape (E, 2) of texts", std::string(readAgain));
    return;
  }
  take(usedEdges, dims[0], limits.edges, "edges");
  std::vector<std::string> names = readTexts(dataset, dims[0] * 2);
  for (size_t i = 0; i + 1 < names.size(); i += 2) {
    node.graph->edges.emplace_back(std::move(names[i]), std::move(names[i + 1]));
  }
}

void Reader::readGraph(const H5::Group& group, NirNode& node, unsigned depth) {
  node.graph = std::make_unique<NirGraph>();
  if (depth >= limits.depth) {
    problems.error(NirCode::tooLarge, whereNode(node.path), fmt::format("graphs are nested {} deep", depth),
                   fmt::format("at most {}", limits.depth), "flatten the network");
    throw LimitExceeded();
  }
  if (!group.nameExists("nodes") || group.childObjType("nodes") != H5O_TYPE_GROUP) {
    problems.error(NirCode::missingField, whereNode(node.path), "the graph has no group 'nodes'", "its nodes",
                   std::string(readAgain));
  } else {
    H5::Group nodes = group.openGroup("nodes");
    for (const std::string& name : childrenOf(nodes, whereNode(node.path))) {
      take(usedNodes, 1, limits.nodes, "nodes");
      NirNode child;
      child.name = name;
      child.path = node.path.empty() ? name : node.path + "/" + name;
      if (nodes.childObjType(name) != H5O_TYPE_GROUP) {
        problems.error(NirCode::notNir, whereNode(child.path), "is no group",
                       "a group with 'type' and fields", std::string(readAgain));
        continue;
      }
      readNode(nodes.openGroup(name), child, depth + 1);
      node.graph->nodes.push_back(std::move(child));
    }
  }
  readEdges(group, node);
}

void Reader::readNode(const H5::Group& group, NirNode& node, unsigned depth) {
  std::string where = whereNode(node.path);
  std::vector<std::string> children = childrenOf(group, where);
  for (const std::string& name : children) {
    H5O_type_t kind = group.childObjType(name);
    if (kind == H5O_TYPE_DATASET && name != "edges") {
      readDataset(group, name, where, node.fields);
    } else if (kind == H5O_TYPE_GROUP && name == "metadata") {
      H5::Group metadata = group.openGroup(name);
      for (const std::string& key : childrenOf(metadata, where)) {
        if (metadata.childObjType(key) == H5O_TYPE_DATASET) {
          readDataset(metadata, key, where, node.metadata);
        }
      }
    }
  }
  auto type = node.fields.texts.find("type");
  if (type == node.fields.texts.end() || type->second.empty()) {
    problems.error(NirCode::notNir, where, "has no text 'type'", "the name of a NIR type",
                   std::string(readAgain));
    return;
  }
  node.type = type->second;
  node.fields.texts.erase(type);
  if (node.type == "NIRGraph") {
    readGraph(group, node, depth);
  }
}

std::optional<NirFile> Reader::read(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    problems.error(NirCode::cannotOpen, {}, "there is no such file", "a .nir file (HDF5)", "check the path");
    return std::nullopt;
  }
  if (H5Fis_hdf5(path.c_str()) <= 0) {
    problems.error(NirCode::cannotOpen, {}, "the file is not HDF5, or cannot be read",
                   "a .nir file as nir.write() makes it",
                   "check what wrote it; a truncated file looks like this too");
    return std::nullopt;
  }
  fileSize = std::filesystem::file_size(path);
  H5::H5File file(path, H5F_ACC_RDONLY);
  H5::FileCreatPropList layout = file.getCreatePlist();
  size_t addressWidth = 0, lengthWidth = 0;
  layout.getSizes(addressWidth, lengthWidth);
  if (addressWidth == 8 && lengthWidth == 8) {
    heap = std::make_unique<GlobalHeap>(path, layout.getUserblock());
  }
  H5::Group root = file.openGroup("/");
  std::vector<std::string> children = childrenOf(root, "the file");
  auto has = [&](const std::string& name) {
    return std::binary_search(children.begin(), children.end(), name);
  };
  if (!has("node") || root.childObjType("node") != H5O_TYPE_GROUP) {
    problems.error(NirCode::notNir, {}, "the file has no group '/node'", "the root graph of a NIR file",
                   "this is some other HDF5 file");
    return std::nullopt;
  }
  NirFile result;
  result.path = path;
  NirFields top;
  if (has("version") && root.childObjType("version") == H5O_TYPE_DATASET) {
    readDataset(root, "version", "the file", top);
    result.version = top.texts["version"];
  }
  if (result.version.empty()) {
    problems.warning(NirCode::noVersion, {}, "the file names no NIR version", "a text '/version'", {});
  }
  readNode(root.openGroup("node"), result.root, 0);
  if (!result.root.graph) {
    if (result.root.type.empty()) {
      return std::nullopt;
    }
    problems.error(NirCode::notNir, "the root",
                   fmt::format("is a single node of type '{}'", result.root.type), "a NIRGraph",
                   "wrap it: nir.NIRGraph.from_list(node)");
    return std::nullopt;
  }
  return result;
}

} // namespace

std::optional<NirFile> readNir(const std::string& path, NirProblems& problems, const NirLimits& limits) {
  H5::Exception::dontPrint();
  try {
    return Reader(problems, limits).read(path);
  } catch (const LimitExceeded&) {
    return std::nullopt;
  } catch (const H5::Exception& exception) {
    problems.error(
        NirCode::damaged, {},
        fmt::format("HDF5 cannot read the file: {}: {}", exception.getFuncName(), exception.getDetailMsg()),
        "an undamaged file", std::string(readAgain));
  } catch (const std::bad_alloc&) {
    problems.error(NirCode::tooLarge, {}, "there is not enough memory to read the file", {},
                   "use a larger machine");
  } catch (const std::exception& exception) {
    problems.error(NirCode::damaged, {}, fmt::format("the file cannot be read: {}", exception.what()),
                   "an undamaged file", std::string(readAgain));
  }
  return std::nullopt;
}

} // namespace nissl::nir
