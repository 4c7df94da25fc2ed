// SPDX-License-Identifier: MIT
#include "file_bench.hpp"

#include <sys/stat.h>

#include <moesaic/transport/file/expert_file.hpp>

using namespace moesaic;
using namespace moesaic::file;

namespace {
std::string refusal(const result<expert_file>& r) {
  REQUIRE_FALSE(r);
  CHECK(r.error().code() == error_code::cannot_open);
  return std::string(r.error().sentence());
}
}  // namespace

TEST_CASE("a file is opened past the page cache where that works") {
  const scratch folder;
  write_file(folder.path("a"), 0, 10'000);
  auto opened = expert_file::open(folder.path("a"));
  REQUIRE(opened);
  CHECK(opened->size() == 10'000);
  CHECK(opened->size_now() == 10'000);
  CHECK(opened->path() == folder.path("a"));
  CHECK((opened->direct() ? opened->alignment().count >= 512 : opened->alignment() == bytes{1}));
  CHECK(((::fcntl(opened->descriptor(), F_GETFL) & O_DIRECT) != 0) == opened->direct());
  auto forced = expert_file::open(folder.path("a"), direct_reads::yes);
  CHECK(static_cast<bool>(forced) == opened->direct());
  auto buffered = expert_file::open(folder.path("a"), direct_reads::no);
  REQUIRE(buffered);
  CHECK_FALSE(buffered->direct());
  CHECK(buffered->alignment() == bytes{1});
  CHECK(buffered->probed() == bytes{0});
  CHECK((::fcntl(buffered->descriptor(), F_GETFL) & (O_DIRECT | O_NONBLOCK)) == 0);
  const int descriptor = buffered->descriptor();
  expert_file moved(std::move(*buffered));
  CHECK(moved.descriptor() == descriptor);
  CHECK(buffered->descriptor() < 0);
}

TEST_CASE("an empty file can be opened") {
  const scratch folder;
  write_file(folder.path("empty"), 0, 0);
  auto opened = expert_file::open(folder.path("empty"));
  REQUIRE(opened);
  CHECK(opened->size() == 0);
}

TEST_CASE("a file system without direct reads: buffered, or an error that says so") {
  constexpr auto* kernel_file = "/proc/version";  // no file under /proc takes O_DIRECT
  if (!std::filesystem::exists(kernel_file)) {
    MESSAGE("left out: this system has no /proc");
    return;
  }
  auto opened = expert_file::open(kernel_file);
  REQUIRE(opened);
  CHECK_FALSE(opened->direct());
  CHECK(refusal(expert_file::open(kernel_file, direct_reads::yes)).find("refuses direct reads") != std::string::npos);
}

TEST_CASE("what cannot be opened is refused with its name and the reason") {
  const scratch folder;
  CHECK(refusal(expert_file::open(folder.path("missing"))) == "cannot open " + folder.path("missing") + ": there is no such file (errno 2)");
  CHECK(refusal(expert_file::open(folder.path(""))).find("not a regular file") != std::string::npos);
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(refusal(expert_file::open(folder.path("pipe"))).find("not a regular file") != std::string::npos);  // and does not hang
  write_file(folder.path("secret"), 0, 100);
  REQUIRE(::chmod(folder.path("secret").c_str(), 0) == 0);
  const int answer = in_a_child([&] {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) return 99;  // the superuser may read everything
    const auto refused = expert_file::open(folder.path("secret"));
    if (refused || refused.error().code() != error_code::cannot_open) return 1;
    return refused.error().sentence() == "cannot open " + folder.path("secret") + ": permission denied (errno 13)" ? 0 : 2;
  });
  if (answer == 99)
    MESSAGE("left out: the superuser cannot become somebody else here");
  else
    CHECK(answer == 0);
}
