// SPDX-License-Identifier: Apache-2.0
#include "support/faults.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <vector>

#include "support/atomic_file.hpp"
#include "support/mapped_file.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

TEST_CASE("A fault strikes the k-th call and no other", "[support]") {
  std::shared_ptr<std::vector<int>> kept;  // what nobody keeps need not be allocated
  const auto allocate = [&] { kept = std::make_shared<std::vector<int>>(100, 1); };
  int64_t calls = 0;
  {
    const Fault count(Call::allocate, 0);
    allocate();
    calls = count.calls();
  }
  CHECK(calls == 2);
  for (int64_t k = 1; k <= calls + 1; ++k) {
    kept.reset();
    const int64_t before = live_blocks();
    bool failed = false;
    {
      const Fault fault(Call::allocate, k);
      try {
        allocate();
      } catch (const std::bad_alloc&) {
        failed = true;
      }
    }
    CHECK(failed == (k <= calls));
    kept.reset();
    CHECK(live_blocks() == before);
  }
}

TEST_CASE("A file that cannot be replaced stays as it was", "[support]") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.file("notes.txt", "old");
  for (const Call call : {Call::open, Call::write, Call::fsync, Call::rename}) {
    const auto [error, reason] = GENERATE(std::pair(ENOSPC, "No space left on device"), std::pair(EIO, "error"));
    INFO(int(call) << ": " << reason);
    std::string said;
    {
      const Fault fault(call, 1, error);
      errno = ENOENT;  // of whatever was before
      said = refusal([&] { write_file(path, "new"); });
    }
    CHECK(said.find("notes.txt") != std::string::npos);
    CHECK(said.find(reason) != std::string::npos);
    CHECK(folder.entries() == 1);
    CHECK(MappedFile::open(path).text() == "old");
  }
}

}  // namespace graft
