// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/adapter_state.hpp"
#include "api/model_state.hpp"

namespace graft::inline v0 {

struct Session::State {
  State(std::shared_ptr<const Model::State> of, const SessionOptions& options)
      : model(std::move(of)),
        adapter(options.adapter),
        lane(model->trunk->backend),
        memory(Memory::create(lane.backend())),
        cache(make_cache(network_context(*model, lane, memory, nullptr), dtype_of(options.cache))) {
    if (!options.system.empty()) conversation.push_back({"system", options.system});
  }

  static std::optional<Dtype> dtype_of(CacheType type) {
    if (type == CacheType::automatic) return std::nullopt;
    return type == CacheType::f32 ? Dtype::f32 : Dtype::bf16;
  }

  Generation generate(std::vector<int32_t> prompt, const GenerateOptions& options);

  std::shared_ptr<const Model::State> model;
  const Adapter* adapter;
  Lane lane;
  std::shared_ptr<Memory> memory;
  KeyValueCache cache;
  std::vector<int32_t> cached;               // the tokens whose keys and values the cache holds
  std::shared_ptr<const FixedAdapter> used;  // with which they were computed
  std::vector<Message> conversation;
};

// The cache keeps what the prompt shares with the tokens that it holds, but at least one token is computed.
Generation Session::State::generate(std::vector<int32_t> prompt, const GenerateOptions& options) {
  check_options(options);
  require_decoder(*model, true);
  check(options.adapters.empty(), "Session: adapters are for batches, expected `adapter`");
  check(options.beams == 1, "Session: beams is ", options.beams, ", expected 1: a session goes on with one text");
  const UseCount::Reading reading(model->use);
  const std::shared_ptr<const FixedAdapter> now = current(options.adapter ? options.adapter : adapter);
  if (now != used) cached.clear();
  used = now;
  prompt = fit_prompt(*model, std::move(prompt), options, edits_of(used));
  const size_t limit = std::min(cached.size(), prompt.size() - 1);
  const auto differs = std::mismatch(cached.begin(), cached.begin() + std::ptrdiff_t(limit), prompt.begin());
  cached.erase(differs.first, cached.end());
  cache.truncate(int(cached.size()));

  const NetworkContext context = network_context(*model, lane, memory, edits_of(used));
  Generator generator(context, model->tokenizer.loaded().decoder(), model->end_ids, options);
  const GenerateRequest request{prompt, &cache, context.edits};
  Generation result = generator.run({&request, 1})[0];
  cached = prompt;
  cached.insert(cached.end(), result.tokens.begin(), result.tokens.end());
  cached.resize(size_t(cache.length()));
  return result;
}

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Session Model::session(const SessionOptions& options) const {
  return Session(std::make_unique<Session::State>(state_, options));
}

Generation Session::ask(std::string_view message, const GenerateOptions& options) {
  std::vector<Message> conversation = state_->conversation;
  conversation.push_back({"user", std::string(message)});
  Generation answer = state_->generate(
      state_->model->tokenizer.apply_chat_template(conversation, {.add_generation_prompt = true}), options);
  if (answer.finish == Finish::cancelled) return answer;
  conversation.push_back({"assistant", answer.text});
  state_->conversation = std::move(conversation);
  return answer;
}

Generation Session::generate(std::string_view prompt, const GenerateOptions& options) {
  return state_->generate(state_->model->tokenizer.encode(prompt, {.parse_special = options.parse_special}), options);
}

std::span<const Message> Session::conversation() const { return state_->conversation; }

void Session::clear() {
  std::vector<Message>& conversation = state_->conversation;
  const bool has_system = !conversation.empty() && conversation[0].role == "system";
  conversation.resize(has_system ? 1 : 0);
}

void Session::use(const Adapter* adapter) { state_->adapter = adapter; }

}  // namespace graft::inline v0
