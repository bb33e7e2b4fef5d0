// SPDX-License-Identifier: Apache-2.0
//
// A small BERT from nothing, on plain text in any language:  pretrain_bert TEXT [STEPS]
// Hidden words and next sentences are learned, as Devlin et al. 2019 do it. Blank lines part documents.
#include <graft/graft.hpp>
#include <iostream>

namespace {

constexpr const char* kConfig = R"({"architectures": ["BertForPreTraining"], "model_type": "bert", "hidden_size": 192,
  "num_hidden_layers": 4, "num_attention_heads": 6, "intermediate_size": 768, "vocab_size": 6000,
  "max_position_embeddings": 128, "hidden_dropout_prob": 0.0})";

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2) throw std::invalid_argument("usage: pretrain_bert TEXT [STEPS]");
  const auto [train, held_out] = graft::Dataset::text(arguments[1], {.split_at_blank_lines = true}).split(0.9);
  const auto tokenizer = graft::Tokenizer::train(train, {.kind = graft::TokenizerKind::word_piece, .vocabulary = 6000});
  auto model = graft::Model::create(kConfig, tokenizer);
  std::cout << model.info().parameters << " weights, " << train.size() << " documents\n";
  const graft::TrainOptions options{.epochs = 1000,
                                    .max_steps = count > 2 ? std::stoi(arguments[2]) : 300,
                                    .batch = 32,
                                    .learning_rate = 1e-3f,
                                    .warmup_steps = 20,
                                    .corruption = {.whole_words = true},
                                    .evaluate_every = 50,
                                    .on_evaluation = [](const graft::Evaluation& at) {
                                      std::cout << "step " << at.step << ": held-out loss " << at.loss << '\n';
                                    }};
  graft::Trainer(model, options).fit(train, held_out);
  const std::string line = held_out[0].text.substr(0, held_out[0].text.find('\n'));
  const size_t space = line.find(' ');
  const std::string masked = "[MASK]" + (space == std::string::npos ? line : line.substr(space));
  std::cout << masked << '\n';
  const auto filled = model.fill_mask(masked);
  for (const auto& [token, id, probability] : filled[0]) std::cout << "  " << token << "  " << probability << '\n';
} catch (const std::exception& error) {
  std::cerr << "pretrain_bert: " << error.what() << '\n';
  return 1;
}
