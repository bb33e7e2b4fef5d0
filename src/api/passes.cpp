// SPDX-License-Identifier: Apache-2.0
#include "api/passes.hpp"

#include "data/pack.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kTokensAtOnce = 2048;

}  // namespace

void for_each_pass(const Call& call, std::span<const PassInput> inputs,
                   const std::function<void(NetworkPass& pass, const Tensor& hidden, size_t first)>& use) {
  check<UnsupportedError>(!call.context.trunk.transformer.config().encoder, "the model is a ",
                          call.context.trunk.architecture.name, ", whose decoder needs a source: use generate");
  const size_t before = size_t(virtual_tokens(call.context.edits));
  const size_t context = size_t(call.context.trunk.transformer.config().context) - before;
  std::vector<size_t> lengths;
  for (const PassInput& input : inputs) {
    check(!input.ids.empty() && input.ids.size() <= context, "a text has ", input.ids.size(), " tokens, expected 1 to ",
          context);
    lengths.push_back(input.ids.size() + before);
  }
  for (const RowRange& range : pack(lengths, kTokensAtOnce)) {
    Batch batch;
    for (size_t i = range.begin; i < range.end; ++i)
      batch.add(inputs[i].ids, 0, int64_t(i), inputs[i].types, call.context.edits);
    NetworkPass pass(call.context, std::move(batch));
    use(pass, pass.hidden(), range.begin);
  }
}

}  // namespace graft::inline v0
