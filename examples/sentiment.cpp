// SPDX-License-Identifier: Apache-2.0
//
// How far labels go:  sentiment LABELLED.jsonl ENCODER RATE [DECODER]
// Zero-shot and few-shot with a decoder, if there is one; then the encoder, tuned with 10, 100 and 1000 labels, with
// and without pseudo-labels for the rest. Macro-F1 with its interval, of texts that nothing has seen.
// examples/data/sentiment_texts.py makes the rows. RATE: 1e-4 suits MiniLM, 5e-4 a small BERT of pretrain_bert.
#include <algorithm>
#include <graft/graft.hpp>
#include <iostream>
#include <set>

namespace {

constexpr int kLongest = 64;  // tokens of a text

std::vector<graft::Example> part_of(const graft::Dataset& data, size_t begin, size_t count) {
  std::vector<graft::Example> part;
  for (size_t i = begin; i < std::min(begin + count, data.size()); ++i) part.push_back(data[i]);
  return part;
}

std::vector<std::string> texts_of(const graft::Dataset& data) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < data.size(); ++i) texts.push_back(data[i].text);
  return texts;
}

std::vector<std::string> labels_of(const graft::Dataset& data) {
  std::set<std::string> labels;
  for (size_t i = 0; i < data.size(); ++i) labels.insert(data[i].labels.begin(), data[i].labels.end());
  return {labels.begin(), labels.end()};
}

// Some of each label, in turns.
graft::Dataset of_each(const graft::Dataset& data, const std::vector<std::string>& labels, size_t count) {
  std::vector<graft::Example> chosen;
  for (size_t i = 0; i < count; ++i)
    for (size_t at = 0, seen = 0; at < data.size(); ++at)
      if (data[at].labels[0] == labels[i % labels.size()] && seen++ == i / labels.size()) {
        chosen.push_back(data[at]);
        break;
      }
  return graft::Dataset::from(std::move(chosen));
}

struct Task {
  graft::Dataset train, chooses, test;
  std::vector<std::string> labels;

  void tell(const std::string& what, std::span<const std::vector<graft::LabelScore>> found) const {
    const graft::Estimate f1 = graft::classification_report(test, found, labels).macro_f1;
    std::cout << what << "  " << f1.value << "  (" << f1.low << " to " << f1.high << ")" << std::endl;
  }
};

void prompt(const Task& task, const graft::Model& decoder) {
  const std::vector<std::string> texts = texts_of(task.test);
  for (const size_t shots : {0, 6})
    for (const bool calibrated : {false, true}) {
      graft::FewShotOptions options{.instruction = "Tell the sentiment of each text.",
                                    .form = "Text: {text}\nSentiment: {label}"};
      if (shots > 0) options.examples = of_each(task.train, task.labels, shots);
      if (!calibrated) options.content_free.clear();
      const graft::FewShotClassifier classifier(decoder, task.labels, options);
      task.tell(std::to_string(shots) + " shots" + (calibrated ? ", calibrated" : ""), classifier.classify(texts));
    }
}

void tune(const Task& task, const std::string& encoder, float rate) {
  const auto fit = [&](const graft::Dataset& train) {
    auto model = graft::Model::load(encoder, {.head = graft::Head::classify(task.labels)});
    graft::Trainer(model, {.epochs = 1000,
                           .max_steps = 200,
                           .batch = 16,
                           .max_length = kLongest,
                           .learning_rate = rate,
                           .warmup_ratio = 0.1f})
        .fit(train);
    return model;
  };
  for (const size_t count : {10, 100, 1000}) {
    if (task.train.size() < count) break;
    const auto labelled = graft::Dataset::from(part_of(task.train, 0, count));
    const auto rest = graft::Dataset::from(part_of(task.train, count, 2000));
    std::optional<graft::Model> first;
    const auto fit_and_keep = [&](const graft::Dataset& train) {
      graft::Model model = fit(train);
      if (!first) first = model;
      return model;
    };
    const auto tell = [](const graft::SelfTrainingRound& round) {
      std::cout << "  round " << round.round << ": macro-F1 " << round.macro_f1 << (round.kept ? "" : ", dropped");
      for (const auto& [label, texts] : round.added) std::cout << ", " << texts << " " << label;
      std::cout << std::endl;
    };
    const graft::SelfTrained best = graft::self_train(
        fit_and_keep, labelled, rest, task.chooses,
        {.rounds = 2, .threshold = 0.8f, .most_per_label = count, .max_length = kLongest, .on_round = tell});
    task.tell(std::to_string(count) + " labels", first->classify(task.test, {.max_length = kLongest}));
    task.tell(std::to_string(count) + " labels and pseudo-labels",
              best.model.classify(task.test, {.max_length = kLongest}));
  }
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 4) throw std::invalid_argument("usage: sentiment LABELLED.jsonl ENCODER RATE [DECODER]");
  const auto data = graft::Dataset::labelled(arguments[1]);
  const size_t held_out = std::min<size_t>(300, data.size() / 4);
  const Task task{graft::Dataset::from(part_of(data, 2 * held_out, data.size())),
                  graft::Dataset::from(part_of(data, held_out, held_out)),
                  graft::Dataset::from(part_of(data, 0, held_out)), labels_of(data)};
  if (count > 4) prompt(task, graft::Model::load(arguments[4]));
  tune(task, arguments[2], std::stof(arguments[3]));
} catch (const std::exception& error) {
  std::cerr << "sentiment: " << error.what() << '\n';
  return 1;
}
