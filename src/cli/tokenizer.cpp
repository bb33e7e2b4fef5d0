// SPDX-License-Identifier: Apache-2.0
//
// graft tokenizer train FILE… --out FOLDER
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/cancellation.hpp"
#include "cli/choice.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  graft tokenizer train book.txt --kind byte-level-bpe --vocabulary 8000 --out my-gpt2\n"
    "  graft tokenizer train en.txt zh.txt chats.jsonl --kind unigram --vocabulary 32000 --threads 0 --out my-t5\n"
    "  graft tokenizer train posts.txt --kind word-piece --normalization bert-cased --special '[USER]' --out my-bert";

struct Options {
  std::vector<std::string> files;
  std::string output;
  TokenizerTrainOptions train;
};

// The texts of files one after the other: of JSONL the examples, of others the lines with their ends.
class Texts {
 public:
  explicit Texts(const std::vector<std::string>& files) : files_(files) {}

  std::optional<std::string> next() {
    for (;; open_next()) {
      if (file_ == files_.end()) return std::nullopt;
      if (examples_ && example_ < examples_->size()) return (*examples_)[example_++].all_text();
      std::string line;
      if (lines_.is_open() && std::getline(lines_, line)) return lines_.eof() ? line : line + '\n';
    }
  }

 private:
  void open_next() {
    if (std::exchange(has_begun_, true)) ++file_;
    examples_.reset();
    lines_ = std::ifstream();
    if (file_ == files_.end()) return;
    if (file_->ends_with(".jsonl")) {
      examples_ = Dataset::jsonl(*file_);
      example_ = 0;
    } else {
      lines_.open(*file_, std::ios::binary);
      check<FileError>(lines_.good(), *file_, ": cannot be read");
    }
  }

  const std::vector<std::string>& files_;
  std::vector<std::string>::const_iterator file_ = files_.begin();
  bool has_begun_ = false;
  std::optional<Dataset> examples_;
  size_t example_ = 0;
  std::ifstream lines_;
};

// A line now and then.
class Steps {
 public:
  void show(const TokenizerTrainStep& step) {
    using Stage = TokenizerTrainStep::Stage;
    const auto now = Clock::now();
    if (now - shown_ < std::chrono::seconds(2)) return;
    shown_ = now;
    if (step.stage == Stage::counting) return progress_.line(message("counted the words of ", step.done, " texts"));
    const char* what = step.stage == Stage::joining ? " tokens, of " : " candidates, down to ";
    progress_.line(message(step.done, what, step.total));
  }

 private:
  using Clock = std::chrono::steady_clock;
  Progress progress_;
  Clock::time_point shown_ = Clock::now();
};

int train(Options options) {
  const Cancellation cancellation;
  Steps steps;
  options.train.cancel = cancellation.token();
  options.train.on_step = [&](const TokenizerTrainStep& step) { steps.show(step); };
  if (options.train.threads == 0) options.train.threads = static_cast<int>(std::thread::hardware_concurrency());
  Texts texts(options.files);
  const Tokenizer tokenizer = Tokenizer::train([&] { return texts.next(); }, options.train);
  tokenizer.save(options.output);
  std::cout << tokenizer.vocabulary_size() << " tokens, saved to " << options.output << '\n';
  return cancellation.token().stop_requested() ? kCancelled : kDone;
}

void add_train_options(CLI::App& command, Options& options) {
  static const std::map<std::string, TokenizerKind> kKinds = {{"byte-level-bpe", TokenizerKind::byte_level_bpe},
                                                              {"word-piece", TokenizerKind::word_piece},
                                                              {"unigram", TokenizerKind::unigram},
                                                              {"sentencepiece-bpe", TokenizerKind::sentencepiece_bpe}};
  static const std::map<std::string, TextNormalization> kNormalizations = {
      {"automatic", TextNormalization::automatic},
      {"none", TextNormalization::none},
      {"nfkc", TextNormalization::nfkc},
      {"bert-uncased", TextNormalization::bert_uncased},
      {"bert-cased", TextNormalization::bert_cased}};
  TokenizerTrainOptions& train = options.train;
  command.add_option("files", options.files, "text files, a text a line; or .jsonl with text, prompts or messages")
      ->required()
      ->check(CLI::ExistingFile);
  command.add_option("-o,--out", options.output, "folder for the result")->required();
  add_choice(command, "--kind", train.kind, kKinds,
             "byte-level-bpe (GPT-2), word-piece (BERT), unigram (T5) or sentencepiece-bpe (Llama 2)");
  command.add_option("--vocabulary", train.vocabulary, "tokens, special ones included")->capture_default_str();
  add_choice(command, "--normalization", train.normalization, kNormalizations,
             "none, nfkc, bert-uncased or bert-cased; default: by kind");
  command.add_option("--special", train.special_tokens, "a further special token; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--min-count", train.min_count, "pairs that are met less often are not joined")
      ->capture_default_str();
  command.add_option("--coverage", train.character_coverage, "the share of characters that have tokens")
      ->capture_default_str();
  command.add_flag("--byte-fallback,!--no-byte-fallback", train.byte_fallback,
                   "tokens for the bytes of other characters; default: yes");
  command.add_option("--max-length", train.max_token_length, "characters of a token; 0: any")->capture_default_str();
  command.add_option("-t,--threads", train.threads, "0: one a core; the result is the same")->capture_default_str();
}

}  // namespace

void add_tokenizer(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.app.add_subcommand("tokenizer", "Train a tokenizer");
  command.require_subcommand(1);
  CLI::App& training = *command.add_subcommand("train", "Make a tokenizer for texts like these");
  training.footer(kExamples);
  add_train_options(training, *options);
  training.callback([&program, options] { program.action = [options] { return train(*options); }; });
}

}  // namespace graft::inline v0
