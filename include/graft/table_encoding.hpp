// SPDX-License-Identifier: Apache-2.0
//
//   const auto encoding = graft::TableEncoding::fit(train);
//   const graft::TableFeatures features = encoding.encode(test);
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/export.hpp>
#include <graft/table.hpp>

namespace graft::inline v0 {

struct EncodingOptions {
  bool standardise = true;  // numbers become (x - mean) / deviation
  int rare_below = 5;       // values of a category with fewer rows share one feature; 0: none do
};

// What a network reads: rows × cols floats, row-major, and what it should give, where the table has it.
struct TableFeatures {
  size_t rows = 0, cols = 0;
  std::vector<float> values = {};
  std::vector<int32_t> classes = {};  // a row: an index into TableEncoding::classes()
  std::vector<float> numbers = {};    // a row
};

// How the columns of a table become features, with all that was learned from the training part: a value that is stored
// with the model. Copies share it, and it may be used from many threads.
//
// A number is one feature, and the training part's mean where it is missing. A category is one feature a value, 1 for
// the value of the row and 0 for the others; a missing one counts as the training part's most frequent value, and an
// unseen one has no feature. A column that lacks values in the training part has one feature more, 1 where it is
// missing.
class GRAFT_EXPORT TableEncoding {
 public:
  static TableEncoding fit(const Table& train, const EncodingOptions& options = {});

  // JSON. Throw FileError with the file and the field.
  static TableEncoding load(const std::filesystem::path& path);
  void save(const std::filesystem::path& path) const;
  // The text of such a file; `name` stands for the path in messages.
  static TableEncoding from_json(std::string_view text, std::string_view name);
  std::string json() const;

  // Throws ArgumentError for a column that the table lacks or has with another type (see reading), and for a class that
  // the training part did not have.
  TableFeatures encode(const Table& table) const;
  // The name of each feature: "age", "purpose = car", "purpose = (rare)", "age is missing".
  std::span<const std::string> features() const;
  const std::string& target() const;
  std::span<const std::string> classes() const;

  // Options that read another file as the training part was: its types and, with the target, its classes.
  TableOptions reading(bool with_target) const;

  struct State;

 private:
  explicit TableEncoding(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace graft::inline v0
