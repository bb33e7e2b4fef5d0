// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/backend.hpp"
#include "graft/train_options.hpp"
#include "nn/parameters.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// The weights of a network in the form that is trained, as long as this object lives: those that the options want
// trained have masters.
class Thawed {
 public:
  // Lane and parameters must outlive the object; masters and packed forms come from `memory`. `drawn`: weights that are
  // trained whether the options name them or not.
  Thawed(const Parameters& parameters, const Lane& lane, const std::shared_ptr<Memory>& memory,
         const TrainOptions& options, std::span<const Weight* const> drawn = {});
  ~Thawed();
  Thawed(const Thawed&) = delete;
  Thawed& operator=(const Thawed&) = delete;

  // Refers to this object.
  Trainable trainable() const;

 private:
  void freeze();

  const Parameters& parameters_;
  const Lane& lane_;
  std::shared_ptr<Memory> memory_;
  std::vector<Weight*> trained_, running_;
};

}  // namespace graft::inline v0
