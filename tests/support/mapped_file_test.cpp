// SPDX-License-Identifier: Apache-2.0
#include "support/mapped_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

// Bytes of files that are resident in this process.
size_t resident_file_bytes() {
  size_t total = 0, resident = 0, shared = 0;
  std::ifstream("/proc/self/statm") >> total >> resident >> shared;
  return shared * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

using Catch::Matchers::Contains;

TEST_CASE("a file is read by mapping and by copying", "[support]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a.bin", "hello");
  for (const FileAccess access : {FileAccess::map, FileAccess::read_all}) {
    MappedFile file = MappedFile::open(path, access);
    CHECK(file.text() == "hello");
    CHECK(file.name() == path.string());
    const void* data = file.bytes().data();
    const MappedFile moved = std::move(file);
    CHECK(moved.text() == "hello");
    CHECK(moved.bytes().data() == data);
    CHECK(MappedFile::open(folder.file("empty", ""), access).bytes().empty());
  }
}

TEST_CASE("a copied file does not see later changes", "[support]") {
  const TemporaryFolder folder;
  const MappedFile file = MappedFile::open(folder.file("a", "before"), FileAccess::read_all);
  folder.file("a", "after!");
  CHECK(file.text() == "before");
}

TEST_CASE("what is no readable file is refused with the system's reason", "[support]") {
  const TemporaryFolder folder;
  CHECK_THAT(refusal([&] { MappedFile::open(folder.path() / "none"); }), Contains("none") && Contains("No such file"));
  CHECK_THAT(refusal([&] { MappedFile::open(folder.path()); }), Contains("is a folder"));
  CHECK_THAT(refusal([&] { MappedFile::open("/dev/null"); }), Contains("/dev/null: is not a regular file"));
}

TEST_CASE("released pages are read again", "[support]") {
  const TemporaryFolder folder;
  const std::string text(10 * 65536 + 123, 'x');
  const auto path = folder.file("a", text);
  for (const FileAccess access : {FileAccess::map, FileAccess::read_all}) {
    const MappedFile file = MappedFile::open(path, access);
    REQUIRE(file.text() == text);
    file.release(file.bytes().subspan(5));
    file.release({});
    CHECK(file.text() == text);
  }
  const MappedFile file = MappedFile::open(path);
  const std::byte other[8192] = {};
  CHECK_THROWS_AS(file.release(other), ArgumentError);
}

TEST_CASE("released pages are not resident", "[support]") {
  constexpr size_t kSize = size_t{16} << 20;
  const TemporaryFolder folder;
  const MappedFile file = MappedFile::open(folder.file("a", std::string(kSize, 'x')));
  REQUIRE(std::count(file.text().begin(), file.text().end(), 'x') == static_cast<ptrdiff_t>(kSize));
  const size_t before = resident_file_bytes();
  if (before < kSize) return;  // the system does not tell
  file.release(file.bytes());
  CHECK(resident_file_bytes() < before - kSize / 2);
}

TEST_CASE("bytes of the caller are used where they lie", "[support]") {
  const std::string text = "abc";
  const MappedFile file = MappedFile::borrow(std::as_bytes(std::span(text)), "memory");
  CHECK(file.bytes().data() == static_cast<const void*>(text.data()));
  CHECK(file.name() == "memory");
  CHECK_NOTHROW(file.release(file.bytes()));
}

}  // namespace graft
