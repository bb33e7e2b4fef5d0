// SPDX-License-Identifier: Apache-2.0
//
// A training run on disk: everything that the rest of the run depends on. A checkpoint is a folder step-N with
// state.safetensors (values and moments), run.json (step, seed, history) and manifest.json, which is written last and
// holds the length and checksum of both; a folder gets its name only when it is complete.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/json.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

struct CheckpointState {
  std::vector<NamedTensor> tensors;
  Json run;
};

// Writes FOLDER/step-N atomically, then removes later checkpoints and all but the newest `keep`. Returns its path.
// After an error the earlier ones are as they were.
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, int step, const CheckpointState& state,
                                       int keep);

// The run.json of a checkpoint, whose manifest and files were found whole. Throws FileError that names the file.
Json open_checkpoint(const std::filesystem::path& checkpoint);
// Reads the values of its tensors into those given; names and shapes must be the same.
void read_checkpoint(const std::filesystem::path& checkpoint, const std::vector<NamedTensor>& tensors);

// The mean of tensors over the newest `count` checkpoints of a folder, or as many as there are. Returns how many.
int read_mean(const std::filesystem::path& folder, int count, const std::vector<NamedTensor>& tensors);

// The newest good checkpoint of a folder; empty when there is none at all. Damaged ones are passed over with a notice,
// but when all are damaged the newest one's error is thrown.
std::filesystem::path find_checkpoint(const std::filesystem::path& folder,
                                      const std::function<void(const std::string&)>& notice);

}  // namespace graft::inline v0
