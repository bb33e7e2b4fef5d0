// SPDX-License-Identifier: Apache-2.0
#include "graft/text_metrics.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "graft/error.hpp"

namespace graft {

// The figures were computed with sacrebleu: corpus_bleu(force=True, smooth_method="none") and corpus_chrf.
TEST_CASE("BLEU and chrF are those of sacrebleu", "[train]") {
  const std::vector<std::string> texts = {"the cat sat on the mat .", "there is a dog in the garden ."};
  const std::vector<std::string> references = {"the cat sat on a mat .", "there is a dog in our garden today ."};
  CHECK(bleu(texts, references) == Approx(49.8782).margin(1e-3));
  CHECK(chrf(texts, references) == Approx(63.0671).margin(1e-3));
  const std::vector<std::string> chinese = {"打开文件对话框"}, expected = {"打开文件的对话框"};
  CHECK(bleu(chinese, expected, BleuTokens::characters) == Approx(51.5449).margin(1e-3));
}

TEST_CASE("Texts without a reference are refused", "[train]") {
  const std::vector<std::string> one = {"a"}, none;
  CHECK_THROWS_AS(bleu(one, none), ArgumentError);
  CHECK_THROWS_AS(chrf(none, none), ArgumentError);
}

}  // namespace graft
