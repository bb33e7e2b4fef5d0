// SPDX-License-Identifier: Apache-2.0
//
// graft convert IN OUT and graft quantize IN.gguf OUT.gguf TYPE: a model in another form or type.
#include <iostream>

#include "cli/command.hpp"
#include "models/save.hpp"
#include "models/save_tokenizer.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path in, out;
  std::string type;
};

Dtype parse_type(const std::string& text) {
  const std::optional<Dtype> type = dtype_from_name(text);
  check(type.has_value(), "type ", in_quotes(text), ", expected f32, f16, bf16, q8_0, q4_0 or q4_1");
  return *type;
}

void write_gguf(const Checkpoint& checkpoint, const Trunk& trunk, const Options& options) {
  if (!checkpoint.gguf() && !fs::exists(options.in / "tokenizer.json"))
    std::cerr << "graft: " << options.in.string() << ": no tokenizer.json, so the GGUF file has no tokenizer\n";
  save_gguf(trunk, options.out, parse_type(options.type), [&](GgufWriter& writer) {
    save_tokenizer(checkpoint, trunk.transformer.stack().embedding.vocabulary, writer);
  });
}

void write_folder(const Checkpoint& checkpoint, const Trunk& trunk, const Options& options) {
  save_folder(trunk, options.out, parse_type(options.type));
  save_tokenizer(checkpoint, options.out);
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
  command.add_option("out", options->out, "folder, or a path that ends in .gguf")->required();
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
