// SPDX-License-Identifier: Apache-2.0
//
// The program graft: one file a command. A command describes its options to the parser and leaves what is to be done.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace graft::inline v0 {

// Exit statuses. An Error of the library ends the program with kFailed.
inline constexpr int kDone = 0, kFailed = 1, kUsage = 2, kCancelled = 130;

struct Program {
  CLI::App app;
  std::function<int()> action;  // of the command that was given; its result is the exit status
};

void add_answer(Program& program);
void add_bench(Program& program);
void add_chat(Program& program);
void add_classify(Program& program);
void add_clean(Program& program);
void add_complete(Program& program);
void add_convert(Program& program);
void add_embed(Program& program);
void add_eval(Program& program);
void add_fill(Program& program);
void add_inspect(Program& program);
void add_merge(Program& program);
void add_quantize(Program& program);
void add_runs(Program& program);
void add_score(Program& program);
void add_tag(Program& program);
void add_tokenize(Program& program);
void add_tokenizer(Program& program);
void add_train(Program& program);
void add_verify(Program& program);

}  // namespace graft::inline v0
