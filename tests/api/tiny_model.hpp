// SPDX-License-Identifier: Apache-2.0
//
// The small Llama that the tests of the public interface use, and an adapter that changes it.
#pragma once

#include <string>
#include <vector>

#include "api/adapter_state.hpp"
#include "graft/dataset.hpp"
#include "graft/lora_adapter.hpp"
#include "graft/model.hpp"
#include "support/goldens.hpp"

namespace graft {

inline Model tiny_model(Precision precision = Precision::f32) {
  return Model::load(golden_path("gguf/llama-q8_0.gguf"), {.device = {.threads = 2}, .precision = precision});
}

inline Dataset questions(int count = 6) {
  std::vector<Example> examples;
  for (int i = 0; i < count; ++i)
    examples.push_back({.prompt = "What is " + std::to_string(i) + "?", .completion = " It is " + std::to_string(i)});
  return Dataset::from(std::move(examples));
}

// All values of an adapter as others see it.
inline std::vector<float> values_of(const Adapter& adapter) {
  std::vector<float> all;
  for (const AdapterTensor& tensor : adapter.state()->current()->method->trainable())
    all.insert(all.end(), tensor.value.values().begin(), tensor.value.values().end());
  return all;
}

// An adapter that is no longer "no change at all".
inline LoRAAdapter changing_adapter(const Model& model, float size = 0.1f) {
  LoRAAdapter adapter(model, {.rank = 4, .targets = {"q_proj", "v_proj", "down_proj"}, .seed = 5});
  for (const AdapterTensor& tensor : adapter.state()->working->trainable()) {
    int sign = 1;
    if (tensor.name.ends_with(".lora_B.weight"))
      for (float& value : tensor.value.values()) value = size * float(sign = -sign);
  }
  adapter.state()->publish();
  return adapter;
}

}  // namespace graft
