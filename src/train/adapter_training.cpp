// SPDX-License-Identifier: Apache-2.0
#include "train/adapter_training.hpp"

#include "train/place.hpp"

namespace graft::inline v0 {

Trainable trainable_of(Method& method, const Trunk& trunk, const Lane& lane) {
  Trainable trainable;
  for (const AdapterTensor& tensor : method.trainable())
    trainable.parameters.push_back({training_name(tensor), tensor.value});
  find_places(trainable.parameters, trunk.parameters);
  trainable.method_state = method.running();
  trainable.lowered = method.lowered();
  trainable.pull = [&](Gradients& gradients) {
    method.pull(gradients);
    method.regularise(lane, gradients);
  };
  trainable.begin = [&](int steps) { method.begin(steps); };
  trainable.finish_step = [&](const Gradients& gradients, float scale, int step) {
    method.finish_step(gradients, scale, step);
  };
  trainable.after_change = [&] { method.lower(trunk, lane); };
  return trainable;
}

}  // namespace graft::inline v0
