// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <future>
#include <set>

#include "api/call.hpp"
#include "api/load_tokenizer.hpp"
#include "api/model_state.hpp"
#include "generate/beam_pass.hpp"
#include "models/head_choice.hpp"
#include "tensor/dtype.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {
namespace {

std::vector<int32_t> end_ids(const Checkpoint& checkpoint, const Tokenizer& tokenizer) {
  std::set<int32_t> ids;
  for (const Json* json : {&checkpoint.generation_config(), &checkpoint.config().json()}) {
    const Json found = json->value("eos_token_id", Json(nullptr));
    for (const Json& id : found.is_array() ? found : Json::array({found}))
      if (id.is_number_integer()) ids.insert(id.get<int32_t>());
  }
  if (tokenizer.eos()) ids.insert(*tokenizer.eos());
  return {ids.begin(), ids.end()};
}

std::optional<Dtype> kept_as(const std::string& weights) {
  if (weights.empty()) return std::nullopt;
  const std::optional<Dtype> type = dtype_from_name(weights);
  const bool is_known = type && (*type == Dtype::bf16 || *type == Dtype::q8_0 || *type == Dtype::q5_0 ||
                                 *type == Dtype::q5_1 || *type == Dtype::q4_0 || *type == Dtype::q4_1);
  check(is_known, "LoadOptions: weights is \"", weights, "\", expected bf16, q8_0, q5_0, q5_1, q4_0 or q4_1");
  return type;
}

Model load(const Checkpoint& checkpoint, const LoadOptions& options) {
  // The tokenizer is read beside the weights, on a thread of its own where one can be had.
  std::future<Tokenizer> tokenizer = std::async([&] {
    unicode_table();  // which the first text wants
    return load_tokenizer(checkpoint, options.tokenizer);
  });
  auto trunk =
      load_trunk(checkpoint, Backend::create(options.device), {options.head, options.seed, kept_as(options.weights)});
  auto state = std::make_shared<Model::State>(std::move(trunk), tokenizer.get());
  state->precision = options.precision;
  state->path = checkpoint.gguf() ? checkpoint.name() : checkpoint.folder().string();
  state->checkpoint = checkpoint;
  state->has_other_tokenizer = !options.tokenizer.empty();
  state->end_ids = end_ids(checkpoint, state->tokenizer);
  return Model(std::move(state));
}

// What the adapters of a call do, one a prompt.
class PromptEdits {
 public:
  PromptEdits(const GenerateOptions& options, size_t prompts) {
    check(options.adapters.empty() || (options.adapters.size() == prompts && !options.adapter),
          "generate: ", options.adapters.size(), " adapters for ", prompts, " prompts",
          options.adapter ? " beside `adapter`" : "", ", expected one each and no other, or none");
    for (size_t i = 0; i < prompts; ++i) {
      const Adapter* adapter = options.adapters.empty() ? options.adapter : options.adapters[i];
      const size_t same = size_t(std::find(adapters_.begin(), adapters_.end(), adapter) - adapters_.begin());
      values_.push_back(same == i ? current(adapter) : values_[same]);
      adapters_.push_back(adapter);
      edits_.push_back(edits_of(values_.back()));
    }
  }
  const Edits* operator[](size_t prompt) const { return edits_[prompt]; }
  std::span<const Edits* const> all() const { return edits_; }

 private:
  std::vector<const Adapter*> adapters_;
  std::vector<std::shared_ptr<const FixedAdapter>> values_;  // an adapter that comes twice is one value
  std::vector<const Edits*> edits_;
};

// The hidden states of the prompts, for a decoder that attends to them.
Encoded encode_sources(const NetworkContext& context, const std::vector<std::vector<int32_t>>& prompts,
                       std::span<const Edits* const> edits) {
  Batch batch;
  for (size_t i = 0; i < prompts.size(); ++i)
    batch.add(prompts[i], 0, int64_t(i), {}, edits.empty() ? context.edits : edits[i]);
  NetworkPass pass(context, std::move(batch), edits);
  return context.trunk.transformer.encode(pass.run());
}

std::vector<Generation> search_beams(const Call& call, const Model::State& model, const PromptEdits& edits,
                                     const std::vector<std::vector<int32_t>>& prompts, const GenerateOptions& options) {
  const TransformerConfig& config = model.trunk->transformer.config();
  std::vector<Generation> results;
  for (size_t i = 0; i < prompts.size(); ++i) {
    NetworkContext context = call.context;
    context.edits = edits[i];
    std::optional<Encoded> source;
    if (config.encoder) source = encode_sources(context, {prompts[i]}, {});
    results.push_back(generate_beams(context, model.tokenizer.loaded().decoder(), model.end_ids, options,
                                     source ? std::vector<int32_t>{config.start_token} : prompts[i],
                                     std::move(source)));
  }
  return results;
}

std::vector<Generation> generate(const Model::State& model, std::vector<std::vector<int32_t>> prompts,
                                 const GenerateOptions& options) {
  check_options(options);
  require_decoder(model, false);
  const Call call(model, nullptr);
  const PromptEdits edits(options, prompts.size());
  const TransformerConfig& config = model.trunk->transformer.config();
  std::vector<KeyValueCache> caches;
  std::vector<GenerateRequest> requests;
  caches.reserve(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) prompts[i] = fit_prompt(model, std::move(prompts[i]), options, edits[i]);
  if (options.beams > 1) return search_beams(call, model, edits, prompts, options);
  Generator generator(call.context, model.tokenizer.loaded().decoder(), model.end_ids, options);
  if (config.encoder) {
    generator.attend_to(encode_sources(call.context, prompts, edits.all()));
    for (std::vector<int32_t>& prompt : prompts) prompt = {config.start_token};
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    caches.push_back(make_cache(call.context));
    requests.push_back({std::move(prompts[i]), &caches.back(), edits[i]});
  }
  return generator.run(requests);
}

// A pass over all tokens of one sequence, without a cache.
struct WholePass {
  WholePass(const Model::State& model, std::span<const int32_t> ids, const Adapter* adapter)
      : call(model, adapter), pass(call.context, batch_of(model, ids, call.context.edits)), hidden(pass.hidden()) {}

  static Batch batch_of(const Model::State& model, std::span<const int32_t> ids, const Edits* edits) {
    const int context = model.trunk->transformer.config().context - virtual_tokens(edits);
    check<UnsupportedError>(!model.trunk->transformer.config().encoder, "the model is a ",
                            model.trunk->architecture.name, ", whose decoder needs a source: use generate");
    check(!ids.empty() && ids.size() <= size_t(context), "ids: ", ids.size(), " tokens, expected 1 to ", context);
    Batch batch;
    batch.add(ids, 0, 0, {}, edits);
    return batch;
  }

  Call call;
  NetworkPass pass;
  Tensor hidden;
};

}  // namespace

NetworkContext network_context(const Model::State& model, const Lane& lane, std::shared_ptr<Memory> memory,
                               const Edits* edits) {
  return {*model.trunk, lane, std::move(memory), model.precision, edits};
}

void require_decoder(const Model::State& model, bool alone) {
  const Architecture& architecture = model.trunk->architecture;
  check<UnsupportedError>(architecture.task == Task::causal || (architecture.task == Task::translate && !alone),
                          alone ? "session" : "generate", ": the model is a ", architecture.name,
                          ", expected a decoder");
}

std::vector<int32_t> fit_prompt(const Model::State& model, std::vector<int32_t> prompt, const GenerateOptions& options,
                                const Edits* edits) {
  check(!prompt.empty(), "the prompt has no tokens");
  const size_t context = size_t(model.trunk->transformer.config().context - virtual_tokens(edits));
  if (prompt.size() < context) return prompt;
  check(options.on_overflow == Overflow::slide, "the prompt has ", prompt.size(), " tokens, the model's context ",
        context, ": shorten it, or set on_overflow = slide");
  const size_t room = std::clamp<size_t>(size_t(options.max_tokens), 1, context / 2);
  prompt.erase(prompt.begin(), prompt.end() - std::ptrdiff_t(context - room));
  return prompt;
}

Model Model::load(const std::filesystem::path& path, const LoadOptions& options) {
  return graft::load(Checkpoint::open(path, options.read_all ? FileAccess::read_all : FileAccess::map), options);
}

Model Model::load(std::span<const std::byte> gguf, const LoadOptions& options) {
  return graft::load(Checkpoint::open(MappedFile::borrow(gguf, "GGUF in memory")), options);
}

Model Model::create(std::string_view config, const Tokenizer& tokenizer, uint64_t seed, const DeviceOptions& device) {
  auto trunk = create_trunk(parse_json(config, "config.json"), Backend::create(device), seed);
  auto state = std::make_shared<State>(std::move(trunk), tokenizer);
  if (tokenizer.eos()) state->end_ids.push_back(*tokenizer.eos());
  return Model(std::move(state));
}

Generation Model::generate(std::string_view prompt, const GenerateOptions& options) const {
  return graft::generate(*state_, {state_->tokenizer.encode(prompt, {.parse_special = options.parse_special})},
                         options)[0];
}

std::vector<Generation> Model::generate(std::span<const std::string> prompts, const GenerateOptions& options) const {
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& prompt : prompts)
    ids.push_back(state_->tokenizer.encode(prompt, {.parse_special = options.parse_special}));
  return graft::generate(*state_, std::move(ids), options);
}

Generation Model::chat(std::string_view message, const GenerateOptions& options) const {
  const Message user{"user", std::string(message)};
  return chat({&user, 1}, options);
}

Generation Model::chat(std::span<const Message> conversation, const GenerateOptions& options) const {
  return graft::generate(
      *state_, {state_->tokenizer.apply_chat_template(conversation, {.add_generation_prompt = true})}, options)[0];
}

std::vector<float> Model::log_probabilities(std::span<const int32_t> ids, const Adapter* adapter) const {
  WholePass pass(*state_, ids, adapter);
  Targets targets;
  for (size_t row = 0; row + 1 < ids.size(); ++row) {
    targets.rows.push_back(pass.pass.batch().text_begin(0) + int32_t(row));
    targets.tokens.push_back(ids[row + 1]);
    targets.weights.push_back(1);
  }
  return state_->trunk->transformer.head().loss(pass.pass.run(), pass.hidden, std::move(targets)).log_probabilities;
}

std::vector<float> Model::next_logits(std::span<const int32_t> ids, const Adapter* adapter) const {
  WholePass pass(*state_, ids, adapter);
  const int32_t last = pass.pass.batch().rows() - 1;
  const Tensor logits = state_->trunk->transformer.head()(pass.pass.run(), pass.hidden, {&last, 1});
  return {logits.values().begin(), logits.values().end()};
}

const Tokenizer& Model::tokenizer() const { return state_->tokenizer; }

std::vector<KernelProfile> Model::profile() const {
  const Profile* profile = state_->trunk->backend->profile();
  check(profile, "Model::profile: the model was loaded without DeviceOptions::profile");
  return profile->report();
}

ModelInfo Model::info() const {
  const Trunk& trunk = *state_->trunk;
  const StackConfig& stack = trunk.transformer.stack();
  ModelInfo info{.family = std::string(trunk.architecture.name),
                 .weight_bytes = trunk.weight_bytes(),
                 .weight_types = {},
                 .context = trunk.transformer.config().context,
                 .layers = int(stack.layers.size()),
                 .width = stack.width,
                 .vocabulary = stack.embedding.vocabulary,
                 .kernels = trunk.backend->kernels().name,
                 .threads = trunk.backend->threads()};
  const Task task = trunk.architecture.task;
  if (task == Task::classify || task == Task::tag)
    info.labels = label_names(trunk.config, trunk.transformer.head().config().outputs);
  std::set<std::string> types;
  for (const auto& [module, weight] : trunk.parameters.all()) {
    info.parameters += int64_t(weight->rows()) * weight->cols();
    if (weight->kind() == Weight::Kind::matrix) types.insert(std::string(graft::name(weight->dtype())));
  }
  for (const std::string& type : types) info.weight_types += (info.weight_types.empty() ? "" : ", ") + type;
  return info;
}

MergeReport Model::merge(const Adapter& adapter) {
  const std::vector<int32_t> probe = state_->tokenizer.encode("The quick brown fox jumps over the lazy dog.");
  const std::vector<float> beside = next_logits(probe, &adapter);
  {
    const UseCount::Writing writing(state_->use);
    const bool exact = state_->precision == Precision::f32;
    check(state_->merged.empty(), "merge: an adapter is merged already, unmerge it first");
    state_->merged = graft::merge(adapter.state()->current()->edits, *state_->trunk, exact);
  }
  const std::vector<float> merged = next_logits(probe);
  MergeReport report{int(state_->merged.size()), 0};
  for (size_t i = 0; i < merged.size(); ++i)
    report.largest_logit_change = std::max(report.largest_logit_change, std::abs(merged[i] - beside[i]));
  return report;
}

void Model::unmerge() {
  const UseCount::Writing writing(state_->use);
  check(!state_->merged.empty(), "unmerge: nothing is merged");
  for (MergedWeight& merged : state_->merged) *merged.weight = std::move(merged.original);
  state_->merged.clear();
}

}  // namespace graft::inline v0
