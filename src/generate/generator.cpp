// SPDX-License-Identifier: Apache-2.0
#include "generate/generator.hpp"

#include <algorithm>

#include "generate/shortlists.hpp"
#include "support/clock.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kPrefillRows = 512;  // at once: enough for the products, little for the activations

}  // namespace

struct Generator::Sequence {
  const GenerateRequest& request;
  Sampler sampler;
  StreamDecoder decoder;
  StopText stop;
  Generation result = {};
  int32_t next = 0;  // chosen, not yet computed
  bool is_live = true;
  double started = now();
};

KeyValueCache make_cache(const NetworkContext& context, std::optional<Dtype> dtype) {
  const StackConfig& stack = context.trunk.transformer.stack();
  return KeyValueCache(context.memory, int(stack.layers.size()), stack.attention.kv_heads * stack.attention.head_width,
                       dtype.value_or(context.trunk.is_exact(context.precision) ? Dtype::f32 : Dtype::bf16));
}

Encoded select_sources(const NetworkContext& context, const Encoded& sources, std::span<const int> sequences) {
  const Batch none;
  Run run{context.lane, context.memory, none};
  return sources.select(run, sequences);
}

std::vector<int32_t> ending_tokens(std::vector<int32_t> of_model, const GenerateOptions& options) {
  if (options.ignore_end) of_model.clear();
  of_model.insert(of_model.end(), options.stop_ids.begin(), options.stop_ids.end());
  return of_model;
}

Tensor cached_pass(const NetworkContext& context, std::span<const CachedTokens> sequences, bool wants_logits,
                   Encoded* encoded) {
  Batch batch;
  std::vector<KeyValueCache*> caches;
  std::vector<const Edits*> edited;
  std::vector<int32_t> last;
  for (const auto& [cache, tokens, edits] : sequences) {
    const bool begins = cache->length() == 0;
    if (begins) cache->begin(context.lane, edits ? edits->prefix : Tensor());
    // Virtual tokens stand before what an encoder reads, not before what its decoder writes.
    batch.add(tokens, begins ? 0 : cache->rows(), 0, {}, begins && !encoded ? edits : nullptr);
    caches.push_back(cache);
    edited.push_back(edits);
    last.push_back(batch.rows() - 1);
  }
  NetworkPass pass(context, std::move(batch), edited);
  pass.run().caches = caches;
  const Tensor hidden = pass.hidden({.encoded = encoded});
  for (size_t i = 0; i < caches.size(); ++i) {
    const int rows = pass.batch().length(int(i));
    caches[i]->commit(rows, rows - int(sequences[i].tokens.size()));
  }
  return wants_logits ? context.trunk.transformer.head()(pass.run(), hidden, last) : Tensor();
}

Tensor prompt_pass(const NetworkContext& context, const CachedTokens& prompt, Encoded* encoded,
                   const std::stop_token& cancel) {
  Tensor logits;
  for (size_t at = size_t(prompt.cache->length()); at < prompt.tokens.size();) {
    if (cancel.stop_requested()) return {};
    const size_t count = std::min(kPrefillRows, prompt.tokens.size() - at);
    const CachedTokens chunk{prompt.cache, prompt.tokens.subspan(at, count), prompt.edits};
    at += count;
    logits = cached_pass(context, {&chunk, 1}, at == prompt.tokens.size(), encoded);
  }
  return logits;
}

namespace {

// The logarithm of the sum of the exponentials of each row: log softmax(x)[0] is x[0] less that.
std::vector<float> log_sums(const NetworkContext& context, const Tensor& logits) {
  const Kernels& kernels = context.lane.backend().kernels();
  const std::vector<int32_t> first(size_t(logits.rows()), 0);
  const Tensor of_first(*context.memory, logits.rows(), 1), log_first(*context.memory, logits.rows(), 1);
  kernels.copy_columns(context.lane.stream(), logits.data(), logits.rows(), logits.cols(), {0, 1, 0, 1},
                       of_first.data());
  kernels.cross_entropy(context.lane.stream(), logits.data(), first.data(), nullptr, logits.rows(), logits.cols(), 0,
                        log_first.data());
  const std::span<const float> logs = log_first.values(), firsts = of_first.values();
  std::vector<float> sums(firsts.begin(), firsts.end());
  for (size_t row = 0; row < sums.size(); ++row) sums[row] -= logs[row];
  return sums;
}

}  // namespace

Generator::Generator(const NetworkContext& context, const Decoder& decoder, std::vector<int32_t> end_ids,
                     const GenerateOptions& options)
    : context_(context), decoder_(decoder), end_ids_(ending_tokens(std::move(end_ids), options)), options_(options) {}

bool Generator::ends(int32_t token) const {
  return std::find(end_ids_.begin(), end_ids_.end(), token) != end_ids_.end();
}

Encoded* Generator::sources_of(const std::vector<int>& requests) {
  if (!sources_) return nullptr;
  if (!chosen_ || requests != chosen_requests_) {
    chosen_ = select_sources(context_, *sources_, requests);
    chosen_requests_ = requests;
  }
  return &*chosen_;
}

void Generator::prefill(Sequence& sequence, int number) {
  const std::vector<int32_t>& prompt = sequence.request.prompt;
  KeyValueCache& cache = *sequence.request.cache;
  sequence.result.prompt_tokens = int(prompt.size());
  sequence.result.cached_tokens = cache.length();
  const CachedTokens tokens{&cache, prompt, sequence.request.edits};
  const Tensor logits = prompt_pass(context_, tokens, sources_of({number}), options_.cancel);
  if (!logits) return finish(sequence, Finish::cancelled);
  for (const int32_t token : prompt) sequence.sampler.saw(token, false);
  Sequence* const one[] = {&sequence};
  take_rows(one, logits);
  sequence.result.prompt_seconds = now() - sequence.started;
}

void Generator::emit(Sequence& sequence, const std::string& text) const {
  if (text.empty()) return;
  sequence.result.text += text;
  if (options_.on_text) options_.on_text(text);
}

void Generator::finish(Sequence& sequence, Finish reason) {
  emit(sequence, sequence.stop.push(sequence.decoder.flush()));
  emit(sequence, sequence.stop.flush());
  sequence.result.finish = reason;
  sequence.result.seconds = now() - sequence.started;
  sequence.is_live = false;
}

// The host looks at whole rows of logits only where a sampler must.
void Generator::take_rows(std::span<Sequence* const> sequences, const Tensor& logits) {
  const std::vector<float> sums = log_sums(context_, logits);
  const auto from_list = [](const Sequence& one) {
    return one.sampler.enough() > 0 && one.sampler.enough() <= kMostLargest;
  };
  size_t count = 0;
  for (const Sequence* one : sequences)
    if (from_list(*one)) count = std::max(count, one->sampler.enough());
  const Shortlists lists(context_, logits, count);
  for (size_t i = 0; i < sequences.size(); ++i) {
    Sequence& one = *sequences[i];
    const int position = one.request.cache->length();
    take(one, from_list(one) ? one.sampler.choose(lists.row(int(i)), sums[i], position)
                             : one.sampler.choose(logits.row(int(i)), sums[i], position));
  }
}

void Generator::take(Sequence& sequence, Sampler::Choice choice) {
  Generation& result = sequence.result;
  if (ends(choice.token)) return finish(sequence, Finish::end);
  sequence.next = choice.token;
  sequence.sampler.saw(choice.token, true);
  result.tokens.push_back(choice.token);
  result.log_probabilities.push_back(choice.log_probability);
  if (options_.alternatives > 0) result.alternatives.push_back(std::move(choice.alternatives));
  if (options_.on_token) options_.on_token(choice.token);
  emit(sequence, sequence.stop.push(sequence.decoder.push(choice.token)));
  if (sequence.stop.is_found()) return finish(sequence, Finish::end);
  const bool is_full = sequence.request.cache->rows() + 1 >= context_.trunk.transformer.config().context;
  if (is_full || int(result.tokens.size()) == options_.max_tokens) finish(sequence, Finish::length);
}

std::vector<Generation> Generator::run(std::span<const GenerateRequest> requests) {
  std::vector<Sequence> sequences;
  sequences.reserve(requests.size());
  for (const GenerateRequest& request : requests)
    sequences.push_back({request, Sampler(options_, sequences.size(), end_ids_), StreamDecoder(decoder_, true),
                         StopText(options_.stop)});
  for (size_t i = 0; i < sequences.size(); ++i) prefill(sequences[i], int(i));
  while (true) {
    std::vector<Sequence*> live;
    std::vector<int> numbers;
    std::vector<CachedTokens> rows;
    for (Sequence& sequence : sequences) {
      if (sequence.is_live && options_.cancel.stop_requested()) finish(sequence, Finish::cancelled);
      if (!sequence.is_live) continue;
      live.push_back(&sequence);
      numbers.push_back(int(&sequence - sequences.data()));
      rows.push_back({sequence.request.cache, {&sequence.next, 1}, sequence.request.edits});
    }
    if (live.empty()) break;
    const Tensor logits = cached_pass(context_, rows, true, sources_of(numbers));
    take_rows(live, logits);
  }
  std::vector<Generation> results;
  for (Sequence& sequence : sequences) results.push_back(std::move(sequence.result));
  return results;
}

}  // namespace graft::inline v0
