// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "blocks.hpp"
#include "models/gguf_config.hpp"
#include "models/rotary.hpp"
#include "models/save.hpp"
#include "models/weight_bytes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// The types that a file may be written in, with llama.cpp's numbers for general.file_type.
struct FileType {
  Dtype type;
  uint32_t number;
};
constexpr FileType kFileTypes[] = {{Dtype::f32, 0},  {Dtype::f16, 1},  {Dtype::q4_0, 2},
                                   {Dtype::q4_1, 3}, {Dtype::q8_0, 7}, {Dtype::bf16, 32}};
constexpr uint32_t kQuantizationVersion = 2;

uint32_t file_type(Dtype type) {
  for (const FileType& entry : kFileTypes)
    if (entry.type == type) return entry.number;
  fail<ArgumentError>("a GGUF file is written as f32, f16, bf16, q8_0, q4_0 or q4_1, not ", name(type));
}

bool is_at_the_ends(const Trunk& trunk, const Parameters::Entry& entry) {
  return entry.module == "embedding.weight" || entry.weight.get() == trunk.transformer.head().output().weight;
}

Dtype stored_type(const Trunk& trunk, const Parameters::Entry& entry, Dtype type) {
  if (entry.weight->kind() == Weight::Kind::vector) return Dtype::f32;
  const bool is_four_bit = type == Dtype::q4_0 || type == Dtype::q4_1;
  const Dtype wanted = is_four_bit && is_at_the_ends(trunk, entry) ? Dtype::q8_0 : type;
  return entry.weight->cols() % block_size(wanted).elements == 0 ? wanted : Dtype::f16;
}

// For each row of a head in the file, the checkpoint's row.
std::vector<int> file_order(int head_width) {
  const std::vector<int> order = rotary_row_order(head_width, head_width);
  std::vector<int> inverse(order.size());
  for (size_t row = 0; row < order.size(); ++row) inverse[size_t(order[row])] = int(row);
  return inverse;
}

// What the frequencies of llama3 scaling are divided by, a value a pair of columns; empty for the kinds that have keys.
std::vector<float> rotary_factors(const Trunk& trunk) {
  if (!trunk.rotary_factors.empty()) return trunk.rotary_factors;
  const JsonObject scaling = rotary_settings(trunk.config);
  if (scaling.text_or("rope_type", scaling.text_or("type", "default")) != "llama3") return {};
  Json plain = trunk.config_json;
  plain["rope_theta"] = rotary_base(trunk.config);
  plain.erase("rope_parameters");
  plain.erase("rope_scaling");
  const std::vector<float> base = trunk.family.configure(JsonObject(plain, "config.json"), trunk.architecture.task)
                                      .stack.rotary.at(0)
                                      .inverse_frequency;
  std::vector<float> factors = trunk.transformer.stack().rotary.at(0).inverse_frequency;
  for (size_t i = 0; i < factors.size(); ++i) factors[i] = base[i] / factors[i];
  return factors;
}

void add_tensors(const Trunk& trunk, const Lane& lane, Dtype type, GgufWriter& writer) {
  for (const Parameters::Entry& entry : trunk.parameters.all()) {
    const Weight& weight = *entry.weight;
    const bool is_vector = weight.kind() == Weight::Kind::vector;
    const std::string name = external_name(trunk.family, Naming::gguf, entry.module);
    check<UnsupportedError>(!name.starts_with('.'), "unsupported: GGUF has no name for ", weight.name());
    FileLayout layout;
    switch (layout_of(trunk.family, Naming::gguf, entry.module)) {
      case Layout::rotary_rows:
        layout.head_rows = file_order(trunk.transformer.stack().attention.head_width);
        break;
      case Layout::plus_one:
        layout.offset = 1;
        break;
      default:
        break;
    }
    std::vector<int64_t> shape = {weight.cols()};
    if (!is_vector) shape.insert(shape.begin(), weight.rows());
    const Dtype stored = stored_type(trunk, entry, type);
    writer.add(name, stored, std::move(shape), weight_bytes(lane, weight, stored, std::move(layout)));
  }
}

// What the file cannot say is refused, rather than read back as something else.
void check_kept(const Trunk& trunk) {
  const Json kept = kept_config(trunk.config, trunk.family.gguf);
  const StackConfig read =
      trunk.family.configure(JsonObject(kept, trunk.config.where()), trunk.architecture.task).stack;
  const StackConfig& own = trunk.transformer.stack();
  const auto expect = [&](bool is_kept, const char* what) {
    check<UnsupportedError>(is_kept, "unsupported: a GGUF file of a ", trunk.family.model_type,
                            " model cannot say its ", what);
  };
  const AttentionConfig &a = own.attention, &b = read.attention;
  expect(a.scale == b.scale, "scale of attention (query_pre_attn_scalar)");
  expect(a.qkv_bias == b.qkv_bias && a.output_bias == b.output_bias && own.mlp.bias == read.mlp.bias, "biases");
  expect(own.mlp.activation == read.mlp.activation, "activation");
  expect(own.layers.size() == read.layers.size() &&
             std::equal(own.layers.begin(), own.layers.end(), read.layers.begin(),
                        [](const LayerConfig& x, const LayerConfig& y) { return x.window == y.window; }),
         "layers' windows (layer_types, sliding_window_pattern)");
  if (!rotary_factors(trunk).empty()) return;
  expect(std::equal(own.rotary.begin(), own.rotary.end(), read.rotary.begin(), read.rotary.end(),
                    [](const RotaryConfig& x, const RotaryConfig& y) {
                      return x.inverse_frequency == y.inverse_frequency && x.scale == y.scale;
                    }),
         "rotary positions (rope_parameters)");
}

}  // namespace

void save_gguf(const Trunk& trunk, const std::filesystem::path& file, Dtype type,
               const std::function<void(GgufWriter&)>& write_tokenizer) {
  const Lane lane(trunk.backend);
  check<UnsupportedError>(!trunk.family.gguf.empty(), "unsupported: GGUF files of ", trunk.family.model_type,
                          " models");
  check_kept(trunk);
  GgufWriter writer;
  writer.set("general.architecture", trunk.family.gguf);
  writer.set("general.file_type", file_type(type));
  if (is_quantised(type)) writer.set("general.quantization_version", kQuantizationVersion);
  write_config(trunk.config, trunk.transformer.config(), trunk.family.gguf, writer);
  if (write_tokenizer) write_tokenizer(writer);
  const std::vector<float> factors = rotary_factors(trunk);
  if (!factors.empty())
    writer.add("rope_freqs.weight", Dtype::f32, {int64_t(factors.size())},
               stored_bytes(std::span<const float>(factors)));
  add_tensors(trunk, lane, type, writer);
  writer.write(file);
}

}  // namespace graft::inline v0
