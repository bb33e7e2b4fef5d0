// SPDX-License-Identifier: Apache-2.0
#include "graft/example_stream.hpp"

#include <cmath>

#include "data/read_example.hpp"
#include "formats/jsonl.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

// Streams of random numbers.
enum : uint64_t { kMixing, kShuffling };

// Some examples in memory, of which a random one leaves.
class ShuffleBuffer {
 public:
  ShuffleBuffer(ExampleStream::Next next, size_t size, uint64_t seed)
      : next_(std::move(next)), size_(size), seed_(seed) {}

  std::optional<Example> operator()() {
    while (kept_.size() < size_) {
      std::optional<Example> example = next_();
      if (!example) break;
      kept_.push_back(std::move(*example));
    }
    if (kept_.empty()) return std::nullopt;
    const size_t chosen = size_t(random_number(seed_, kShuffling, given_++) % kept_.size());
    std::swap(kept_[chosen], kept_.back());
    std::optional<Example> example = std::move(kept_.back());
    kept_.pop_back();
    return example;
  }

 private:
  ExampleStream::Next next_;
  size_t size_;
  uint64_t seed_, given_ = 0;
  std::vector<Example> kept_;
};

class Mixture {
 public:
  Mixture(std::vector<ExampleStream::Share> shares, uint64_t seed) : shares_(std::move(shares)), seed_(seed) {
    for (const ExampleStream::Share& share : shares_) {
      all_ += share.weight;
      open_.push_back(share.stream.begin());
    }
  }

  std::optional<Example> operator()() {
    double left = all_ * random_uniform(seed_, kMixing, given_++);
    size_t chosen = 0;
    while (chosen + 1 < shares_.size() && left >= shares_[chosen].weight) left -= shares_[chosen++].weight;
    std::optional<Example> example = open_[chosen]();
    if (example) return example;
    open_[chosen] = shares_[chosen].stream.begin();
    example = open_[chosen]();
    check(example.has_value(), "ExampleStream: stream ", chosen + 1, " of a mixture has no example");
    return example;
  }

 private:
  std::vector<ExampleStream::Share> shares_;
  std::vector<ExampleStream::Next> open_;
  double all_ = 0;
  uint64_t seed_, given_ = 0;
};

}  // namespace

ExampleStream ExampleStream::from(std::function<Next()> begin) { return ExampleStream(std::move(begin)); }

ExampleStream ExampleStream::from(const Dataset& data) {
  return from([data] {
    return [data, at = size_t{0}]() mutable { return at < data.size() ? std::optional(data[at++]) : std::nullopt; };
  });
}

ExampleStream ExampleStream::jsonl(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(MappedFile::open(path));
  return from([file] {
    return [file, rows = RowReader(*file)]() mutable -> std::optional<Example> {
      std::optional<Example> example;
      rows.next([&](const JsonObject& row, size_t) { example = read_example(row); });
      return example;
    };
  });
}

ExampleStream ExampleStream::mix(std::vector<Share> shares, uint64_t seed) {
  check(!shares.empty(), "ExampleStream: a mixture of no stream");
  for (const Share& share : shares)
    check(std::isfinite(share.weight) && share.weight > 0, "ExampleStream: weight is ", share.weight,
          ", expected more than 0");
  return from([shares = std::move(shares), seed] { return Mixture(shares, seed); });
}

ExampleStream ExampleStream::shuffled(size_t buffer, uint64_t seed) const {
  check(buffer > 0, "ExampleStream: a shuffle buffer of 0 examples, expected at least 1");
  return from([stream = *this, buffer, seed] { return ShuffleBuffer(stream.begin(), buffer, seed); });
}

ExampleStream ExampleStream::changed(std::function<std::optional<Example>(Example, uint64_t)> change) const {
  return from([stream = *this, change = std::move(change)] {
    return [next = stream.begin(), change, number = uint64_t{0}]() mutable -> std::optional<Example> {
      while (std::optional<Example> example = next())
        if (std::optional<Example> changed = change(std::move(*example), number++)) return changed;
      return std::nullopt;
    };
  });
}

}  // namespace graft::inline v0
