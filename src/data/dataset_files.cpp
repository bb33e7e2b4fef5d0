// SPDX-License-Identifier: Apache-2.0
//
// How the rows of files become examples.
#include <numeric>

#include "data/dataset_state.hpp"
#include "data/read_example.hpp"
#include "formats/jsonl.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

using ReadRow = Example (*)(const JsonObject& row, const std::string& where);

std::vector<Message> read_messages(const JsonObject& row, const char* field, const std::string& where) {
  const Json* messages = row.find(field);
  check<FileError>(messages != nullptr, where, ": \"", field, "\" is missing");
  if (!messages->is_array() || messages->empty()) row.refuse(field, "an array of at least one message");
  std::vector<Message> read;
  for (size_t i = 0; i < messages->size(); ++i) {
    const JsonObject fields((*messages)[i], message(where, ": message ", i + 1));
    read.push_back({fields.text("role"), fields.text("content")});
    if (read.back().role.empty()) fields.refuse("role", "a name");
  }
  return read;
}

Example read_chat(const JsonObject& row, const std::string& where) {
  return {.messages = read_messages(row, "messages", where)};
}

// An answer, and the messages before it.
struct Answer {
  std::vector<Message> before = {};
  std::string text = {};
};
Answer read_answer(const JsonObject& row, const char* field, const std::string& where) {
  if (!row.has(field) || row.find(field)->is_string()) return {.text = row.text(field)};
  Answer answer{.before = read_messages(row, field, where)};
  if (answer.before.back().role != "assistant") row.refuse(field, "messages that end with one of the assistant");
  answer.text = std::move(answer.before.back().content);
  answer.before.pop_back();
  return answer;
}

Example read_preference(const JsonObject& row, const std::string& where) {
  Answer chosen = read_answer(row, "chosen", where), rejected = read_answer(row, "rejected", where);
  if (chosen.text.empty()) row.refuse("chosen", "some text");
  if (rejected.text.empty()) row.refuse("rejected", "some text");
  if (chosen.before != rejected.before) row.refuse("rejected", "the same messages before the answer as in \"chosen\"");
  Example example{
      .messages = std::move(chosen.before), .chosen = std::move(chosen.text), .rejected = std::move(rejected.text)};
  if (!example.messages.empty()) return example;
  const char* prompt = row.has("prompt") ? "prompt" : "messages";
  if (row.has(prompt) && row.find(prompt)->is_array())
    example.messages = read_messages(row, prompt, where);
  else
    example.prompt = row.text("prompt");
  if (example.messages.empty() && example.prompt.empty()) row.refuse("prompt", "some text");
  return example;
}

Example read_completion(const JsonObject& row, const std::string&) {
  Example example;
  example.prompt = row.text("prompt");
  example.completion = row.text("completion");
  if (example.prompt.empty() && example.completion.empty()) row.refuse("completion", "some text");
  return example;
}

Example read_text(const JsonObject& row, const std::string&) {
  Example example;
  example.text = row.text("text");
  if (example.text.empty()) row.refuse("text", "some text");
  return example;
}

void read_label(const JsonObject& row, const Json& label, Example& example) {
  if (label.is_string()) {
    example.labels.push_back(label.get<std::string>());
  } else if (label.is_number()) {
    example.values.push_back(label.get<float>());
    example.labels.push_back(label.is_number_integer() ? std::to_string(label.get<int64_t>()) : label.dump());
  } else {
    row.refuse("label", "a name, a number or a list of them");
  }
}

Example read_labelled(const JsonObject& row, const std::string& where) {
  Example example;
  const bool is_question = row.has("question");
  example.text = row.text(is_question ? "question" : "text");
  if (example.text.empty()) row.refuse(is_question ? "question" : "text", "some text");
  for (const char* field : {"text_pair", "second", "context"})
    if (row.has(field)) example.second = row.text(field);
  for (const char* field : {"label", "labels"})
    if (const Json* label = row.find(field)) {
      for (const Json& one : label->is_array() ? *label : Json::array({*label})) read_label(row, one, example);
    }
  const Json* spans = row.find("spans");
  for (size_t i = 0; spans && i < spans->size(); ++i) {
    const JsonObject span((*spans)[i], message(where, ": span ", i + 1));
    const size_t length = is_question ? example.second.size() : example.text.size();
    example.spans.push_back({size_t(span.integer("begin", 0, int64_t(length))),
                             size_t(span.integer("end", 0, int64_t(length))), span.text_or("label", "answer")});
  }
  return example;
}

std::shared_ptr<const Dataset::State> whole(DatasetRows source) {
  check<FileError>(!source.rows.empty(), source.file, ": holds no example");
  std::vector<size_t> order(source.rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return std::make_shared<const Dataset::State>(
      Dataset::State{std::make_shared<const DatasetRows>(std::move(source)), std::move(order), 0});
}

std::shared_ptr<const Dataset::State> load_rows(const std::filesystem::path& path, ReadRow read) {
  const MappedFile file = MappedFile::open(path);
  DatasetRows source{file.name(), {}};
  for_each_row(file, [&](const JsonObject& row, size_t line) {
    source.rows.push_back({read(row, message(file.name(), ":", line)), line});
  });
  return whole(std::move(source));
}

// Documents of a plain text file: runs of lines without a blank one, or everything between the first line and the last
// that are not blank.
std::shared_ptr<const Dataset::State> load_plain(const std::filesystem::path& path, const TextOptions& options) {
  const MappedFile file = MappedFile::open(path);
  DatasetRows source{file.name(), {}};
  size_t blank_lines = 0;
  for_each_line(file.text(), [&](std::string_view line, size_t number) {
    check<FileError>(is_valid_utf8(line), file.name(), ":", number, ": is not UTF-8");
    if (line.find_first_not_of(" \t") == line.npos) {
      ++blank_lines;
      return;
    }
    const bool begins = source.rows.empty() || (options.split_at_blank_lines && blank_lines > 0);
    if (begins) {
      source.rows.push_back({Example{}, number});
    } else {
      source.rows.back().example.text.append(blank_lines + 1, '\n');
    }
    source.rows.back().example.text += line;
    blank_lines = 0;
  });
  return whole(std::move(source));
}

}  // namespace

Example read_example(const JsonObject& row) {
  const std::string& where = row.where();
  if (row.has("chosen") || row.has("rejected")) return read_preference(row, where);
  if (row.has("messages")) return read_chat(row, where);
  if (row.has("prompt") || row.has("completion")) return read_completion(row, where);
  if (row.has("label") || row.has("labels") || row.has("spans") || (row.has("question") && row.has("context")))
    return read_labelled(row, where);
  check<FileError>(row.has("text"), where, ": has neither \"messages\" nor \"prompt\" and \"completion\" nor \"text\"");
  return read_text(row, where);
}

Dataset Dataset::chat(const std::filesystem::path& path) { return Dataset(load_rows(path, read_chat)); }

Dataset Dataset::completions(const std::filesystem::path& path) { return Dataset(load_rows(path, read_completion)); }

Dataset Dataset::preferences(const std::filesystem::path& path) { return Dataset(load_rows(path, read_preference)); }

Dataset Dataset::labelled(const std::filesystem::path& path) { return Dataset(load_rows(path, read_labelled)); }

Dataset Dataset::jsonl(const std::filesystem::path& path) {
  return Dataset(load_rows(path, [](const JsonObject& row, const std::string&) { return read_example(row); }));
}

Dataset Dataset::text(const std::filesystem::path& path, const TextOptions& options) {
  return Dataset(path.extension() == ".jsonl" ? load_rows(path, read_text) : load_plain(path, options));
}

}  // namespace graft::inline v0
