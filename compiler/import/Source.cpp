// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Source.h"

#include <algorithm>
#include <numeric>

using namespace nissl::import;

Source::Source(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  lineStarts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') {
      lineStarts_.push_back(i + 1);
    }
  }
}

size_t Source::lineOf(size_t offset) const {
  return std::upper_bound(lineStarts_.begin(), lineStarts_.end(), offset) - lineStarts_.begin();
}

size_t Source::columnOf(size_t offset) const {
  size_t start = lineStarts_[lineOf(offset) - 1];
  auto isFirstByte = [](char byte) { return (byte & 0xC0) != 0x80; };
  return 1 +
         std::count_if(text_.begin() + start, text_.begin() + std::min(offset, text_.size()), isFirstByte);
}

std::string_view Source::line(size_t number) const {
  size_t start = lineStarts_.at(number - 1);
  std::string_view rest = text().substr(start);
  rest = rest.substr(0, rest.find('\n'));
  return rest.substr(0, rest.find('\r'));
}

Text Text::unnamed(std::string text) {
  std::vector<size_t> offsets(text.size() + 1);
  std::iota(offsets.begin(), offsets.end(), 0);
  auto source = std::make_shared<Source>("<text>", text);
  return {std::move(text), std::move(source), std::move(offsets)};
}
