// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace graft::inline v0 {

enum class FileAccess {
  map,       // pages are read when they are touched; a file that another process truncates meanwhile faults
  read_all,  // read into memory at once; later changes of the file are not seen
};

// The bytes of a file, read-only. They stay where they are for the life of the object, also when it is moved. A const
// MappedFile may be used from many threads.
class MappedFile {
 public:
  // Throws FileError when the path is missing, cannot be read or is no regular file. An empty file has no bytes.
  static MappedFile open(const std::filesystem::path& path, FileAccess access = FileAccess::map);

  // The caller's bytes, which must outlive the object; `name` stands for the path in messages.
  static MappedFile borrow(std::span<const std::byte> bytes, std::string name);

  const std::string& name() const { return name_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  // Gives the memory of the whole pages inside `part` back to the system; they are read again when touched. Does
  // nothing for bytes that are not mapped. `part` must lie inside bytes().
  void release(std::span<const std::byte> part) const;

 private:
  struct Unmap {
    size_t size;
    void operator()(const std::byte* data) const;
  };

  explicit MappedFile(std::string name) : name_(std::move(name)) {}
  void map(int descriptor, size_t size);
  void read(int descriptor, size_t size);
  void check_inside(std::span<const std::byte> part) const;

  std::string name_;
  std::span<const std::byte> bytes_;
  std::unique_ptr<const std::byte, Unmap> mapping_;
  std::unique_ptr<std::byte[]> copy_;
};

}  // namespace graft::inline v0
