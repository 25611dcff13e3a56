// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "targets/cpu/device/EventBoard.h"

#include <catch2/catch.hpp>

#include <vector>

using nissl::cpu::EventBoard;

namespace {

using List = std::vector<uint32_t>;

void write(EventBoard& board, unsigned thread, size_t set, const List& events) {
  board.write(thread, set, [&](List& to) { to.insert(to.end(), events.begin(), events.end()); });
}

List read(const EventBoard& board, size_t set, unsigned of, unsigned reader) {
  std::span<const uint32_t> list = board.list(set, of, reader);
  return {list.begin(), list.end()};
}

} // namespace

TEST_CASE("all read what a thread has put up, when they have turned", "[event-board]") {
  EventBoard board(3, std::vector<size_t>{20, 20});
  write(board, 0, 0, {3, 5});
  write(board, 0, 2, {7}); // nothing was listed of the set before
  write(board, 1, 1, {11, 12, 13});
  CHECK(board.written(0, 2).size() == 1);
  board.post(0);
  board.post(1);
  CHECK(read(board, 0, 0, 1).empty());
  for (unsigned reader : {0, 1}) {
    board.turn(reader);
    CHECK(read(board, 0, 0, reader) == List{3, 5});
    CHECK(read(board, 1, 0, reader).empty());
    CHECK(read(board, 2, 0, reader) == List{7});
    CHECK(read(board, 0, 1, reader).empty());
    CHECK(read(board, 1, 1, reader) == List{11, 12, 13});
  }
}

TEST_CASE("a step's events are there until the next but one is put up", "[event-board]") {
  EventBoard board(1, std::vector<size_t>{8, 8});
  const std::vector<List> steps{{1, 2}, {}, {}, {4}, {5, 6}, {}};
  for (size_t step = 0; step < steps.size(); ++step) {
    write(board, 0, 0, steps[step]);
    board.post(0);
    board.post(1);
    CHECK(read(board, 0, 0, 1) == (step == 0 ? List{} : steps[step - 1])); // a slow reader
    board.turn(0);
    CHECK(read(board, 0, 0, 0) == steps[step]);
    board.turn(1);
  }
}

TEST_CASE("a step is undone by turning back", "[event-board]") {
  EventBoard board(1, std::vector<size_t>{8});
  write(board, 0, 0, {1});
  board.post(0);
  board.turn();
  write(board, 0, 0, {2, 3});
  board.post(0);
  board.turn();
  CHECK(read(board, 0, 0, 0) == List{2, 3});
  board.turn();
  CHECK(read(board, 0, 0, 0) == List{1});
}
