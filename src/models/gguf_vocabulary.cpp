// SPDX-License-Identifier: Apache-2.0
#include "models/gguf_vocabulary.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {

void check_vocabulary(const GgufFile& file) {
  const GgufValue* tokens = file.metadata().find("tokenizer.ggml.tokens");
  if (!tokens) return;
  for (const char* key : {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"})
    if (const GgufValue* list = file.metadata().find(key))
      check<FileError>(list->count == tokens->count, file.name(), ": ", key, " has ", list->count,
                       " entries, expected ", tokens->count, " as in tokenizer.ggml.tokens");
}

}  // namespace graft::inline v0
