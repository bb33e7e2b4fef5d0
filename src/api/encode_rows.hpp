// SPDX-License-Identifier: Apache-2.0
//
// Texts as the rows of a model that reads them whole: a text, or a pair.
#pragma once

#include <optional>

#include "api/model_state.hpp"
#include "data/pack.hpp"
#include "graft/dataset.hpp"
#include "train/corruption.hpp"

namespace graft::inline v0 {

// The most tokens of a text: `wanted`, or the context without an adapter's virtual tokens.
size_t text_length(const Model::State& model, int wanted, int virtual_tokens = 0);

// A text, or a pair unless `second` is empty, cut to `length` tokens.
Encoding encode_text(const Model::State& model, std::string_view text, std::string_view second, size_t length);

// A question and its context, in windows of at most `length` tokens that share a part.
std::vector<Encoding> encode_question(const Model::State& model, std::string_view question, std::string_view context,
                                      size_t length);

// Rows for the task of the model's head. Throws ArgumentError that names an example whose label the model does not
// have.
std::vector<TokenRow> make_task_rows(const Model::State& model, const Dataset& data, size_t length,
                                     const std::function<void(const std::string&)>& notice);

// The token that stands for a hidden word, where the tokenizer has one.
std::optional<int32_t> mask_token(const Tokenizer& tokenizer);

// What is hidden while a model with this head is pretrained; kind none for other tasks, or where examples give targets.
Corruption corruption_for(const Model::State& model, const CorruptionOptions& options, bool has_targets);

}  // namespace graft::inline v0
