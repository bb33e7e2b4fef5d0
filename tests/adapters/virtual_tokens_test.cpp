// SPDX-License-Identifier: Apache-2.0
//
// Prompt tuning and prefix tuning, on models that the reference knows.
#include <catch2/catch.hpp>

#include "adapters/merge.hpp"
#include "adapters/peft_files.hpp"
#include "adapters/prefix.hpp"
#include "adapters/prompt.hpp"
#include "generate/generator.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

const std::vector<int32_t> kBefore = {7, 21, 4}, kText = {3, 14, 15, 92, 65, 35}, kOther = {89, 79, 32};

std::unique_ptr<Trunk> load(const std::string& model) {
  return load_trunk(Checkpoint::open(golden_path("models/" + model), FileAccess::map), Backend::create({.threads = 2}));
}

std::unique_ptr<Method> make(const Trunk& trunk, bool is_prefix, const std::vector<int32_t>& initial = kBefore) {
  if (is_prefix) return std::make_unique<Prefix>(trunk, VirtualTokensConfig{.initial = initial});
  return std::make_unique<Prompt>(trunk, VirtualTokensConfig{.initial = initial});
}

// The scores of the last rows of a pass over sequences, each with edits of its own.
Tensor last_scores(const Trunk& trunk, const std::vector<std::vector<int32_t>>& sequences,
                   const std::vector<const Edits*>& edits) {
  const Lane lane(trunk.backend);
  Batch batch;
  for (size_t i = 0; i < sequences.size(); ++i) batch.add(sequences[i], 0, int64_t(i), {}, edits[i]);
  NetworkPass pass({trunk, lane, Memory::create(lane.backend()), Precision::f32}, std::move(batch), edits);
  const Tensor hidden = pass.hidden();
  return trunk.transformer.head()(pass.run(), hidden, head_rows(pass.batch(), HeadConfig::Rows::last));
}

std::vector<float> values(const Tensor& x) { return {x.values().begin(), x.values().end()}; }

}  // namespace

TEST_CASE("New virtual tokens are what their first tokens would be, and come back from a folder", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load(GENERATE("llama-gqa", "gpt2", "gemma2"));
  const bool is_prefix = GENERATE(true, false);
  INFO("prefix " << is_prefix);
  const std::unique_ptr<Method> method = make(*trunk, is_prefix);
  std::vector<int32_t> whole = kBefore;
  whole.insert(whole.end(), kText.begin(), kText.end());
  const std::vector<float> expected = values(last_scores(*trunk, {whole, kOther}, {nullptr, nullptr}));
  const Edits* edits = &method->edits();
  CHECK(largest_difference(values(last_scores(*trunk, {kText, kOther}, {edits, nullptr})), expected) < 1e-4);

  const std::unique_ptr<Method> before = method->copy();
  int sign = 1;
  for (const AdapterTensor& tensor : method->trainable())
    for (float& value : tensor.value.values()) value += 0.05f * float(sign = -sign);
  const std::vector<float> changed = values(last_scores(*trunk, {kText, kOther}, {edits, nullptr}));
  CHECK(largest_difference(changed, expected) > 1e-3);
  CHECK(largest_difference(values(last_scores(*trunk, {kText, kOther}, {&before->edits(), nullptr})), expected) < 1e-4);

  const TemporaryFolder folder;
  save_peft(*method, folder.path(), "base");
  const std::unique_ptr<Method> loaded = load_peft(folder.path(), *trunk);
  CHECK(values(last_scores(*trunk, {kText, kOther}, {&loaded->edits(), nullptr})) == changed);
  CHECK(loaded->sites().empty());
  CHECK(loaded->parameters() == method->parameters());
}

TEST_CASE("A cache holds virtual tokens before the others, of each sequence its own", "[adapters][generate]") {
  const std::unique_ptr<Trunk> trunk = load("llama-gqa");
  const std::unique_ptr<Method> prefix = make(*trunk, true), prompt = make(*trunk, false, {5, 6});
  const std::vector<const Edits*> edits = {&prefix->edits(), &prompt->edits(), nullptr};
  const Lane lane(trunk->backend);
  const NetworkContext context{*trunk, lane, Memory::create(lane.backend()), Precision::f32};
  const std::span<const int32_t> text = kText;
  std::vector<KeyValueCache> caches;
  for (size_t i = 0; i < edits.size(); ++i) caches.push_back(make_cache(context, Dtype::f32));
  const auto pass = [&](size_t first, size_t count) {
    std::vector<CachedTokens> rows;
    for (size_t i = 0; i < edits.size(); ++i) rows.push_back({&caches[i], text.subspan(first, count), edits[i]});
    return cached_pass(context, rows);
  };
  pass(0, 2);
  pass(2, 3);
  const std::vector<float> whole = values(last_scores(*trunk, {kText, kText, kText}, edits));
  CHECK(largest_difference(values(pass(5, 1)), whole) < 1e-4);
  CHECK(caches[0].length() == 6);
  CHECK(caches[0].rows() == 9);
  CHECK(caches[1].rows() == 8);
  CHECK(caches[2].rows() == 6);

  for (KeyValueCache& cache : caches) cache.truncate(4);
  std::vector<KeyValueCache> branches;
  for (const KeyValueCache& cache : caches) branches.push_back(cache.branch());
  std::swap(caches, branches);
  pass(4, 1);
  CHECK(largest_difference(values(pass(5, 1)), whole) < 1e-4);
  for (KeyValueCache& cache : caches) cache.truncate(0);
  pass(0, 5);
  CHECK(largest_difference(values(pass(5, 1)), whole) < 1e-4);
}

TEST_CASE("PEFT's second half of a prompt for an encoder-decoder is passed over", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load("t5");
  const Json json = {{"peft_type", "PROMPT_TUNING"}, {"num_virtual_tokens", 2}, {"num_transformer_submodules", 2}};
  const std::unique_ptr<Method> method = Prompt::from_peft(JsonObject(json, "adapter_config.json"), *trunk);
  method->read([&](const std::string& name, const std::vector<int64_t>& shape) {
    CHECK(name == "prompt_embeddings");
    CHECK(shape == std::vector<int64_t>{4, 48});
    std::vector<float> stored(4 * 48);
    for (size_t i = 0; i < stored.size(); ++i) stored[i] = float(i);
    return stored;
  });
  CHECK(method->edits().prompt.rows() == 2);
  CHECK(method->edits().prompt.row(1)[47] == 95);
}

TEST_CASE("What virtual tokens cannot be is refused by name", "[adapters]") {
  const std::unique_ptr<Trunk> llama = load("llama-gqa"), t5 = load("t5");
  CHECK(refusal<UnsupportedError>([&] { make(*t5, true); }).ends_with("an encoder-decoder: use prompt tuning"));
  CHECK(refusal<ArgumentError>([&] { make(*llama, false, {}); }).starts_with("virtual tokens: there are 0"));
  CHECK(refusal<ArgumentError>([&] {
          make(*llama, true, {1, 160});
        }) == "virtual tokens: token 160, expected 0 to 159");
  CHECK(refusal<ArgumentError>([&] { initial_tokens(*llama, {}, 0, 0); }) ==
        "virtual tokens: tokens is 0, expected at least 1");
  CHECK(initial_tokens(*llama, kOther, 5, 0) == std::vector<int32_t>{89, 79, 32, 89, 79});
  const std::unique_ptr<Method> prefix = make(*llama, true);
  CHECK(refusal<UnsupportedError>([&] { merge(prefix->edits(), *llama, true); }) ==
        "unsupported: merging an adapter of virtual tokens, which change no weight");
}

}  // namespace graft
