// SPDX-License-Identifier: Apache-2.0
//
// The one interface between the library and a backend: a table of function pointers. `cpu/baseline`, `cpu/avx2`,
// `cpu/avx512` … are values of `Kernels`; a test may copy one and replace an entry.
//
// On a CPU table all memory is the host's. On the CUDA table floats, packed weights, keys and values, moments and
// gradients lie in the device's memory (device_backend.hpp). What describes a call stays on the host: arrays of
// pointers and structs, an AttentionBatch with its sequences, tiles, spans and keys, and the lists that the host makes:
// ids, rows, positions, targets, columns, rows_key, inverse_frequency, and the weights of cross_entropy. Kernels are
// queued; one that gives a number waits for it.
//
// Matrices are dense and row-major. Forward kernels write their outputs; backward kernels add to gradients (or write a
// GradientSum that is unset, whole), and a null gradient is one that nobody wants. Kernels neither allocate nor throw
// (those of a device throw graft::Error), and their result does not depend on the number of workers: work is cut by
// shape, and every sum has one order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dtype.hpp"
#include "operands.hpp"
#include "optimizer_step.hpp"

namespace graft::inline v0 {

// Where a kernel runs. On the CPU: a pool of workers and their scratch memory. One thread at a time uses a Stream.
struct Stream {
  void* context = nullptr;  // of the backend
  int workers = 1;
  // Calls body(argument, task, worker) once for each task in [0, tasks), worker in [0, workers), and returns when all
  // are done.
  void (*parallel)(void* context, int tasks, void (*body)(void* argument, int task, int worker),
                   void* argument) = nullptr;
  // Memory for the kernel that is running, aligned to 64 bytes; the next call of scratch ends its life. One call a
  // kernel. The only call in a kernel that may throw (before the kernel has written anything).
  void* (*scratch)(void* context, size_t bytes) = nullptr;
  void* owner = nullptr;  // whose stream it is: for whoever made it
};

// The least precise product that a call may use. A table without a fast product of that kind uses a finer one.
enum class Compute : uint8_t { f32, bf16, int8 };

// A low-rank edit of one weight of a group, for rows [first, first + rows) of the input: y += scale · hidden · upᵀ. The
// product makes hidden = x · downᵀ, unless `down` has no data: then it is given.
struct LowRankEdit {
  int weight = 0;  // its place in the group
  int first = 0, rows = 0;
  PackedMatrix down = {}, up = {};  // rank × inputs, outputs × rank: packed, of f32 or bf16
  float scale = 1;
  float* hidden = nullptr;  // rows × rank
};

// Its part in the backward product: dhidden[rows, rank] = scale · dy · up; dx += dhidden · down unless `down` has no
// data; and the gradients of the factors, dup += scale · dyᵀ · hidden and ddown += dhiddenᵀ · x, unless null.
struct LowRankGradient {
  PackedMatrix down = {}, up = {};  // `up` without data: no edit
  float scale = 1;
  const float* hidden = nullptr;
  float* dhidden = nullptr;
  Operand x = {};          // rows × inputs, floats or bf16: what was multiplied by `down`
  float* dup = nullptr;    // outputs × rank
  float* ddown = nullptr;  // rank × inputs
};

// Consecutive keys and values of one sequence; row r of a head h begins at data + (r * stride + h * head_width)
// elements.
struct KeyValueSpan {
  const void* k = nullptr;
  const void* v = nullptr;
  int rows = 0;
  int64_t stride = 0;
};

// What is added to the scaled score of head h, query i (of the sequence's, from 0) and key j: the element
// h * head_stride + i * query_stride + j of data; null: nothing. A query stride of -1, with a pointer into the middle,
// gives a bias by distance; the count of keys gives a block. All elements may be read, those of hidden keys too.
struct AttentionBias {
  const float* data = nullptr;
  int64_t head_stride = 0, query_stride = 0;
};

// Query rows [first, first + queries) attend to the keys of `spans`. Query i stands at position keys - queries + i.
struct AttentionSequence {
  int first = 0, queries = 0, keys = 0;
  const KeyValueSpan* spans = nullptr;
  int span_count = 0;
  AttentionBias bias = {};
};

// Queries are cut into tiles of at most kAttentionTile rows; a tile never crosses a sequence.
inline constexpr int kAttentionTile = 32;
struct AttentionTile {
  int sequence = 0, first_query = 0;
};

// All sequences of a batch; the tiles cover every query once. row_keys: what names each row of q for random numbers,
// wherever it stands in the batch; only where probabilities are dropped.
struct AttentionBatch {
  const AttentionSequence* sequences = nullptr;
  int sequence_count = 0;
  const AttentionTile* tiles = nullptr;
  int tile_count = 0;
  const int64_t* row_keys = nullptr;
};

// Counted random numbers, the same on every backend. Number n is word n % 4 of a block of Philox4x32-10 (Salmon et al.
// 2011): the counter is (n / 4, site) and the key seed ^ step * 0x9e3779b97f4a7c15, each 64 bits, low words first.
struct RandomKey {
  uint64_t seed = 0, step = 0, site = 0;
};

// Dropout of the probabilities: what is left of each is 0, or 1 / (1 - rate) of it, as `dropout` decides. That of key j
// and head h in row r of q draws number ((row_keys[r] · heads + h) << kKeyBits) + j of the key.
inline constexpr int kKeyBits = 20;
struct AttentionDropout {
  float rate = 0;
  RandomKey key = {};
};

struct AttentionShape {
  int heads = 0, kv_heads = 0, head_width = 0;
  float scale = 1;
  bool causal = true;
  int window = 0;                  // keys less than `window` positions away are seen, on either side; 0: all
  float soft_cap = 0;              // scaled scores become cap * tanh(score / cap), before the bias; 0: none
  Dtype cache = Dtype::f32;        // of the keys and values: f32 or bf16
  Compute compute = Compute::f32;  // of both products; from bf16 on, their operands are rounded to bf16
  AttentionDropout dropout = {};
};

// Functions of one value. gelu is x times the normal distribution (Hendrycks & Gimpel 2016), gelu_tanh and gelu_quick
// are its approximations by tanh and by sigmoid(1.702 x); silu is x * sigmoid(x) (Elfwing et al. 2018).
enum class Activation : uint8_t { identity, relu, gelu, gelu_tanh, gelu_quick, silu, tanh, sigmoid };

// The columns first + i * step + [0, width) of a matrix, for i < count.
struct ColumnBlocks {
  int first = 0, width = 0, step = 0, count = 1;
};

// The most that `largest` finds in a row.
inline constexpr int kMostLargest = 64;

struct Kernels {
  const char* name;  // "cpu/avx2"

  // ---- weights ----

  // Whether there is a packed form of the dtype, which products read; data of the others is decoded to bf16 first.
  bool (*packs)(Dtype);
  // Bytes of the packed form of a rows × cols matrix.
  size_t (*packed_bytes)(Dtype, int rows, int cols);
  // Packs `count` rows, of row-major data of the same dtype, as rows [first, first + count) of the packed matrix.
  // `first` is a multiple of 32; `count` too, unless they are the last rows.
  void (*pack)(const Stream&, Dtype, const void* rows, int first, int count, void* packed, int total_rows, int cols);
  // The opposite, as floats: rows [first, first + count) of the packed matrix. Any first and count.
  void (*unpack)(const Stream&, const PackedMatrix&, int first, int count, float* rows);
  // Row-major data of any dtype as floats, and floats as f16, bf16, q8_0, q4_0, q4_1, q5_0 or q5_1. `count` is a
  // multiple of the block.
  void (*decode)(const Stream&, Dtype, const void* data, float* out, int64_t count);
  void (*encode)(const Stream&, Dtype, const float* data, void* out, int64_t count);

  // ---- products, with weights of the types before iq1_s ----

  // Whether `linear` rounds so many rows to bf16 for a weight of the dtype. Then they may be bf16 from the start.
  bool (*rounds_input)(Dtype, Compute, int rows);
  // The same of the gradients that `linear_backward` takes; then `matmul` rounds them, too.
  bool (*rounds_gradient)(Dtype, Compute);

  // y[rows, w.rows] = x[rows, w.cols] · wᵀ (+ bias) for each of `count` weights that share one input, and the edits.
  // Rows of halves follow each other without gaps. `ranges`: weight i takes, and writes, the rows of ranges[i] only,
  // which are ascending, the same for neighbours or apart; edits lie within them, in the order of the ranges. Null: all
  // rows.
  void (*linear)(const Stream&, Compute, Operand x, int rows, const PackedMatrix* weights, const float* const* bias,
                 float* const* y, int count, const LowRankEdit* edits, int edit_count, const RowSpan* ranges);
  // dx[rows, w.cols] += Σ dy[rows, w.rows] · w, with the low-rank edit of each weight (null: of none). dx may be null.
  void (*linear_backward)(const Stream&, Compute, const Operand* dy, int rows, const PackedMatrix* weights,
                          const LowRankGradient* low_rank, int count, GradientSum dx);
  // c[m, n] = alpha · a[m, k] · b[k, n] (+ c when `add`). The operands are rounded to bf16 with Compute::bf16.
  void (*matmul)(const Stream&, Compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n, int k,
                 float alpha, bool add);
  // sum[cols] += Σ over rows of x[rows, cols]
  void (*column_sum)(const Stream&, const float* x, int rows, int cols, float* sum);

  // ---- embedding ----

  // y[i, :] = table[ids[i], :]
  void (*embedding)(const Stream&, const PackedMatrix& table, const int32_t* ids, int rows, float* y);
  // dtable[ids[i], :] += dy[i, :]; ids below 0 are passed over.
  void (*embedding_backward)(const Stream&, const int32_t* ids, const float* dy, int rows, int cols, int table_rows,
                             float* dtable);

  // y[i, :] = x[rows[i], :]; its backward is embedding_backward.
  void (*gather_rows)(const Stream&, const float* x, const int32_t* rows, int count, int cols, float* y);
  // y[i, :] = Σ over s < used of weights[i * used + s] · x[rows[i * used + s], :], for i < count.
  void (*combine_rows)(const Stream&, const float* x, const int32_t* rows, const float* weights, int count, int used,
                       int cols, float* y);
  // dx[rows[k], :] += weights[k] · dy[k / used, :] and dweights[k] += dy[k / used, :] · x[rows[k], :]; no row is twice
  // in `rows`. x is read only where dweights is wanted.
  void (*combine_rows_backward)(const Stream&, const float* x, const int32_t* rows, const float* weights,
                                const float* dy, int count, int used, int cols, float* dx, float* dweights);

  // ---- norms ----

  // y = x / rms(x) * (offset + weight); keeps 1 / rms of each row in `inverse` unless null (Zhang & Sennrich 2019).
  void (*rms_norm)(const Stream&, const float* x, const float* weight, Destination y, float* inverse, int rows,
                   int cols, float epsilon, float offset);
  void (*rms_norm_backward)(const Stream&, const float* x, const float* weight, const float* inverse, const float* dy,
                            GradientSum dx, float* dweight, int rows, int cols, float offset);
  // y = (x - mean(x)) / deviation(x) * weight + bias (Ba et al. 2016). bias may be null; mean and inverse keep the mean
  // and 1 / deviation of each row, or both are null.
  void (*layer_norm)(const Stream&, const float* x, const float* weight, const float* bias, Destination y, float* mean,
                     float* inverse, int rows, int cols, float epsilon);
  void (*layer_norm_backward)(const Stream&, const float* x, const float* weight, const float* mean,
                              const float* inverse, const float* dy, GradientSum dx, float* dweight, float* dbias,
                              int rows, int cols);
  // The mean of each column of x, and the mean of its squared distances from it.
  void (*column_moments)(const Stream&, const float* x, int rows, int cols, float* mean, float* variance);
  // y = (x - mean) / sqrt(variance + epsilon) * weight + bias, with one of each a column (Ioffe & Szegedy 2015).
  void (*batch_norm)(const Stream&, const float* x, const float* mean, const float* variance, const float* weight,
                     const float* bias, float* y, int rows, int cols, float epsilon);
  // `of_batch`: the mean and the variance are those of x itself and move with it.
  void (*batch_norm_backward)(const Stream&, const float* x, const float* mean, const float* variance,
                              const float* weight, const float* dy, float* dx, float* dweight, float* dbias, int rows,
                              int cols, float epsilon, bool of_batch);

  // ---- rotary positions (Su et al. 2021) ----

  // cosine, sine[rows, half] = scale * cos, sin(positions[row] * inverse_frequency[i])
  void (*rotary_table)(const Stream&, const int32_t* positions, const float* inverse_frequency, float scale, int rows,
                       int half, float* cosine, float* sine);
  // Turns pairs (i, i + half) of each head of x[rows, heads * head_width] by the angle of the row, or back when
  // `inverse`. Columns of a head from 2 * half on stay. y may be x; adds to y when `add`.
  void (*rotary)(const Stream&, const float* x, const float* cosine, const float* sine, float* y, int rows, int heads,
                 int head_width, int half, bool inverse, bool add);

  // ---- attention (Dao et al. 2022: blocks with online softmax, backward from one log-sum-exp) ----

  // y[row, heads * head_width] = dropout(softmax(scale · q kᵀ + bias)) v; lse[row, head] keeps the log of the sum of
  // exponentials of each row's scores unless null.
  void (*attention)(const Stream&, const AttentionShape&, const float* q, const AttentionBatch&, Destination y,
                    float* lse);
  // Spans are f32 and one a sequence; dk and dv have the layout of k and v of the spans with all sequences' rows one
  // after the other (stride kv_heads * head_width). dq, dk, dv are all present, and apart where one is unset.
  void (*attention_backward)(const Stream&, const AttentionShape&, const float* q, const AttentionBatch&,
                             const float* y, const float* lse, const float* dy, GradientSum dq, GradientSum dk,
                             GradientSum dv);
  // Adds the gradient of each sequence's bias, which lies as that bias does, to dbias[sequence]. Every sequence has a
  // bias; those of several sequences, and of several queries and keys of one head, may overlap.
  void (*attention_bias_backward)(const Stream&, const AttentionShape&, const float* q, const AttentionBatch&,
                                  const float* y, const float* lse, const float* dy, float* const* dbias);
  // The probabilities themselves, for observers: p[head, query, key] of one sequence.
  void (*attention_probabilities)(const Stream&, const AttentionShape&, const float* q, const AttentionSequence&,
                                  const float* lse, float* p);
  // block[head, i, j] = by_query[head, i, c] + by_key[head, j, c] of `rows` queries and as many keys, where the column
  // c of a distance is columns[rows - 1 + i - j]; by_query and by_key have `width` columns, null: 0.
  void (*distance_scores)(const Stream&, const float* by_query, const float* by_key, const int32_t* columns, int heads,
                          int rows, int width, float* block);
  void (*distance_scores_backward)(const Stream&, const float* dblock, const int32_t* columns, int heads, int rows,
                                   int width, float* dby_query, float* dby_key);
  // Floats as f32, bf16 or f16, for the cache and for saved activations.
  void (*convert)(const Stream&, const float* x, Dtype, void* out, int64_t count);

  // ---- elementwise ----

  void (*add)(const Stream&, const float* a, const float* b, float* y, int64_t count);
  void (*accumulate)(const Stream&, const float* x, float scale, GradientSum y, int64_t count);  // y += scale * x
  void (*activation)(const Stream&, Activation, const float* x, Destination y, int64_t count);
  // x is f32 or bf16.
  void (*activation_backward)(const Stream&, Activation, const void* x, Dtype, const float* dy, GradientSum dx,
                              int64_t count);
  // y = activation(gate) * up (Shazeer 2020)
  void (*gated_activation)(const Stream&, Activation, const float* gate, const float* up, Destination y, int64_t count);
  // gate and up are f32 or bf16.
  void (*gated_activation_backward)(const Stream&, Activation, const void* gate, const void* up, Dtype, const float* dy,
                                    GradientSum dgate, GradientSum dup, int64_t count);
  // y = cap * tanh(scale * x / cap), or scale * x where cap is 0. y may be x.
  void (*soft_cap)(const Stream&, const float* x, float scale, float cap, float* y, int64_t count);
  // dx += dy times the slope at x, which is not read where cap is 0. dx may be dy where it is unset.
  void (*soft_cap_backward)(const Stream&, const float* x, float scale, float cap, const float* dy, GradientSum dx,
                            int64_t count);
  // y[row, :] = gain * x[row, :] + shift, one of each a column; gain null: 1, shift null: 0.
  void (*scale_columns)(const Stream&, const float* x, const float* gain, const float* shift, float* y, int rows,
                        int cols);
  // dx += gain * dy, and dgain += Σ over rows of dy * x. A null gain is 1 and has no gradient.
  void (*scale_columns_backward)(const Stream&, const float* x, const float* gain, const float* dy, float* dx,
                                 float* dgain, int rows, int cols);
  // y[rows, count * width] = the blocks of columns of x[rows, cols], one after the other.
  void (*copy_columns)(const Stream&, const float* x, int rows, int cols, ColumnBlocks, float* y);
  void (*copy_columns_backward)(const Stream&, const float* dy, int rows, int cols, ColumnBlocks, float* dx);
  // y = x / (1 - rate) where kept, else 0; kept where the upper 24 bits of the number are at least rate * 2^24. Element
  // e of row r draws number rows_key[r] * cols + e of the key, so the mask of a row does not depend on its place in the
  // batch. rows_key null: the row itself. Adds to y when `add`.
  void (*dropout)(const Stream&, RandomKey, const int64_t* rows_key, float rate, const float* x, float* y, int rows,
                  int cols, bool add);

  // ---- loss ----

  // log_probability[row] = log p[target[row]] for p = softmax(logits[row]), and logits become
  // weight[row] · d(-log_probability)/d logits when weight is not null. With label smoothing e (Szegedy et al. 2016) it
  // is (1 - e) · log p[target] + e · mean(log p). A negative target gives 0 and a zero row.
  void (*cross_entropy)(const Stream&, float* logits, const int32_t* targets, const float* weights, int rows, int cols,
                        float smoothing, float* log_probability);

  // ---- choosing ----

  // The `count` largest values of each row of x[rows, cols] with their columns, the largest first, of equals the one of
  // the smaller column: columns and values[rows, count]. What is -inf or no number is none of them; where a row has
  // fewer, the column is -1. count is at most kMostLargest.
  void (*largest)(const Stream&, const float* x, int rows, int cols, int count, int32_t* columns, float* values);

  // ---- optimizers ----

  // Adam (Kingma & Ba 2015), bias-corrected; AdamW (Loshchilov & Hutter 2019) where decoupled; AMSGrad (Reddi et al.
  // 2018), by the largest variance so far, unless `largest` is null.
  void (*adam)(const Stream&, const AdamStep&, const float* gradient, float* parameter, float* mean, float* variance,
               float* largest, int64_t count);
  // The same with moments in bytes. The step is taken before they are rounded.
  void (*adam_8bit)(const Stream&, const AdamStep&, const float* gradient, float* parameter, ByteMoments mean,
                    ByteMoments variance, int64_t count);
  // velocity null: no momentum. The first step's velocity is its gradient.
  void (*sgd)(const Stream&, const SgdStep&, const float* gradient, float* parameter, float* velocity, int64_t count);
  // Hinton 2012. mean: of the gradients, which centres the mean of their squares; null: not centred. velocity null: no
  // momentum.
  void (*rmsprop)(const Stream&, const RmspropStep&, const float* gradient, float* parameter, float* square,
                  float* mean, float* velocity, int64_t count);
  // Duchi et al. 2011; `sum` is that of the squares.
  void (*adagrad)(const Stream&, const Step&, float epsilon, const float* gradient, float* parameter, float* sum,
                  int64_t count);
  // Chen et al. 2023, decoupled: the sign of beta1 · mean + (1 - beta1) · gradient, then the mean moves by beta2.
  void (*lion)(const Stream&, const Step&, float beta1, float beta2, const float* gradient, float* parameter,
               float* mean, int64_t count);
  // Adafactor (Shazeer & Stern 2018) in three passes. The means of square + epsilon over each row and column move by
  // `beta2`; an update is scale · gradient · by_row · by_column.
  void (*adafactor_moments)(const Stream&, float scale, float beta2, float epsilon, const float* gradient, int rows,
                            int cols, float* row_mean, float* column_mean, float* by_row, float* by_column);
  // Σ update², in double and in one order.
  double (*adafactor_square_sum)(const Stream&, float scale, const float* gradient, const float* by_row,
                                 const float* by_column, int rows, int cols);
  // Decoupled. mean null: the update is taken as it is.
  void (*adafactor)(const Stream&, const AdafactorStep&, const float* gradient, const float* by_row,
                    const float* by_column, float* parameter, float* mean, int rows, int cols);
  // velocity moves towards scale · gradient by 1 - momentum; direction is the velocity, or with Nesterov's look ahead.
  void (*muon_direction)(const Stream&, float scale, float momentum, bool nesterov, const float* gradient,
                         float* velocity, float* direction, int64_t count);
  // y += share · (x - y)
  void (*approach)(const Stream&, const float* x, float share, float* y, int64_t count);

  // ---- gradients ----

  // *found = Σ x² or Σ |x|, in double and in one order, or the largest |x|; not a number where an x is not.
  void (*square_sum)(const Stream&, const float* x, int64_t count, double* found);
  void (*absolute_sum)(const Stream&, const float* x, int64_t count, double* found);
  void (*largest_absolute)(const Stream&, const float* x, int64_t count, double* found);
  // x becomes at least -limit and at most limit; what is not a number stays.
  void (*clamp)(const Stream&, float limit, float* x, int64_t count);
};

// The tables that this build holds and this processor can run, finest last; never empty. Behind these `count` stand
// `by_name` more that lean on another library and are used only where they are asked for, if `has_library` finds it:
// "cpu/avx512_bf16+onednn".
struct KernelTables {
  const Kernels* const* tables;
  int count, by_name;
  bool (*has_library)();
};
KernelTables kernel_tables();

}  // namespace graft::inline v0
