// SPDX-License-Identifier: Apache-2.0
//
// Builds error messages from parts, only when a check fails.
#pragma once

#include <sstream>
#include <string>

#include "graft/error.hpp"

namespace graft::inline v0 {

template <class... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream out;
  out.exceptions(std::ios::badbit);  // where memory runs out, it would end in the middle
  (out << ... << parts);
  return out.str();
}

// Throws `Kind` with the parts joined: fail<FileError>(path, ": no tensor ", name).
template <class Kind, class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Kind(message(parts...));
}

// Throws `Kind` (ArgumentError unless said) when the claim does not hold.
template <class Kind = ArgumentError, class... Parts>
void check(bool claim, const Parts&... parts) {
  if (!claim) fail<Kind>(parts...);
}

}  // namespace graft::inline v0
