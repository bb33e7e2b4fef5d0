// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "support/message.hpp"
#include "tokenizers/byte_level.hpp"
#include "tokenizers/byte_tokens.hpp"
#include "tokenizers/pass.hpp"

namespace graft::inline v0 {
namespace {

// The tokens as the model finds them in a text. Special tokens and those of bytes stand for no text.
TextTable model_texts(const PipelineParts& parts) {
  std::vector<bool> left_out(static_cast<size_t>(parts.vocabulary.size()));
  for (const AddedToken& token : parts.added)
    left_out[static_cast<size_t>(token.id)] = token.special || !token.in_model;
  for (const int32_t id : parts.unused) left_out[static_cast<size_t>(id)] = true;
  const bool has_byte_tokens = parts.model.bpe.fallback || parts.model.unigram.fallback;
  TextTable texts;
  for (int32_t id = 0; id < parts.vocabulary.size(); ++id) {
    const std::string_view token = parts.vocabulary.text(id);
    if (left_out[static_cast<size_t>(id)] || (has_byte_tokens && byte_of_token(token))) {
      texts.add("");
    } else {
      texts.add(parts.byte_level ? bytes_of_spelling(token).value_or(std::string()) : std::string(token));
    }
  }
  texts.finish();
  return texts;
}

std::vector<bool> special_ids(const PipelineParts& parts) {
  std::vector<bool> special(static_cast<size_t>(parts.vocabulary.size()));
  for (const AddedToken& token : parts.added)
    if (token.special) special[static_cast<size_t>(token.id)] = true;
  return special;
}

std::map<int32_t, std::string> normalized_texts(const PipelineParts& parts) {
  std::map<int32_t, std::string> texts;
  for (const AddedToken& token : parts.added) {
    if (!token.normalized || !parts.normalizer || !parts.normalizes_added) continue;
    NormalizedText content(token.content, false);
    parts.normalizer->apply(content);
    texts[token.id] = std::move(content.text);
  }
  return texts;
}

AddedTokenFinder finder(const PipelineParts& parts, bool normalized, const std::map<int32_t, std::string>& texts) {
  std::vector<AddedToken> tokens;
  for (AddedToken token : parts.added) {
    if (token.normalized != normalized) continue;
    if (const auto text = texts.find(token.id); text != texts.end()) token.content = text->second;
    tokens.push_back(std::move(token));
  }
  return AddedTokenFinder(std::move(tokens));
}

}  // namespace

Pipeline::Pipeline(PipelineParts parts)
    : parts_(std::move(parts)),
      normalized_texts_(normalized_texts(parts_)),
      decoder_(decode_all(parts_.decode, parts_.vocabulary.size(), [&](int32_t id) { return shown(id); }),
               special_ids(parts_)),
      texts_(model_texts(parts_)),
      original_(finder(parts_, false, normalized_texts_)),
      normalized_(finder(parts_, true, normalized_texts_)) {
  if (parts_.model.words_stand_apart(texts_)) parts_.steps.push_back({.splitter = mark_run_splitter(kSpaceMark)});
  unknown_ = parts_.model.unknown();
  model_ = parts_.model.make(texts_);
}

std::string_view Pipeline::shown(int32_t id) const {
  const auto normalized = normalized_texts_.find(id);
  return normalized != normalized_texts_.end() ? std::string_view(normalized->second) : parts_.vocabulary.text(id);
}

Json Pipeline::describe() const {
  Json tokenizer = parts_.sections;
  Json& model = tokenizer["model"] = model_->describe(parts_.vocabulary);
  if (model.contains("vocab")) return tokenizer;
  std::vector<bool> outside(static_cast<size_t>(parts_.vocabulary.size()));
  for (const AddedToken& token : parts_.added) outside[static_cast<size_t>(token.id)] = !token.in_model;
  Json::Object vocab;
  for (int32_t id = 0; id < parts_.vocabulary.size(); ++id)
    if (parts_.vocabulary.has(id) && !outside[static_cast<size_t>(id)])
      vocab.emplace(parts_.vocabulary.text(id), id);  // of two tokens of one text the first stays
  model["vocab"] = std::move(vocab);
  return tokenizer;
}

// How many tokens of the texts themselves the truncation lets through.
size_t Pipeline::text_tokens(const PipelineOptions& options, bool is_pair) const {
  const size_t added = options.special_tokens ? parts_.post.added_tokens(is_pair) : 0;
  check(options.truncation.max_length >= added, "encode: truncation to ", options.truncation.max_length,
        " tokens leaves no room for the ", added, " special tokens of the template");
  return options.truncation.max_length - added;
}

std::vector<int32_t> Pipeline::encode(std::string_view text, const PipelineOptions& options) const {
  std::vector<int32_t> ids = std::move(Pass(context(), text, options, false).ids());
  if (options.truncation.max_length > 0) {
    const size_t keep = std::min(ids.size(), text_tokens(options, false));
    if (options.truncation.side == Side::left) ids.erase(ids.begin(), ids.end() - static_cast<ptrdiff_t>(keep));
    ids.resize(keep);
  }
  if (!options.special_tokens || parts_.post.added_tokens(false) == 0) return ids;
  std::vector<int32_t> framed;
  framed.reserve(ids.size() + parts_.post.single.size());
  for (const TemplateItem& item : parts_.post.single) {
    if (item.kind == TemplateItem::token) framed.push_back(item.id);
    if (item.kind == TemplateItem::first_text) framed.insert(framed.end(), ids.begin(), ids.end());
  }
  return framed;
}

EncodedText Pipeline::tokens(std::string_view text, const PipelineOptions& options) const {
  Pass pass(context(), text, options, true);
  EncodedText encoding;
  encoding.ids = std::move(pass.ids());
  encoding.offsets = std::move(pass.spans());
  encoding.type_ids.resize(encoding.size());
  encoding.special_mask.resize(encoding.size());
  encoding.sequence.resize(encoding.size());
  encoding.attention.resize(encoding.size(), 1);
  return encoding;
}

EncodedText Pipeline::encode_with_offsets(std::string_view text, const PipelineOptions& options) const {
  EncodedText first = tokens(text, options);
  if (options.truncation.max_length > 0) truncate(first, nullptr, text_tokens(options, false), options.truncation);
  return parts_.post.process(std::move(first), nullptr, options.special_tokens);
}

EncodedText Pipeline::encode_pair(std::string_view a, std::string_view b, const PipelineOptions& options) const {
  EncodedText first = tokens(a, options), second = tokens(b, options);
  if (options.truncation.max_length > 0) truncate(first, &second, text_tokens(options, true), options.truncation);
  return parts_.post.process(std::move(first), &second, options.special_tokens);
}

std::vector<std::vector<int32_t>> Pipeline::encode_batch(std::span<const std::string> texts,
                                                         const PipelineOptions& options, int threads) const {
  check(threads >= 1, "encode_batch: ", threads, " threads, expected at least 1");
  std::vector<std::vector<int32_t>> all(texts.size());
  std::atomic<size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    try {
      for (size_t i = next++; i < texts.size(); i = next++) all[i] = encode(texts[i], options);
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
      next = texts.size();
    }
  };
  {
    std::vector<std::jthread> helpers;
    const size_t wanted = std::min(static_cast<size_t>(threads), texts.size());
    for (size_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  return all;
}

}  // namespace graft::inline v0
