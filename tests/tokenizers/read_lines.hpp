// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/json.hpp"

namespace graft {

inline std::string golden_path(const std::string& name) { return std::string(GRAFT_GOLDEN) + "/" + name; }

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The values of a file with one JSON value a line; none when there is no such file.
inline std::vector<Json> read_lines(const std::string& path) {
  std::vector<Json> values;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) values.push_back(Json::parse(line));
  return values;
}

}  // namespace graft
