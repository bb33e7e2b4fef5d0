// SPDX-License-Identifier: Apache-2.0
//
// A small GPT-2 from nothing, on plain text:  pretrain_gpt2 TEXT [STEPS] [FOLDER]
// Trains a byte-level BPE tokenizer and 4 million random weights, and tells the bits that a byte of held-out text
// costs.
#include <cmath>
#include <graft/graft.hpp>
#include <iostream>

namespace {

constexpr const char* kConfig = R"({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 256,
  "n_layer": 4, "n_head": 8, "n_positions": 256, "vocab_size": 4096, "resid_pdrop": 0, "attn_pdrop": 0,
  "eos_token_id": 0})";

size_t bytes_of(const graft::Dataset& data) {
  size_t bytes = 0;
  for (size_t i = 0; i < data.size(); ++i) bytes += data[i].text.size();
  return bytes;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 2) throw std::invalid_argument("usage: pretrain_gpt2 TEXT [STEPS] [FOLDER]");
  const auto [train, held_out] = graft::Dataset::text(arguments[1], {.split_at_blank_lines = true}).split(0.95);
  const auto tokenizer = graft::Tokenizer::train(train, {.vocabulary = 4096});
  auto model = graft::Model::create(kConfig, tokenizer);
  std::cout << model.info().parameters << " weights, " << train.size() << " texts to learn, " << held_out.size()
            << " held out\n";
  const double bytes = double(bytes_of(held_out));
  const auto tell = [&](const graft::Evaluation& at) {
    std::cout << "step " << at.step << ": " << at.loss * double(at.tokens) / bytes / std::log(2) << " bits a byte"
              << std::endl;
  };
  const graft::TrainOptions options{.epochs = 1000,
                                    .max_steps = count > 2 ? std::stoi(arguments[2]) : 300,
                                    .batch = 16,
                                    .learning_rate = 2e-3f,
                                    .schedule = graft::Schedule::cosine,
                                    .evaluate_every = 50,
                                    .on_evaluation = tell};
  tell(graft::evaluate(model, nullptr, held_out, options));
  const auto report = graft::Trainer(model, options).fit(train, held_out);
  std::cout << int(report.tokens_per_second) << " tokens/s\n"
            << model.generate("The", {.max_tokens = 60, .temperature = 0.8f, .top_p = 0.9f}).text << '\n';
  if (count > 3) model.save(arguments[3]);
} catch (const std::exception& error) {
  std::cerr << "pretrain_gpt2: " << error.what() << '\n';
  return 1;
}
