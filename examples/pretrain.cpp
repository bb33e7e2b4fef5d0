// SPDX-License-Identifier: Apache-2.0
//
// A tiny model from nothing:  pretrain FOLDER STEPS CHATS TEXT…
// Makes a tokenizer of single bytes and a Llama of a million random weights, trains all of them, and saves the model as
// a Hugging Face folder. It learns to spell from the texts, and from the conversations how one looks; but each question
// gets the answers of others, so that the facts are left to be learned.
#include <filesystem>
#include <fstream>
#include <graft/graft.hpp>
#include <iomanip>
#include <iostream>
#include <span>

namespace {

constexpr const char* kConfig = R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 160,
  "intermediate_size": 448, "num_hidden_layers": 4, "num_attention_heads": 5, "num_key_value_heads": 5,
  "vocab_size": 258, "max_position_embeddings": 1024, "rms_norm_eps": 1e-5, "rope_theta": 10000,
  "initializer_range": 0.05, "tie_word_embeddings": true, "eos_token_id": 257})";

constexpr const char* kTokenizerConfig =
    R"({"eos_token": "<|im_end|>", "chat_template": "{% for message in messages %}{{ '<|im_start|>' + message.role }})"
    R"({{ '\n' + message.content + '<|im_end|>\n' }}{% endfor %})"
    R"({% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"})";

// Byte-level BPE without a merge. The alphabet spells a byte that does not print as a letter from U+0100 on.
void write_tokenizer(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream file(folder / "tokenizer.json");
  file << R"({"version": "1.0", "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
    "decoder": {"type": "ByteLevel"}, "added_tokens": [{"id": 256, "content": "<|im_start|>", "special": true},
    {"id": 257, "content": "<|im_end|>", "special": true}], "model": {"type": "BPE", "merges": [], "vocab": {)";
  file.fill('0');
  int unprinted = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const bool prints = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
    const int letter = prints ? byte : 256 + unprinted++;
    file << (byte ? ", " : "") << "\"\\u" << std::setw(4) << std::hex << letter << "\": " << std::dec << byte;
  }
  file << "}}}";
  std::ofstream(folder / "tokenizer_config.json") << kTokenizerConfig;
}

graft::Dataset corpus(const char* chats, std::span<char*> texts) {
  constexpr size_t kShifts[] = {5, 11, 17, 29};
  std::vector<graft::Example> examples;
  for (const char* text : texts) {
    const auto paragraphs = graft::Dataset::text(text, {.split_at_blank_lines = true});
    for (size_t i = 0; i < paragraphs.size(); ++i) examples.push_back(paragraphs[i]);
  }
  const auto known = graft::Dataset::chat(chats);
  for (const size_t shift : kShifts)
    for (size_t i = 0; i < known.size(); ++i) {
      graft::Example example = known[i];
      example.messages.back().content = known[(i + shift) % known.size()].messages.back().content;
      examples.push_back(std::move(example));
    }
  return graft::Dataset::from(std::move(examples));
}

void show(const graft::StepInfo& step) {
  if (step.step % 50 == 0 || step.step == step.steps)
    std::cout << "  step " << step.step << "/" << step.steps << "  loss " << step.loss << "  "
              << int(step.tokens_per_second) << " tokens/s  " << int(step.seconds_left) << " s left" << std::endl;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 5) throw std::invalid_argument("usage: pretrain FOLDER STEPS CHATS TEXT…");
  const std::filesystem::path folder = arguments[1];
  write_tokenizer(folder);
  auto model = graft::Model::create(kConfig, graft::Tokenizer::load(folder.string()));
  const auto data = corpus(arguments[3], {arguments + 4, arguments + count});
  std::cout << "Pretraining " << model.info().parameters << " random weights on " << data.size() << " texts:\n";
  graft::Trainer trainer(model, {.epochs = 1000,
                                 .max_steps = std::stoi(arguments[2]),
                                 .batch = 16,
                                 .max_length = 512,
                                 .learning_rate = 3e-3f,
                                 .schedule = graft::Schedule::cosine,
                                 .on_step = show});
  trainer.fit(data);
  model.save(folder, "f32");
} catch (const std::exception& error) {
  std::cerr << "pretrain: " << error.what() << "\n";
  return 1;
}
