// SPDX-License-Identifier: Apache-2.0
#include "support/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "support/file_descriptor.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Some systems refuse to read more than 2 GiB in one call.
constexpr size_t kLargestRead = size_t{1} << 30;

uintptr_t page_size() { return static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)); }

size_t regular_size(const FileDescriptor& file, const std::string& name) {
  struct stat status = {};
  const bool is_known = ::fstat(file.number(), &status) == 0;  // before its reason is asked for
  check<FileError>(is_known, name, ": cannot be examined: ", system_reason());
  check<FileError>(!S_ISDIR(status.st_mode), name, ": is a folder, expected a file");
  check<FileError>(S_ISREG(status.st_mode), name, ": is not a regular file");
  return static_cast<size_t>(status.st_size);
}

}  // namespace

void MappedFile::Unmap::operator()(const std::byte* data) const { ::munmap(const_cast<std::byte*>(data), size); }

MappedFile MappedFile::open(const std::filesystem::path& path, FileAccess access) {
  MappedFile result(path.string());
  // Without O_NONBLOCK the opening of a pipe would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  check<FileError>(file.is_open(), result.name_, ": cannot be opened: ", system_reason());
  const size_t size = regular_size(file, result.name_);
  if (size == 0) return result;
  if (access == FileAccess::map) {
    result.map(file.number(), size);
  } else {
    result.read(file.number(), size);
  }
  return result;
}

MappedFile MappedFile::borrow(std::span<const std::byte> bytes, std::string name) {
  MappedFile result(std::move(name));
  result.bytes_ = bytes;
  return result;
}

void MappedFile::map(int descriptor, size_t size) {
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  // Not `check`, which would ask for the reason first and might lose the mapping where memory runs out.
  if (data == MAP_FAILED) fail<FileError>(name_, ": cannot be mapped: ", system_reason());
  mapping_ = {static_cast<const std::byte*>(data), Unmap{size}};
  bytes_ = {mapping_.get(), size};
#ifdef MADV_HUGEPAGE
  // Only advice. Linux then reads some megabytes at a time into large pages, ahead of what is touched, in half the time
  // that single pages take which are asked for in advance (MADV_WILLNEED).
  ::madvise(data, size, MADV_HUGEPAGE);
#endif
}

void MappedFile::read(int descriptor, size_t size) {
  copy_ = std::make_unique_for_overwrite<std::byte[]>(size);
  for (size_t done = 0; done < size;) {
    const ssize_t count = ::read(descriptor, copy_.get() + done, std::min(size - done, kLargestRead));
    if (count < 0 && errno == EINTR) continue;
    check<FileError>(count >= 0, name_, ": cannot be read: ", system_reason());
    check<FileError>(count > 0, name_, ": ended after ", done, " bytes, expected ", size);
    done += static_cast<size_t>(count);
  }
  bytes_ = {copy_.get(), size};
}

void MappedFile::check_inside(std::span<const std::byte> part) const {
  const auto first = reinterpret_cast<uintptr_t>(part.data()), start = reinterpret_cast<uintptr_t>(bytes_.data());
  check(
      part.empty() || (first >= start && part.size() <= bytes_.size() && first - start <= bytes_.size() - part.size()),
      name_, ": bytes that are not in the file");
}

// Advice, too: a refusal is none of the caller's concern.
void MappedFile::release(std::span<const std::byte> part) const {
  check_inside(part);
  if (!mapping_ || part.empty()) return;
  const auto first = reinterpret_cast<uintptr_t>(part.data());
  const uintptr_t from = (first + page_size() - 1) / page_size() * page_size();
  const uintptr_t to = (first + part.size()) / page_size() * page_size();
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

}  // namespace graft::inline v0
