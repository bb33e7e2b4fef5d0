// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "api/use_count.hpp"
#include "graft/table_model.hpp"
#include "nn/sequential.hpp"

namespace graft::inline v0 {

struct TableModel::State {
  // Without weights.
  State(SequentialConfig config, std::optional<TableEncoding> with, const DeviceOptions& device)
      : backend(Backend::create(device)), network(parameters, std::move(config)), encoding(std::move(with)) {}

  std::shared_ptr<const Backend> backend;
  std::shared_ptr<Memory> memory = Memory::create(*backend);
  Parameters parameters{[](std::string_view module) { return std::string(module); }};
  Sequential network;
  std::optional<TableEncoding> encoding;  // none: the host makes the rows
  mutable UseCount use;
};

// Throws ArgumentError where the end of the network does not fit the target.
void check_outputs(const Sequential& network, const TableEncoding& encoding);

// The table in the encoding of the model.
TableFeatures encoded(const TableModel::State& model, const Table& table);

}  // namespace graft::inline v0
