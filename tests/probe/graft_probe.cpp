// SPDX-License-Identifier: Apache-2.0
//
// graft-probe FORMAT PATH [--base DIR] [--action NAME] [--input FILE]
//
// Loads PATH as FORMAT and does the action. Ends with 0 when all went well, with 1 and a message on standard error when
// the library refused, and never otherwise.
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "adapters/merge.hpp"
#include "adapters/peft_files.hpp"
#include "formats/gguf.hpp"
#include "formats/jsonl.hpp"
#include "formats/safetensors_folder.hpp"
#include "graft/error.hpp"
#include "graft/table.hpp"
#include "graft/tokenizer.hpp"
#include "support/message.hpp"
#include "tokenizers/chat_template.hpp"
#include "train/checkpoint.hpp"

namespace graft {
namespace {

struct Request {
  std::filesystem::path path, base, input;
  std::string action;
};

void load_safetensors(const Request& request) { SafetensorsFile::open(request.path); }
void load_safetensors_folder(const Request& request) { SafetensorsFolder::open(request.path); }
void load_gguf_container(const Request& request) { GgufFile::open(request.path); }

std::unique_ptr<Trunk> load_model(const std::filesystem::path& path) {
  return load_trunk(Checkpoint::open(path, FileAccess::map), Backend::create({.threads = 1}));
}

// The likeliest token after each of the first few.
void compute(const Trunk& trunk, const Edits* edits = nullptr) {
  const Lane lane(trunk.backend);
  Batch batch;
  batch.add(std::vector<int32_t>{0, 1, 2});
  const EditedRows rows = {0, batch.rows(), edits};
  Run run{lane, Memory::create(lane.backend()), batch};
  if (edits) run.edits = {&rows, 1};
  trunk.transformer.head()(run, trunk.transformer(run));
}

void load_model(const Request& request) { compute(*load_model(request.path)); }

// A folder of shards alone is a container; with a config it is a model.
void load_sharded(const Request& request) {
  const bool is_model = std::filesystem::exists(request.path / "config.json");
  is_model ? load_model(request) : load_safetensors_folder(request);
}

void load_config(const Request& request) {
  const Json json = read_json(request.path);
  const JsonObject config(json, request.path.string());
  const auto [family, architecture] = find_family(config);
  family->configure(config, architecture->task);
}

void load_adapter(const Request& request) {
  const std::unique_ptr<Trunk> base = load_model(request.base);
  const std::unique_ptr<Method> adapter = load_peft(request.path, *base);
  compute(*base, &adapter->edits());
  if (request.action == "merge") merge(adapter->edits(), *base, false);
}

void load_csv(const Request& request) {
  Table::csv(request.path, {.target = "label", .types = {{"text", ColumnType::text}}, .classes = {"0", "1"}});
}

void load_labelled_rows(const Request& request) {
  for_each_row(MappedFile::open(request.path), [](const JsonObject& row, size_t) {
    row.text("text");
    row.integer("label", 0, 1);
  });
}

void load_tokenizer(const Request& request) {
  const Tokenizer tokenizer = Tokenizer::load(request.path.string());
  if (request.action == "encode") tokenizer.encode(MappedFile::open(request.input).text());
  if (request.action == "decode") tokenizer.decode(tokenizer.encode(MappedFile::open(request.input).text()));
}

void load_chat_template(const Request& request) {
  const Json json = read_json(request.path);
  const JsonObject config(json, request.path.string());
  const ChatTemplate chat_template(
      config.text("chat_template"),
      {{"bos_token", config.text_or("bos_token", "")}, {"eos_token", config.text_or("eos_token", "")}},
      request.path.string());
  if (request.action == "chat")
    chat_template.render({.messages = R"([{"role": "user", "content": "Hi"}])", .add_generation_prompt = true});
}

void load_checkpoint(const Request& request) { open_checkpoint(request.path); }

struct Format {
  const char* name;
  void (*load)(const Request&);
};
constexpr Format kFormats[] = {
    {"safetensors", load_safetensors},
    {"safetensors-index", load_sharded},
    {"hf-folder", load_model},
    {"gguf", load_model},
    {"config", load_config},
    {"adapter", load_adapter},
    {"tokenizer", load_tokenizer},
    {"sentencepiece", load_tokenizer},
    {"chat-template", load_chat_template},
    {"checkpoint", load_checkpoint},
    {"gguf-container", load_gguf_container},
    {"jsonl", load_labelled_rows},
    {"csv", load_csv},
};

void run(int count, char** arguments) {
  check(count >= 3 && count % 2 == 1, "graft-probe FORMAT PATH [--base DIR] [--action NAME] [--input FILE]");
  Request request;
  request.path = arguments[2];
  for (int i = 3; i < count; i += 2) {
    const std::string option = arguments[i], value = arguments[i + 1];
    if (option == "--base") {
      request.base = value;
    } else if (option == "--input") {
      request.input = value;
    } else {
      check(option == "--action", "unknown option ", option);
      request.action = value;
    }
  }
  for (const Format& format : kFormats)
    if (std::strcmp(format.name, arguments[1]) == 0) return format.load(request);
  fail<ArgumentError>("unknown format ", arguments[1]);
}

}  // namespace
}  // namespace graft

int main(int count, char** arguments) try {
  graft::run(count, arguments);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
