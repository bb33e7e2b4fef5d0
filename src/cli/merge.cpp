// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "formats/gguf.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct MergeArguments {
  ModelArguments model;
  std::string output, type;
};

int merge(MergeArguments arguments) {
  // Else the sums would be rounded to bf16 before they are written.
  if (arguments.type == "f32") arguments.model.options.precision = Precision::f32;
  check(!arguments.model.adapter.empty(), "merge: --lora is missing, expected an adapter");
  Model model = load_model(arguments.model);
  const MergeReport report = model.merge(*load_adapter(arguments.model, model));
  if (is_gguf(arguments.output))
    model.save_gguf(arguments.output, arguments.type.empty() ? "q8_0" : arguments.type);
  else
    model.save(arguments.output, arguments.type.empty() ? "bf16" : arguments.type);
  std::cout << "merged into " << report.matrices << " matrices; the largest change of a logit by merging is "
            << report.largest_logit_change << "\nsaved to " << arguments.output << '\n';
  return kDone;
}

}  // namespace

void add_merge(Program& program) {
  auto arguments = std::make_shared<MergeArguments>();
  CLI::App& command = *program.app.add_subcommand("merge", "Add an adapter to the weights and save the model");
  add_model_options(command, arguments->model);
  command.add_option("-o,--out", arguments->output, "a folder, or a file that ends in .gguf")->required();
  command.add_option("--type", arguments->type, "of the weights: f32, f16, bf16; for GGUF also q8_0, q4_0, q4_1");
  command.callback([&program, arguments] { program.action = [arguments] { return merge(*arguments); }; });
}

}  // namespace graft::inline v0
