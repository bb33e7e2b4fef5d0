// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints on a disk that fails, and checkpoints that were damaged.
#include "train/checkpoint.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "graft/error.hpp"
#include "support/faults.hpp"
#include "support/file_text.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

namespace fs = std::filesystem;

// Two tensors whose values tell the step; larger than a page.
CheckpointState state_of(int step) {
  static const std::shared_ptr<Memory> memory = Memory::create_on_host();
  CheckpointState state{{{"a", Tensor(*memory, 40, 50)}, {"b", Tensor(*memory, 1, 7)}}, {{"step", step}}};
  for (const auto& [name, value] : state.tensors)
    for (size_t i = 0; i < value.size(); ++i) value.values()[i] = float(step) + float(i % 11);
  return state;
}

fs::path newest(const fs::path& folder) {
  return find_checkpoint(folder, [](const std::string&) {});
}

// Whether a checkpoint holds what was written for its step.
bool is_whole(const fs::path& checkpoint, int step) {
  CheckpointState found = state_of(0), expected = state_of(step);
  if (open_checkpoint(checkpoint)["step"] != step) return false;
  read_checkpoint(checkpoint, found.tensors);
  for (size_t i = 0; i < found.tensors.size(); ++i)
    if (!std::ranges::equal(found.tensors[i].value.values(), expected.tensors[i].value.values())) return false;
  return true;
}

struct Damage {
  const char* name;
  // Spoils one file of a checkpoint; `other` is the same file of another step.
  void (*apply)(const fs::path& file, const fs::path& other);
};

void change(const fs::path& file, void (*change_text)(std::string& text)) {
  std::string text = read(file);
  change_text(text);
  write(file, text);
}

const Damage kDamages[] = {
    {"cut in half", [](const fs::path& file, const fs::path&) { fs::resize_file(file, fs::file_size(file) / 2); }},
    {"emptied", [](const fs::path& file, const fs::path&) { fs::resize_file(file, 0); }},
    {"removed", [](const fs::path& file, const fs::path&) { fs::remove(file); }},
    {"first bit flipped",
     [](const fs::path& file, const fs::path&) { change(file, [](auto& text) { text[0] ^= 1; }); }},
    {"last bit flipped",
     [](const fs::path& file, const fs::path&) { change(file, [](auto& text) { text.back() ^= char(0x80); }); }},
    {"zeros in the middle",
     [](const fs::path& file, const fs::path&) {
       change(file, [](auto& text) { std::fill(text.begin() + std::ssize(text) / 2, text.end(), '\0'); });
     }},
    {"garbage behind",
     [](const fs::path& file, const fs::path&) { change(file, [](auto& text) { text += std::string(4096, 'x'); }); }},
    {"of another step", [](const fs::path& file, const fs::path& other) { write(file, read(other)); }},
    {"a link out of the folder",
     [](const fs::path& file, const fs::path& other) {
       fs::remove(file);
       fs::create_symlink(other, file);
     }},
};

}  // namespace

TEST_CASE("A checkpoint that cannot be written leaves the earlier one", "[train][faults]") {
  const auto [error, reason] = GENERATE(std::pair(ENOSPC, "No space left on device"), std::pair(EIO, "error"));
  const auto after = GENERATE(Fault::After::works, Fault::After::fails);
  for (const Call call : {Call::open, Call::write, Call::fsync, Call::rename}) {
    const TemporaryFolder folder;
    write_checkpoint(folder.path(), 1, state_of(1), 1);
    for (int64_t k = 1;; ++k) {
      bool struck = false;
      INFO("call " << int(call) << " number " << k << ": " << reason);
      std::string said;
      {
        const Fault fault(call, k, error, after);
        said = refusal([&] { write_checkpoint(folder.path(), 2, state_of(2), 1); });
        struck = fault.calls() >= k;
      }
      if (!struck) {
        CHECK(k > 1);
        CHECK(is_whole(newest(folder.path()), 2));
        break;
      }
      CHECK(said.find(reason) != std::string::npos);
      CHECK(said.find(folder.path().string()) != std::string::npos);
      CHECK(is_whole(folder.path() / "step-1", 1));
      // Nothing half is left, and the next one is written. (The last call flushes the folder: the new one is there.)
      for (const auto& entry : fs::directory_iterator(folder.path())) CHECK(entry.path().extension() != ".partial");
      fs::remove_all(folder.path() / "step-2");
    }
  }
}

TEST_CASE("Every damage of every file of a checkpoint is refused by name", "[train]") {
  const TemporaryFolder folder;
  write_checkpoint(folder.path(), 1, state_of(1), 2);
  write_checkpoint(folder.path(), 2, state_of(2), 2);
  for (const Damage& damage : kDamages)
    for (const std::string file : {"state.safetensors", "run.json", "manifest.json"}) {
      INFO(file << ": " << damage.name);
      const fs::path copy = folder.path() / "step-3";
      fs::remove_all(copy);
      fs::copy(folder.path() / "step-2", copy);
      damage.apply(copy / file, folder.path() / "step-1" / file);
      const std::string said = refusal([&] { open_checkpoint(copy); });
      CHECK(said.find("step-3/") != std::string::npos);
      // A manifest of another step shows in the files that it describes.
      const bool is_other = file == "manifest.json" && damage.name == std::string("of another step");
      CHECK(said.find(is_other ? "state.safetensors" : file) != std::string::npos);
      CHECK(newest(folder.path()) == folder.path() / "step-2");
    }
}

TEST_CASE("A checkpoint of another version is refused, a temporary file beside it is not", "[train]") {
  const TemporaryFolder folder;
  const fs::path checkpoint = write_checkpoint(folder.path(), 1, state_of(1), 1);
  write(checkpoint / "state.safetensors.1-0.tmp", "half of");
  CHECK(is_whole(checkpoint, 1));
  const std::string sound = read(checkpoint / "manifest.json");
  const size_t at = sound.find("\"version\": ") + 11;
  for (const std::string version : {"999", "-1"}) {
    write(checkpoint / "manifest.json", sound.substr(0, at) + version + sound.substr(at + 1));
    const std::string said = refusal([&] { open_checkpoint(checkpoint); });
    CHECK(said.find("\"version\" is " + version + ", expected 1") != std::string::npos);
  }
}

TEST_CASE("What a new checkpoint replaces goes: older ones, and later ones of a run that was given up", "[train]") {
  const TemporaryFolder folder;
  for (const int step : {2, 4, 6}) write_checkpoint(folder.path(), step, state_of(step), 2);
  CHECK(folder.entries() == 2);
  write_checkpoint(folder.path(), 3, state_of(30), 1);
  CHECK(folder.entries() == 1);
  CHECK(newest(folder.path()) == folder.path() / "step-3");
  write_checkpoint(folder.path(), 3, state_of(3), 1);
  CHECK(is_whole(newest(folder.path()), 3));
}

}  // namespace graft
