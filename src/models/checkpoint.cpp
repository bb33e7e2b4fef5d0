// SPDX-License-Identifier: Apache-2.0
#include "models/checkpoint.hpp"

#include "models/gguf_config.hpp"
#include "models/gguf_vocabulary.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

namespace fs = std::filesystem;

std::string older_name(std::string_view name) {
  const std::string stem(name.substr(0, name.rfind('.')));
  return name.ends_with(".weight") ? stem + ".gamma" : name.ends_with(".bias") ? stem + ".beta" : std::string(name);
}

Checkpoint::Checkpoint(std::string name, Json config)
    : name_(std::move(name)),
      config_json_(std::make_shared<const Json>(std::move(config))),
      config_(*config_json_, name_) {}

Checkpoint Checkpoint::open(const fs::path& path, FileAccess access) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    check<FileError>(fs::exists(path, ignored), path.string(), ": no such file or folder, expected a model");
    return open(MappedFile::open(path, access));
  }
  Checkpoint checkpoint((path / "config.json").string(), read_json(path / "config.json"));
  checkpoint.folder_ = path;
  if (fs::exists(path / "generation_config.json", ignored))
    checkpoint.generation_config_ = read_json(path / "generation_config.json");
  checkpoint.safetensors_ = std::make_shared<const SafetensorsFolder>(SafetensorsFolder::open(path, access));
  return checkpoint;
}

Checkpoint Checkpoint::open(MappedFile file) {
  auto gguf = std::make_shared<const GgufFile>(GgufFile::open(std::move(file)));
  check_vocabulary(*gguf);
  Checkpoint checkpoint(gguf->name(), config_of(*gguf));
  checkpoint.gguf_ = std::move(gguf);
  return checkpoint;
}

const TensorView* Checkpoint::find_view(std::string_view name) const {
  const TensorView* tensor = safetensors_->find(name);
  return tensor ? tensor : safetensors_->find(older_name(name));
}

bool Checkpoint::has_names_from(std::string_view prefix) const {
  if (gguf_) return true;
  for (const TensorView* tensor : safetensors_->tensors())
    if (tensor->name.starts_with(prefix)) return true;
  return false;
}

std::optional<Checkpoint::Tensor> Checkpoint::find(std::string_view name) const {
  if (gguf_) {
    const GgufTensor* tensor = gguf_->find(name);
    if (!tensor) return std::nullopt;
    return Tensor{tensor->dtype, tensor->shape, tensor->data, &gguf_->file()};
  }
  const TensorView* tensor = find_view(name);
  if (!tensor) return std::nullopt;
  const MappedFile& file = safetensors_->file_of(*tensor);
  check<UnsupportedError>(tensor->dtype.has_value(), file.name(), ": \"", name, "\" is of type ", tensor->stored_dtype,
                          ", expected F32, F16 or BF16");
  return Tensor{*tensor->dtype, tensor->shape, tensor->data, &file};
}

}  // namespace graft::inline v0
