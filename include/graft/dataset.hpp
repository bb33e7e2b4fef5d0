// SPDX-License-Identifier: Apache-2.0
//
//   const auto [train, held_out] = graft::Dataset::chat("support.jsonl").split(0.9);
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <graft/export.hpp>
#include <graft/message.hpp>

namespace graft::inline v0 {

enum class ExampleForm {
  chat,        // messages; the assistant's are learned
  completion,  // a prompt and what follows it; the completion is learned
  text,        // all of it is learned
  preference,  // a prompt, or messages, and two answers: see PreferenceOptions
};

// A part of a text, bytes [begin, end), with its label.
struct LabelledSpan {
  size_t begin = 0, end = 0;
  std::string label = {};
  auto operator<=>(const LabelledSpan&) const = default;
};

// One thing to learn. Exactly one form is filled in; the other fields are empty.
struct GRAFT_EXPORT Example {
  std::vector<Message> messages = {};
  std::string prompt = {}, completion = {}, text = {};
  std::string chosen = {}, rejected = {};  // the better and the worse answer to the prompt, or to the messages

  // Of a text, for models with other heads: the second text of a pair (of a question: its context), labels or numbers
  // of the whole, and labelled parts (of a question: at most one, the answer in `second`).
  std::string second = {};
  std::vector<std::string> labels = {};
  std::vector<float> values = {};
  std::vector<LabelledSpan> spans = {};

  ExampleForm form() const {
    if (!chosen.empty() || !rejected.empty()) return ExampleForm::preference;
    return !messages.empty() ? ExampleForm::chat : text.empty() ? ExampleForm::completion : ExampleForm::text;
  }
  // All that it says, in order; messages a line each.
  std::string all_text() const;
  std::partial_ordering operator<=>(const Example&) const = default;
  bool operator==(const Example&) const = default;
};

struct TextOptions {
  bool split_at_blank_lines = false;  // a plain text file is many documents, rather than one
};

struct Split;

// Examples in an order. A value: copies share the examples, which never change, and may be used from many threads.
//
// JSONL files hold one JSON object a line, in UTF-8; a byte order mark, CRLF and empty lines are allowed, and fields
// that are not named here are ignored. The loading calls throw FileError that names file, line and field, also for a
// file without a single example: support.jsonl:12: message 2: "content" is missing
class GRAFT_EXPORT Dataset {
 public:
  // Rows {"messages": [{"role": "user", "content": "…"}, …]}.
  static Dataset chat(const std::filesystem::path& path);
  // Rows {"prompt": "…", "completion": "…"}. They are joined as they stand: a space between them belongs to one of
  // them.
  static Dataset completions(const std::filesystem::path& path);
  // Rows {"text": "…"} of a file whose name ends in .jsonl, or a plain UTF-8 text file.
  static Dataset text(const std::filesystem::path& path, const TextOptions& options = {});
  // Rows {"text": "…", "label": …} for classifiers, taggers and readers: "label" is a name, a number or a list of
  // names; perhaps "text_pair" (or "second", or "question" and "context"), and "spans": [{"begin": 0, "end": 5,
  // "label": "…"}] in bytes. A number stays one for a model that gives numbers, and names a class otherwise.
  static Dataset labelled(const std::filesystem::path& path);
  // Rows {"prompt": …, "chosen": …, "rejected": …}, each a text or messages: answers are one message of the assistant,
  // with those of the prompt before it where there is no "prompt". "messages" may stand for "prompt".
  static Dataset preferences(const std::filesystem::path& path);
  // Rows of any of these forms, told by their fields: preferences, then messages, prompt and completion, and text.
  static Dataset jsonl(const std::filesystem::path& path);

  // The host's own examples. Throws ArgumentError that names the example (counted from 1) where it has no form, or
  // more than one, or text that is not UTF-8.
  static Dataset from(std::vector<Example> examples);
  static Dataset from(std::span<const Example> examples);
  // Calls `next` until it gives nothing; what it throws passes through.
  static Dataset from(const std::function<std::optional<Example>()>& next);

  size_t size() const;
  bool empty() const { return size() == 0; }
  // Throws ArgumentError when there is no such example.
  const Example& operator[](size_t index) const;
  // Where an example comes from, for messages: "support.jsonl:12" or "example 12".
  std::string where(size_t index) const;

  // The same examples in an order that depends on the seed and the number of examples alone.
  Dataset shuffled(uint64_t seed = 0) const;
  // The first `count` examples, or all where there are fewer.
  Dataset take(size_t count) const;
  // Removes all but the first of equal examples, then gives `fraction` of the rest (above 0, below 1; rounded, but at
  // least one example to each side), chosen by the seed, to `train`. Both keep the order. Throws ArgumentError when
  // there are less than two distinct examples.
  Split split(double fraction, uint64_t seed = 0) const;
  // How many equal examples the split() that made this set removed.
  size_t duplicates_removed() const;

  // Writes the examples as JSONL, which jsonl() reads. Throws FileError when the file cannot be written.
  void save(const std::filesystem::path& path) const;

  struct State;

 private:
  explicit Dataset(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  Dataset with_order(std::vector<size_t> order, size_t duplicates_removed) const;

  std::shared_ptr<const State> state_;
};

struct Split {
  Dataset train, held_out;
};

}  // namespace graft::inline v0
