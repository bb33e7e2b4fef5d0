// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors_folder.hpp"

#include <algorithm>
#include <map>

#include "support/in_quotes.hpp"
#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\\:\0", 4)) == name.npos;
}

}  // namespace

SafetensorsFolder SafetensorsFolder::open(const std::filesystem::path& folder, FileAccess access) {
  SafetensorsFolder result;
  result.folder_ = folder.string();
  std::error_code ignored;
  check<FileError>(std::filesystem::is_directory(folder, ignored), result.folder_, ": no such folder");
  const auto single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
  if (std::filesystem::exists(single, ignored)) {
    result.files_.push_back(SafetensorsFile::open(single, access));
  } else {
    check<FileError>(std::filesystem::exists(index, ignored), result.folder_,
                     ": neither model.safetensors nor model.safetensors.index.json is there");
    result.open_shards(folder, index, access);
  }
  result.build_index();
  return result;
}

void SafetensorsFolder::open_shards(const std::filesystem::path& folder, const std::filesystem::path& index,
                                    FileAccess access) {
  const Json json = read_json(index);
  const JsonObject map = JsonObject(json, index.string()).object("weight_map");
  std::map<std::string, size_t> shards;
  for (const auto& [tensor, ignored] : map.json().items()) {
    const std::string shard = map.text(tensor);
    if (!is_plain_name(shard)) map.refuse(tensor, "a shard in the same folder");
    const auto [at, is_new] = shards.try_emplace(shard, files_.size());
    if (is_new) files_.push_back(SafetensorsFile::open(folder / shard, access));
    check<FileError>(files_[at->second].find(tensor) != nullptr, index.string(), ": \"weight_map\": tensor ",
                     in_quotes(tensor), " is not in shard ", in_quotes(shard));
  }
}

void SafetensorsFolder::build_index() {
  std::vector<std::string_view> names;
  for (const TensorView* tensor : tensors()) names.push_back(tensor->name);
  index_ = NameIndex(std::move(names));
  if (const auto twice = index_.duplicate())
    fail<FileError>(folder_, ": tensor ", in_quotes(*twice), " is in two shards");
}

std::vector<const TensorView*> SafetensorsFolder::tensors() const {
  std::vector<const TensorView*> result;
  for (const SafetensorsFile& file : files_)
    for (const TensorView& tensor : file.tensors()) result.push_back(&tensor);
  return result;
}

const TensorView* SafetensorsFolder::find(std::string_view name) const {
  auto position = index_.find(name);
  if (!position) return nullptr;
  for (const SafetensorsFile& file : files_) {
    if (*position < file.tensors().size()) return &file.tensors()[*position];
    *position -= file.tensors().size();
  }
  return nullptr;
}

const TensorView& SafetensorsFolder::require(std::string_view name) const {
  const TensorView* found = find(name);
  check<FileError>(found != nullptr, files_.size() == 1 ? files_.front().name() : folder_, ": no tensor ",
                   in_quotes(name));
  return *found;
}

const SafetensorsFile& SafetensorsFolder::owner(const TensorView& tensor) const {
  const auto at = std::find_if(files_.begin(), files_.end(),
                               [&](const SafetensorsFile& file) { return file.find(tensor.name) == &tensor; });
  check(at != files_.end(), folder_, ": tensor ", in_quotes(tensor.name), " is of another model");
  return *at;
}

const MappedFile& SafetensorsFolder::file_of(const TensorView& tensor) const { return owner(tensor).file(); }

}  // namespace graft::inline v0
