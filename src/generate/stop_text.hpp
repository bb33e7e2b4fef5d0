// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

// Watches text for stop strings: hands out what cannot be the beginning of one.
class StopText {
 public:
  explicit StopText(std::vector<std::string> stops) : stops_(std::move(stops)) {
    std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
  }

  bool is_found() const { return found_; }

  // The text that has become certain.
  std::string push(std::string_view text) {
    held_ += text;
    size_t end = std::string::npos;
    for (const std::string& stop : stops_) end = std::min(end, held_.find(stop));
    found_ = end != std::string::npos;
    return release(found_ ? end : held_.size() - possible_beginning());
  }

  // What is still held back, at the end of the text.
  std::string flush() { return found_ ? "" : release(held_.size()); }

 private:
  std::string release(size_t size) {
    std::string ready = held_.substr(0, size);
    held_.erase(0, size);
    return ready;
  }

  // The longest end of the held text that begins a stop string.
  size_t possible_beginning() const {
    size_t longest = 0;
    for (const std::string& stop : stops_)
      for (size_t size = std::min(stop.size() - 1, held_.size()); size > longest; --size)
        if (std::string_view(held_).ends_with(std::string_view(stop).substr(0, size))) longest = size;
    return longest;
  }

  std::vector<std::string> stops_;
  std::string held_;
  bool found_ = false;
};

}  // namespace graft::inline v0
