// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/device/Ranks.h"

#include "runtime/support/Version.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace nissl::runtime {

using support::Error;
using support::ExitCode;

namespace {

// The first byte of a message; of a failure the exit code, the code and the text follow.
constexpr std::byte ordinary{0}, failed{1};

void append(std::vector<std::byte>& to, std::string_view text) {
  auto bytes = std::as_bytes(std::span(text));
  to.insert(to.end(), bytes.begin(), bytes.end());
  to.push_back(std::byte{0});
}

RankFailure failureIn(std::span<const std::byte> message) {
  std::string text(reinterpret_cast<const char*>(message.data()) + 2, message.size() - 3);
  size_t end = text.find('\0');
  return RankFailure(Error(static_cast<ExitCode>(message[1]), text.substr(0, end), text.substr(end + 1)));
}

} // namespace

const Ranks::Messages& Ranks::allGather(std::span<const std::byte> own) {
  if (failure) {
    std::rethrow_exception(failure);
  }
  message.assign(1, ordinary);
  message.insert(message.end(), own.begin(), own.end());
  share();
  if (failure) {
    std::rethrow_exception(failure);
  }
  return contents;
}

/// Exchanges `message`, and keeps the failure of the first rank that tells of one.
void Ranks::share() {
  received.resize(count);
  contents.clear();
  exchange(message, received);
  for (const std::vector<std::byte>& one : received) {
    if (one.front() == failed && !failure) {
      failure = std::make_exception_ptr(failureIn(one));
    }
    contents.push_back(std::span(one).subspan(1));
  }
}

uint64_t Ranks::sum(uint64_t own) {
  if (failure) {
    return own;
  }
  uint64_t all = 0;
  for (std::span<const std::byte> one : allGather(std::as_bytes(std::span(&own, 1)))) {
    uint64_t number = 0;
    std::memcpy(&number, one.data(), sizeof(number));
    all += number;
  }
  return all;
}

void Ranks::fail(const std::exception_ptr& thrown) noexcept {
  if (failure) {
    return;
  }
  Error error = errorOf(thrown);
  message = {failed, static_cast<std::byte>(error.exitCode())};
  append(message, error.code());
  append(message, error.what());
  share();
}

Error errorOf(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error::machine("NS0901", "this machine has too little memory for that");
  } catch (const std::exception& error) {
    return Error::bug("NS0902",
                      "Nissl {} failed inside: {}; this is a bug: please report it with the command line and "
                      "the input",
                      support::version(), error.what());
  }
}

} // namespace nissl::runtime
