// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/golgi/model/ChipModel.h"

#include "targets/golgi/model/BundledModels.h"

#include <nlohmann/json.hpp>

#include <bit>
#include <fstream>
#include <sstream>

using nissl::support::Error;
using Json = nlohmann::json;

namespace nissl::golgi {

struct ResourceInfo {
  std::string_view name;
  /// What the encodings allow; a memory's size is also a power of two (G3.3).
  uint64_t limit;
};

static constexpr ResourceInfo resources[resourceCount] = {
    {"instructions", 1 << 16},
    {"groups", 1 << 10},
    {"cells", 1 << 16},
    {"state_words", 1 << 24},
    {"state_words_per_cell", 1 << 10},
    {"parameter_halfwords", 1 << 24},
    {"constants", 256},
    {"lut_entries", 1 << 16},
    {"lut_tables", 16},
    {"input_words", 1 << 24},
    {"accumulators", 1 << 16},
    {"acc_slots", 32},
    {"axons_in", 1 << 16},
    {"synapse_words", 1 << 24},
    {"spike_sources", 1 << 16},
    {"axons_out", 1 << 15},
};

std::string_view nameOf(Resource resource) { return resources[static_cast<unsigned>(resource)].name; }

std::string describe(const std::vector<Shortage>& shortages) {
  std::string text;
  for (const Shortage& shortage : shortages) {
    text += fmt::format("{}{}: {} wanted, {} available", text.empty() ? "" : "; ", nameOf(shortage.resource),
                        shortage.wanted, shortage.available);
  }
  return text;
}

/// Reads one JSON object: each key is taken once, and what is left over is an error.
class ObjectReader {
public:
  ObjectReader(const Json& object, std::string place) : object(object), place(std::move(place)) {
    if (!object.is_object()) {
      throw Error::input("NS0801", "{}: found {}, expected an object", this->place, object.type_name());
    }
  }

  const Json& take(const std::string& key) {
    auto entry = object.find(key);
    if (entry == object.end()) {
      throw Error::input("NS0801", "{}: '{}' is missing; add it", place, key);
    }
    taken.push_back(key);
    return *entry;
  }

  uint64_t takeNumber(const std::string& key, uint64_t low, uint64_t high) {
    const Json& value = take(key);
    if (!value.is_number_unsigned() || value.get<uint64_t>() < low || value.get<uint64_t>() > high) {
      throw Error::input("NS0801", "{}: '{}' is {}, expected a whole number from {} to {}", place, key,
                         value.dump(), low, high);
    }
    return value.get<uint64_t>();
  }

  void finish() const {
    for (const auto& [key, value] : object.items()) {
      if (std::find(taken.begin(), taken.end(), key) == taken.end()) {
        throw Error::input("NS0801", "{}: '{}' is not known here; remove it", place, key);
      }
    }
  }

private:
  const Json& object;
  std::string place;
  std::vector<std::string> taken;
};

ChipModel ChipModel::fromJson(std::string_view text, std::string_view where) {
  Json document;
  try {
    document = Json::parse(text);
  } catch (const Json::parse_error& failure) {
    throw Error::input("NS0801", "{}: this is no JSON ({})", where, failure.what());
  }
  ChipModel model;
  ObjectReader top(document, std::string(where));
  top.takeNumber("golgi", 1, 1);
  const Json& name = top.take("name");
  if (!name.is_string() || name.get<std::string>().empty()) {
    throw Error::input("NS0801", "{}: 'name' is {}, expected a non-empty string", where, name.dump());
  }
  model.modelName = name.get<std::string>();
  ObjectReader mesh(top.take("mesh"), fmt::format("{}: mesh", where));
  model.meshWidth = static_cast<unsigned>(mesh.takeNumber("width", 1, 31));
  model.meshHeight = static_cast<unsigned>(mesh.takeNumber("height", 1, 32));
  model.fifo = static_cast<unsigned>(mesh.takeNumber("fifo_depth", 1, 16));
  mesh.finish();
  const Json& clock = top.take("clock_hz");
  if (!clock.is_number() || !(clock.get<double>() > 0)) {
    throw Error::input("NS0801", "{}: 'clock_hz' is {}, expected a number above 0", where, clock.dump());
  }
  model.clock = clock.get<double>();
  ObjectReader core(top.take("core"), fmt::format("{}: core", where));
  for (unsigned i = 0; i < resourceCount; ++i) {
    auto resource = static_cast<Resource>(i);
    uint64_t value = core.takeNumber(std::string(resources[i].name), 1, resources[i].limit);
    if (!std::has_single_bit(value)) {
      throw Error::input("NS0801", "{}: core: '{}' is {}, expected a power of two (addresses wrap at it)",
                         where, resources[i].name, value);
    }
    model.capacities[resource] = value;
  }
  core.finish();
  top.finish();
  if (model.capacity(Resource::SpikeSources) < scanBits ||
      model.capacity(Resource::Accumulators) < accBanks) {
    throw Error::input(
        "NS0801", "{}: core: 'spike_sources' is {} and 'accumulators' {}, expected at least {} and {}", where,
        model.capacity(Resource::SpikeSources), model.capacity(Resource::Accumulators), scanBits, accBanks);
  }
  return model;
}

ChipModel ChipModel::load(const std::string& fileOrName) {
  for (const BundledModel& bundled : bundledModels()) {
    if (bundled.name == fileOrName) {
      return fromJson(bundled.json, bundled.name);
    }
  }
  std::ifstream file(fileOrName, std::ios::binary);
  if (!file) {
    std::string names;
    for (std::string_view name : bundledNames()) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    }
    throw Error::input("NS0801",
                       "chip '{}': there is no such file, and no bundled chip has this name; bundled are {}",
                       fileOrName, names);
  }
  std::ostringstream text;
  text << file.rdbuf();
  return fromJson(text.str(), fileOrName);
}

std::vector<std::string_view> ChipModel::bundledNames() {
  std::vector<std::string_view> names;
  for (const BundledModel& bundled : bundledModels()) {
    names.push_back(bundled.name);
  }
  return names;
}

std::string ChipModel::toJson() const {
  nlohmann::ordered_json document;
  document["golgi"] = 1;
  document["name"] = modelName;
  document["mesh"] = {{"width", meshWidth}, {"height", meshHeight}, {"fifo_depth", fifo}};
  document["clock_hz"] = clock;
  for (unsigned i = 0; i < resourceCount; ++i) {
    document["core"][std::string(resources[i].name)] = capacities[static_cast<Resource>(i)];
  }
  return document.dump(2);
}

std::vector<Shortage> ChipModel::shortages(const Usage& usage) const {
  std::vector<Shortage> result;
  for (unsigned i = 0; i < resourceCount; ++i) {
    auto resource = static_cast<Resource>(i);
    if (usage[resource] > capacities[resource]) {
      result.push_back({resource, usage[resource], capacities[resource]});
    }
  }
  return result;
}

uint64_t ChipModel::hash() const {
  uint64_t hash = 0xcbf29ce484222325u; // FNV-1a 64 over the numbers' bytes
  auto mix = [&](uint64_t number) {
    for (int i = 0; i < 8; ++i, number >>= 8) {
      hash = (hash ^ (number & 0xff)) * 0x100000001b3u;
    }
  };
  mix(meshWidth);
  mix(meshHeight);
  mix(fifo);
  mix(std::bit_cast<uint64_t>(clock));
  for (unsigned i = 0; i < resourceCount; ++i) {
    mix(capacities[static_cast<Resource>(i)]);
  }
  return hash;
}

} // namespace nissl::golgi
