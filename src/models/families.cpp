// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/family.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

extern const Family kLlama;

std::span<const Family* const> families() {
  static const Family* const all[] = {&kLlama};
  return all;
}

const Family& find_family(const JsonObject& config) {
  const std::vector<std::string> architectures =
      config.has("architectures") ? config.texts("architectures") : std::vector<std::string>{};
  const std::string type = config.text_or("model_type", "");
  std::string known;
  for (const Family* family : families()) {
    const bool named =
        std::find(architectures.begin(), architectures.end(), family->architecture) != architectures.end();
    const bool of_type = type == family->model_type;
    if (named ? of_type || type.empty() : architectures.empty() && of_type) return *family;
    known += (known.empty() ? "" : ", ") + std::string(family->architecture);
  }
  fail<UnsupportedError>("unsupported: family ", in_quotes(architectures.empty() ? type : architectures[0]), " (",
                         config.where(), ": \"architectures\", \"model_type\" ", in_quotes(type),
                         "), expected one of ", known);
}

namespace {

// The module's name without its layer number and without ".weight" or ".bias".
struct Split {
  std::string pattern, layer, ending;
};

Split split(std::string_view module) {
  Split parts;
  const size_t dot = module.rfind('.');
  const std::string_view ending = dot == std::string_view::npos ? "" : module.substr(dot);
  if (ending == ".weight" || ending == ".bias") {
    parts.ending = ending;
    module.remove_suffix(ending.size());
  }
  const size_t digits = module.find_first_of("0123456789");
  if (digits == std::string_view::npos) {
    parts.pattern = module;
    return parts;
  }
  const size_t end = std::min(module.find_first_not_of("0123456789", digits), module.size());
  parts.layer = module.substr(digits, end - digits);
  parts.pattern = std::string(module.substr(0, digits)) + "*" + std::string(module.substr(end));
  return parts;
}

const ModuleName& find_row(const Family& family, const std::string& pattern) {
  for (const ModuleName& row : family.names)
    if (row.module == pattern) return row;
  fail<Error>(family.architecture, ": the family names no module ", pattern);
}

}  // namespace

const ModuleName& module_name(const Family& family, std::string_view module) {
  return find_row(family, split(module).pattern);
}

std::string external_name(const Family& family, Naming naming, std::string_view module) {
  const Split parts = split(module);
  const ModuleName& row = find_row(family, parts.pattern);
  std::string name(naming == Naming::gguf ? row.gguf : row.checkpoint);
  if (const size_t star = name.find('*'); star != std::string::npos) name.replace(star, 1, parts.layer);
  return name + parts.ending;
}

}  // namespace graft::inline v0
