// SPDX-License-Identifier: Apache-2.0
#include "graft/tokenizer.hpp"

#include <utility>

#include "api/load_tokenizer.hpp"
#include "models/gguf_vocabulary.hpp"
#include "support/atomic_file.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "tokenizers/loaded_tokenizer.hpp"

namespace graft::inline v0 {
namespace {

PipelineOptions pipeline_options(const EncodeOptions& options) {
  PipelineOptions result;
  result.special_tokens = options.special_tokens;
  result.parse_special = options.parse_special;
  result.truncation.max_length = options.truncate;
  result.truncation.stride = options.stride;
  result.truncation.side = options.truncate_from == TextSide::left ? Side::left : Side::right;
  result.truncation.strategy = options.strategy == TruncationStrategy::longest_first ? CutStrategy::longest_first
                               : options.strategy == TruncationStrategy::only_first  ? CutStrategy::only_first
                                                                                     : CutStrategy::only_second;
  return result;
}

// The number of the character that each byte belongs to; one more entry for the end.
std::vector<uint32_t> character_places(std::string_view text) {
  std::vector<uint32_t> places;
  places.reserve(text.size() + 1);
  uint32_t characters = 0;
  for (const char byte : text) {
    characters += (byte & 0xC0) != 0x80;
    places.push_back(characters == 0 ? 0 : characters - 1);
  }
  places.push_back(characters);
  return places;
}

// `places` are those of the first and of the second text.
Encoding published(EncodedText encoded, const std::vector<uint32_t>* places) {
  Encoding result;
  result.offsets.reserve(encoded.size());
  result.character_offsets.reserve(encoded.size());
  for (size_t i = 0; i < encoded.size(); ++i) {
    const auto [begin, end] = encoded.offsets[i];
    const std::vector<uint32_t>& of_text = places[encoded.sequence[i] == 1 ? 1 : 0];
    result.offsets.emplace_back(begin, end);
    result.character_offsets.emplace_back(of_text[begin], of_text[end]);
  }
  result.ids = std::move(encoded.ids);
  result.type_ids = std::move(encoded.type_ids);
  result.special_mask = std::move(encoded.special_mask);
  result.sequence = std::move(encoded.sequence);
  for (EncodedText& window : encoded.overflowing) result.overflowing.push_back(published(std::move(window), places));
  return result;
}

std::string in_json(const std::string& text) { return Json(text).dump(-1, Json::InvalidUtf8::replaced); }

// The members of `more` keep their order, which templates may show.
std::string message_json(const Message& message) {
  std::string json = "{\"role\":" + in_json(message.role);
  Json more = Json::object();
  if (!message.more.empty()) more = parse_json(message.more, "message.more");
  check(more.is_object(), "message.more: found ", more.type_name(), ", expected an object");
  if (!more.contains("content")) json += ",\"content\":" + in_json(message.content);
  if (!more.empty()) {
    const size_t begin = message.more.find('{') + 1;
    json += ',' + message.more.substr(begin, message.more.rfind('}') - begin);
  }
  return json + '}';
}

ChatInput chat_input(std::span<const Message> messages, const ChatOptions& options) {
  ChatInput input;
  input.messages += '[';
  for (const Message& message : messages) {
    if (input.messages.size() > 1) input.messages += ',';
    input.messages += message_json(message);
  }
  input.messages += ']';
  input.tools = options.tools;
  input.extra = options.extra;
  input.add_generation_prompt = options.add_generation_prompt;
  input.now = options.now;
  return input;
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const LoadedTokenizer> loaded) : loaded_(std::move(loaded)) {}

Tokenizer Tokenizer::load(const std::string& path) {
  std::error_code ignored;
  if (!is_gguf(path) || std::filesystem::is_directory(path, ignored))
    return Tokenizer(load_tokenizer(read_tokenizer_files(path)));
  const GgufFile file = GgufFile::open(MappedFile::open(path));
  check_vocabulary(file);
  return Tokenizer(load_gguf_tokenizer(file));
}

void Tokenizer::save(const std::string& folder) const {
  const std::filesystem::path to = folder;
  std::filesystem::create_directories(to);
  const LoadedTokenizer::Files files = loaded_->files();
  write_file(to / "tokenizer.json", files.tokenizer.dump() + "\n");
  write_file(to / "tokenizer_config.json", files.config.dump(2) + "\n");
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return loaded_->pipeline().encode(text, pipeline_options(options));
}

Encoding Tokenizer::encode_with_offsets(std::string_view text, const EncodeOptions& options) const {
  const std::vector<uint32_t> places[] = {character_places(text), {}};
  return published(loaded_->pipeline().encode_with_offsets(text, pipeline_options(options)), places);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second, const EncodeOptions& options) const {
  const std::vector<uint32_t> places[] = {character_places(first), character_places(second)};
  return published(loaded_->pipeline().encode_pair(first, second, pipeline_options(options)), places);
}

std::vector<std::vector<int32_t>> Tokenizer::encode_batch(std::span<const std::string> texts,
                                                          const EncodeOptions& options, int threads) const {
  return loaded_->pipeline().encode_batch(texts, pipeline_options(options), threads);
}

std::string Tokenizer::decode(std::span<const int32_t> ids, const DecodeOptions& options) const {
  return loaded_->pipeline().decoder().decode(ids, options.skip_special);
}

std::string Tokenizer::token(int32_t id) const {
  const Vocabulary& vocabulary = loaded_->pipeline().vocabulary();
  check(vocabulary.has(id), "token: id ", id, " is not in the vocabulary of ", vocabulary.size());
  return std::string(vocabulary.text(id));
}

std::optional<int32_t> Tokenizer::id(std::string_view token) const {
  return loaded_->pipeline().vocabulary().id(token);
}
int32_t Tokenizer::vocabulary_size() const { return loaded_->pipeline().vocabulary().size(); }
bool Tokenizer::is_special(int32_t id) const { return loaded_->pipeline().decoder().is_special(id); }
std::optional<int32_t> Tokenizer::bos() const { return loaded_->special().bos; }
std::optional<int32_t> Tokenizer::eos() const { return loaded_->special().eos; }
std::optional<int32_t> Tokenizer::pad() const { return loaded_->special().padding; }
std::optional<int32_t> Tokenizer::unk() const { return loaded_->special().unknown; }
bool Tokenizer::has_chat_template() const { return loaded_->has_chat_template(); }

std::vector<int32_t> Tokenizer::apply_chat_template(std::span<const Message> messages,
                                                    const ChatOptions& options) const {
  return loaded_->encode(chat_input(messages, options));
}

std::string Tokenizer::render_chat_template(std::span<const Message> messages, const ChatOptions& options) const {
  return loaded_->render(chat_input(messages, options)).text;
}

// Keeps the tokenizer alive for as long as the stream.
struct TokenStream::State {
  std::shared_ptr<const LoadedTokenizer> loaded;
  StreamDecoder decoder;
};

TokenStream Tokenizer::stream(const DecodeOptions& options) const {
  return TokenStream(std::make_unique<TokenStream::State>(
      TokenStream::State{loaded_, StreamDecoder(loaded_->pipeline().decoder(), options.skip_special)}));
}

TokenStream::TokenStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
TokenStream::TokenStream(TokenStream&&) noexcept = default;
TokenStream& TokenStream::operator=(TokenStream&&) noexcept = default;
TokenStream::~TokenStream() = default;

std::string TokenStream::push(int32_t id) { return state_->decoder.push(id); }
std::string TokenStream::flush() { return state_->decoder.flush(); }

}  // namespace graft::inline v0
