// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/family.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

extern const Family kAlbert, kBart, kBert, kDebertaV2, kDistilBert, kElectra, kGemma, kGemma2, kGemma3, kGpt2, kGptNeox,
    kLlama, kMarian, kMistral, kMixtral, kModernBert, kMpnet, kOpt, kPhi3, kQwen2, kQwen2Moe, kQwen3, kRoberta,
    kSmolLm3, kStarcoder2, kT5, kXlmRoberta;

std::span<const Family* const> families() {
  static const Family* const all[] = {
      &kAlbert, &kBart,    &kBert,     &kDebertaV2, &kDistilBert, &kElectra, &kGemma,      &kGemma2, &kGemma3,
      &kGpt2,   &kGptNeox, &kLlama,    &kMarian,    &kMistral,    &kMixtral, &kModernBert, &kMpnet,  &kOpt,
      &kPhi3,   &kQwen2,   &kQwen2Moe, &kQwen3,     &kRoberta,    &kSmolLm3, &kStarcoder2, &kT5,     &kXlmRoberta};
  return all;
}

FamilyMember find_family(const JsonObject& config) {
  const std::vector<std::string> architectures =
      config.has("architectures") ? config.texts("architectures") : std::vector<std::string>{};
  const std::string type = config.text_or("model_type", "");
  std::string known;
  for (const Family* family : families()) {
    const bool is_type = type == family->model_type;
    if (architectures.empty() && is_type) return {family, &family->architectures[0]};
    for (const Architecture& architecture : family->architectures) {
      const bool is_named =
          std::find(architectures.begin(), architectures.end(), architecture.name) != architectures.end();
      if (is_named && (is_type || type.empty())) return {family, &architecture};
      if (is_type || type.empty()) known += (known.empty() ? "" : ", ") + std::string(architecture.name);
    }
  }
  if (known.empty())
    for (const Family* family : families()) known += (known.empty() ? "" : ", ") + std::string(family->model_type);
  fail<UnsupportedError>("unsupported: family ", in_quotes(architectures.empty() ? type : architectures[0]), " (",
                         config.where(), ": \"architectures\", \"model_type\" ", in_quotes(type), "), expected one of ",
                         known);
}

namespace {

constexpr std::string_view kEndings[] = {".weight", ".bias"};

std::string_view ending_of(std::string_view name) {
  for (const std::string_view ending : kEndings)
    if (name.ends_with(ending)) return ending;
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The name with "*" for its numbers, which are added to `numbers`. A number is a part between dots.
std::string pattern_of(std::string_view name, std::vector<std::string>& numbers) {
  std::string pattern;
  for (size_t at = 0; at < name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    const std::string_view part = name.substr(at, dot - at);
    const bool is_number = std::all_of(part.begin(), part.end(), is_digit) && !part.empty();
    if (is_number) numbers.emplace_back(part);
    pattern += is_number ? "*" : std::string(part);
    if (dot < name.size()) pattern += '.';
    at = dot + 1;
  }
  return pattern;
}

const ModuleName& find_row(const Family& family, const std::string& pattern) {
  const std::string_view stem = std::string_view(pattern).substr(0, pattern.size() - ending_of(pattern).size());
  for (const std::string_view wanted : {std::string_view(pattern), stem})
    for (const ModuleName& row : family.names)
      if (row.module == wanted) return row;
  fail<Error>(family.model_type, ": the family names no module ", pattern);
}

}  // namespace

std::string external_name(const Family& family, Naming naming, std::string_view module) {
  std::vector<std::string> numbers;
  const std::string pattern = pattern_of(module, numbers);
  const ModuleName& row = find_row(family, pattern);
  std::string name(naming == Naming::gguf ? row.gguf : row.checkpoint);
  for (const std::string& number : numbers)
    if (const size_t star = name.find('*'); star != std::string::npos) name.replace(star, 1, number);
  return row.module == pattern && !ending_of(pattern).empty() ? name : name + std::string(ending_of(pattern));
}

Layout layout_of(const Family& family, Naming naming, std::string_view module) {
  std::vector<std::string> numbers;
  const Layout layout = find_row(family, pattern_of(module, numbers)).layout;
  const bool is_of_checkpoint = layout == Layout::transposed || layout == Layout::one_row;
  return is_of_checkpoint == (naming == Naming::checkpoint) ? layout : Layout::same;
}

}  // namespace graft::inline v0
