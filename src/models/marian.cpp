// SPDX-License-Identifier: Apache-2.0
//
// Marian (Junczys-Dowmunt et al. 2018), which is the Transformer of "Attention Is All You Need" (Vaswani et al. 2017):
// norms after the sums, sinusoidal positions, one embedding for source, target and output.
#include "models/bart.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task) {
  if (!json.flag_or("share_encoder_decoder_embeddings", true)) json.refuse("share_encoder_decoder_embeddings", "true");
  TransformerConfig config = read_bart(json);
  config.encoder->embedding.positions = config.stack.embedding.positions = Positions::sinusoidal;
  return config;
}

constexpr Architecture kArchitectures[] = {{"MarianMTModel", Task::translate}};

}  // namespace

extern const Family kMarian;
const Family kMarian = {"marian", "", "", kArchitectures, configure, kBartNames};

}  // namespace graft::inline v0
