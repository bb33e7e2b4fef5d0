// SPDX-License-Identifier: Apache-2.0
//
// A parameter-efficient method: values beside a model, some of which are trained, and what passes make of them. One
// file a method; the list for PEFT's folders is in peft_files.cpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/kept_weights.hpp"
#include "graft/train_options.hpp"
#include "tensor/gradients.hpp"

namespace graft::inline v0 {

class Method {
 public:
  virtual ~Method() = default;
  // The same with values of its own.
  virtual std::unique_ptr<Method> copy() const = 0;

  // What passes read. Where its tensors are not the trained ones themselves, `lower` brings them up to date.
  const Edits& edits() const { return edits_; }
  virtual void lower(const Trunk& trunk, const Lane& lane);

  // What an optimizer changes.
  std::vector<AdapterTensor> trainable() const;
  // What else a folder holds.
  virtual std::vector<AdapterTensor> fixed() const { return {}; }
  // What training changes beside, and goes on with after an interruption.
  virtual std::vector<NamedTensor> running() const { return {}; }
  // Those tensors of the edits that are not trained themselves and yet need gradients.
  virtual std::vector<Tensor> lowered() const { return {}; }
  // Once a step, before the optimizer: carries the gradients of `lowered` on to what is trained.
  virtual void pull(Gradients&) const {}
  // Then adds those of what the method wants beside the loss.
  virtual void regularise(const Lane&, Gradients&) const {}
  // Before the first of so many steps, and after the optimizer's step number `step`, from 1; `gradient_scale` is what
  // it multiplied the gradients by.
  virtual void begin(int /*steps*/) {}
  virtual void finish_step(const Gradients&, float /*gradient_scale*/, int /*step*/) {}
  // The parts that learn at a rate of their own.
  virtual std::vector<ParameterGroup> groups(float /*learning_rate*/) const { return {}; }

  // The matrices that it changes, and of what model.
  const std::vector<Target>& targets() const { return found_; }
  const Family& family() const { return *family_; }
  int head_width() const { return head_width_; }
  // Their names in the checkpoint.
  std::vector<std::string> sites() const;
  // The rank of each; empty for a method that has none.
  virtual std::map<std::string, int> ranks() const { return {}; }
  int64_t parameters() const;
  // For tensors beside its own, on the model's device.
  std::shared_ptr<Memory> fresh_memory() const { return Memory::create(*backend_); }

  // PEFT's adapter_config.json, without the base model's name, and its tensors.
  virtual Json config() const;
  virtual std::vector<AdapterTensor> stored() const;
  // What PEFT wants in a classifier's folder, too: the head, where it is not trained.
  std::vector<AdapterTensor> untrained_head() const;
  // Takes the values of PEFT's tensors from the function, which gives those of a name and a shape.
  using Reader = std::function<std::vector<float>(const std::string& name, const std::vector<int64_t>& shape)>;
  virtual void read(const Reader& reader);

 protected:
  // Finds the targets and makes the copies of kept weights.
  Method(const Trunk& trunk, TargetChoice targets, KeptConfig kept, bool takes_tables);
  // Of a method that changes no matrix.
  Method(const Trunk& trunk, KeptConfig kept);
  Method(const Method&) = default;

  // Of the method's own, in the order of the targets.
  virtual std::vector<AdapterTensor> factors() const = 0;
  // The edits that the tensors of the method give, without kept weights.
  virtual Edits made_edits() const = 0;
  static void read_into(const std::vector<AdapterTensor>& tensors, const Reader& reader);
  // To be called at the end of the construction and of copying.
  void make_edits();
  void copy_kept() { kept_ = kept_.copy(fresh_memory()); }
  Edits no_edits() const { return {.sites = std::vector<SiteEdit>(site_count_)}; }

 private:
  Method(const Trunk& trunk, TargetChoice targets, KeptConfig kept, std::vector<Target> found);

  std::shared_ptr<const Backend> backend_;
  TargetChoice targets_;
  KeptConfig kept_config_;
  std::vector<Target> found_;
  KeptWeights kept_;
  std::vector<std::string> head_modules_;  // that are not trained
  KeptWeights head_;
  size_t site_count_;
  const Family* family_;
  int head_width_;
  Json header_;  // what a folder says of the model
  Edits edits_;
};

// A name without PEFT's prefix, as training and its checkpoints use it.
std::string training_name(const AdapterTensor& tensor);

// The value of the pattern that matches the module; a fallback where none does.
template <class Value>
Value value_for(const std::map<std::string, Value>& patterns, const std::string& module, Value fallback);

}  // namespace graft::inline v0
