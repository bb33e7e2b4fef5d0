// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace graft::inline v0 {

// What std::filesystem has, too, but libstdc++ allocates there in functions that may not throw: where memory runs out,
// its directory_iterator and remove_all end the process.

// The names in a folder, in no order; none where it cannot be read.
std::vector<std::string> names_in(const std::filesystem::path& folder);

// Removes a file, or a folder with all that is in it, as far as the system lets it. Follows no links.
void remove_whole(const std::filesystem::path& path);

}  // namespace graft::inline v0
