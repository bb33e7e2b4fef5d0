// SPDX-License-Identifier: Apache-2.0
#include "adapters/gguf_adapter.hpp"

#include <algorithm>

#include "adapters/lora.hpp"
#include "formats/gguf.hpp"
#include "formats/gguf_writer.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

const std::string kDown = ".lora_a", kUp = ".lora_b";

// Where each row of `up` lies in the file; empty: in its own place.
std::vector<int> file_rows(const Family& family, const std::string& module, int rows, int head_width) {
  if (layout_of(family, Naming::gguf, module) != Layout::rotary_rows) return {};
  return rotary_row_order(rows, head_width);
}

void expect_text(const GgufFile& file, std::string_view key, std::string_view expected) {
  const std::string_view found = file.metadata().text(key);
  check<FileError>(found == expected, file.name(), ": ", key, " is \"", found, "\", expected \"", expected, "\"");
}

// A matrix that the file has a pair for.
struct UpdatedMatrix {
  std::string module, gguf;
  int rows, cols, rank;
};

// Under the names that PEFT would have for them.
using UpdatedMatrices = std::map<std::string, UpdatedMatrix>;

UpdatedMatrices find_matrices(const GgufFile& file, const Trunk& trunk) {
  std::map<std::string, const Parameters::Site*> sites;
  for (const Parameters::Site& site : trunk.parameters.sites()) {
    const Parameters::Entry& entry = trunk.parameters.all()[size_t(site.projection.weight->number())];
    sites[external_name(trunk.family, Naming::gguf, entry.module)] = &site;
  }
  UpdatedMatrices matrices;
  for (const GgufTensor& tensor : file.tensors()) {
    const bool is_down = tensor.name.ends_with(kDown);
    check<FileError>(is_down || tensor.name.ends_with(kUp), file.name(), ": \"", tensor.name,
                     "\" is no part of an adapter, expected a name that ends in ", kDown, " or ", kUp);
    const std::string name(tensor.name.substr(0, tensor.name.size() - kDown.size()));
    const auto found = sites.find(name);
    check<UnsupportedError>(found != sites.end(), file.name(), ": \"", tensor.name,
                            "\" changes what is no matrix of a linear layer of the model");
    file.require(name + (is_down ? kUp : kDown));
    if (!is_down) continue;
    check<FileError>(tensor.shape.size() == 2 && tensor.shape[0] >= 1 && tensor.shape[0] <= 1 << 16, file.name(),
                     ": \"", tensor.name, "\" is no matrix of 1 to 65536 rows");
    const Weight& weight = *found->second->projection.weight;
    const std::string& module = trunk.parameters.all()[size_t(weight.number())].module;
    matrices[found->second->name] = {module, name, weight.rows(), weight.cols(), int(tensor.shape[0])};
  }
  check<FileError>(!matrices.empty(), file.name(), ": there are no tensors, expected those of an adapter");
  return matrices;
}

// What PEFT's adapter_config.json would say. llama.cpp reads an alpha of 0 as the rank.
Json peft_config(const UpdatedMatrices& matrices, double alpha) {
  const int rank = matrices.begin()->second.rank;
  Json json = {{"r", rank}, {"lora_alpha", alpha == 0 ? rank : alpha}, {"target_modules", Json::array()}};
  json["rank_pattern"] = json["alpha_pattern"] = Json::object();
  for (const auto& [name, matrix] : matrices) {
    json["target_modules"].push_back(name);
    if (matrix.rank == rank) continue;
    json["rank_pattern"][name] = matrix.rank;
    if (alpha == 0) json["alpha_pattern"][name] = matrix.rank;
  }
  return json;
}

std::vector<float> read_values(const GgufFile& file, const Lane& lane, const std::string& name, int rows, int cols) {
  const GgufTensor& tensor = file.require(name);
  check<FileError>(tensor.shape == std::vector<int64_t>{rows, cols}, file.name(), ": \"", name,
                   "\" has another shape than ", rows, " x ", cols, ", which the model and the rank want");
  const Tensor values = decoded(lane, *Memory::create(lane.backend()), tensor.dtype, tensor.data, rows, cols);
  return {values.values().begin(), values.values().end()};
}

// Rows in the order of the model.
std::vector<float> in_order(const std::vector<float>& values, const std::vector<int>& rows, int cols) {
  if (rows.empty()) return values;
  std::vector<float> ordered(values.size());
  for (size_t row = 0; row < rows.size(); ++row)
    std::copy_n(&values[size_t(rows[row]) * size_t(cols)], cols, &ordered[row * size_t(cols)]);
  return ordered;
}

// The values of `up` as the file has them, times a factor.
std::vector<float> stored_up(const Tensor& up, const std::vector<int>& rows, float factor) {
  std::vector<float> values(up.size());
  for (int row = 0; row < up.rows(); ++row) {
    const size_t to = size_t(rows.empty() ? row : rows[size_t(row)]) * size_t(up.cols());
    for (int col = 0; col < up.cols(); ++col) values[to + size_t(col)] = up.row(row)[size_t(col)] * factor;
  }
  return values;
}

void check_storable(const Method& method) {
  const Edits& edits = method.edits();
  check<UnsupportedError>(!method.family().gguf.empty(), "unsupported: GGUF adapters of ", method.family().model_type,
                          " models");
  check<UnsupportedError>(edits.tables.empty() && edits.replaced.empty(),
                          "unsupported: this adapter as GGUF: it changes more than matrices");
  for (const Target& target : method.targets()) {
    const SiteEdit& edit = edits.sites[size_t(target.site)];
    check<UnsupportedError>(!edit.input_gain && !edit.output_gain, "unsupported: this adapter as GGUF: ", target.name,
                            " has a gain");
  }
}

}  // namespace

std::unique_ptr<Method> load_gguf_adapter(const fs::path& path, const Trunk& trunk) {
  const GgufFile file = GgufFile::open(path);
  expect_text(file, "general.type", "adapter");
  expect_text(file, "general.architecture", trunk.family.gguf);
  expect_text(file, "adapter.type", "lora");
  const UpdatedMatrices matrices = find_matrices(file, trunk);
  const Json config = peft_config(matrices, file.metadata().number("adapter.lora.alpha"));
  std::unique_ptr<Method> method = Lora::from_peft(JsonObject(config, path.string()), trunk);
  const Lane lane(trunk.backend);
  const int head_width = trunk.transformer.stack().attention.head_width;
  method->read([&](const std::string& name, const std::vector<int64_t>&) {
    const bool is_down = name.ends_with(".lora_A.weight");
    const size_t ending = std::string_view(".lora_A.weight").size();
    const auto& [module, gguf, rows, cols, rank] =
        matrices.at(name.substr(kPeftPrefix.size(), name.size() - kPeftPrefix.size() - ending));
    if (is_down) return read_values(file, lane, gguf + kDown, rank, cols);
    return in_order(read_values(file, lane, gguf + kUp, rows, rank), file_rows(trunk.family, module, rows, head_width),
                    rank);
  });
  method->lower(trunk, lane);
  return method;
}

// The file has one alpha for all: where a matrix has another scale, the difference becomes a part of `up`.
void save_gguf_adapter(const Method& method, const fs::path& path) {
  check_storable(method);
  const auto pair_of = [&](const Target& target) -> const LowRank& {
    return method.edits().sites[size_t(target.site)].low_rank;
  };
  const LowRank& first = pair_of(method.targets().at(0));
  const float first_alpha = first.scale * float(first.down.rows()), alpha = first_alpha == 0 ? 1 : first_alpha;
  GgufWriter writer;
  writer.set("general.type", "adapter");
  writer.set("general.architecture", method.family().gguf);
  writer.set("adapter.type", "lora");
  writer.set("adapter.lora.alpha", alpha);
  std::vector<std::vector<float>> ups;
  ups.reserve(method.targets().size());
  for (const Target& target : method.targets()) {
    const auto& [down, up, scale, dropout, packed] = pair_of(target);
    const std::string name = external_name(method.family(), Naming::gguf, target.module);
    check<UnsupportedError>(!name.starts_with('.'), "unsupported: GGUF has no name for ", target.name);
    ups.push_back(stored_up(up, file_rows(method.family(), target.module, up.rows(), method.head_width()),
                            scale / (alpha / float(down.rows()))));
    writer.add(name + kDown, Dtype::f32, {down.rows(), down.cols()},
               stored_bytes(std::span<const float>(down.values())));
    writer.add(name + kUp, Dtype::f32, {up.rows(), up.cols()}, stored_bytes(std::span<const float>(ups.back())));
  }
  writer.write(path);
}

}  // namespace graft::inline v0
