// SPDX-License-Identifier: Apache-2.0
#include "train/replaced_tokens.hpp"

#include <cmath>

namespace graft::inline v0 {
namespace {

// A row whose chosen tokens wait for others.
struct OpenRow {
  TokenRow row;
  std::vector<size_t> places;
  RandomDraws draw;
};

int32_t drawn_token(std::span<const float> logits, RandomDraws& draw) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (const float logit : logits) total += std::exp(double(logit - largest));
  double left = total * draw.uniform();
  for (size_t id = 0; id < logits.size(); ++id)
    if ((left -= std::exp(double(logits[id] - largest))) < 0) return int32_t(id);
  return int32_t(logits.size() - 1);
}

void fill(std::span<OpenRow> rows, const NetworkContext& generator) {
  Batch batch;
  std::vector<int32_t> places;
  for (const OpenRow& open : rows) {
    const int first = batch.rows();
    batch.add(open.row.ids, 0, 0, open.row.types);
    for (const size_t at : open.places) places.push_back(first + int(at));
  }
  if (places.empty()) return;
  NetworkPass pass(generator, std::move(batch));
  const Tensor logits = generator.trunk.transformer.head()(pass.run(), pass.hidden(), places);
  int next = 0;
  for (OpenRow& open : rows)
    for (const size_t at : open.places) open.row.ids[at] = drawn_token(logits.row(next++), open.draw);
}

}  // namespace

std::vector<TokenRow> replaced_tokens(std::span<const TokenRow* const> rows, std::span<const size_t> numbers,
                                      const Corruption& corruption, const NetworkContext* generator,
                                      size_t micro_batch_tokens, const CorruptionKey& key) {
  std::vector<OpenRow> open;
  std::vector<size_t> lengths;
  for (size_t i = 0; i < rows.size(); ++i) {
    OpenRow& one = open.emplace_back(*rows[i], std::vector<size_t>(), draws_of({key.seed, key.step, numbers[i]}));
    one.places = chosen_places(one.row, corruption, one.draw);
    for (const size_t at : one.places)
      one.row.ids[at] = generator ? corruption.tokens.mask : random_token(corruption.tokens, one.row.ids[at], one.draw);
    lengths.push_back(one.row.ids.size());
  }
  if (generator)
    for (const RowRange& range : pack(lengths, micro_batch_tokens))
      fill(std::span(open).subspan(range.begin, range.end - range.begin), *generator);
  std::vector<TokenRow> replaced;
  for (size_t i = 0; i < rows.size(); ++i) {
    TokenRow& row = replaced.emplace_back(std::move(open[i].row));
    for (size_t at = 0; at < row.ids.size(); ++at) row.token_labels.push_back(row.ids[at] != rows[i]->ids[at]);
  }
  return replaced;
}

}  // namespace graft::inline v0
