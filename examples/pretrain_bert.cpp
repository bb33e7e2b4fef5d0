// SPDX-License-Identifier: Apache-2.0
//
// A small BERT from nothing, on plain text in any language:  pretrain_bert TEXT [STEPS] [FOLDER]
// Hidden words and next sentences are learned, as Devlin et al. 2019 do it, but with more words hidden, since that
// teaches faster (Wettig et al. 2022). Blank lines part documents.
#include <algorithm>
#include <cmath>
#include <graft/graft.hpp>
#include <iostream>
#include <sstream>

namespace {

constexpr const char* kConfig = R"({"architectures": ["BertForPreTraining"], "model_type": "bert", "hidden_size": 192,
  "num_hidden_layers": 4, "num_attention_heads": 6, "intermediate_size": 768, "vocab_size": 6000,
  "max_position_embeddings": 128, "hidden_dropout_prob": 0.0,
  "attention_probs_dropout_prob": 0.0})";

// Lines [begin, end) of a text; empty where it has fewer.
std::string lines(const std::string& text, int begin, int end) {
  std::istringstream in(text);
  std::string part, line;
  for (int i = 0; i < end; ++i) {
    if (!std::getline(in, line)) return {};
    if (i >= begin) part += line + '\n';
  }
  return part;
}

// Whether the model tells what follows the first four lines of a document from lines of another one.
void test_next_sentences(const graft::Model& model, const graft::Dataset& data) {
  std::vector<std::string> firsts, seconds;
  for (size_t i = 0; i < data.size() && firsts.size() < 200; ++i) {
    if (lines(data[i].text, 4, 8).empty()) continue;
    firsts.push_back(lines(data[i].text, 0, 4));
    seconds.push_back(lines(data[i].text, 4, 8));
  }
  double loss = 0;
  size_t right = 0, pairs = 0;
  for (size_t i = 0; i < firsts.size(); ++i)
    for (const bool is_next : {true, false}) {
      const float follows = model.follows(firsts[i], seconds[(i + !is_next) % seconds.size()]);
      const float probability = is_next ? follows : 1 - follows;
      loss -= std::log(probability);
      right += probability > 0.5f;
      ++pairs;
    }
  if (pairs > 0)
    std::cout << "next sentence: loss " << loss / double(pairs) << ", " << 100 * right / pairs << " % of " << pairs
              << " pairs right" << std::endl;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2) throw std::invalid_argument("usage: pretrain_bert TEXT [STEPS] [FOLDER]");
  const auto [train, held_out] = graft::Dataset::text(arguments[1], {.split_at_blank_lines = true}).split(0.9);
  const auto tokenizer = graft::Tokenizer::train(train, {.kind = graft::TokenizerKind::word_piece, .vocabulary = 6000});
  auto model = graft::Model::create(kConfig, tokenizer);
  std::cout << model.info().parameters << " weights, " << train.size() << " documents\n";
  const graft::TrainOptions options{.epochs = 1000,
                                    .max_steps = count > 2 ? std::stoi(arguments[2]) : 300,
                                    .batch = 32,
                                    .learning_rate = 2e-3f,
                                    .warmup_ratio = 0.1f,
                                    .corruption = {.share = 0.3f, .whole_words = true},
                                    .evaluate_every = 100,
                                    .on_evaluation = [](const graft::Evaluation& at) {
                                      std::cout << "step " << at.step << ": held-out loss " << at.loss << std::endl;
                                    }};
  test_next_sentences(model, held_out);
  graft::Trainer(model, options).fit(train, held_out.take(200));
  test_next_sentences(model, held_out);
  const std::string line = held_out[0].text.substr(0, held_out[0].text.find('\n'));
  const size_t space = line.find(' ');
  const std::string masked = "[MASK]" + (space == std::string::npos ? line : line.substr(space));
  std::cout << masked << '\n';
  const auto filled = model.fill_mask(masked);
  for (const auto& [token, id, probability] : filled[0]) std::cout << "  " << token << "  " << probability << '\n';
  if (count > 3) model.save(arguments[3]);
} catch (const std::exception& error) {
  std::cerr << "pretrain_bert: " << error.what() << '\n';
  return 1;
}
