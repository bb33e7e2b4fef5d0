// SPDX-License-Identifier: Apache-2.0
//
// Two models that learn from each other have to read a text alike.
#pragma once

#include <graft/tokenizer.hpp>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

// Throws ArgumentError, which begins with `option`, where a token of one is not that of the other.
inline void check_same_tokens(const Tokenizer& found, const Tokenizer& expected, const char* option) {
  const int size = expected.vocabulary_size();
  check(found.vocabulary_size() == size, option, ": its vocabulary has ", found.vocabulary_size(), " tokens, expected ",
        size);
  for (int32_t id = 0; id < size; ++id)
    check(found.token(id) == expected.token(id), option, ": its token ", id, " is ", in_quotes(found.token(id)),
          ", expected ", in_quotes(expected.token(id)));
}

}  // namespace graft::inline v0
