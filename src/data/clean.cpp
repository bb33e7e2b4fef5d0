// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>

#include "data/near_duplicates.hpp"
#include "data/repair_text.hpp"
#include "graft/cleaning.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kMostNotes = 1000;

size_t characters(std::string_view text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

// All that an example says, and what stands beside it.
std::string whole_text(const Example& example) { return example.all_text() + example.second; }

// Every text of an example through `change`. Whether one is another now.
template <class Change>
bool change_texts(Example& example, const Change& change) {
  if (!example.spans.empty()) return false;
  bool is_changed = false;
  const auto apply = [&](std::string& text) {
    std::string changed = change(text);
    is_changed |= changed != text;
    text = std::move(changed);
  };
  for (std::string* text : {&example.prompt, &example.completion, &example.text, &example.second}) apply(*text);
  for (Message& message : example.messages) apply(message.content);
  return is_changed;
}

class Cleaner {
 public:
  Cleaner(const Dataset& data, const CleaningOptions& options)
      : data_(data), options_(options), near_(options.near_duplicates) {}

  Cleaned run() {
    report_.examples = data_.size();
    for (size_t i = 0; i < data_.size(); ++i) {
      Example example = data_[i];
      const bool is_repaired =
          options_.repair && change_texts(example, [](const std::string& text) { return repaired_text(text); });
      if (!is_kept(i, whole_text(example))) continue;
      const bool is_masked = options_.mask_personal && change_texts(example, [&](const std::string& text) {
                               return mask_personal_data(text, &report_.masked);
                             });
      report_.repaired += is_repaired;
      report_.masked_examples += is_masked;
      kept_.push_back(std::move(example));
    }
    report_.kept = kept_.size();
    return {Dataset::from(std::move(kept_)), std::move(report_)};
  }

 private:
  // Whether the example stays; it is then compared with those that follow.
  bool is_kept(size_t index, const std::string& text) {
    const size_t length = characters(text);
    const std::string key = folded(text);
    if (length < std::max<size_t>(1, options_.shortest) || key.empty())
      return remove(report_.empty, index, message("has ", length, " characters"));
    if (options_.longest && length > options_.longest)
      return remove(report_.too_long, index, message("has ", length, " characters"));
    if (options_.remove_duplicates) {
      const auto [first, is_new] = seen_.emplace(key, index);
      if (!is_new) return remove(report_.duplicates, index, "repeats " + data_.where(first->second));
    }
    if (options_.near_duplicates > 0) {
      NearDuplicates::Print print = NearDuplicates::print_of(key);
      if (const auto match = near_.find(print))
        return remove(report_.near_duplicates, index,
                      message("is ", int(100 * match->similarity), " % the same as ", data_.where(match->text)));
      near_.add(std::move(print), index);
    }
    return true;
  }

  bool remove(size_t& count, size_t index, const std::string& why) {
    ++count;
    if (report_.removed.size() < kMostNotes) report_.removed.push_back(data_.where(index) + ": " + why);
    return false;
  }

  const Dataset& data_;
  const CleaningOptions& options_;
  NearDuplicates near_;
  std::unordered_map<std::string, size_t> seen_;
  std::vector<Example> kept_;
  CleaningReport report_;
};

}  // namespace

Cleaned clean(const Dataset& data, const CleaningOptions& options) {
  check(options.near_duplicates >= 0 && options.near_duplicates <= 1, "clean: near_duplicates is ",
        options.near_duplicates, ", expected 0 to 1");
  return Cleaner(data, options).run();
}

std::vector<Leak> find_leaks(const Dataset& train, const Dataset& held_out, float similarity) {
  check(similarity > 0 && similarity <= 1, "find_leaks: similarity is ", similarity, ", expected above 0, at most 1");
  NearDuplicates known(similarity);
  for (size_t i = 0; i < train.size(); ++i) known.add(NearDuplicates::print_of(folded(whole_text(train[i]))), i);
  std::vector<Leak> leaks;
  for (size_t i = 0; i < held_out.size(); ++i)
    if (const auto match = known.find(NearDuplicates::print_of(folded(whole_text(held_out[i])))))
      leaks.push_back({i, match->text, match->similarity});
  return leaks;
}

std::string CleaningReport::to_markdown() const {
  std::string text = message("| examples | ", examples, " |\n|---|---|\n| kept | ", kept, " |\n| repaired | ", repaired,
                             " |\n| removed: empty or too short | ", empty, " |\n| removed: too long | ", too_long,
                             " |\n| removed: duplicates | ", duplicates, " |\n| removed: near duplicates | ",
                             near_duplicates, " |\n| with personal data masked | ", masked_examples, " |\n");
  for (const auto& [kind, count] : masked) text += message("| masked: ", kind, " | ", count, " |\n");
  return text;
}

}  // namespace graft::inline v0
