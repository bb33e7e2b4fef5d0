// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <new>

#include "cli/command.hpp"
#include "graft/error.hpp"
#include "graft/version.hpp"
#include "support/in_quotes.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kFooter =
    "Exit status: 0 done; 1 failed, or verify found a wrong result; 2 wrong usage; 130 cancelled.\n"
    "Environment: GRAFT_KERNELS names the kernels to use, GRAFT_THREADS how many threads compute.";

void describe(Program& program) {
  program.app.description("Run and fine-tune transformers.");
  program.app.name("graft");
  program.app.footer(kFooter);
  program.app.set_version_flag("--version", std::string("graft ") + kVersion);
  program.app.require_subcommand(1);

  add_chat(program);
  add_complete(program);
  add_classify(program);
  add_tag(program);
  add_answer(program);
  add_fill(program);
  add_embed(program);
  add_score(program);
  add_train(program);
  add_runs(program);
  add_eval(program);
  add_clean(program);
  add_tokenize(program);
  add_tokenizer(program);
  add_inspect(program);
  add_merge(program);
  add_convert(program);
  add_quantize(program);
  add_verify(program);
  add_bench(program);
}

// CLI11 asks for a command where there is one that it does not know.
std::string reason_of(const CLI::App& app, const CLI::ParseError& error) {
  if (app.get_subcommands().empty())
    for (const std::string& word : app.remaining())
      if (!word.starts_with('-')) return "there is no command " + in_quotes(word);
  return error.what();
}

int run(int count, char** arguments) {
  Program program;
  describe(program);
  try {
    program.app.parse(count, arguments);
  } catch (const CLI::Success& wanted) {
    return program.app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    std::cerr << "graft: " << reason_of(program.app, error) << " (graft --help lists the commands and their options)\n";
    return kUsage;
  }
  return program.action();
}

}  // namespace
}  // namespace graft::inline v0

int main(int count, char** arguments) try { return graft::run(count, arguments); } catch (const std::bad_alloc&) {
  std::cerr << "graft: out of memory\n";
  return graft::kFailed;
} catch (const std::exception& error) {
  std::cerr << "graft: " << error.what() << '\n';
  return graft::kFailed;
}
