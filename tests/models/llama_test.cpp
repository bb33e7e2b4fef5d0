// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "formats/goldens.hpp"
#include "models/trunk.hpp"
#include "support/tested_kernels.hpp"

namespace graft {
namespace {

std::shared_ptr<const Backend> backend(const std::string& kernels) {
  return Backend::create({.kernels = kernels, .threads = 2});
}

Batch golden_batch(const Goldens& goldens) {
  Batch batch;
  const std::vector<int64_t>& ids = goldens.integers("ids");
  const std::vector<int64_t>& offsets = goldens.integers("offsets");
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    const std::vector<int32_t> sequence(ids.begin() + offsets[i], ids.begin() + offsets[i + 1]);
    batch.add(sequence, 0, int64_t(i));
  }
  return batch;
}

Targets golden_targets(const Goldens& goldens) {
  Targets targets;
  const std::vector<int64_t>& labels = goldens.integers("labels");
  const std::vector<int64_t>& offsets = goldens.integers("offsets");
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    for (int64_t row = offsets[i]; row + 1 < offsets[i + 1]; ++row)
      if (labels[row + 1] >= 0) {
        targets.rows.push_back(int32_t(row));
        targets.tokens.push_back(int32_t(labels[row + 1]));
      }
  targets.weights.assign(targets.rows.size(), 1.0f / float(targets.rows.size()));
  return targets;
}

void check_close(const float* got, const Golden& golden) {
  double worst = 0;
  for (size_t i = 0; i < golden.floats.size(); ++i)
    worst = std::max(worst, std::abs(double(got[i]) - golden.floats[i]));
  CHECK(worst <= golden.tolerance);
}

}  // namespace

TEST_CASE("Llama gives the reference logits, loss and gradients on every table", "[models]") {
  const std::string folder = GENERATE("llama-gqa", "llama-tied-rope3");
  const std::string path = std::string(GRAFT_GOLDEN) + "/models/" + folder;
  const Goldens goldens = Goldens::load(path);
  for (const std::string& table : tested_kernels()) {
    INFO(folder << " on " << table);
    const auto trunk = load_trunk(Checkpoint::open(path, FileAccess::map), backend(table));
    const Lane lane(trunk->backend);
    const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
    const Batch batch = golden_batch(goldens);
    Gradients gradients(memory);
    for (const auto& [module, weight] : trunk->parameters.all()) {
      weight->thaw(lane, memory, true);
      gradients.watch(weight->parameter());
    }
    for (const bool recomputes : {false, true}) {
      gradients.clear();
      Tape tape(gradients, memory, lane);
      Run run{lane, memory, batch};
      run.tape = &tape;
      const Tensor hidden = trunk->transformer(run, {.recomputes = recomputes});
      const HeadLoss loss = trunk->transformer.head().loss(run, hidden, golden_targets(goldens));
      check_close(loss.loss.values().data(), goldens.at("loss"));
      tape.backward(loss.loss);
      for (const auto& [name, golden] : goldens.tensors)
        if (name.starts_with("grad.")) {
          INFO(name);
          check_close(gradients.of(trunk->parameters.find(name.substr(5))->parameter()).values().data(), golden);
        }
      Run plain{lane, memory, batch};
      const Tensor logits = trunk->transformer.head()(plain, trunk->transformer(plain));
      check_close(logits.values().data(), goldens.at("logits"));
    }
  }
}

}  // namespace graft
