// SPDX-License-Identifier: Apache-2.0
#include "adapters/method.hpp"

#include <algorithm>

#include "support/pattern.hpp"
#include "tensor/transposed.hpp"

namespace graft::inline v0 {
namespace {

Json task_type(Task task) {
  switch (task) {
    case Task::causal:
      return "CAUSAL_LM";
    case Task::classify:
      return "SEQ_CLS";
    case Task::tag:
      return "TOKEN_CLS";
    case Task::span:
      return "QUESTION_ANS";
    case Task::translate:
      return "SEQ_2_SEQ_LM";
    case Task::features:
      return "FEATURE_EXTRACTION";
    default:
      return nullptr;
  }
}

// The modules that PEFT trains and saves for the model's task without being told to.
std::vector<std::string> head_modules(const Trunk& trunk, const std::vector<std::string>& kept) {
  std::vector<std::string> names;
  if (trunk.architecture.task == Task::classify || trunk.architecture.task == Task::tag)
    names = {"classifier", "score"};
  if (trunk.architecture.task == Task::span) names = {"qa_outputs"};
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::none_of(trunk.parameters.all(), [&](const auto& parameter) {
      const std::string& weight = parameter.weight->name();
      return is_in_modules(weight, {name}) && !is_in_modules(weight, kept);
    });
  });
  return names;
}

bool is_transposed(const Trunk& trunk, const Target& target) {
  return layout_of(trunk.family, Naming::checkpoint, target.module) == Layout::transposed;
}

}  // namespace

Method::Method(const Trunk& trunk, TargetChoice targets, KeptConfig kept, std::vector<Target> found)
    : backend_(trunk.backend),
      targets_(std::move(targets)),
      kept_config_(std::move(kept)),
      found_(std::move(found)),
      kept_(trunk, kept_config_, found_),
      head_modules_(head_modules(trunk, kept_config_.modules)),
      head_(trunk, {.modules = head_modules_}, found_),
      site_count_(trunk.parameters.sites().size()),
      family_(&trunk.family),
      head_width_(trunk.transformer.stack().attention.head_width),
      header_{{"task_type", task_type(trunk.architecture.task)}, {"inference_mode", true}} {}

Method::Method(const Trunk& trunk, TargetChoice targets, KeptConfig kept, bool takes_tables)
    : Method(trunk, targets, kept, find_targets(trunk, targets, takes_tables, kept.modules)) {
  const auto transposed = [&](const Target& target) { return is_transposed(trunk, target); };
  header_["fan_in_fan_out"] = std::any_of(found_.begin(), found_.end(), transposed);
}

Method::Method(const Trunk& trunk, KeptConfig kept)
    : Method(trunk, TargetChoice(), std::move(kept), std::vector<Target>()) {}

void Method::make_edits() {
  edits_ = made_edits();
  kept_.replace_in(edits_);
}

void Method::lower(const Trunk&, const Lane& lane) { kept_.repack(lane); }

std::vector<AdapterTensor> Method::trainable() const {
  std::vector<AdapterTensor> tensors = factors();
  kept_.list(tensors);
  return tensors;
}

std::vector<AdapterTensor> Method::stored() const {
  std::vector<AdapterTensor> tensors = trainable();
  for (AdapterTensor& tensor : fixed()) tensors.push_back(std::move(tensor));
  return tensors;
}

std::vector<AdapterTensor> Method::untrained_head() const {
  std::vector<AdapterTensor> tensors;
  if (!head_modules_.empty()) head_.list(tensors);
  return tensors;
}

void Method::read(const Reader& reader) { read_into(stored(), reader); }

void Method::read_into(const std::vector<AdapterTensor>& tensors, const Reader& reader) {
  for (const AdapterTensor& tensor : tensors) {
    const std::vector<float> values = reader(tensor.name, tensor.shape);
    const std::vector<float> ordered =
        tensor.transposed ? transposed(values, tensor.value.cols(), tensor.value.rows()) : values;
    std::ranges::copy(ordered, tensor.value.values().begin());
  }
}

std::vector<std::string> Method::sites() const {
  std::vector<std::string> names;
  for (const Target& target : found_) names.push_back(target.name);
  return names;
}

int64_t Method::parameters() const {
  int64_t count = 0;
  for (const AdapterTensor& tensor : trainable()) count += int64_t(tensor.value.size());
  return count;
}

Json Method::config() const {
  Json json = header_;
  if (!found_.empty()) write_targets(targets_, found_, json);
  KeptConfig saved = kept_config_;
  saved.modules.insert(saved.modules.end(), head_modules_.begin(), head_modules_.end());
  write_kept(saved, json);
  return json;
}

std::string training_name(const AdapterTensor& tensor) {
  for (const std::string& prefix : {kPeftPrefix, kUnwrappedPrefix})
    if (tensor.name.starts_with(prefix)) return tensor.name.substr(prefix.size());
  return tensor.name;
}

template <class Value>
Value value_for(const std::map<std::string, Value>& patterns, const std::string& module, Value fallback) {
  for (const auto& [pattern, value] : patterns)
    if (Pattern("(?:.*\\.)?(?:" + pattern + ")", "rank_pattern, alpha_pattern").matches_whole(module)) return value;
  return fallback;
}
template int value_for(const std::map<std::string, int>&, const std::string&, int);
template float value_for(const std::map<std::string, float>&, const std::string&, float);

}  // namespace graft::inline v0
