// SPDX-License-Identifier: Apache-2.0
#include "support/folder.hpp"

#include <dirent.h>
#include <unistd.h>

#include <memory>
#include <string_view>

namespace graft::inline v0 {

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  struct Close {
    void operator()(DIR* opened) const { ::closedir(opened); }
  };
  std::vector<std::string> names;
  const std::unique_ptr<DIR, Close> opened(::opendir(folder.c_str()));
  while (const dirent* entry = opened ? ::readdir(opened.get()) : nullptr)
    if (const std::string_view name = entry->d_name; name != "." && name != "..") names.emplace_back(name);
  return names;
}

void remove_whole(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(path, ignored))) {
    ::unlink(path.c_str());
    return;
  }
  for (const std::string& name : names_in(path)) remove_whole(path / name);
  ::rmdir(path.c_str());
}

}  // namespace graft::inline v0
