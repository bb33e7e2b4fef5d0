// SPDX-License-Identifier: Apache-2.0
//
// A byte-level BPE tokenizer as the keys tokenizer.* of a GGUF file.
#pragma once

#include "formats/gguf_writer.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// What transformers reads.
struct PublishedTokenizer {
  Json tokenizer;  // tokenizer.json
  Json config;     // tokenizer_config.json; may be an empty object
};

// Throws UnsupportedError for a tokenizer that is no byte-level BPE, or of a pre-tokenizer without a name in GGUF.
void write_tokenizer(const PublishedTokenizer& files, int64_t vocabulary, GgufWriter& writer);

}  // namespace graft::inline v0
