// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "adapters/lora.hpp"
#include "graft/lora_adapter.hpp"

namespace graft::inline v0 {

// The values that a trainer changes, and a copy of the last finished step that everybody else reads.
struct Adapter::State {
  State(Lora lora, std::string base_model) : working(std::move(lora)), base(std::move(base_model)) { publish(); }

  void publish() {
    auto copy = std::make_shared<const Lora>(working.snapshot());
    const std::lock_guard lock(mutex);
    published = std::move(copy);
  }
  std::shared_ptr<const Lora> current() const {
    const std::lock_guard lock(mutex);
    return published;
  }

  Lora working;
  std::string base;  // the model that it belongs to

 private:
  mutable std::mutex mutex;
  std::shared_ptr<const Lora> published;
};

// Null for no adapter.
inline std::shared_ptr<const Lora> current_lora(const Adapter* adapter) {
  return adapter ? adapter->state()->current() : nullptr;
}

}  // namespace graft::inline v0
