// SPDX-License-Identifier: Apache-2.0
//
// The metadata of a GGUF file in the terms of config.json, and back, so that a family has one mapping for both.
#pragma once

#include "formats/gguf.hpp"
#include "formats/gguf_writer.hpp"
#include "nn/config.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

Json config_of(const GgufFile& file);

// What a file of that architecture keeps of a config.json: as config_of reads it back.
Json kept_config(const JsonObject& json, std::string_view architecture);

// Writes the keys that config_of reads, and those that other programs want beside them; `config` is the network of the
// config.json.
void write_config(const JsonObject& json, const TransformerConfig& config, std::string_view architecture,
                  GgufWriter& writer);

}  // namespace graft::inline v0
