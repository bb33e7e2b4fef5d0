// SPDX-License-Identifier: Apache-2.0
#include "ops/virtual_tokens.hpp"

#include <algorithm>

#include "ops/ops.hpp"
#include "ops/row_parts.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Rows of several matrices in an order of their own.
class RowMix {
 public:
  explicit RowMix(const Tensor& x) { place(nullptr, x); }

  // Where the rows of a matrix begin that belongs to the edits; it is made where they come for the first time.
  template <class Make>
  int of(const Edits* edits, const Make& make) {
    for (const auto& [owner, first] : begins_)
      if (owner == edits) return first;
    return place(edits, make());
  }
  void add(int row) { order_.push_back(row); }
  Tensor rows(Run& run) const { return gather_rows(run, join_rows(run, parts_), order_); }

 private:
  int place(const Edits* edits, const Tensor& part) {
    begins_.emplace_back(edits, end_);
    parts_.push_back(part);
    end_ += part.rows();
    return begins_.back().second;
  }

  std::vector<Tensor> parts_;
  std::vector<std::pair<const Edits*, int>> begins_;
  std::vector<int32_t> order_;
  int end_ = 0;
};

}  // namespace

Tensor with_prompts(Run& run, const Tensor& x) {
  const std::vector<int32_t>& tokens = run.batch.tokens;
  if (std::ranges::none_of(tokens, [](int32_t token) { return token < 0; })) return x;
  RowMix mix(x);
  for (int row = 0; row < int(tokens.size()); ++row) {
    if (tokens[size_t(row)] >= 0) {
      mix.add(row);
      continue;
    }
    const Edits* edits = edits_of(run.edits, row);
    const int of_prompt = -1 - tokens[size_t(row)];
    check(edits && edits->prompt && of_prompt < edits->prompt.rows(), "embedding: token ", tokens[size_t(row)],
          " of an adapter without a prompt");
    mix.add(mix.of(edits, [&] { return edits->prompt; }) + of_prompt);
  }
  return mix.rows(run);
}

PrefixedKeys with_prefixes(Run& run, const Tensor& k, const Tensor& v, int layer) {
  const auto has_prefix = [](const EditedRows& range) { return range.edits && range.edits->prefix; };
  if (std::ranges::none_of(run.edits, has_prefix)) return {k, v, nullptr};
  auto keys = std::make_shared<Batch>();
  RowMix mixed_k(k), mixed_v(v);
  for (int i = 0; i < run.batch.sequences(); ++i) {
    const int first = run.batch.offsets[size_t(i)], rows = run.batch.length(i);
    const Edits* edits = edits_of(run.edits, first);
    int before = 0;
    if (edits && edits->prefix) {
      before = edits->prefix.rows();
      for (RowMix* mix : {&mixed_k, &mixed_v}) {
        const int part = 2 * layer + (mix == &mixed_v);
        const int at = mix->of(edits, [&] { return columns(run, edits->prefix, {part * k.cols(), k.cols(), 0, 1}); });
        for (int row = 0; row < before; ++row) mix->add(at + row);
      }
    }
    for (RowMix* mix : {&mixed_k, &mixed_v})
      for (int row = 0; row < rows; ++row) mix->add(first + row);
    keys->offsets.push_back(keys->offsets.back() + before + rows);
  }
  if (run.tape) run.tape->keep(keys);
  return {mixed_k.rows(run), mixed_v.rows(run), std::move(keys)};
}

}  // namespace graft::inline v0
