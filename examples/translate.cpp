// SPDX-License-Identifier: Apache-2.0
//
// The Transformer of "Attention Is All You Need" from nothing:  translate PAIRS.jsonl [STEPS] [FOLDER]
// Rows are {"prompt": source, "completion": target}. Tells BLEU and chrF of held-out rows, and five translations.
#include <algorithm>
#include <graft/graft.hpp>
#include <iostream>

namespace {

constexpr const char* kConfig = R"({"architectures": ["MarianMTModel"], "model_type": "marian", "d_model": 256,
  "encoder_layers": 3, "decoder_layers": 3, "encoder_attention_heads": 8, "decoder_attention_heads": 8,
  "encoder_ffn_dim": 1024, "decoder_ffn_dim": 1024, "activation_function": "relu", "dropout": 0.1,
  "scale_embedding": true, "vocab_size": 8000, "max_position_embeddings": 256, "pad_token_id": 0,
  "decoder_start_token_id": 0, "eos_token_id": 1})";

graft::Tokenizer tokenizer_of(const graft::Dataset& pairs) {
  size_t at = 0;
  const auto next = [&]() -> std::optional<std::string> {
    if (at == 2 * pairs.size()) return std::nullopt;
    const graft::Example& pair = pairs[at / 2];
    return at++ % 2 ? pair.completion : pair.prompt;
  };
  return graft::Tokenizer::train(next, {.kind = graft::TokenizerKind::unigram, .vocabulary = 8000});
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2) throw std::invalid_argument("usage: translate PAIRS.jsonl [STEPS] [FOLDER]");
  const auto [train, held_out] = graft::Dataset::completions(arguments[1]).split(0.98);
  auto model = graft::Model::create(kConfig, tokenizer_of(train));
  std::cout << model.info().parameters << " weights, " << train.size() << " pairs\n";
  const graft::TrainOptions options{.epochs = 1000,
                                    .max_steps = count > 2 ? std::stoi(arguments[2]) : 1500,
                                    .batch = 64,
                                    .max_length = 128,
                                    .learning_rate = 2e-3f,
                                    .schedule = graft::Schedule::inverse_sqrt,
                                    .warmup_steps = 200,
                                    .optimizer = graft::AdamW{.beta2 = 0.98f, .epsilon = 1e-9f, .weight_decay = 0},
                                    .label_smoothing = 0.1f,
                                    .evaluate_every = 250,
                                    .on_evaluation = [](const graft::Evaluation& at) {
                                      std::cout << "step " << at.step << ": held-out loss " << at.loss << std::endl;
                                    }};
  graft::Trainer(model, options).fit(train, held_out);
  std::vector<std::string> sources, references, texts;
  for (size_t i = 0; i < std::min<size_t>(held_out.size(), 200); ++i) {
    sources.push_back(held_out[i].prompt);
    references.push_back(held_out[i].completion);
  }
  for (const int beams : {1, 4}) {
    texts.clear();
    for (const auto& made : model.generate(sources, {.max_tokens = 100, .beams = beams})) texts.push_back(made.text);
    std::cout << "beams " << beams << ": BLEU " << graft::bleu(texts, references, graft::BleuTokens::characters)
              << ", chrF " << graft::chrf(texts, references) << " over " << texts.size() << " texts" << std::endl;
  }
  for (size_t i = 0; i < std::min<size_t>(5, texts.size()); ++i)
    std::cout << "\n  " << sources[i] << "\n  " << texts[i] << "\n  (" << references[i] << ")\n";
  if (count > 3) model.save(arguments[3]);
} catch (const std::exception& error) {
  std::cerr << "translate: " << error.what() << '\n';
  return 1;
}
