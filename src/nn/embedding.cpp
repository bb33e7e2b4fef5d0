// SPDX-License-Identifier: Apache-2.0
#include "nn/embedding.hpp"

#include <algorithm>
#include <cmath>

#include "ops/virtual_tokens.hpp"

namespace graft::inline v0 {
namespace {

// Vaswani et al. 2017, with the sines in the first half and the cosines in the second.
Tensor sinusoids(Memory& memory, int positions, int width) {
  Tensor table(memory, positions, width);
  const int half = width / 2;
  for (int position = 0; position < positions; ++position)
    for (int i = 0; i < half; ++i) {
      const double angle = position / std::pow(10000.0, 2.0 * i / width);
      const std::span<float> row = table.row(position);
      row[size_t(i)] = float(std::sin(angle));
      row[size_t(half + i)] = float(std::cos(angle));
    }
  return table;
}

}  // namespace

Embedding::Embedding(Parameters& parameters, const std::string& module, const StackConfig& config, int context,
                     const Weight* tokens)
    : config_(config.embedding),
      dropout_(config.dropout),
      site_(config, DropoutPlace::embedding),
      memory_(Memory::create_on_host()),
      tokens_(tokens) {
  const int width = config_.width;
  if (!tokens_) tokens_ = parameters.matrix(module, config_.vocabulary, width);
  const int position_width = config_.positions_after_projection ? config.width : width;
  if (config_.positions == Positions::learned)
    positions_ = parameters.matrix(module + ".positions", config_.position_rows, position_width);
  if (config_.positions == Positions::sinusoidal) sinusoids_ = sinusoids(*memory_, context, width);
  if (config_.types > 0) types_ = parameters.matrix(module + ".types", config_.types, width);
  if (config_.norm) norm_ = Norm(parameters, module + ".norm", config.norm, width);
  if (width != config.width)
    projection_ = parameters.projection(module + ".projection", config.width, width, config_.projection_bias);
}

Tensor Embedding::words(Run& run) const {
  std::vector<int32_t> ids = run.batch.tokens;
  for (int32_t& id : ids) id = std::max(id, 0);  // of virtual tokens the prompts have the rows
  return with_prompts(run, scaled(run, embedding(run, *tokens_, ids, config_.padding), config_.scale));
}

Tensor Embedding::operator()(Run& run) const {
  const Batch& batch = run.batch;
  Tensor x = words(run);
  if (types_) x = add(run, x, embedding(run, *types_, batch.types));
  if (projection_ && config_.positions_after_projection) x = linear(run, x, {&*projection_, 1})[0];
  if (positions_) {
    std::vector<int32_t> rows(batch.positions);
    for (int32_t& row : rows) row += config_.first_position;
    x = add(run, x, embedding(run, *positions_, rows));
  }
  if (sinusoids_) x = add_rows(run, x, sinusoids_, batch.positions);
  x = dropout(run, norm_(run, x), dropout_, site_.in_layer(0));
  return projection_ && !config_.positions_after_projection ? linear(run, x, {&*projection_, 1})[0] : x;
}

}  // namespace graft::inline v0
