// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_state.hpp"
#include "support/atomic_file.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {
namespace {

Json messages_json(const std::vector<Message>& messages) {
  Json list = Json::array();
  for (const Message& message : messages) list.push_back({{"role", message.role}, {"content", message.content}});
  return list;
}

// A question has its context in `second`, and its answers are there.
Json spans_json(const std::vector<LabelledSpan>& spans) {
  Json list = Json::array();
  for (const auto& [begin, end, label] : spans) list.push_back({{"begin", begin}, {"end", end}, {"label", label}});
  return list;
}

Json example_json(const Example& example) {
  switch (example.form()) {
    case ExampleForm::chat:
      return {{"messages", messages_json(example.messages)}};
    case ExampleForm::completion:
      return {{"prompt", example.prompt}, {"completion", example.completion}};
    case ExampleForm::preference:
      return {{"prompt", example.messages.empty() ? Json(example.prompt) : messages_json(example.messages)},
              {"chosen", example.chosen},
              {"rejected", example.rejected}};
    case ExampleForm::text:
      break;
  }
  const bool is_question = !example.spans.empty() && !example.second.empty();
  Json json{{is_question ? "question" : "text", example.text}};
  if (!example.second.empty()) json[is_question ? "context" : "text_pair"] = example.second;
  if (!example.spans.empty()) json["spans"] = spans_json(example.spans);
  if (!example.values.empty())
    json["labels"] = example.values;
  else if (!example.labels.empty())
    json["labels"] = example.labels;
  return json;
}

}  // namespace

void Dataset::save(const std::filesystem::path& path) const {
  AtomicFile file(path);
  for (size_t i = 0; i < size(); ++i) file.write(example_json((*this)[i]).dump() + "\n");
  file.commit();
}

}  // namespace graft::inline v0
