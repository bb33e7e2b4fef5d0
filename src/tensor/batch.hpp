// SPDX-License-Identifier: Apache-2.0
//
// Packed tokens: the sequences of a pass one after the other, without padding. Masks do not exist; attention, positions
// and losses work from the offsets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels.hpp"
#include "tensor/edits.hpp"

namespace graft::inline v0 {

struct Batch {
  std::vector<int32_t> tokens;       // -1 - i: row i of the prompt of the row's edits
  std::vector<int32_t> positions;    // of each token in its sequence, cached and virtual tokens counted
  std::vector<int> offsets = {0};    // sequence i is tokens[offsets[i]] to tokens[offsets[i + 1]]
  std::vector<int32_t> types;        // of each token: 0, or 1 for the second text of a pair
  std::vector<int64_t> row_keys;     // names a token for random numbers, wherever it stands in the batch
  std::vector<AttentionTile> tiles;  // of all sequences

  int rows() const { return static_cast<int>(tokens.size()); }
  int sequences() const { return static_cast<int>(offsets.size()) - 1; }
  int length(int sequence) const { return offsets[sequence + 1] - offsets[sequence]; }
  // The row of its first token that is not virtual.
  int text_begin(int sequence) const {
    int row = offsets[sequence];
    while (row < offsets[sequence + 1] && tokens[row] < 0) ++row;
    return row;
  }

  // `first_position`: tokens that a cache already holds. `example` names the
  // sequence for random numbers. `token_types` empty: all 0. `edits`: what has virtual tokens before the sequence.
  void add(std::span<const int32_t> sequence, int first_position = 0, int64_t example = 0,
           std::span<const int32_t> token_types = {}, const Edits* edits = nullptr) {
    const int prompt = edits && edits->prompt ? edits->prompt.rows() : 0;
    if (edits && edits->prefix) first_position += edits->prefix.rows();
    for (int i = -prompt; i < static_cast<int>(sequence.size()); ++i) {
      const int at = prompt + i;
      tokens.push_back(i < 0 ? -1 - at : sequence[i]);
      positions.push_back(first_position + at);
      types.push_back(i < 0 || token_types.empty() ? 0 : token_types[size_t(i)]);
      row_keys.push_back(example << 24 | (first_position + at));
      if (at % kAttentionTile == 0) tiles.push_back({sequences(), at});
    }
    offsets.push_back(rows());
  }
};

}  // namespace graft::inline v0
