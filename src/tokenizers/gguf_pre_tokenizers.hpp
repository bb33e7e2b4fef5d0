// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "support/json.hpp"

namespace graft::inline v0 {

// What a name in tokenizer.ggml.pre stands for.
struct GgufPreTokenizer {
  Json normalizer, pre_tokenizer;  // sections of a tokenizer.json
  bool ignores_merges = false;
  bool begins_text = false;  // texts begin with the token for that unless the file says otherwise
};

// UnsupportedError: a name that is not known.
GgufPreTokenizer gguf_pre_tokenizer(const std::string& name, const std::string& file);

}  // namespace graft::inline v0
