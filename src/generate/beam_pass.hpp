// SPDX-License-Identifier: Apache-2.0
//
// The network behind a beam search: each beam has its own keys and values, which it takes over from its parent.
#pragma once

#include "generate/beam.hpp"
#include "generate/generator.hpp"

namespace graft::inline v0 {

class BeamPass {
 public:
  // `source`: the one sequence that a decoder behind an encoder attends to. The context must outlive the object.
  BeamPass(const NetworkContext& context, std::vector<int32_t> prompt, std::optional<Encoded> source,
           std::stop_token cancel = {}, std::optional<Dtype> cache = {});

  // Logits of the beams that the steps made of those of the call before; see NextLogits.
  Tensor operator()(std::span<const BeamStep> steps);

 private:
  void branch(std::span<const BeamStep> steps);
  // The source, once for each beam.
  Encoded* sources(size_t beams);

  const NetworkContext& context_;
  std::vector<int32_t> prompt_;
  std::optional<Encoded> source_, repeated_;
  std::stop_token cancel_;
  std::vector<KeyValueCache> caches_;  // of the beams
};

// The best continuations of a prompt by beam search, as the options want them; `results.beams` holds all of them.
Generation generate_beams(const NetworkContext& context, const Decoder& decoder, std::vector<int32_t> end_ids,
                          const GenerateOptions& options, std::vector<int32_t> prompt, std::optional<Encoded> source);

}  // namespace graft::inline v0
