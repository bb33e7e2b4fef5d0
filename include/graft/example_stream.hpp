// SPDX-License-Identifier: Apache-2.0
//
//   const auto chats = graft::ExampleStream::jsonl("chats.jsonl"), rules = graft::ExampleStream::jsonl("rules.jsonl");
//   trainer.fit(graft::ExampleStream::mix({{chats, 3}, {rules, 1}}).shuffled(10'000));
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>

namespace graft::inline v0 {

// Examples one behind the other, of which only a few are in memory at a time. A value that says how to get them: each
// begin() gives the same examples in the same order. May be shared by threads where the host's functions may.
class GRAFT_EXPORT ExampleStream {
 public:
  using Next = std::function<std::optional<Example>()>;  // nothing: the end

  // Rows of any form, as Dataset::jsonl reads them, a line at a time. Throws FileError.
  static ExampleStream jsonl(const std::filesystem::path& path);
  static ExampleStream from(const Dataset& data);
  // The host's own: each call of `begin` starts anew.
  static ExampleStream from(std::function<Next()> begin);

  struct Share;
  // Takes the next example of one of the streams, drawn by their weights; a stream that ends begins again. Without end.
  static ExampleStream mix(std::vector<Share> shares, uint64_t seed = 0);

  // Keeps so many examples and gives one of them, drawn by the seed, whenever another comes in.
  ExampleStream shuffled(size_t buffer, uint64_t seed = 0) const;
  // Each example as the host changes it, perhaps by its number from 0; without those for which it gives nothing.
  ExampleStream changed(std::function<std::optional<Example>(Example example, uint64_t number)> change) const;

  Next begin() const { return begin_(); }

 private:
  explicit ExampleStream(std::function<Next()> begin) : begin_(std::move(begin)) {}
  std::function<Next()> begin_;
};

struct ExampleStream::Share {
  ExampleStream stream;
  double weight = 1;
};

}  // namespace graft::inline v0
