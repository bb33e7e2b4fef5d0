// SPDX-License-Identifier: Apache-2.0
//
//   const auto [data, report] = graft::clean(graft::Dataset::chat("support.jsonl"), {.mask_personal = true});
//   std::cout << report.to_markdown();
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>

namespace graft::inline v0 {

struct CleaningOptions {
  // Texts that were decoded with the wrong code page ("cafÃ©" for "café") are put right, control characters, byte order
  // marks and spaces at the end of lines removed, line ends made LF.
  bool repair = true;
  bool remove_duplicates = true;  // but for the first of equal texts; case and spaces do not count
  // Of texts whose character 5-grams overlap by this share (Jaccard) or more, only the first stays; 0: all stay.
  float near_duplicates = 0.85f;
  size_t shortest = 1, longest = 0;  // characters of a whole example; others go. longest 0: no limit
  bool mask_personal = false;        // as mask_personal_data does
};

struct CleaningReport {
  size_t examples = 0, kept = 0;
  size_t repaired = 0, masked_examples = 0;                             // changed and kept
  size_t empty = 0, too_long = 0, duplicates = 0, near_duplicates = 0;  // removed; too short counts as empty
  std::map<std::string, size_t> masked = {};                            // how many of each kind: "email", "phone" …
  std::vector<std::string> removed = {};  // "support.jsonl:7: repeats support.jsonl:3", the first thousand
  std::string to_markdown() const;
};

struct Cleaned {
  Dataset data;
  CleaningReport report;
};

// The examples that are worth learning, in their order. Examples with labelled spans, which count bytes, are kept or
// removed as they are. The same result every time.
GRAFT_EXPORT Cleaned clean(const Dataset& data, const CleaningOptions& options = {});

// The text with e-mail addresses, telephone numbers, payment cards (by the Luhn digit), Chinese identity numbers (by
// their check digit), IBANs (by theirs) and US social security numbers replaced by "<email>", "<phone>", "<card>",
// "<identity>", "<iban>" and "<ssn>". Each is counted in `masked` unless that is null.
GRAFT_EXPORT std::string mask_personal_data(std::string_view text, std::map<std::string, size_t>* masked = nullptr);

// An example of one set that is (nearly) in another.
struct Leak {
  size_t example = 0, other = 0;  // their numbers in `held_out` and `train`
  float similarity = 0;           // of their character 5-grams (Jaccard)
};
// The examples of `held_out` whose text overlaps with one of `train` by `similarity` or more, each with the first such.
GRAFT_EXPORT std::vector<Leak> find_leaks(const Dataset& train, const Dataset& held_out, float similarity = 0.85f);

}  // namespace graft::inline v0
