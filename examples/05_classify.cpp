// SPDX-License-Identifier: Apache-2.0
//
// Puts a new head on a pretrained network, tunes both on labelled texts, and classifies:  05_classify MODEL DATA
// DATA is JSONL, {"text": "…", "label": "…"} a line; the labels are those that the examples have.
#include <graft/graft.hpp>
#include <iostream>
#include <set>

namespace {

std::vector<std::string> labels_of(const graft::Dataset& data) {
  std::set<std::string> labels;
  for (size_t i = 0; i < data.size(); ++i) labels.insert(data[i].labels.begin(), data[i].labels.end());
  return {labels.begin(), labels.end()};
}

}  // namespace

int main(int count, char** arguments) try {
  if (count < 3) throw std::invalid_argument("usage: 05_classify MODEL DATA");
  const auto [train, held_out] = graft::Dataset::labelled(arguments[2]).split(0.75);
  auto model = graft::Model::load(arguments[1], {.head = graft::Head::classify(labels_of(train))});

  graft::Trainer trainer(model, {.epochs = 8, .batch = 4, .max_length = 64, .learning_rate = 1e-3f});
  const graft::TrainReport report = trainer.fit(train, held_out);
  std::cout << "loss " << report.losses.front() << " to " << report.losses.back() << "\n";

  int right = 0;
  for (size_t i = 0; i < held_out.size(); ++i) {
    const graft::LabelScore best = model.classify(held_out[i].text)[0];
    right += best.label == held_out[i].labels[0];
    std::cout << best.label << " (" << best.probability << "): " << held_out[i].text << "\n";
  }
  std::cout << right << " of " << held_out.size() << " held-out texts are right\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
