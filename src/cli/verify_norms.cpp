// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_norms.hpp"

#include <cmath>

namespace graft::inline v0 {
namespace {

// Norms of gradients that are smaller than the largest by more are its rounding errors.
constexpr double kNoise = 1e-7;

double largest_of(const Json& norms) {
  double largest = 0;
  for (const auto& [name, norm] : norms.items()) largest = std::max(largest, norm.get<double>());
  return largest;
}

// Gate and up of an expert are one matrix in the reference, which cuts it in two in another way for these norms: only
// the norm of both together means anything.
std::string partner_of(const std::string& name) {
  if (name.find(".experts.") == std::string::npos) return {};
  std::string partner = name;
  for (const auto& [gate, up] : {std::pair{".w1.", ".w3."}, std::pair{".gate_proj.", ".up_proj."}})
    if (const size_t at = name.find(gate); at != std::string::npos)
      return partner.replace(at, std::string_view(gate).size(), up);
  return {};
}

bool is_partner(const std::string& name) {
  return name.find(".experts.") != std::string::npos &&
         (name.find(".w3.") != std::string::npos || name.find(".up_proj.") != std::string::npos);
}

}  // namespace

void compare_norms(const GoldenModel& model, const JsonObject& json, const Json& gradients, const NormKind& kind,
                   const std::function<std::span<const float>(const Weight&)>& values, Comparison& comparison) {
  if (!json.has(kind.name)) return;
  const JsonObject norms = json.object(kind.name);
  const double noise = kNoise * largest_of(gradients);
  const auto found = [&](const std::string& name) {
    const Weight* weight = model.find(name);
    return weight ? norm_of(values(*weight)) : -1;
  };
  for (const auto& [name, ignored] : norms.json().items()) {
    if (gradients.value(name, 1.0) < noise || is_partner(name)) continue;
    const std::string partner = partner_of(name);
    const std::string label = kind.name + "." + name;
    if (partner.empty())
      comparison.norm(label, found(name), norms.number(name), kind.tolerance);
    else
      comparison.norm(label, std::hypot(found(name), found(partner)),
                      std::hypot(norms.number(name), norms.number(partner)), kind.tolerance);
  }
}

}  // namespace graft::inline v0
