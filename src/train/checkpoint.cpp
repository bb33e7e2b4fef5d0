// SPDX-License-Identifier: Apache-2.0
#include "train/checkpoint.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "formats/safetensors.hpp"
#include "formats/safetensors_writer.hpp"
#include "graft/error.hpp"
#include "support/atomic_file.hpp"
#include "support/fingerprint.hpp"
#include "support/folder.hpp"
#include "support/mapped_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

constexpr int kVersion = 1;
constexpr const char* kFiles[] = {"state.safetensors", "run.json"};
constexpr std::string_view kPrefix = "step-", kPartial = ".partial", kFormer = ".former";

// FNV-1a over words of eight bytes: not against malice, but every flipped bit changes it.
std::string checksum(std::span<const std::byte> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t at = 0; at < bytes.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, &bytes[at], std::min<size_t>(8, bytes.size() - at));
    hash = (hash ^ word) * 0x100000001b3;
    hash ^= hash >> 29;
  }
  return hash_text(hash);
}

std::string checksum_of(std::string_view text) { return checksum(std::as_bytes(std::span(text))); }

// The manifest's own text ends with a checksum of the rest.
std::string manifest_text(Json manifest) {
  manifest.erase("checksum");
  manifest["checksum"] = checksum_of(manifest.dump(1));
  return manifest.dump(1) + "\n";
}

Json read_manifest(const fs::path& path) {
  const Json manifest = read_json(path);
  const JsonObject object(manifest, path.string());
  object.integer("version", kVersion, kVersion);
  check<FileError>(manifest_text(manifest) == MappedFile::open(path).text(), path.string(),
                   ": is damaged: its checksum does not fit");
  return manifest;
}

void check_file(const fs::path& path, const JsonObject& entry) {
  check<FileError>(fs::is_regular_file(fs::symlink_status(path)), path.string(), ": is missing or no regular file");
  const MappedFile file = MappedFile::open(path);
  const int64_t bytes = entry.integer("bytes", 0, INT64_MAX);
  check<FileError>(int64_t(file.bytes().size()) == bytes, path.string(), ": ", file.bytes().size(), " bytes, expected ",
                   bytes);
  check<FileError>(checksum(file.bytes()) == entry.text("checksum"), path.string(),
                   ": is damaged: its checksum does not fit the manifest");
}

int step_of(const fs::path& path) {
  const std::string name = path.filename().string();
  const std::string digits = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : "";
  const bool is_number =
      !digits.empty() && digits.size() < 10 && digits.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoi(digits) : -1;
}

std::vector<fs::path> newest_first(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const std::string& name : names_in(folder))
    if (step_of(folder / name) >= 0) found.push_back(folder / name);
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) { return step_of(a) > step_of(b); });
  return found;
}

// The files of a checkpoint, the manifest last.
void write_files(const fs::path& folder, int step, const CheckpointState& state) {
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, folder.string(), ": cannot create the folder: ", error.message());
  std::vector<SafetensorsSource> sources;
  for (const auto& [name, value] : state.tensors)
    sources.push_back(
        {name, "F32", {value.rows(), value.cols()}, stored_bytes(std::span<const float>(value.values()))});
  write_safetensors(folder / kFiles[0], std::move(sources));
  write_file(folder / kFiles[1], state.run.dump(1) + "\n");
  Json manifest = {{"version", kVersion}, {"step", step}};
  for (const char* name : kFiles) {
    const MappedFile file = MappedFile::open(folder / name);
    manifest["files"][name] = {{"bytes", file.bytes().size()}, {"checksum", checksum(file.bytes())}};
  }
  write_file(folder / "manifest.json", manifest_text(manifest));
}

// Later checkpoints than the one just written are damaged, or of a run that was given up.
void remove_others(const fs::path& folder, int step, int keep) {
  int kept = 0;
  for (const fs::path& checkpoint : newest_first(folder))
    if (step_of(checkpoint) > step || ++kept > std::max(keep, 1)) remove_whole(checkpoint);
}

// Puts a whole checkpoint in the place of a former one, which is lost only when the new one stands there. To rename
// takes no memory.
void replace(const fs::path& final, const fs::path& partial, const fs::path& former) {
  std::error_code error, ignored;
  if (fs::exists(final, ignored)) fs::rename(final, former, ignored);
  fs::rename(partial, final, error);
  if (!error) return;
  fs::rename(former, final, ignored);
  fail<FileError>(final.string(), ": cannot rename the checkpoint: ", error.message());
}

}  // namespace

fs::path write_checkpoint(const fs::path& folder, int step, const CheckpointState& state, int keep) {
  const fs::path final = folder / (std::string(kPrefix) + std::to_string(step));
  const fs::path partial = final.string() + std::string(kPartial), former = final.string() + std::string(kFormer);
  remove_whole(partial);
  remove_whole(former);
  try {
    write_files(partial, step, state);
    replace(final, partial, former);
  } catch (...) {
    remove_whole(partial);
    throw;
  }
  sync_folder(folder);
  remove_whole(former);
  remove_others(folder, step, keep);
  return final;
}

Json open_checkpoint(const fs::path& checkpoint) {
  const fs::path manifest_path = checkpoint / "manifest.json";
  check<FileError>(fs::is_regular_file(fs::symlink_status(manifest_path)), manifest_path.string(),
                   ": is missing or no regular file");
  const Json manifest = read_manifest(manifest_path);
  const JsonObject files = JsonObject(manifest, manifest_path.string()).object("files");
  for (const char* name : kFiles) check_file(checkpoint / name, files.object(name));
  return read_json(checkpoint / kFiles[1]);
}

namespace {

// The data of a tensor of the file, which must be as large as the one given.
std::span<const std::byte> bytes_of(const SafetensorsFile& file, const std::string& name, const Tensor& value) {
  const TensorView& view = file.require(name);
  check<FileError>(view.stored_dtype == "F32" && view.data.size() == value.size() * sizeof(float), file.name(), ": \"",
                   name, "\" has ", view.data.size(), " bytes of ", view.stored_dtype, ", expected ",
                   value.size() * sizeof(float), " of F32");
  return view.data;
}

}  // namespace

void read_checkpoint(const fs::path& checkpoint, const std::vector<NamedTensor>& tensors) {
  const SafetensorsFile file = SafetensorsFile::open(checkpoint / kFiles[0]);
  check<FileError>(file.tensors().size() == tensors.size(), file.name(), ": ", file.tensors().size(),
                   " tensors, expected ", tensors.size());
  for (const auto& [name, value] : tensors) bytes_of(file, name, value);
  for (const auto& [name, value] : tensors)
    std::memcpy(value.values().data(), file.require(name).data.data(), value.size() * sizeof(float));
}

int read_mean(const fs::path& folder, int count, const std::vector<NamedTensor>& tensors) {
  std::vector<fs::path> newest = newest_first(folder);
  check<FileError>(!newest.empty(), folder.string(), ": there is no checkpoint to take the mean of");
  newest.resize(std::min(newest.size(), size_t(count)));
  std::vector<SafetensorsFile> files;
  for (const fs::path& checkpoint : newest) {
    open_checkpoint(checkpoint);
    files.push_back(SafetensorsFile::open(checkpoint / kFiles[0]));
  }
  std::vector<float> values;
  for (const auto& [name, tensor] : tensors) {
    std::vector<double> sums(tensor.size());
    values.resize(tensor.size());
    for (const SafetensorsFile& file : files) {
      std::memcpy(values.data(), bytes_of(file, name, tensor).data(), values.size() * sizeof(float));
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += double(values[i]);
    }
    std::ranges::transform(sums, tensor.values().begin(),
                           [&](double sum) { return float(sum / double(files.size())); });
  }
  return int(files.size());
}

fs::path find_checkpoint(const fs::path& folder, const std::function<void(const std::string&)>& notice) {
  std::optional<std::string> first_error;
  for (const fs::path& checkpoint : newest_first(folder)) {
    try {
      open_checkpoint(checkpoint);
      return checkpoint;
    } catch (const FileError& error) {
      notice(message("checkpoint passed over: ", error.what()));
      if (!first_error) first_error = error.what();
    }
  }
  check<FileError>(!first_error, first_error.value_or(""), "; no checkpoint of ", folder.string(),
                   " is good: remove the folder, or train with resume = false");
  return {};
}

}  // namespace graft::inline v0
