// SPDX-License-Identifier: Apache-2.0
//
//   const auto model = graft::Model::load("SmolLM2-135M-Instruct.gguf");
//   std::cout << model.chat("What is the capital of France?").text;
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>
#include <graft/generate.hpp>
#include <graft/load_options.hpp>
#include <graft/message.hpp>
#include <graft/profile.hpp>
#include <graft/session.hpp>
#include <graft/tasks.hpp>
#include <graft/tokenizer.hpp>

namespace graft::inline v0 {

// A loaded network with its tokenizer. A handle: copies are the same model, and the last one frees it. All const calls
// may be made from many threads at once. While a Trainer tunes the model itself, or merge runs, every other use throws
// ResourceError (busy).
class GRAFT_EXPORT Model {
 public:
  // A Hugging Face folder (config.json, safetensors, tokenizer.json) or a GGUF file. Throws FileError or
  // UnsupportedError that names the file and the field.
  static Model load(const std::filesystem::path& path, const LoadOptions& options = {});
  // A GGUF file in memory, which must outlive the model.
  static Model load(std::span<const std::byte> gguf, const LoadOptions& options = {});
  // A new network from the text of a config.json, with random weights drawn from `seed`, to be trained.
  static Model create(std::string_view config, const Tokenizer& tokenizer, uint64_t seed = 0,
                      const DeviceOptions& device = {});

  // Continues raw text. Throws ArgumentError for an empty prompt, options out of range, or a prompt beyond the context.
  Generation generate(std::string_view prompt, const GenerateOptions& options = {}) const;
  // Several prompts in one batch. The callbacks see tokens of all of them.
  std::vector<Generation> generate(std::span<const std::string> prompts, const GenerateOptions& options = {}) const;
  // Answers one message, or a conversation, with the model's chat template. Keeps no memory: see session().
  Generation chat(std::string_view message, const GenerateOptions& options = {}) const;
  Generation chat(std::span<const Message> conversation, const GenerateOptions& options = {}) const;

  // A conversation with memory. Cheap; each belongs to one thread at a time and keeps the model alive.
  Session session(const SessionOptions& options = {}) const;

  // The log-probability of each token of `ids` after the first, in its context.
  std::vector<float> log_probabilities(std::span<const int32_t> ids, const Adapter* adapter = nullptr) const;
  // Logits of the next token after `ids`; vocabulary values.
  std::vector<float> next_logits(std::span<const int32_t> ids, const Adapter* adapter = nullptr) const;

  // The labels of a text, the most probable first; of several texts in one batch. Throws UnsupportedError for a model
  // that is no classifier: load it with LoadOptions::head.
  std::vector<LabelScore> classify(std::string_view text, const TaskOptions& options = {}) const;
  std::vector<std::vector<LabelScore>> classify(std::span<const std::string> texts,
                                                const TaskOptions& options = {}) const;
  // Of the texts of examples, or their pairs.
  std::vector<std::vector<LabelScore>> classify(const Dataset& data, const TaskOptions& options = {}) const;
  // The labelled parts of a text, in order. Labels "B-NAME" and "I-NAME" are joined as NAME; "O" is nothing.
  std::vector<TaggedSpan> tag(std::string_view text, const TaskOptions& options = {}) const;
  // Where the context answers the question; long contexts are read in windows.
  Answer answer(std::string_view question, std::string_view context, const TaskOptions& options = {}) const;
  // The likeliest tokens for each mask token of the text, `count` each.
  std::vector<std::vector<FilledMask>> fill_mask(std::string_view text, int count = 5) const;
  // The probability that the second text follows the first in a document, of a model pretrained as BERT.
  float follows(std::string_view first, std::string_view second) const;
  // A vector for each text, from the hidden states; width values.
  std::vector<float> embed(std::string_view text, const EmbedOptions& options = {}) const;
  std::vector<std::vector<float>> embed(std::span<const std::string> texts, const EmbedOptions& options = {}) const;
  std::vector<std::vector<float>> embed(std::span<const std::vector<int32_t>> ids,
                                        const EmbedOptions& options = {}) const;
  // How well each document fits the query: the score of a classifier with one output, else the cosine of embeddings.
  std::vector<float> rerank(std::string_view query, std::span<const std::string> documents,
                            const TaskOptions& options = {}) const;
  // The log-likelihood of each continuation of the prompt: for choices, zero-shot and few-shot.
  std::vector<Scored> score(std::string_view prompt, std::span<const std::string> continuations,
                            const ScoreOptions& options = {}) const;
  // The same for each of several prompts.
  std::vector<std::vector<Scored>> score(std::span<const std::string> prompts,
                                         std::span<const std::string> continuations,
                                         const ScoreOptions& options = {}) const;
  // The mean probability of each continuation after prompts that say nothing ("Review: N/A. It was").
  std::vector<double> prior(std::span<const std::string> prompts, std::span<const std::string> continuations,
                            const Adapter* adapter = nullptr) const;

  const Tokenizer& tokenizer() const;
  ModelInfo info() const;
  // Where the time went since the model was loaded with DeviceOptions::profile, the largest share first.
  std::vector<KernelProfile> profile() const;

  // Adds an adapter's change to the weights themselves. Quantised matrices that change become bf16; in a model of
  // Precision::f32 all that change become f32.
  MergeReport merge(const Adapter& adapter);
  // Puts back, bit for bit, what the last merge changed. Throws ArgumentError when nothing is merged.
  void unmerge();

  // Writes a Hugging Face folder that transformers loads, with the tokenizer. `type`: "f32", "f16" or
  // "bf16".
  void save(const std::filesystem::path& folder, std::string_view type = "bf16") const;
  // Writes a GGUF file that llama.cpp loads, likewise. `type`: "f32", "f16", "bf16", "q8_0", "q4_0" or "q4_1".
  void save_gguf(const std::filesystem::path& file, std::string_view type = "q8_0") const;

  struct State;
  explicit Model(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace graft::inline v0
