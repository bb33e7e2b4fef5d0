// SPDX-License-Identifier: Apache-2.0
#include "support/folder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/temporary_folder.hpp"

namespace graft {

namespace fs = std::filesystem;

TEST_CASE("A folder is listed, and removed with what is in it, but not what its links lead to", "[support]") {
  const TemporaryFolder folder;
  const fs::path whole = folder.path() / "whole", outside = folder.path() / "outside";
  fs::create_directories(whole / "a" / "b");
  fs::create_directories(outside);
  folder.file("whole/a/b/text", "x");
  const fs::path kept = folder.file("outside/kept", "y");
  fs::create_symlink(outside, whole / "link");
  std::vector<std::string> names = names_in(whole);
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"a", "link"});
  CHECK(names_in(folder.path() / "none").empty());
  remove_whole(whole);
  remove_whole(folder.path() / "none");
  CHECK_FALSE(fs::exists(whole));
  CHECK(fs::exists(kept));
  remove_whole(kept);
  CHECK(fs::is_empty(outside));
}

}  // namespace graft
