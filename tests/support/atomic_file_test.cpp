// SPDX-License-Identifier: Apache-2.0
#include "support/atomic_file.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "support/mapped_file.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

// While it lives, no file may grow beyond `bytes`: writes are cut short and then fail, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_ = {};
  sighandler_t handler_;
};

std::string content(const std::filesystem::path& path) { return std::string(MappedFile::open(path).text()); }

}  // namespace

TEST_CASE("a commit replaces the file and leaves nothing beside it", "[support]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a.txt", "old");
  AtomicFile file(path);
  std::string expected;
  for (const size_t size : {3, 70000, 65535, 1, 200000}) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    file.write(piece);
    expected += piece;
  }
  file.pad_to(32);
  expected.resize((expected.size() + 31) / 32 * 32, '\0');
  CHECK(content(path) == "old");
  CHECK(file.size() == expected.size());
  file.commit();
  CHECK(content(path) == expected);
  CHECK(folder.entries() == 1);
  CHECK_THROWS_AS(file.commit(), ArgumentError);
}

TEST_CASE("without a commit the old file stays", "[support]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a.txt", "old");
  {
    AtomicFile file(path), second(path);
    file.write("new");
    second.write("newer");
  }
  CHECK(content(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("failing writes name the file and the reason and leave nothing", "[support]") {
  const TemporaryFolder folder;
  CHECK_THAT(refusal([&] { write_file(folder.path() / "none" / "a", "x"); }),
             Contains("none/a") && Contains("No such file"));
  std::filesystem::create_directory(folder.path() / "b");
  CHECK_THAT(refusal([&] { write_file(folder.path() / "b", "x"); }), Contains("cannot be replaced"));
  const auto path = folder.file("c", "old");
  const std::string large(100000, 'x');
  const std::string reason = [&] {
    const FileSizeLimit limit(4096);
    return refusal([&] { write_file(path, large); });
  }();
  CHECK_THAT(reason, Contains("c: cannot be written") && Contains("too large"));
  CHECK(content(path) == "old");
  CHECK(folder.entries() == 2);
}

TEST_CASE("a plain name is written into the current folder", "[support]") {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file("a.txt", "text");
  std::filesystem::current_path(before);
  CHECK(content(folder.path() / "a.txt") == "text");
}

}  // namespace graft
