// SPDX-License-Identifier: Apache-2.0
//
// graft convert IN OUT and graft quantize IN.gguf OUT.gguf TYPE: a model in another form or type.
#include <iostream>

#include "cli/command.hpp"
#include "formats/tokenizer_conversion.hpp"
#include "models/save.hpp"
#include "support/atomic_file.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path in, out;
  std::string type;
};

constexpr const char* kTokenizerFiles[] = {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                           "chat_template.jinja", "generation_config.json"};

bool is_gguf(const fs::path& path) { return path.extension() == ".gguf"; }

Dtype parse_type(const std::string& text) {
  const std::optional<Dtype> type = dtype_from_name(text);
  check(type.has_value(), "type ", in_quotes(text), ", expected f32, f16, bf16, q8_0, q4_0 or q4_1");
  return *type;
}

Json read_if_there(const fs::path& file) { return fs::exists(file) ? read_json(file) : Json::object(); }

// A chat template may have a file of its own.
TokenizerFiles read_tokenizer(const fs::path& folder) {
  TokenizerFiles files = {read_json(folder / "tokenizer.json"), read_if_there(folder / "tokenizer_config.json")};
  if (fs::exists(folder / "chat_template.jinja")) {
    const MappedFile text = MappedFile::open(folder / "chat_template.jinja");
    files.config["chat_template"] = std::string(text.text());
  }
  return files;
}

// Everything that the file says but what save_gguf writes itself.
void copy_metadata(const GgufFile& file, GgufWriter& writer) {
  for (const GgufMetadata::Entry& entry : file.metadata().entries()) {
    const bool is_general = entry.key.starts_with("general.") && entry.key != "general.architecture" &&
                            entry.key != "general.file_type" && entry.key != "general.quantization_version";
    if (is_general || entry.key.starts_with("tokenizer.")) writer.copy(entry);
  }
}

void write_gguf(const Checkpoint& checkpoint, const Trunk& trunk, const Options& options) {
  const bool has_tokenizer = !checkpoint.gguf() && fs::exists(options.in / "tokenizer.json");
  if (!checkpoint.gguf() && !has_tokenizer)
    std::cerr << "graft: " << options.in.string() << ": no tokenizer.json, so the GGUF file has no tokenizer\n";
  save_gguf(trunk, options.out, parse_type(options.type), [&](GgufWriter& writer) {
    if (checkpoint.gguf()) return copy_metadata(*checkpoint.gguf(), writer);
    if (has_tokenizer) write_tokenizer(read_tokenizer(options.in), trunk.transformer.config().vocabulary, writer);
  });
}

void write_folder(const Checkpoint& checkpoint, const Trunk& trunk, const Options& options) {
  save_folder(trunk, options.out, parse_type(options.type));
  if (checkpoint.gguf() && checkpoint.gguf()->metadata().has("tokenizer.ggml.tokens")) {
    const TokenizerFiles files = tokenizer_files(checkpoint.gguf()->metadata());
    write_file(options.out / "tokenizer.json", files.tokenizer.dump() + "\n");
    write_file(options.out / "tokenizer_config.json", files.config.dump(2) + "\n");
  } else if (!checkpoint.gguf()) {
    for (const char* name : kTokenizerFiles)
      if (fs::exists(options.in / name))
        fs::copy_file(options.in / name, options.out / name, fs::copy_options::overwrite_existing);
  }
}

int convert(const Options& options) {
  check(!fs::exists(options.out) || !fs::equivalent(options.in, options.out), options.out.string(),
        ": the model would be written over itself");
  const Checkpoint checkpoint = Checkpoint::open(options.in, FileAccess::map);
  const std::unique_ptr<Trunk> trunk = load_trunk(checkpoint, Backend::create({}));
  (is_gguf(options.out) ? write_gguf : write_folder)(checkpoint, *trunk, options);
  return kDone;
}

}  // namespace

void add_convert(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.app.add_subcommand("convert", "Write a model as a folder or a GGUF file");
  command.add_option("in", options->in, "Hugging Face folder or GGUF file")->required()->check(CLI::ExistingPath);
  command.add_option("out", options->out, "Folder, or a path that ends in .gguf")->required();
  command.add_option("--type", options->type, "f32, f16 or bf16; also q8_0, q4_0 or q4_1 for GGUF")
      ->default_val("bf16");
  command.callback([&program, options] { program.action = [options] { return convert(*options); }; });
}

void add_quantize(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.app.add_subcommand("quantize", "Write a GGUF file in another type");
  command.add_option("in", options->in, "GGUF file")->required()->check(CLI::ExistingFile);
  command.add_option("out", options->out, "GGUF file to write")->required();
  command.add_option("type", options->type, "f32, f16, bf16, q8_0, q4_0 or q4_1")->required();
  command.callback([&program, options] {
    program.action = [options] {
      check(is_gguf(options->out), options->out.string(), ": expected a path that ends in .gguf");
      return convert(*options);
    };
  });
}

}  // namespace graft::inline v0
