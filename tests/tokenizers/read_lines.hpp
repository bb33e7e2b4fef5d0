// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/goldens.hpp"
#include "support/json.hpp"

namespace graft {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The values of a file with one JSON value a line; none when there is no such file.
inline std::vector<Json> read_lines(const std::filesystem::path& path) {
  std::vector<Json> values;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) values.push_back(parse_json(line, path.string()));
  return values;
}

}  // namespace graft
