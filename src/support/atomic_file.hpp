// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/file_descriptor.hpp"

namespace graft::inline v0 {

// Replaces a file as a whole: the bytes go to a temporary file in the same folder, which takes the path's place on
// commit(). Whoever opens the path, also after a crash or a power cut, finds the old file or the new one and nothing
// between. Without commit() the temporary is removed and the path stays as it was.
//
// Every failure is a FileError with the path and the system's reason. One thread at a time.
class AtomicFile {
 public:
  // Creates the temporary file; the folder must exist.
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // Bytes of value zero until the size is a multiple of `alignment`.
  void pad_to(size_t alignment);
  uint64_t size() const { return size_; }

  // Flushes everything to the disk and renames. To be called once, after the last write.
  void commit();

 private:
  void flush();
  void write_through(std::span<const std::byte> bytes);

  std::filesystem::path path_, temporary_;
  FileDescriptor file_;
  std::vector<std::byte> buffer_;
  uint64_t size_ = 0;
  bool committed_ = false;
};

// Replaces the file at `path` by `text`, atomically.
void write_file(const std::filesystem::path& path, std::string_view text);

// Makes renames and removals in a folder durable.
void sync_folder(const std::filesystem::path& folder);

}  // namespace graft::inline v0
