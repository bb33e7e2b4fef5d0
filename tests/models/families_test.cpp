// SPDX-License-Identifier: Apache-2.0
//
// What every family promises: a model that is saved is the same model, and what does not fit is refused by name.
#include <catch2/catch.hpp>
#include <cmath>

#include "models/save.hpp"
#include "nn/stack_pass.hpp"
#include "support/goldens.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Trunk> load(const fs::path& path, const std::optional<Head>& head = {}) {
  return load_trunk(Checkpoint::open(path, FileAccess::map), Backend::create({.threads = 1}), {.head = head});
}

Batch tokens(int count, int step) {
  std::vector<int32_t> ids;
  for (int i = 0; i < count; ++i) ids.push_back(3 + i * step % 120);
  Batch batch;
  batch.add(ids);
  return batch;
}

// All that the heads give, or else the hidden states.
std::vector<float> outputs(const Trunk& trunk) {
  const Lane lane(trunk.backend);
  const auto memory = Memory::create(lane.backend());
  const Batch source = tokens(20, 11), batch = tokens(17, 7);
  Run reading{lane, memory, source, Precision::f32}, run{lane, memory, batch, Precision::f32};
  Encoded encoded;
  if (trunk.transformer.config().encoder) encoded = trunk.transformer.encode(reading);
  const Tensor hidden = trunk.transformer(run, {.encoded = &encoded});
  std::vector<float> all(hidden.values().begin(), hidden.values().end());
  for (const ScoreHead& head : trunk.transformer.heads()) {
    const Tensor scores = head(run, hidden);
    all.insert(all.end(), scores.values().begin(), scores.values().end());
  }
  return all;
}

std::vector<std::string> golden_models() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(golden_path("models")))
    if (fs::exists(entry.path() / "config.json")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("A model of any family that was saved as a folder gives the same, bit for bit", "[models]") {
  for (const std::string& name : golden_models()) {
    INFO(name);
    const TemporaryFolder folder;
    const auto trunk = load(golden_path("models/" + name));
    save_folder(*trunk, folder.path(), Dtype::f32);
    CHECK(outputs(*load(folder.path())) == outputs(*trunk));
  }
}

TEST_CASE("Saved tensors have the shapes that transformers gives them", "[models]") {
  for (const std::string& name : golden_models()) {
    INFO(name);
    const TemporaryFolder folder;
    save_folder(*load(golden_path("models/" + name)), folder.path(), Dtype::f32);
    const auto saved = SafetensorsFile::open(folder.path() / "model.safetensors"),
               published = SafetensorsFile::open(golden_path("models/" + name) / "model.safetensors");
    for (const TensorView& tensor : saved.tensors()) {
      INFO(tensor.name);
      if (const TensorView* other = published.find(tensor.name)) CHECK(tensor.shape == other->shape);
    }
  }
}

TEST_CASE("A model whose family has GGUF files goes there and back", "[models]") {
  const std::string name =
      GENERATE("llama-gqa", "qwen2", "qwen3", "gpt2", "phi3", "starcoder2", "gemma2", "gemma3-text");
  INFO(name);
  Json config = read_json(golden_path("models/" + name) / "config.json");
  for (const char* field :
       {"query_pre_attn_scalar", "layer_types", "sliding_window_pattern", "_sliding_window_pattern"})
    config.erase(field);
  config["initializer_range"] = 0.2;
  if (name == "gemma3-text") config["num_hidden_layers"] = 7;
  const TemporaryFolder folder;
  const auto trunk = create_trunk(config, Backend::create({.threads = 1}), 1);
  save_gguf(*trunk, folder.path() / "model.gguf", Dtype::f32, {});
  const auto read = load(folder.path() / "model.gguf");
  CHECK(read->family.model_type == trunk->family.model_type);
  CHECK(largest_difference(outputs(*read), outputs(*trunk)) < 1e-4);
  save_folder(*read, folder.path() / "again", Dtype::f32);
  CHECK(largest_difference(outputs(*load(folder.path() / "again")), outputs(*trunk)) < 1e-4);
}

TEST_CASE("GGUF files of Gemma's 27B models have the scale of attention of those", "[models]") {
  const auto [name, layers] = GENERATE(std::pair{"gemma2", 46}, std::pair{"gemma3-text", 62});
  Json config = read_json(golden_path(std::string("models/") + name) / "config.json");
  for (const char* field : {"layer_types", "sliding_window_pattern", "_sliding_window_pattern"}) config.erase(field);
  config["num_hidden_layers"] = layers;
  config["query_pre_attn_scalar"] = 12;  // 48 / 4
  const TemporaryFolder folder;
  const auto trunk = create_trunk(config, Backend::create({.threads = 1}), 1);
  save_gguf(*trunk, folder.path() / "model.gguf", Dtype::f32, {});
  const auto read = load(folder.path() / "model.gguf");
  CHECK(read->transformer.stack().attention.scale == 1 / std::sqrt(12.0f));
  CHECK(largest_difference(outputs(*read), outputs(*trunk)) < 1e-4);
}

TEST_CASE("What a GGUF file cannot say of a model is refused", "[models]") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& name, const char* field, const Json& value) {
    Json config = read_json(golden_path("models/" + name) / "config.json");
    if (*field) config[field] = value;
    return refusal<UnsupportedError>([&] {
      save_gguf(*create_trunk(config, Backend::create({.threads = 1}), 1), folder.path() / "model.gguf", Dtype::f32,
                {});
    });
  };
  CHECK(refused("gemma2", "", {}) ==
        "unsupported: a GGUF file of a gemma2 model cannot say its scale of attention (query_pre_attn_scalar)");
  CHECK(refused("llama-gqa", "attention_bias", true) ==
        "unsupported: a GGUF file of a llama model cannot say its biases");
  CHECK(refused("llama-gqa", "hidden_act", "gelu") ==
        "unsupported: a GGUF file of a llama model cannot say its activation");
  CHECK(refused("gemma3-text", "query_pre_attn_scalar", 16) ==
        "unsupported: a GGUF file of a gemma3_text model cannot say its layers' windows (layer_types, "
        "sliding_window_pattern)");
  CHECK(refused("t5", "", {}) == "unsupported: GGUF files of t5 models");
}

TEST_CASE("What a config or a checkpoint lacks is named with what was expected", "[models]") {
  const TemporaryFolder folder;
  fs::copy(golden_path("models/bert-mlm"), folder.path(), fs::copy_options::recursive);
  const auto refused_with = [&](const char* field, const Json& value) {
    Json config = read_json(golden_path("models/bert-mlm") / "config.json");
    config[field] = value;
    folder.file("config.json", config.dump());
    return refusal<Error>([&] { load(folder.path()); });
  };
  const std::string where = (folder.path() / "config.json").string();
  CHECK(refused_with("architectures", {"BertForSequenceClassification"})
            .starts_with(where + ": the model has no tensor \"bert.pooler.dense.weight\", expected 48 x 48"));
  CHECK(refused_with("architectures", {"BertForTokenClassification"}) ==
        where + ": the model has no tensor \"classifier.weight\", expected 2 x 48");
  CHECK(refused_with("hidden_act", "mish").find("\"hidden_act\" is \"mish\", expected one of relu, gelu") !=
        std::string::npos);
  CHECK(refused_with("architectures", {"BertForGuessing"})
            .starts_with("unsupported: family \"BertForGuessing\" (" + where +
                         ": \"architectures\", \"model_type\" \"bert\"), expected one of Bert"));
  const std::string unknown = refused_with("model_type", "mamba");
  CHECK(unknown.find("\"model_type\" \"mamba\"), expected one of albert, bart, bert") != std::string::npos);
  CHECK(refused_with("num_attention_heads", 5).find("\"num_attention_heads\"") != std::string::npos);
  CHECK(refused_with("vocab_size", 200).find("is 160 x 48, expected 200 x 48") != std::string::npos);
}

TEST_CASE("A head is the checkpoint's own where it fits, and drawn anew where it does not", "[models]") {
  const auto names = [](std::vector<std::string> labels) { return Head::classify(std::move(labels)); };
  const auto own = load(golden_path("models/bert-seqcls-3")),
             kept = load(golden_path("models/bert-seqcls-3"), names({"a", "b", "c"})),
             other = load(golden_path("models/bert-seqcls-3"), names({"a", "b"}));
  CHECK(outputs(*kept) == outputs(*own));
  CHECK(outputs(*other).size() + 1 == outputs(*own).size());
}

}  // namespace graft
