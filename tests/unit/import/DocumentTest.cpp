// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/json/Document.h"

#include <catch2/catch.hpp>

using namespace nissl::import;

static std::unique_ptr<Node> parsed(const std::string& text, DiagnosticList& diagnostics) {
  return parseJson(std::make_shared<Source>("net.json", text), diagnostics);
}

TEST_CASE("every value of a JSON text knows its bytes", "[import][json]") {
  std::string text = "{ \"a\" : [ 1, -2.5e3 ,true],\n\t\"b\":{\"c\" : \"x\\\"y\" , \"d\": null}, \"e\": 7}";
  DiagnosticList diagnostics;
  std::unique_ptr<Node> root = parsed(text, diagnostics);
  REQUIRE(root);
  auto slice = [&](const Node& node) { return text.substr(node.begin, node.end - node.begin); };
  CHECK(slice(*root) == text);
  CHECK(slice(*root->get("a")) == "[ 1, -2.5e3 ,true]");
  CHECK(slice(root->get("a")->elements[0]) == "1");
  CHECK(slice(root->get("a")->elements[1]) == "-2.5e3");
  CHECK(slice(root->get("a")->elements[2]) == "true");
  CHECK(slice(*root->get("b")->get("c")) == "\"x\\\"y\"");
  CHECK(slice(*root->get("b")->get("d")) == "null");
  CHECK(slice(*root->get("e")) == "7");
  const Span& key = root->members[1].keySpan;
  CHECK(text.substr(key.begin, key.end - key.begin) == "\"b\"");
}

TEST_CASE("a string maps each byte to its place, past escapes", "[import][json]") {
  std::string text = "[\"a\\n\\u00b5\\ud83d\\ude00z\"]";
  DiagnosticList diagnostics;
  std::unique_ptr<Node> root = parsed(text, diagnostics);
  REQUIRE(root);
  Text string = root->elements[0].text();
  REQUIRE(string.text == "a\n\xC2\xB5\xF0\x9F\x98\x80z");
  REQUIRE(string.offsets.size() == string.text.size() + 1);
  CHECK(text[string.offsets[0]] == 'a');
  CHECK(text.substr(string.offsets[1], 2) == "\\n");
  CHECK(text.substr(string.offsets[2], 6) == "\\u00b5");
  CHECK(text.substr(string.offsets[4], 12) == "\\ud83d\\ude00");
  CHECK(text[string.offsets[8]] == 'z');
  CHECK(text[string.offsets[9]] == '"');
}

TEST_CASE("what is no JSON is refused where it ends", "[import][json]") {
  auto [text, place] = GENERATE(table<const char*, const char*>({
      {"", "net.json:1:1"},
      {"{", "net.json:1:"},
      {"{\n  \"a\" 1}", "net.json:2:7"},
      {"[1, 2,]", "net.json:1:7"},
      {"{\"a\": 1} x", "net.json:1:10"},
      {"[\"a", "net.json:1:"},
      {"[1e999]", "net.json:1:"},
  }));
  INFO(text);
  DiagnosticList diagnostics;
  CHECK_FALSE(parsed(text, diagnostics));
  CHECK_THAT(diagnostics.render(), Catch::Contains(std::string(place)) && Catch::Contains("error[NS0002]"));
}

TEST_CASE("a key that occurs twice is an error with both places", "[import][json]") {
  DiagnosticList diagnostics;
  CHECK_FALSE(parsed("{\"a\": 1,\n \"a\": 2}", diagnostics));
  CHECK_THAT(diagnostics.render(),
             Catch::Contains("net.json:2:2: error[NS0006]") && Catch::Contains("net.json:1:2: note"));
}

TEST_CASE("JSON nested without end is refused and not followed", "[import][json]") {
  DiagnosticList diagnostics;
  CHECK_FALSE(parsed(std::string(100000, '['), diagnostics));
  CHECK_THAT(diagnostics.render(), Catch::Contains("nested too deeply"));
}
