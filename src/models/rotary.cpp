// SPDX-License-Identifier: Apache-2.0
//
// Kinds of rotary scaling, as transformers defines them in modeling_rope_utils.
#include "models/rotary.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/read_config.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kMaxFactor = 1e6;

double factor_of(const JsonObject& scaling) {
  const double factor = scaling.number("factor");
  if (!(factor >= 1 && factor <= kMaxFactor)) scaling.refuse("factor", "1 to 1000000");
  return factor;
}

// Dubey et al. 2024: long wavelengths are stretched, short ones kept, those between are blended.
void scale_llama3(const JsonObject& scaling, std::vector<float>& frequencies) {
  const double factor = factor_of(scaling), low = scaling.number("low_freq_factor"),
               high = scaling.number("high_freq_factor"), context = scaling.number("original_max_position_embeddings");
  if (!(high > low && low > 0)) scaling.refuse("high_freq_factor", "more than low_freq_factor, which is positive");
  for (float& frequency : frequencies) {
    const double wavelength = 2 * std::numbers::pi / frequency;
    const double blend = std::clamp((context / wavelength - low) / (high - low), 0.0, 1.0);
    frequency = float((1 - blend) * frequency / factor + blend * frequency);
  }
}

// Peng et al. 2023 (YaRN): interpolation by parts, and a temperature on the attention scores.
void scale_yarn(const JsonObject& scaling, double base, int context, RotaryConfig& config) {
  const double factor = factor_of(scaling);
  const double original = scaling.number_or("original_max_position_embeddings", context);
  const double turning = 2.0 * double(config.inverse_frequency.size());
  const auto dimension = [&](double rotations) {
    return turning * std::log(original / (rotations * 2 * std::numbers::pi)) / (2 * std::log(base));
  };
  double low = dimension(scaling.number_or("beta_fast", 32)), high = dimension(scaling.number_or("beta_slow", 1));
  if (scaling.flag_or("truncate", true)) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, turning - 1);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < config.inverse_frequency.size(); ++i) {
    const double ramp = std::clamp((double(i) - low) / (high - low), 0.0, 1.0);
    float& frequency = config.inverse_frequency[i];
    frequency = float(frequency / factor * ramp + frequency * (1 - ramp));
  }
  const auto temperature = [&](double weight) { return factor <= 1 ? 1.0 : 0.1 * weight * std::log(factor) + 1; };
  const double mscale = scaling.number_or("mscale", 0), all_dims = scaling.number_or("mscale_all_dim", 0);
  const double natural = mscale && all_dims ? temperature(mscale) / temperature(all_dims) : temperature(1);
  config.scale = float(scaling.number_or("attention_factor", natural));
}

}  // namespace

JsonObject rotary_settings(const JsonObject& json) {
  for (const char* field : {"rope_parameters", "rope_scaling"})
    if (json.has(field)) return json.object(field);
  return json;
}

double rotary_base(const JsonObject& json) {
  const JsonObject settings = rotary_settings(json);
  if (settings.has("full_attention")) return settings.object("full_attention").number("rope_theta");
  return settings.number_or("rope_theta", json.number_or("rope_theta", 10000));
}

RotaryConfig make_rotary(const JsonObject& settings, double base, double part, int head_width, int context) {
  if (!(base > 1)) settings.refuse("rope_theta", "more than 1");
  const int turning = int(head_width * part) / 2 * 2;
  if (!(part > 0 && part <= 1 && turning > 0)) settings.refuse("partial_rotary_factor", "a part of the head width");
  RotaryConfig rotary;
  for (int i = 0; i < turning; i += 2)
    rotary.inverse_frequency.push_back(1.0f / std::pow(float(base), float(i) / float(turning)));

  const std::string kind = settings.text_or("rope_type", settings.text_or("type", "default"));
  if (kind == "linear") {
    for (const double factor = factor_of(settings); float& frequency : rotary.inverse_frequency)
      frequency = float(frequency / factor);
  } else if (kind == "llama3") {
    scale_llama3(settings, rotary.inverse_frequency);
  } else if (kind == "yarn") {
    scale_yarn(settings, base, context, rotary);
  } else if (kind != "default" && kind != "dynamic") {
    // "dynamic" changes frequencies only beyond the context, where a prompt is refused.
    fail<UnsupportedError>(settings.where(), ": rope_type \"", kind,
                           "\" is not supported, expected default, linear, dynamic, llama3 or yarn");
  }
  return rotary;
}

RotaryConfig read_rotary(const JsonObject& json, int head_width, int context) {
  const JsonObject settings = rotary_settings(json);
  const double part = settings.number_or("partial_rotary_factor", json.number_or("partial_rotary_factor", 1));
  return make_rotary(settings, rotary_base(json), part, head_width, context);
}

std::vector<RotaryConfig> read_layer_rotaries(const JsonObject& json, int head_width, int context) {
  const JsonObject settings = rotary_settings(json);
  if (!settings.has("full_attention")) return {};
  std::vector<RotaryConfig> rotaries;
  for (const char* kind : {"full_attention", "sliding_attention"}) {
    const JsonObject of = settings.object(kind);
    rotaries.push_back(make_rotary(of, of.number("rope_theta"), 1, head_width, context));
  }
  return rotaries;
}

Json llama3_scaling(std::span<const float> factors, std::span<const float> frequencies) {
  // All models of this kind were published with these three values; only the factor differs.
  const Json scaling = {{"rope_type", "llama3"},
                        {"factor", *std::max_element(factors.begin(), factors.end())},
                        {"low_freq_factor", 1.0},
                        {"high_freq_factor", 4.0},
                        {"original_max_position_embeddings", 8192}};
  std::vector<float> scaled(frequencies.begin(), frequencies.end());
  scale_llama3(JsonObject(scaling, "rope_freqs.weight"), scaled);
  for (size_t i = 0; i < factors.size(); ++i)
    check<UnsupportedError>(std::abs(scaled[i] * factors[i] / frequencies[i] - 1) < 1e-4,
                            "rope_freqs.weight: its factors are not those of Llama 3, and config.json knows no others");
  return scaling;
}

}  // namespace graft::inline v0
