// SPDX-License-Identifier: Apache-2.0
#include "models/head_choice.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

Task task_of(Head::Kind kind) {
  switch (kind) {
    case Head::Kind::tag:
      return Task::tag;
    case Head::Kind::answer:
      return Task::span;
    case Head::Kind::embed:
      return Task::features;
    default:
      return Task::classify;
  }
}

const char* problem_type(Head::Kind kind) {
  if (kind == Head::Kind::multi_label) return "multi_label_classification";
  return kind == Head::Kind::regress ? "regression" : "single_label_classification";
}

std::string name_of(const Family& family, Task task) {
  for (const Architecture& architecture : family.architectures)
    if (architecture.task == task) return std::string(architecture.name);
  fail<UnsupportedError>("unsupported: a head of this kind on the family ", family.model_type);
}

}  // namespace

std::vector<std::string> label_names(const JsonObject& config, int count) {
  std::vector<std::string> names;
  const Json* labels = config.find("id2label");
  for (int i = 0; i < count; ++i) {
    const std::string key = std::to_string(i);
    const bool is_named = labels && labels->is_object() && labels->contains(key) && (*labels)[key].is_string();
    names.push_back(is_named ? (*labels)[key].get<std::string>() : "LABEL_" + key);
  }
  return names;
}

Json with_head(const JsonObject& config, const Head& head) {
  const Task task = task_of(head.kind);
  Json changed = config.json();
  changed["architectures"] = {name_of(*find_family(config).family, task)};
  if (task == Task::features || task == Task::span) return changed;
  check(!head.labels.empty(), "Head: labels is empty, expected the names of the classes");
  Json names = Json::object(), numbers = Json::object();
  for (size_t i = 0; i < head.labels.size(); ++i) {
    check(!numbers.contains(head.labels[i]), "Head: labels: \"", head.labels[i], "\" comes twice");
    names[std::to_string(i)] = head.labels[i];
    numbers[head.labels[i]] = i;
  }
  changed["id2label"] = std::move(names);
  changed["label2id"] = std::move(numbers);
  changed["num_labels"] = head.labels.size();
  if (task == Task::classify) changed["problem_type"] = problem_type(head.kind);
  return changed;
}

}  // namespace graft::inline v0
