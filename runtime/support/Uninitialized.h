// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory that is not written before its first use.
#pragma once

#include <memory>
#include <utility>

namespace nissl::support {

/// An allocator with which a vector's resize leaves new elements uninitialised, for large arrays whose
/// elements are all written next, by several threads: so the threads share the first touch of the pages, too.
template <typename T>
struct Uninitialized : std::allocator<T> {
  // NOLINTBEGIN(readability-identifier-naming): the standard's names
  template <typename Other>
  struct rebind {
    using other = Uninitialized<Other>;
  };
  // NOLINTEND(readability-identifier-naming)

  template <typename Other>
  void construct(Other* place) {
    ::new (static_cast<void*>(place)) Other;
  }
  template <typename Other, typename... Arguments>
  void construct(Other* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) Other(std::forward<Arguments>(arguments)...);
  }
};

} // namespace nissl::support
