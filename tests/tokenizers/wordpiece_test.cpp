// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/wordpiece.hpp"

#include <catch2/catch.hpp>

namespace graft {
namespace {

struct Model {
  TextTable table;
  std::unique_ptr<WordPiece> model;

  explicit Model(size_t longest_word = 100) {
    for (const char* token : {"", "un", "##aff", "##able", "##a", "unaffected", "a", "\u4F60", "##\u597D"})
      table.add(token);
    table.finish();
    model = std::make_unique<WordPiece>(table, WordPieceOptions{.unknown = 0, .longest_word = longest_word});
  }
  std::vector<int32_t> ids(std::string_view word) const {
    TokenRun run(0, true);
    model->encode(word, run);
    CHECK(run.places.size() == run.ids.size());
    return run.ids;
  }
};

}  // namespace

TEST_CASE("The longest token comes first, then the longest continuation", "[tokenizers]") {
  using Ids = std::vector<int32_t>;
  const Model model;
  CHECK(model.ids("unaffable") == Ids{1, 2, 3});
  CHECK(model.ids("unaffected") == Ids{5});
  CHECK(model.ids("\u4F60\u597D") == Ids{7, 8});
  CHECK(model.ids("unaffabl") == Ids{0});  // it does not come out even
  CHECK(model.ids("able") == Ids{0});      // a continuation begins no word
  CHECK(model.ids("").empty());
}

TEST_CASE("Words beyond the limit, in characters, are unknown", "[tokenizers]") {
  const Model model(2);
  CHECK(model.ids("\u4F60\u597D") == std::vector<int32_t>{7, 8});
  CHECK(model.ids("una") == std::vector<int32_t>{0});
}

}  // namespace graft
