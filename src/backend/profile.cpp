// SPDX-License-Identifier: Apache-2.0
#include "backend/profile.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <tuple>
#include <utility>

#include "backend/backend.hpp"
#include "graft/error.hpp"

namespace graft::inline v0 {
namespace {

// What a call must do at least.
struct Work {
  double operations = 0, bytes = 0;
};

double elements(std::initializer_list<int64_t> sizes) {
  double product = 1;
  for (const int64_t size : sizes) product *= double(size);
  return product;
}

double pairs(const AttentionShape& shape, const AttentionBatch& batch) {
  double sum = 0;
  for (int i = 0; i < batch.sequence_count; ++i) {
    const double queries = batch.sequences[i].queries, keys = batch.sequences[i].keys;
    sum += shape.causal ? queries * (keys - (queries - 1) / 2) : queries * keys;
  }
  return sum * shape.heads * shape.head_width;
}

double products(int rows, const PackedMatrix* weights, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += 2 * elements({rows, weights[i].rows, weights[i].cols});
  return sum;
}

double element_bytes(const Destination& y) { return y.halves ? 2 : 4; }
double sum_bytes(const GradientSum& sum) { return sum ? element_bytes(sum) * (sum.is_unset ? 1 : 2) : 0; }

// The work of a kernel by its arguments; nothing is said of those that take no time.
template <auto kernel>
struct WorkOf {
  template <class... Arguments>
  static Work of(const Arguments&...) {
    return {};
  }
};
template <>
struct WorkOf<&Kernels::linear> {
  static Work of(Compute, const Operand&, int rows, const PackedMatrix* weights, const float* const*, float* const*,
                 int count, const LowRankEdit* edits, int edit_count, const RowSpan* ranges) {
    double sum = 0;
    for (int i = 0; i < count; ++i) sum += products(ranges ? ranges[i].rows : rows, &weights[i], 1);
    for (int i = 0; i < edit_count; ++i)
      sum += products(edits[i].rows, &edits[i].down, 1) + products(edits[i].rows, &edits[i].up, 1);
    return {sum};
  }
};
template <>
struct WorkOf<&Kernels::linear_backward> {
  static Work of(Compute, const Operand*, int rows, const PackedMatrix* weights, const LowRankGradient* edits,
                 int count, const GradientSum&) {
    double sum = products(rows, weights, count);
    for (int i = 0; edits && i < count; ++i)
      sum += 2 * (products(rows, &edits[i].down, 1) + products(rows, &edits[i].up, 1));
    return {sum};
  }
};
template <>
struct WorkOf<&Kernels::matmul> {
  static Work of(Compute, Operand, Operand, float*, int64_t, int m, int n, int k, float, bool) {
    return {2 * elements({m, n, k})};
  }
};
template <>
struct WorkOf<&Kernels::attention> {
  static Work of(const AttentionShape& shape, const float*, const AttentionBatch& batch, Destination, float*) {
    return {4 * pairs(shape, batch)};
  }
};
template <>
struct WorkOf<&Kernels::attention_backward> {
  template <class... Rest>
  static Work of(const AttentionShape& shape, const float*, const AttentionBatch& batch, const Rest&...) {
    return {10 * pairs(shape, batch)};
  }
};
template <>
struct WorkOf<&Kernels::attention_bias_backward> {
  template <class... Rest>
  static Work of(const AttentionShape& shape, const float*, const AttentionBatch& batch, const Rest&...) {
    return {4 * pairs(shape, batch)};
  }
};
template <>
struct WorkOf<&Kernels::rms_norm> {
  static Work of(const float*, const float*, Destination y, float*, int rows, int cols, float, float) {
    return {0, (4 + element_bytes(y)) * elements({rows, cols})};
  }
};
template <>
struct WorkOf<&Kernels::layer_norm> {
  static Work of(const float*, const float*, const float*, Destination y, float*, float*, int rows, int cols, float) {
    return {0, (4 + element_bytes(y)) * elements({rows, cols})};
  }
};
template <>
struct WorkOf<&Kernels::rms_norm_backward> {
  static Work of(const float*, const float*, const float*, const float*, const GradientSum& dx, float*, int rows,
                 int cols, float) {
    return {0, (8 + sum_bytes(dx)) * elements({rows, cols})};
  }
};
template <>
struct WorkOf<&Kernels::layer_norm_backward> {
  static Work of(const float*, const float*, const float*, const float*, const float*, const GradientSum& dx, float*,
                 float*, int rows, int cols) {
    return {0, (8 + sum_bytes(dx)) * elements({rows, cols})};
  }
};
template <>
struct WorkOf<&Kernels::combine_rows> {
  static Work of(const float*, const int32_t*, const float*, int count, int used, int cols, float*) {
    return {0, 4 * elements({count, used + 1, cols})};
  }
};
template <>
struct WorkOf<&Kernels::combine_rows_backward> {
  static Work of(const float*, const int32_t*, const float*, const float*, int count, int used, int cols,
                 const float* dx, const float* dweights) {
    return {0, 4 * elements({count, 1 + used * (2 * (dx != nullptr) + (dweights != nullptr)), cols})};
  }
};
template <>
struct WorkOf<&Kernels::add> {
  static Work of(const float*, const float*, float*, int64_t count) { return {0, 12 * elements({count})}; }
};
template <>
struct WorkOf<&Kernels::accumulate> {
  static Work of(const float*, float, const GradientSum& y, int64_t count) {
    return {0, (4 + sum_bytes(y)) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::activation> {
  static Work of(Activation, const float*, Destination y, int64_t count) {
    return {0, (4 + element_bytes(y)) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::activation_backward> {
  static Work of(Activation, const void*, Dtype dtype, const float*, const GradientSum& dx, int64_t count) {
    return {0, ((dtype == Dtype::f32 ? 8 : 6) + sum_bytes(dx)) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::gated_activation> {
  static Work of(Activation, const float*, const float*, Destination y, int64_t count) {
    return {0, (8 + element_bytes(y)) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::gated_activation_backward> {
  static Work of(Activation, const void*, const void*, Dtype dtype, const float*, const GradientSum& dgate,
                 const GradientSum& dup, int64_t count) {
    return {0, ((dtype == Dtype::f32 ? 12 : 8) + sum_bytes(dgate) + sum_bytes(dup)) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::cross_entropy> {
  static Work of(float*, const int32_t*, const float*, int rows, int cols, float, float*) {
    return {0, 8 * elements({rows, cols})};
  }
};
template <>
struct WorkOf<&Kernels::adam> {
  static Work of(const AdamStep&, const float*, float*, float*, float*, float* largest, int64_t count) {
    return {0, (largest ? 36 : 28) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::adam_8bit> {
  static Work of(const AdamStep&, const float*, float*, const ByteMoments&, const ByteMoments&, int64_t count) {
    return {0, 16 * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::sgd> {
  static Work of(const SgdStep&, const float*, float*, float* velocity, int64_t count) {
    return {0, (velocity ? 20 : 12) * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::lion> {
  static Work of(const Step&, float, float, const float*, float*, float*, int64_t count) {
    return {0, 20 * elements({count})};
  }
};
template <>
struct WorkOf<&Kernels::square_sum> {
  static Work of(const float*, int64_t count, double*) { return {0, 4 * elements({count})}; }
};

// Of one call. A kernel that is queued is waited for, since its time would be that of a later one.
class Measured {
 public:
  Measured(const DeviceQueue* queue, Profile::Sum& sum, const Work& work) : queue_(queue), sum_(sum), work_(work) {
    if (queue_) queue_->wait();
  }
  ~Measured() {
    try {
      if (queue_) queue_->wait();
    } catch (const Error&) {  // comes up again at the next wait
    }
    const auto time = std::chrono::steady_clock::now() - started_;
    ++sum_.calls;
    sum_.nanoseconds += std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    sum_.operations.fetch_add(work_.operations);
    sum_.bytes.fetch_add(work_.bytes);
  }

 private:
  const DeviceQueue* queue_;
  Profile::Sum& sum_;
  Work work_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

template <auto kernel, int index, class Pointer>
struct Timed;
template <auto kernel, int index, class Result, class... Arguments>
struct Timed<kernel, index, Result (*)(const Stream&, Arguments...)> {
  static Result call(const Stream& stream, Arguments... arguments) {
    const Backend& backend = static_cast<Lane*>(stream.owner)->backend();
    Profile& profile = *backend.profile();
    const Measured measured(backend.queue().get(), profile.sums()[index], WorkOf<kernel>::of(arguments...));
    return (profile.measured().*kernel)(stream, arguments...);
  }
};

template <auto kernel>
struct Entry {
  const char* name;
};

// Every kernel that computes, with its name; the place in the list is the place of its sum.
constexpr std::tuple kEntries{
    Entry<&Kernels::pack>{"pack"},
    Entry<&Kernels::unpack>{"unpack"},
    Entry<&Kernels::decode>{"decode"},
    Entry<&Kernels::encode>{"encode"},
    Entry<&Kernels::linear>{"linear"},
    Entry<&Kernels::linear_backward>{"linear_backward"},
    Entry<&Kernels::matmul>{"matmul"},
    Entry<&Kernels::column_sum>{"column_sum"},
    Entry<&Kernels::embedding>{"embedding"},
    Entry<&Kernels::embedding_backward>{"embedding_backward"},
    Entry<&Kernels::gather_rows>{"gather_rows"},
    Entry<&Kernels::combine_rows>{"combine_rows"},
    Entry<&Kernels::combine_rows_backward>{"combine_rows_backward"},
    Entry<&Kernels::rms_norm>{"rms_norm"},
    Entry<&Kernels::rms_norm_backward>{"rms_norm_backward"},
    Entry<&Kernels::layer_norm>{"layer_norm"},
    Entry<&Kernels::layer_norm_backward>{"layer_norm_backward"},
    Entry<&Kernels::column_moments>{"column_moments"},
    Entry<&Kernels::batch_norm>{"batch_norm"},
    Entry<&Kernels::batch_norm_backward>{"batch_norm_backward"},
    Entry<&Kernels::rotary_table>{"rotary_table"},
    Entry<&Kernels::rotary>{"rotary"},
    Entry<&Kernels::attention>{"attention"},
    Entry<&Kernels::attention_backward>{"attention_backward"},
    Entry<&Kernels::attention_bias_backward>{"attention_bias_backward"},
    Entry<&Kernels::attention_probabilities>{"attention_probabilities"},
    Entry<&Kernels::distance_scores>{"distance_scores"},
    Entry<&Kernels::distance_scores_backward>{"distance_scores_backward"},
    Entry<&Kernels::convert>{"convert"},
    Entry<&Kernels::add>{"add"},
    Entry<&Kernels::accumulate>{"accumulate"},
    Entry<&Kernels::activation>{"activation"},
    Entry<&Kernels::activation_backward>{"activation_backward"},
    Entry<&Kernels::gated_activation>{"gated_activation"},
    Entry<&Kernels::gated_activation_backward>{"gated_activation_backward"},
    Entry<&Kernels::soft_cap>{"soft_cap"},
    Entry<&Kernels::soft_cap_backward>{"soft_cap_backward"},
    Entry<&Kernels::scale_columns>{"scale_columns"},
    Entry<&Kernels::scale_columns_backward>{"scale_columns_backward"},
    Entry<&Kernels::copy_columns>{"copy_columns"},
    Entry<&Kernels::copy_columns_backward>{"copy_columns_backward"},
    Entry<&Kernels::dropout>{"dropout"},
    Entry<&Kernels::cross_entropy>{"cross_entropy"},
    Entry<&Kernels::largest>{"largest"},
    Entry<&Kernels::adam>{"adam"},
    Entry<&Kernels::adam_8bit>{"adam_8bit"},
    Entry<&Kernels::sgd>{"sgd"},
    Entry<&Kernels::rmsprop>{"rmsprop"},
    Entry<&Kernels::adagrad>{"adagrad"},
    Entry<&Kernels::lion>{"lion"},
    Entry<&Kernels::adafactor_moments>{"adafactor_moments"},
    Entry<&Kernels::adafactor_square_sum>{"adafactor_square_sum"},
    Entry<&Kernels::adafactor>{"adafactor"},
    Entry<&Kernels::muon_direction>{"muon_direction"},
    Entry<&Kernels::approach>{"approach"},
    Entry<&Kernels::square_sum>{"square_sum"},
    Entry<&Kernels::absolute_sum>{"absolute_sum"},
    Entry<&Kernels::largest_absolute>{"largest_absolute"},
    Entry<&Kernels::clamp>{"clamp"},
};
constexpr int kEntryCount = std::tuple_size_v<decltype(kEntries)>;
static_assert(kEntryCount <= Profile::kKernels);

template <int index, auto kernel>
void time(Kernels& table, Entry<kernel>) {
  table.*kernel = Timed<kernel, index, std::remove_reference_t<decltype(table.*kernel)>>::call;
}

template <int... index>
void time_all(Kernels& table, std::integer_sequence<int, index...>) {
  (time<index>(table, std::get<index>(kEntries)), ...);
}

}  // namespace

Kernels Profile::table() const {
  Kernels timed = measured_;
  time_all(timed, std::make_integer_sequence<int, kEntryCount>());
  return timed;
}

std::vector<KernelProfile> Profile::report() const {
  std::vector<KernelProfile> report;
  int index = 0;
  const auto add = [&](const char* name) {
    const Sum& sum = sums_[size_t(index++)];
    if (sum.calls) report.push_back({name, sum.calls, double(sum.nanoseconds) * 1e-9, sum.operations, sum.bytes});
  };
  std::apply([&](const auto&... entry) { (add(entry.name), ...); }, kEntries);
  std::sort(report.begin(), report.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return report;
}

std::string to_markdown(const std::vector<KernelProfile>& profile) {
  double all = 0;
  for (const KernelProfile& kernel : profile) all += kernel.seconds;
  std::string table = "| kernel | calls | ms | share | GFLOP/s | GB/s |\n|---|---|---|---|---|---|\n";
  for (const auto& [name, calls, seconds, operations, bytes] : profile) {
    char line[160];
    std::snprintf(line, sizeof line, "| %s | %lld | %.1f | %.1f %% | %.0f | %.1f |\n", name.c_str(),
                  static_cast<long long>(calls), seconds * 1e3, 100 * seconds / all, operations / seconds * 1e-9,
                  bytes / seconds * 1e-9);
    table += line;
  }
  return table;
}

}  // namespace graft::inline v0
