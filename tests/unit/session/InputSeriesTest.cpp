// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/session/InputSeries.h"

#include "tests/unit/session/CountingDevice.h"

#include <H5Cpp.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <fstream>

using namespace nissl::runtime;
using Catch::Matchers::Contains;
using nissl::support::Error;
using nissl::tests::Folder;

namespace {

std::filesystem::path write(const Folder& folder, const std::string& name, const std::string& content) {
  std::filesystem::path path = folder / name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

template <typename T>
std::string bytesOf(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A .npy file as NumPy's documentation lays it out.
std::string npy(int version, const std::string& header, const std::string& data) {
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  uint32_t length = static_cast<uint32_t>(header.size());
  file.append(reinterpret_cast<const char*>(&length), version == 1 ? 2 : 4);
  return file + header + data;
}

std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }\n";
}

InputSeries read(const std::filesystem::path& path) { return readInput({"x", path, ""}); }

} // namespace

TEST_CASE("an input is bound by name, file and part", "[session][input]") {
  InputBinding plain = parseInputBinding("E.in=a=b.csv");
  CHECK(plain.name == "E.in");
  CHECK(plain.file == "a=b.csv");
  CHECK(plain.part.empty());
  InputBinding part = parseInputBinding("x=dir.h5/file.h5:/group/data");
  CHECK(part.file == "dir.h5/file.h5");
  CHECK(part.part == "/group/data");
  for (const char* text : {"x", "=a.csv", "x=", "x=a.txt", "x=a.csvx:0"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parseInputBinding(text), Error);
  }
}

TEST_CASE("a CSV file has a row per line, perhaps after a header", "[session][input]") {
  Folder folder;
  for (const char* text :
       {"a,b\n1,2\n3.5,-4e1\n", "1,2\n3.5,-4e1", "\xef\xbb\xbf# note\r\n1, 2\r\n+3.5,\t-4e1\r\n\r\n"}) {
    CAPTURE(text);
    InputSeries series = read(write(folder, "in.csv", text));
    CHECK(series.rows == 2);
    CHECK(series.columns == 2);
    CHECK(series.values == std::vector<double>{1, 2, 3.5, -40});
  }
}

TEST_CASE("a malformed CSV file is refused with its line", "[session][input]") {
  struct Case {
    const char *text, *message;
  };
  auto one =
      GENERATE(Case{"1,2\n3\n", "in.csv:2: 1 cells, expected 2"},
               Case{"1,2\n3,x\n", "in.csv:2: cell 2 is 'x'"}, Case{"1\n\n2\n", "in.csv:2: an empty line"},
               Case{"", "no rows"}, Case{"a,b\n", "no rows"}, Case{"1\nnan\n", "row 1, column 0 is nan"},
               Case{"1,\n", "no rows"}, Case{"1\n1e400\n", "cell 1 is '1e400'"});
  Folder folder;
  std::filesystem::path path = write(folder, "in.csv", one.text);
  CHECK_THROWS_WITH(read(path), Contains(one.message));
}

TEST_CASE("columns of a file can be selected", "[session][input]") {
  Folder folder;
  std::filesystem::path path = write(folder, "in.csv", "1,2,3\n4,5,6\n");
  CHECK(readInput({"x", path, "1"}).values == std::vector<double>{2, 5});
  CHECK(readInput({"x", path, "1-2"}).values == std::vector<double>{2, 3, 5, 6});
  CHECK_THROWS_WITH(readInput({"x", path, "3"}), Contains("the file has columns 0-2"));
  CHECK_THROWS_WITH(readInput({"x", path, "2-1"}), Contains("the file has columns 0-2"));
  CHECK_THROWS_WITH(readInput({"x", path, "a"}), Contains("is no column"));
}

TEST_CASE("a .npy file is read in every version, type and order", "[session][input]") {
  Folder folder;
  std::vector<double> expected{0, 1, 2, 3, 4, 5};
  auto check = [&](const std::string& content) {
    InputSeries series = read(write(folder, "in.npy", content));
    CHECK(series.rows == 3);
    CHECK(series.columns == 2);
    CHECK(series.values == expected);
  };
  for (int version : {1, 2, 3}) {
    check(npy(version, header("<f8", "(3, 2)"), bytesOf<double>({0, 1, 2, 3, 4, 5})));
  }
  check(npy(1, header("<f4", "(3, 2)"), bytesOf<float>({0, 1, 2, 3, 4, 5})));
  check(npy(1, header("|i1", "(3, 2)"), bytesOf<int8_t>({0, 1, 2, 3, 4, 5})));
  check(npy(1, header("<i2", "(3, 2)"), bytesOf<int16_t>({0, 1, 2, 3, 4, 5})));
  check(npy(1, header("<i4", "(3, 2)"), bytesOf<int32_t>({0, 1, 2, 3, 4, 5})));
  check(npy(1, header("<i8", "(3, 2)"), bytesOf<int64_t>({0, 1, 2, 3, 4, 5})));
  check(npy(1, header("|u1", "(3, 2)"), bytesOf<uint8_t>({0, 1, 2, 3, 4, 5})));
  check(npy(1, header("|u1", "(3, 2)", true), bytesOf<uint8_t>({0, 2, 4, 1, 3, 5})));
  InputSeries flags = read(write(folder, "b.npy", npy(1, header("|b1", "(2,)"), std::string("\1\0", 2))));
  CHECK(flags.rows == 2);
  CHECK(flags.columns == 1);
  CHECK(flags.values == std::vector<double>{1, 0});
}

TEST_CASE("a malformed .npy file is refused", "[session][input]") {
  struct Case {
    std::string content;
    const char* message;
  };
  std::string eight(8, '\0');
  auto one = GENERATE_COPY(
      Case{"hello, I am no array", "not a .npy file"}, Case{"\x93NUMPY", "not a .npy file"},
      Case{npy(9, header("<f8", "(1,)"), eight), "version 9"},
      Case{npy(1, header("<f8", "(2,)"), eight), "does not match the 8 bytes"},
      Case{npy(1, header("<f8", "(1,)"), eight + "x"), "does not match the 9 bytes"},
      Case{npy(1, header("<f8", "(9223372036854775807, 9223372036854775807)"), eight), "does not match"},
      Case{npy(1, header("<f8", "(99999999999999999999,)"), eight), "expected a size"},
      Case{npy(1, header("<f8", "(-1,)"), eight), "expected a size"},
      Case{npy(1, header("<f8", "(1, 1, 1)"), eight), "shape (1, 1, 1)"},
      Case{npy(1, header("<f8", "()"), eight), "shape ()"},
      Case{npy(1, header(">f8", "(1,)"), eight), "big-endian"},
      Case{npy(1, header("<c8", "(1,)"), eight), "type '<c8'"},
      Case{npy(1, "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", eight), "structured"},
      Case{npy(1, "{'descr': '<f8', 'shape': (1,)}", eight), "expected the keys"},
      Case{npy(1, "{'descr': '<f8", eight), "a string does not end"}, Case{npy(1, "", eight), "expected '{'"},
      Case{npy(1, "{'x': 1}", eight), "unknown key 'x'"},
      Case{npy(1, header("<f8", "(1,)"), "").substr(0, 30), "truncated"});
  Folder folder;
  std::filesystem::path path = write(folder, "in.npy", one.content);
  CHECK_THROWS_WITH(read(path), Contains(one.message));
}

TEST_CASE("an HDF5 file gives a dataset", "[session][input]") {
  Folder folder;
  std::filesystem::path path = folder / "in.h5";
  {
    H5::H5File file(path.string(), H5F_ACC_TRUNC);
    hsize_t sizes[2] = {2, 3};
    std::vector<int> values{1, 2, 3, 4, 5, 6};
    file.createDataSet("data", H5::PredType::NATIVE_INT, H5::DataSpace(2, sizes))
        .write(values.data(), H5::PredType::NATIVE_INT);
    hsize_t four = 4;
    std::vector<float> line{1, 2, 3, 4};
    file.createGroup("g")
        .createDataSet("x", H5::PredType::NATIVE_FLOAT, H5::DataSpace(1, &four))
        .write(line.data(), H5::PredType::NATIVE_FLOAT);
    hsize_t cube[3] = {1, 1, 1};
    file.createDataSet("cube", H5::PredType::NATIVE_INT, H5::DataSpace(3, cube));
  }
  InputSeries data = read(path);
  CHECK(data.columns == 3);
  CHECK(data.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(readInput({"x", path, "/g/x"}).rows == 4);
  CHECK_THROWS_WITH(readInput({"x", path, "none"}), Contains("no dataset 'none'"));
  CHECK_THROWS_WITH(readInput({"x", path, "/no/such"}), Contains("/no/such"));
  CHECK_THROWS_WITH(readInput({"x", path, "cube"}), Contains("3 dimensions"));
  CHECK_THROWS_WITH(readInput({"x", path, "g"}), Contains("'g'"));
  CHECK_THROWS_WITH(read(write(folder, "bad.h5", "no hdf5")), Contains("bad.h5"));
}

TEST_CASE("a missing file is named", "[session][input]") {
  CHECK_THROWS_WITH(read("/nowhere/in.csv"), Contains("there is no file '/nowhere/in.csv'"));
}
