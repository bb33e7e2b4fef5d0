// SPDX-License-Identifier: Apache-2.0
//
// What the backward kernels share: the slopes of scores, from probabilities recomputed out of the log-sum-exp.
#pragma once

#include "cuda/attention_tiles.cuh"

namespace graft::inline v0::cuda {

// What the forward pass left, and the gradient of what it made. mean: Σ y · dy of each row and head.
struct Gradients {
  const float *q, *dy, *lse, *mean;
  Dropping drop = {};
};

// mean[row, head] = Σ y · dy, which is the mean slope under the probabilities.
void mean_slopes(const Stream&, const AttentionShape&, int64_t statistics, const float* y, const float* dy,
                 float* mean);

// Products q · k become probabilities, products dy · v the slopes of the scores, before and after cap and scale.
template <int cols>
struct Slopes {
  float p[4][cols] = {}, before_bias[4][cols] = {};

  // `products` and `gradients` of own rows with own keys from `first` on.
  __device__ void find(const AttentionShape& shape, const AttentionBias& bias, const Gradients& g,
                       const PanelRows& rows, int first, const float (&products)[4][cols],
                       const float (&gradients)[4][cols]) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = own_row(i), statistic = load(&rows.statistic[row]);
      const float lse = load(g.lse + statistic), mean = load(g.mean + statistic);
#pragma unroll
      for (int j = 0; j < cols; ++j) {
        const int key = first + own_col(j);
        if (!sees(rows, row, key)) continue;
        const float s = score(shape, products[i][j]);
        const float kept = g.drop.threshold > 0 ? dropped(g.drop, rows, row, key, 1) : 1;
        const float all = expf((bias.data ? s + load(bias.data + load(&rows.bias[row]) + key) : s) - lse);
        p[i][j] = all * kept;
        before_bias[i][j] = all * (gradients[i][j] * kept - mean);
      }
    }
  }
  // The slope of the product q · k behind the slope of its score.
  __device__ static float of_product(const AttentionShape& shape, float product, float slope) {
    if (shape.soft_cap <= 0) return slope * shape.scale;
    const float bent = score(shape, product) / shape.soft_cap;
    return slope * shape.scale * (1 - bent * bent);
  }
};

// products += rows of q · keys and gradients += rows of dy · values, for keys from `first` on.
template <int pieces, bool rounds, int height, int cols>
__device__ void both_products(Tile<rounds, kRows>& rows, Tile<rounds, height>& keys, Board& board,
                              const PanelRows& panel, const Gradients& g, const KeyRows<float>& k,
                              const KeyRows<float>& v, int first, int key_count, int width, float (&products)[4][cols],
                              float (&gradients)[4][cols]) {
#pragma unroll 1
  for (int piece = 0; piece < pieces; ++piece) {
    load_rows(rows, panel, g.q, piece, width);
    load_keys(keys, k, first, key_count, piece, width);
    __syncthreads();
    multiply<kColumns>(products, view<false>(rows), view<false>(keys), board);
    __syncthreads();
    load_rows(rows, panel, g.dy, piece, width);
    load_keys(keys, v, first, key_count, piece, width);
    __syncthreads();
    multiply<kColumns>(gradients, view<false>(rows), view<false>(keys), board);
    __syncthreads();
  }
}

}  // namespace graft::inline v0::cuda
