// SPDX-License-Identifier: Apache-2.0
#include "support/json.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kDeepest = 200;

}  // namespace

Json parse_json(std::string_view text, const std::string& file_name) {
  const auto within_depth = [&](int depth, Json::parse_event_t, Json&) {
    check<FileError>(depth <= kDeepest, file_name, ": JSON is nested more than ", kDeepest, " levels deep");
    return true;
  };
  try {
    return Json::parse(text, within_depth);
  } catch (const Json::exception& error) {
    fail<FileError>(file_name, ": not valid JSON: ", error.what());
  }
}

}  // namespace graft::v0
