// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A text that diagnostics point into.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nissl::import {

/// A file's text with the beginnings of its lines.
class Source {
public:
  Source(std::string path, std::string text);

  const std::string& path() const { return path_; }
  std::string_view text() const { return text_; }
  /// The 1-based line of a byte.
  size_t lineOf(size_t offset) const;
  /// The 1-based column of a byte, in characters of UTF-8.
  size_t columnOf(size_t offset) const;
  /// The text of a 1-based line, without its end.
  std::string_view line(size_t number) const;

private:
  std::string path_;
  std::string text_;
  std::vector<size_t> lineStarts_;
};

/// Bytes [begin, end) of a source; no source means that the place is not known.
struct Span {
  std::shared_ptr<const Source> source;
  size_t begin = 0;
  size_t end = 0;
};

/// A string taken out of a source, of which every byte knows where it stood.
struct Text {
  std::string text;
  std::shared_ptr<const Source> source;
  std::vector<size_t> offsets; ///< one for each byte of text, and one for its end

  /// A text with no file behind it, for tests and for text that the program made itself.
  static Text unnamed(std::string text);
  Span span(size_t begin, size_t end) const { return {source, offsets.at(begin), offsets.at(end)}; }
  Span span() const { return span(0, text.size()); }
};

} // namespace nissl::import
