// SPDX-License-Identifier: Apache-2.0
#include "cuda/mirrored.hpp"

#include <deque>
#include <mutex>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "cuda/cuda.hpp"
#include "cuda/host_blocks.hpp"

namespace graft {
namespace {

// One call: the device's copies of host blocks.
class Call {
 public:
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    for (const Copy& copy : copies_) cuda::memory.release(stream_, copy.device);
  }
  void finish() const {
    for (const Copy& copy : copies_)
      if (copy.is_written) cuda::memory.download(stream_, copy.device, copy.host.data, copy.host.bytes);
  }

  template <class T>
  const T* of(const T* host) {
    return static_cast<const T*>(device(host, false));
  }
  template <class T>
  T* of(T* host) {
    return static_cast<T*>(device(host, true));
  }
  // Lists that the interface leaves on the host.
  const int32_t* of(const int32_t* host) { return host; }
  const int64_t* of(const int64_t* host) { return host; }
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> T of(T value) { return value; }
  template <class T>
  requires std::is_class_v<T> T of(const T& settings) { return settings; }
  Operand of(Operand x) { return {of(x.data), x.stride, x.transposed, of(x.halves)}; }
  Destination of(Destination y) {
    y.data = of(y.data), y.halves = of(y.halves);
    return y;
  }
  GradientSum of(GradientSum sum) {
    Destination& written = sum;
    written = of(written);
    return sum;
  }
  PackedMatrix of(const PackedMatrix& w) { return {of(w.data), w.dtype, w.rows, w.cols, w.in_rows}; }
  ByteMoments of(ByteMoments moments) { return {of(moments.codes), of(moments.largest)}; }
  AttentionSequence of(const AttentionSequence& sequence) {
    AttentionSequence copy = sequence;
    std::vector<KeyValueSpan>& spans = spans_.emplace_back(sequence.spans, sequence.spans + sequence.span_count);
    for (KeyValueSpan& span : spans) span.k = of(span.k), span.v = of(span.v);
    copy.spans = spans.data();
    copy.bias.data = of(copy.bias.data);
    return copy;
  }
  AttentionBatch of(const AttentionBatch& batch) {
    for (int i = 0; i < batch.sequence_count; ++i) sequences_.push_back(of(batch.sequences[i]));
    return {sequences_.data(), batch.sequence_count, batch.tiles, batch.tile_count, batch.row_keys};
  }
  template <class T>
  std::vector<T> all(const T* host, int count) {
    std::vector<T> found;
    for (int i = 0; host && i < count; ++i) found.push_back(of(host[i]));
    return found;
  }
  LowRankEdit of(const LowRankEdit& e) {
    return {e.weight, e.first, e.rows, of(e.down), of(e.up), e.scale, of(e.hidden)};
  }
  LowRankGradient of(const LowRankGradient& g) {
    return {of(g.down), of(g.up), g.scale, of(g.hidden), of(g.dhidden), of(g.x), of(g.dup), of(g.ddown)};
  }

 private:
  struct Copy {
    HostBlock host;
    char* device;
    bool is_written;
  };

  void* device(const void* host, bool is_written) {
    if (!host) return nullptr;
    const char* const at = static_cast<const char*>(host);
    for (Copy& copy : copies_)
      if (at >= copy.host.data && at <= copy.host.data + copy.host.bytes) {
        copy.is_written = copy.is_written || is_written;
        return copy.device + (at - copy.host.data);
      }
    const HostBlock block = host_block(host);
    if (!block.data) throw std::logic_error("a kernel is given memory that is not on the heap");
    char* const memory = static_cast<char*>(cuda::memory.allocate(stream_, block.bytes));
    copies_.push_back({block, memory, is_written});
    cuda::memory.upload(stream_, block.data, memory, block.bytes);
    return memory + (at - block.data);
  }

  const Stream& stream_ = cuda_test_stream();
  std::vector<Copy> copies_;
  std::deque<std::vector<KeyValueSpan>> spans_;
  std::vector<AttentionSequence> sequences_;
};

std::mutex mutex;

// The entry `member`, whose arguments numbered `on_host` stay where they are.
template <auto member, size_t... on_host>
struct Entry;
template <class Result, class... Arguments, Result (*Kernels::*member)(const Stream&, Arguments...), size_t... on_host>
struct Entry<member, on_host...> {
  static Result call(const Stream&, Arguments... arguments) {
    return run(std::index_sequence_for<Arguments...>(), arguments...);
  }
  template <size_t... i>
  static Result run(std::index_sequence<i...>, Arguments... arguments) {
    const std::lock_guard<std::mutex> lock(mutex);
    Call call;
    const auto pass = [&]<size_t number>(std::integral_constant<size_t, number>, auto& argument) {
      if constexpr (((number == on_host) || ...))
        return argument;
      else
        return call.of(argument);
    };
    // In the order of the arguments, all before the call.
    const auto passed = std::tuple{pass(std::integral_constant<size_t, i>(), arguments)...};
    const auto invoke = [](const auto&... a) { return (cuda::table.*member)(cuda_test_stream(), a...); };
    if constexpr (std::is_void_v<Result>) {
      std::apply(invoke, passed);
      call.finish();
    } else {
      const Result result = std::apply(invoke, passed);
      call.finish();
      return result;
    }
  }
};

void linear(const Stream&, Compute compute, Operand x, int rows, const PackedMatrix* weights, const float* const* bias,
            float* const* y, int count, const LowRankEdit* edits, int edit_count, const RowSpan* ranges) {
  const std::lock_guard<std::mutex> lock(mutex);
  Call call;
  const auto w = call.all(weights, count);
  const auto b = call.all(bias, count);
  const auto out = call.all(y, count);
  const auto e = call.all(edits, edit_count);
  cuda::table.linear(cuda_test_stream(), compute, call.of(x), rows, w.data(), bias ? b.data() : nullptr, out.data(),
                     count, e.data(), edit_count, ranges);
  call.finish();
}

void linear_backward(const Stream&, Compute compute, const Operand* dy, int rows, const PackedMatrix* weights,
                     const LowRankGradient* low_rank, int count, GradientSum dx) {
  const std::lock_guard<std::mutex> lock(mutex);
  Call call;
  const auto d = call.all(dy, count);
  const auto w = call.all(weights, count);
  const auto e = call.all(low_rank, count);
  cuda::table.linear_backward(cuda_test_stream(), compute, d.data(), rows, w.data(), low_rank ? e.data() : nullptr,
                              count, call.of(dx));
  call.finish();
}

void attention_bias_backward(const Stream&, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
                             const float* y, const float* lse, const float* dy, float* const* dbias) {
  const std::lock_guard<std::mutex> lock(mutex);
  Call call;
  const auto d = call.all(dbias, batch.sequence_count);
  cuda::table.attention_bias_backward(cuda_test_stream(), shape, call.of(q), call.of(batch), call.of(y), call.of(lse),
                                      call.of(dy), d.data());
  call.finish();
}

const Kernels table = {
    .name = "cuda",
    .packs = cuda::table.packs,
    .packed_bytes = cuda::table.packed_bytes,
    .pack = Entry<&Kernels::pack>::call,
    .unpack = Entry<&Kernels::unpack>::call,
    .decode = Entry<&Kernels::decode>::call,
    .encode = Entry<&Kernels::encode>::call,
    .rounds_input = cuda::table.rounds_input,
    .rounds_gradient = cuda::table.rounds_gradient,
    .linear = linear,
    .linear_backward = linear_backward,
    .matmul = Entry<&Kernels::matmul>::call,
    .column_sum = Entry<&Kernels::column_sum>::call,
    .embedding = Entry<&Kernels::embedding>::call,
    .embedding_backward = Entry<&Kernels::embedding_backward>::call,
    .gather_rows = Entry<&Kernels::gather_rows>::call,
    .combine_rows = Entry<&Kernels::combine_rows>::call,
    .combine_rows_backward = Entry<&Kernels::combine_rows_backward>::call,
    .rms_norm = Entry<&Kernels::rms_norm>::call,
    .rms_norm_backward = Entry<&Kernels::rms_norm_backward>::call,
    .layer_norm = Entry<&Kernels::layer_norm>::call,
    .layer_norm_backward = Entry<&Kernels::layer_norm_backward>::call,
    .column_moments = Entry<&Kernels::column_moments>::call,
    .batch_norm = Entry<&Kernels::batch_norm>::call,
    .batch_norm_backward = Entry<&Kernels::batch_norm_backward>::call,
    .rotary_table = Entry<&Kernels::rotary_table, 1>::call,
    .rotary = Entry<&Kernels::rotary>::call,
    .attention = Entry<&Kernels::attention>::call,
    .attention_backward = Entry<&Kernels::attention_backward>::call,
    .attention_bias_backward = attention_bias_backward,
    .attention_probabilities = Entry<&Kernels::attention_probabilities>::call,
    .distance_scores = Entry<&Kernels::distance_scores>::call,
    .distance_scores_backward = Entry<&Kernels::distance_scores_backward>::call,
    .convert = Entry<&Kernels::convert>::call,
    .add = Entry<&Kernels::add>::call,
    .accumulate = Entry<&Kernels::accumulate>::call,
    .activation = Entry<&Kernels::activation>::call,
    .activation_backward = Entry<&Kernels::activation_backward>::call,
    .gated_activation = Entry<&Kernels::gated_activation>::call,
    .gated_activation_backward = Entry<&Kernels::gated_activation_backward>::call,
    .soft_cap = Entry<&Kernels::soft_cap>::call,
    .soft_cap_backward = Entry<&Kernels::soft_cap_backward>::call,
    .scale_columns = Entry<&Kernels::scale_columns>::call,
    .scale_columns_backward = Entry<&Kernels::scale_columns_backward>::call,
    .copy_columns = Entry<&Kernels::copy_columns>::call,
    .copy_columns_backward = Entry<&Kernels::copy_columns_backward>::call,
    .dropout = Entry<&Kernels::dropout>::call,
    .cross_entropy = Entry<&Kernels::cross_entropy, 2>::call,
    .largest = Entry<&Kernels::largest>::call,
    .adam = Entry<&Kernels::adam>::call,
    .adam_8bit = Entry<&Kernels::adam_8bit>::call,
    .sgd = Entry<&Kernels::sgd>::call,
    .rmsprop = Entry<&Kernels::rmsprop>::call,
    .adagrad = Entry<&Kernels::adagrad>::call,
    .lion = Entry<&Kernels::lion>::call,
    .adafactor_moments = Entry<&Kernels::adafactor_moments>::call,
    .adafactor_square_sum = Entry<&Kernels::adafactor_square_sum>::call,
    .adafactor = Entry<&Kernels::adafactor>::call,
    .muon_direction = Entry<&Kernels::muon_direction>::call,
    .approach = Entry<&Kernels::approach>::call,
    .square_sum = Entry<&Kernels::square_sum>::call,
    .absolute_sum = Entry<&Kernels::absolute_sum>::call,
    .largest_absolute = Entry<&Kernels::largest_absolute>::call,
    .clamp = Entry<&Kernels::clamp>::call,
};

}  // namespace

const Stream& cuda_test_stream() {
  static const Stream stream = cuda::backend.open(cuda::backend.open_queue(0), {.caches = false});
  return stream;
}

const Kernels& mirrored_cuda() { return table; }

}  // namespace graft
