// SPDX-License-Identifier: Apache-2.0
//
// The metadata of a GGUF file in the terms of config.json, and back, so that a family has one mapping for both.
#pragma once

#include "formats/gguf.hpp"
#include "formats/gguf_writer.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

Json config_of(const GgufFile& file);

// Writes the keys that config_of reads.
void write_config(const JsonObject& config, GgufWriter& writer);

}  // namespace graft::v0
