// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/lora.hpp"
#include "generate/generator.hpp"
#include "graft/model.hpp"
#include "models/trunk.hpp"
#include "tokenizers/loaded_tokenizer.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

// Who uses a model: many readers, or one writer. Nobody waits: what is not free is an error.
class UseCount {
 public:
  class Reading {
   public:
    explicit Reading(UseCount& use) : use_(use) {
      int count = use.count_;
      do check<ResourceError>(count >= 0, "the model is busy: it is being trained or merged");
      while (!use.count_.compare_exchange_weak(count, count + 1));
    }
    ~Reading() { --use_.count_; }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    UseCount& use_;
  };

  class Writing {
   public:
    explicit Writing(UseCount& use) : use_(use) {
      int free = 0;
      check<ResourceError>(use.count_.compare_exchange_strong(free, -1),
                           "the model is busy: training or merging needs it alone");
    }
    ~Writing() { use_.count_ = 0; }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

   private:
    UseCount& use_;
  };

 private:
  std::atomic<int> count_{0};  // readers; -1: a writer
};

struct Model::State {
  State(std::unique_ptr<Trunk> network, Tokenizer with) : trunk(std::move(network)), tokenizer(std::move(with)) {}

  std::unique_ptr<Trunk> trunk;
  Tokenizer tokenizer;
  Precision precision = Precision::automatic;
  std::vector<int32_t> end_ids;
  std::string path;                      // where it was loaded from
  std::optional<Checkpoint> checkpoint;  // none for a new model
  bool has_other_tokenizer = false;      // than the checkpoint's
  mutable UseCount use;
  std::vector<MergedWeight> merged;  // originals of what an adapter was merged into
};

// A pass of this model on a lane, with what an adapter adds (may be null).
NetworkContext network_context(const Model::State& model, const Lane& lane, std::shared_ptr<Memory> memory,
                               const Lora* lora);

// Throws UnsupportedError for a model that writes no text; `alone`: and for one whose decoder needs a source.
void require_decoder(const Model::State& model, bool alone);

// The prompt as it fits the context, by options.on_overflow.
std::vector<int32_t> fit_prompt(const Model::State& model, std::vector<int32_t> prompt,
                                const GenerateOptions& options);

}  // namespace graft::inline v0
