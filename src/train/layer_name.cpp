// SPDX-License-Identifier: Apache-2.0
#include "train/layer_name.hpp"

#include <charconv>

namespace graft::inline v0 {

std::optional<Numbered> numbered(const std::string& module, const std::string& marker) {
  const size_t at = module.starts_with(marker) ? 0 : module.find("." + marker) + 1;
  if (at == 0 && !module.starts_with(marker)) return std::nullopt;
  const char *begin = module.data() + at + marker.size(), *all = module.data() + module.size();
  Numbered found;
  const char* end = std::from_chars(begin, all, found.number).ptr;
  found.before = module.substr(0, at);
  found.after = std::string(end, all);
  return found;
}

}  // namespace graft::inline v0
