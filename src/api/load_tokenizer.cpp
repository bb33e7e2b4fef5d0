// SPDX-License-Identifier: Apache-2.0
#include "api/load_tokenizer.hpp"

#include "formats/sentencepiece.hpp"
#include "models/gguf_vocabulary.hpp"
#include "support/message.hpp"
#include "tokenizers/vocabulary_files.hpp"

namespace graft::inline v0 {
namespace {

std::string class_of(const TokenizerFiles& files) {
  return files.config.is_object() ? JsonObject(files.config, files.name).text_or("tokenizer_class", "") : "";
}

// These give the pieces of their models other ids than the models do.
void refuse_renumbered(const TokenizerFiles& files) {
  const std::string name = class_of(files);
  for (const char* renumbered : {"Camembert", "MBart", "M2M100", "Nllb", "Marian", "Pegasus", "BigBird"})
    check<UnsupportedError>(!name.starts_with(renumbered), files.name, ": tokenizer_class ", name,
                            " numbers the pieces otherwise than their model, expected a tokenizer.json");
}

PipelineParts sentencepiece_parts(const TokenizerFiles& files) {
  refuse_renumbered(files);
  const SentencePieceModel model = read_sentencepiece(files.sentencepiece->bytes(), files.name);
  const ScoredVocabulary vocabulary = {.is_unigram = model.kind == SentencePieceModel::Kind::unigram,
                                       .tokens = model.pieces,
                                       .scores = model.scores,
                                       .types = model.types,
                                       .charsmap = model.charsmap,
                                       .adds_prefix = model.adds_prefix,
                                       .removes_extra_spaces = model.removes_extra_spaces};
  return class_of(files).starts_with("XLMRoberta") ? read_fairseq_vocabulary(vocabulary, files.name)
                                                   : read_scored_vocabulary(vocabulary, files.name);
}

}  // namespace

std::unique_ptr<const LoadedTokenizer> load_tokenizer(const TokenizerFiles& files) {
  if (files.sentencepiece)
    return LoadedTokenizer::from_parts(sentencepiece_parts(files), files.name, files.config, files.special_tokens,
                                       files.chat_template);
  const VocabularyFiles beside = {files.name, files.added, files.config, files.special_tokens};
  const Json tokenizer = files.words    ? word_piece_tokenizer(files.words->text(), beside)
                         : files.merges ? byte_level_tokenizer(files.vocabulary, files.merges->text(), beside)
                                        : Json();
  return LoadedTokenizer::from_json(tokenizer.is_null() ? files.tokenizer : tokenizer, files.name, files.config,
                                    files.special_tokens, files.chat_template);
}

Tokenizer load_tokenizer(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  if (!path.empty()) return Tokenizer::load(path.string());
  if (!checkpoint.gguf()) return Tokenizer::load(checkpoint.folder().string());
  return Tokenizer(load_gguf_tokenizer(*checkpoint.gguf()));
}

}  // namespace graft::inline v0
