// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "support/message.hpp"

namespace graft::inline v0 {

// Before anything is trained: throws FileError when the result cannot be saved at a path. Empty: it is not to be saved.
inline void check_can_save(const std::filesystem::path& path) {
  if (path.empty()) return;
  std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  while (!std::filesystem::exists(folder)) folder = folder.parent_path();
  std::error_code error;
  const auto permissions = std::filesystem::status(folder, error).permissions();
  constexpr auto kWrite =
      std::filesystem::perms::owner_write | std::filesystem::perms::group_write | std::filesystem::perms::others_write;
  check<FileError>(
      !error && std::filesystem::is_directory(folder) && (permissions & kWrite) != std::filesystem::perms::none,
      "TrainOptions: save_to: ", path.string(), " cannot be written: ", folder.string(),
      " is no folder that can be written to");
}

// Saves what was trained; an error says that it is not lost.
template <class Save>
void save_result(const std::filesystem::path& path, const Save& save) {
  if (path.empty()) return;
  try {
    save(path);
  } catch (const FileError& error) {
    fail<FileError>(error.what(), "; the result of the training is not saved, but kept in memory: save it elsewhere");
  }
}

}  // namespace graft::inline v0
