// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "graft/graft.hpp"

namespace graft {
namespace {

constexpr const char* kModel = GRAFT_GOLDEN "/gguf/llama-q8_0.gguf";

}  // namespace

TEST_CASE("a model tells where its time went", "[api]") {
  LoadOptions options;
  options.device.profile = true;
  const Model model = Model::load(kModel, options);
  model.generate("abc", {.max_tokens = 3, .ignore_end = true});
  const std::vector<KernelProfile> profile = model.profile();
  const auto linear =
      std::find_if(profile.begin(), profile.end(), [](const KernelProfile& kernel) { return kernel.name == "linear"; });
  REQUIRE(linear != profile.end());
  CHECK(linear->calls > 0);
  CHECK(linear->seconds > 0);
  CHECK(linear->operations > 0);
  CHECK(std::is_sorted(profile.begin(), profile.end(),
                       [](const KernelProfile& a, const KernelProfile& b) { return a.seconds > b.seconds; }));
  CHECK(to_markdown(profile).find("| linear |") != std::string::npos);
}

TEST_CASE("without the option there is no profile", "[api]") {
  const Model model = Model::load(kModel);
  CHECK_THROWS_AS(model.profile(), ArgumentError);
}

}  // namespace graft
