// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/RunDirectory.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <fstream>

namespace nissl::runtime {

namespace fs = std::filesystem;
using support::Error;

void RunDirectory::create() const {
  try {
    fs::create_directories(root / "reports");
    if (fs::exists(summary())) {
      for (const std::string& probe : reports()) {
        fs::remove(report(probe));
      }
      fs::remove(spikes());
      fs::remove(summary());
    }
  } catch (const fs::filesystem_error& error) {
    throw Error::machine("NS0522", "{}: the run's folder cannot be made: {}", root.string(),
                         error.code().message());
  }
}

std::vector<std::string> RunDirectory::reports() const {
  std::vector<std::string> names;
  if (fs::is_directory(root / "reports")) {
    for (const fs::directory_entry& entry : fs::directory_iterator(root / "reports")) {
      if (entry.path().extension() == ".h5") {
        names.push_back(entry.path().stem().string());
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

void RunDirectory::writeSummary(const nlohmann::ordered_json& content) const {
  std::ofstream stream(summary());
  stream << content.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  stream.close();
  if (!stream) {
    throw Error::machine("NS0522", "{}: cannot be written", summary().string());
  }
}

std::string RunDirectory::fileName(const std::string& probe) {
  std::string name = probe + ".h5";
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

} // namespace nissl::runtime
