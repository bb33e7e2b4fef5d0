// SPDX-License-Identifier: Apache-2.0
//
//   const auto more = graft::augment(train, graft::replace_synonyms({{"quick", {"fast", "swift"}}}), 2);
//   const auto even = graft::balance_labels(train);
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>

namespace graft::inline v0 {

class Model;

// Gives a changed copy of a text; different numbers give different ones.
using TextChange = std::function<std::string(std::string_view text, uint64_t number)>;

// Each word that has synonyms is exchanged for one of them with a probability of `share`. The words are in lower case;
// a capital letter at the beginning stays one.
GRAFT_EXPORT TextChange replace_synonyms(std::map<std::string, std::vector<std::string>> synonyms, float share = 0.3f);
// Each word is hidden with a probability of `share`, and what is hidden filled in with one of the likeliest words of a
// model that fills gaps, such as BERT, which is shared.
GRAFT_EXPORT TextChange back_mask(const Model& model, float share = 0.15f);

// The examples, each with up to so many changed copies behind it. What an example asks is changed, not what it teaches:
// the user's messages, the prompt, or a labelled text; a text without a label changes whole. Copies that are like the
// example are left out. Throws ArgumentError for examples with labelled parts, whose places would move.
GRAFT_EXPORT Dataset augment(const Dataset& data, const TextChange& change, int copies = 1, uint64_t seed = 0);

// The examples, with those of rarer labels repeated until all labels have as many. Throws ArgumentError for an example
// that has not exactly one label.
GRAFT_EXPORT Dataset balance_labels(const Dataset& data, uint64_t seed = 0);

}  // namespace graft::inline v0
