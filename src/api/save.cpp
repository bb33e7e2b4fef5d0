// SPDX-License-Identifier: Apache-2.0
#include "models/save.hpp"
#include "api/model_state.hpp"
#include "models/save_tokenizer.hpp"
#include "tensor/dtype.hpp"

namespace graft::inline v0 {
namespace {

Dtype type_of(std::string_view text) {
  const std::optional<Dtype> type = dtype_from_name(text);
  check(type.has_value(), "save: there is no type \"", text, "\", expected f32, f16, bf16, q8_0, q4_0 or q4_1");
  return *type;
}

}  // namespace

void Model::save(const std::filesystem::path& folder, std::string_view type) const {
  const UseCount::Reading reading(state_->use);
  save_folder(*state_->trunk, folder, type_of(type));
  if (state_->checkpoint && !state_->has_other_tokenizer)
    save_tokenizer(*state_->checkpoint, folder);
  else
    state_->tokenizer.save(folder.string());
}

void Model::save_gguf(const std::filesystem::path& file, std::string_view type) const {
  const UseCount::Reading reading(state_->use);
  const int64_t vocabulary = state_->trunk->transformer.stack().embedding.vocabulary;
  graft::save_gguf(*state_->trunk, file, type_of(type), [&](GgufWriter& writer) {
    if (state_->checkpoint) save_tokenizer(*state_->checkpoint, vocabulary, writer);
  });
}

}  // namespace graft::inline v0
