// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>

namespace graft::inline v0 {

// Of the double numbers that are this float, the one with the shortest text, for files: 0.1, not 0.10000000149011612.
inline double nearest_double(float value) {
  char text[32];
  const char* end = std::to_chars(text, text + sizeof text, value).ptr;
  double nearest = double(value);
  std::from_chars(text, end, nearest);
  return nearest;
}

}  // namespace graft::inline v0
