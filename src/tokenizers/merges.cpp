// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/merges.hpp"

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

std::pair<std::string, std::string> split_merge(std::string_view line, size_t place, const std::string& where) {
  // A space inside a token is spelled otherwise, so there is just one.
  const size_t space = line.find(' ');
  const bool sound = space != std::string_view::npos && space > 0 && space + 1 < line.size() &&
                     line.find(' ', space + 1) == std::string_view::npos;
  if (!sound)
    fail<FileError>(where, "[", place, "]: found ", in_quotes(line), ", expected two tokens with a space between them");
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

Merge find_merge(const Vocabulary& vocabulary, const std::string& left, const std::string& right, size_t place,
                 const std::string& where) {
  const auto id = [&](const std::string& token) {
    const auto found = vocabulary.id(token);
    if (!found)
      fail<FileError>(where, "[", place, "]: ", in_quotes(token), " of the merge ", in_quotes(left), " + ",
                      in_quotes(right), " is not in the vocabulary");
    return *found;
  };
  return {id(left), id(right), id(left + right), static_cast<uint32_t>(place)};
}

}  // namespace graft::inline v0
