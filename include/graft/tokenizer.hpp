// SPDX-License-Identifier: Apache-2.0
//
//   const auto tokenizer = graft::Tokenizer::load("SmolLM2-135M-Instruct");
//   const std::vector<int32_t> ids = tokenizer.encode("Hello world");
//   const std::string text = tokenizer.decode(ids);
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/encoding.hpp>
#include <graft/error.hpp>
#include <graft/export.hpp>
#include <graft/message.hpp>
#include <graft/tokenizer_train_options.hpp>

namespace graft::inline v0 {

class Dataset;
class LoadedTokenizer;
class TokenStream;

struct ChatOptions {
  bool add_generation_prompt = true;  // end with the beginning of the assistant's answer
  std::string tools = {};             // a JSON array of the functions that the model may call
  std::string extra = {};             // a JSON object of further variables of the template
  std::string now = {};  // the moment that templates ask for, "2026-03-04T05:06:07"; empty: the local time of the clock
};

// Text to tokens and back. A cheap value: copies share one constant tokenizer, and all calls may be made from many
// threads at once.
class GRAFT_EXPORT Tokenizer {
 public:
  // Reads a folder with a tokenizer.json, a SentencePiece model, a vocab.txt, or a vocab.json and merges.txt, or such a
  // file; what stands beside it is read too: tokenizer_config.json, special_tokens_map.json, chat_template.jinja. Or
  // the vocabulary of a GGUF file.
  // FileError: a file is missing or damaged; UnsupportedError: the tokenizer is of a kind that this version does not
  // know.
  static Tokenizer load(const std::string& path);

  // A new tokenizer for texts like these: `next` is called until it gives nothing, and what it throws passes through;
  // of a data set every text of every example counts. The same texts in any order give the same tokenizer, for any
  // number of threads; the memory taken grows with the number of distinct words. ArgumentError: an option is out of its
  // range, the vocabulary has no room for its special tokens and characters, or there is no text.
  static Tokenizer train(const std::function<std::optional<std::string>()>& next, const TokenizerTrainOptions& options);
  static Tokenizer train(std::span<const std::string> texts, const TokenizerTrainOptions& options);
  static Tokenizer train(const Dataset& texts, const TokenizerTrainOptions& options);

  // Writes tokenizer.json and tokenizer_config.json, as tokenizers and transformers read them; each file is replaced at
  // once. FileError: the folder cannot be written.
  void save(const std::string& folder) const;

  // Text of less than 2^31 bytes. Bytes that are no UTF-8 become tokens too, unless the tokenizer normalizes text.
  // ArgumentError: options that leave no room; ResourceError: a pattern of the tokenizer finds no end on this text.
  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options = {}) const;
  Encoding encode_with_offsets(std::string_view text, const EncodeOptions& options = {}) const;
  Encoding encode_pair(std::string_view first, std::string_view second, const EncodeOptions& options = {}) const;
  // Each text by itself, on up to `threads` threads.
  std::vector<std::vector<int32_t>> encode_batch(std::span<const std::string> texts, const EncodeOptions& options = {},
                                                 int threads = 1) const;

  // Ids that name no token give no text; bytes that are no UTF-8 become U+FFFD.
  std::string decode(std::span<const int32_t> ids, const DecodeOptions& options = {}) const;
  // For the tokens of a text as they come.
  TokenStream stream(const DecodeOptions& options = {}) const;

  // The token as its files spell it, and its id. ArgumentError: there is no token of that id.
  std::string token(int32_t id) const;
  std::optional<int32_t> id(std::string_view token) const;
  int32_t vocabulary_size() const;  // one more than the highest id
  bool is_special(int32_t id) const;
  std::optional<int32_t> bos() const;
  std::optional<int32_t> eos() const;
  std::optional<int32_t> pad() const;
  std::optional<int32_t> unk() const;

  // A conversation as the model's chat template writes it. In the ids, special tokens come from the template alone:
  // a message that spells one stays text. ArgumentError: there is no template, or it refuses the messages.
  bool has_chat_template() const;
  std::vector<int32_t> apply_chat_template(std::span<const Message> messages, const ChatOptions& options = {}) const;
  std::string render_chat_template(std::span<const Message> messages, const ChatOptions& options = {}) const;

  // For the library itself.
  explicit Tokenizer(std::shared_ptr<const LoadedTokenizer> loaded);
  const LoadedTokenizer& loaded() const { return *loaded_; }

 private:
  std::shared_ptr<const LoadedTokenizer> loaded_;
};

// Hands out text as soon as it is whole: a character is never cut, even where its bytes come in several tokens.
class GRAFT_EXPORT TokenStream {
 public:
  TokenStream(TokenStream&&) noexcept;
  TokenStream& operator=(TokenStream&&) noexcept;
  ~TokenStream();

  // The text that is ready now; often empty.
  std::string push(int32_t id);
  // What is still held back, an unfinished character as U+FFFD.
  std::string flush();

 private:
  friend class Tokenizer;
  struct State;
  explicit TokenStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace graft::inline v0
