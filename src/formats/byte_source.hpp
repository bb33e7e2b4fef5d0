// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace graft::inline v0 {

// Where a writer gets the bytes of a tensor when their turn comes: the source calls the sink with one piece after the
// other, so that no writer holds a second copy of a model.
using ByteSink = std::function<void(std::span<const std::byte>)>;
using ByteSource = std::function<void(const ByteSink&)>;

// Bytes that lie in memory; they must stay there until the file is written.
template <class T>
ByteSource stored_bytes(std::span<const T> values) {
  return [values](const ByteSink& sink) { sink(std::as_bytes(values)); };
}

}  // namespace graft::inline v0
