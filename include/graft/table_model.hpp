// SPDX-License-Identifier: Apache-2.0
//
//   const auto [train, held_out] = graft::Table::csv("credit.csv", {.target = "approved"}).split(0.5);
//   auto scorer = graft::TableModel::sequential(
//       train, {graft::Dense{512, relu}, graft::Dropout{0.5f}, graft::Dense{1, sigmoid}});
//   graft::Trainer(scorer, {.epochs = 10, .batch = 100, .learning_rate = 0.01f}).fit(train, held_out);
//   std::cout << scorer.classification(held_out).roc_auc.value;
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <graft/device.hpp>
#include <graft/export.hpp>
#include <graft/layers.hpp>
#include <graft/metrics.hpp>
#include <graft/profile.hpp>
#include <graft/table_encoding.hpp>

namespace graft::inline v0 {

struct TableModelOptions {
  EncodingOptions encoding = {};
  uint64_t seed = 0;  // of the first values of the weights
  DeviceOptions device = {};
};

// A network of dense layers for rows of a table, with the encoding of its columns; graft::Trainer trains it. The last
// layer says what it learns: Dense{1, sigmoid} the probability of the second of two classes, Dense{n, softmax} those of
// n classes, Dense{1} a number.
//
// A handle: copies are the same model. All const calls may be made from many threads at once; while a Trainer tunes the
// model, every use throws ResourceError (busy).
class GRAFT_EXPORT TableModel {
 public:
  // Learns the encoding from the training part and draws the first weights. Throws ArgumentError for a table without a
  // target or features, and layers that are out of range or do not end as the target needs.
  static TableModel sequential(const Table& train, std::vector<Layer> layers, const TableModelOptions& options = {});
  // Without an encoding, for rows of `features` floats that the host makes.
  static TableModel sequential(int features, std::vector<Layer> layers, const TableModelOptions& options = {});

  // A folder: config.json, model.safetensors and, where there is an encoding, table.json. Throw FileError that names
  // the file and the field.
  static TableModel load(const std::filesystem::path& folder, const DeviceOptions& device = {});
  void save(const std::filesystem::path& folder) const;

  // rows × outputs(): probabilities, or numbers. Other tables are read with encoding().reading(false). Floats are
  // rows × features(). Throw ArgumentError for a table that the encoding does not fit, and for floats that are not
  // finite.
  std::vector<float> predict(const Table& rows) const;
  std::vector<float> predict(std::span<const float> rows) const;

  // How good the predictions for a table with targets are. Throw ArgumentError where the model learns the other kind.
  ClassificationReport classification(const Table& table, const BootstrapOptions& options = {}) const;
  RegressionReport regression(const Table& table, const BootstrapOptions& options = {}) const;

  int features() const;
  int outputs() const;
  // Throws ArgumentError for a model of the host's own rows.
  const TableEncoding& encoding() const;
  // Where the time went since the model was made with DeviceOptions::profile, the largest share first.
  std::vector<KernelProfile> profile() const;

  struct State;
  explicit TableModel(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace graft::inline v0
