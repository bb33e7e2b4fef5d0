// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "adapters/method.hpp"
#include "graft/adapter.hpp"
#include "graft/tokenizer.hpp"
#include "tensor/packed_factors.hpp"

namespace graft::inline v0 {

// An adapter whose values do not change any more.
struct FixedAdapter {
  explicit FixedAdapter(const Method& of)
      : method(of.copy()), edits(packed_once(method->edits(), method->fresh_memory())) {}

  std::unique_ptr<const Method> method;
  Edits edits;  // packed once for all passes
};

// The values that a trainer changes, and a copy of the last finished step that everybody else reads.
struct Adapter::State {
  State(std::unique_ptr<Method> method, std::string base_model, Tokenizer of_model)
      : working(std::move(method)), base(std::move(base_model)), tokenizer(std::move(of_model)) {
    publish();
  }

  void publish() {
    auto copy = std::make_shared<const FixedAdapter>(*working);
    const std::lock_guard lock(mutex);
    published = std::move(copy);
  }
  std::shared_ptr<const FixedAdapter> current() const {
    const std::lock_guard lock(mutex);
    return published;
  }

  std::unique_ptr<Method> working;
  std::string base;  // the model that it belongs to
  Tokenizer tokenizer;

 private:
  mutable std::mutex mutex;
  std::shared_ptr<const FixedAdapter> published;
};

// Null for no adapter.
inline std::shared_ptr<const FixedAdapter> current(const Adapter* adapter) {
  return adapter ? adapter->state()->current() : nullptr;
}
inline const Edits* edits_of(const std::shared_ptr<const FixedAdapter>& adapter) {
  return adapter ? &adapter->edits : nullptr;
}
inline int virtual_tokens(const Adapter* adapter) { return virtual_tokens(edits_of(current(adapter))); }

}  // namespace graft::inline v0
