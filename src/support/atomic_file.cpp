// SPDX-License-Identifier: Apache-2.0
#include "support/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kBuffer = size_t{1} << 16;
constexpr size_t kLargestWrite = size_t{1} << 30;
constexpr int kTemporaries = 1000;

// Opens the first free name of "model.gguf.PROCESS-0.tmp", "model.gguf.PROCESS-1.tmp" ...
FileDescriptor create_temporary(const std::filesystem::path& path, std::filesystem::path& temporary) {
  for (int i = 0; i < kTemporaries; ++i) {
    temporary = path;
    temporary += message(".", ::getpid(), "-", i, ".tmp");
    FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.is_open()) return file;
    check<FileError>(errno == EEXIST, path.string(), ": cannot be written: ", system_reason());
  }
  fail<FileError>(path.string(), ": cannot be written: ", kTemporaries, " temporary files lie beside it");
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), file_(create_temporary(path_, temporary_)) {}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBuffer) flush();
  if (bytes.size() >= kBuffer) {
    write_through(bytes);
  } else {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }
}

void AtomicFile::pad_to(size_t alignment) {
  const std::vector<std::byte> zeros((alignment - size_ % alignment) % alignment);
  write(zeros);
}

void AtomicFile::flush() {
  write_through(buffer_);
  buffer_.clear();
}

void AtomicFile::write_through(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.number(), bytes.data(), std::min(bytes.size(), kLargestWrite));
    if (count < 0 && errno == EINTR) continue;
    check<FileError>(count >= 0, path_.string(), ": cannot be written: ", system_reason());
    check<FileError>(count > 0, path_.string(), ": cannot be written: the system takes no more bytes");
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

void AtomicFile::commit() {
  check(!committed_, path_.string(), ": committed twice");
  flush();
  // Each call stands before its check, or the reason would be asked for first.
  const bool is_flushed = ::fsync(file_.number()) == 0;
  check<FileError>(is_flushed, path_.string(), ": cannot be flushed: ", system_reason());
  const bool is_closed = file_.close();
  check<FileError>(is_closed, path_.string(), ": cannot be closed: ", system_reason());
  const bool is_replaced = ::rename(temporary_.c_str(), path_.c_str()) == 0;
  check<FileError>(is_replaced, path_.string(), ": cannot be replaced: ", system_reason());
  committed_ = true;
  sync_folder(folder_of(path_));
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check<FileError>(file.is_open(), folder.string(), ": cannot be opened: ", system_reason());
  // File systems that have no such thing as a folder on disk answer EINVAL.
  const bool is_flushed = ::fsync(file.number()) == 0 || errno == EINVAL;
  check<FileError>(is_flushed, folder.string(), ": cannot be flushed: ", system_reason());
}

}  // namespace graft::inline v0
