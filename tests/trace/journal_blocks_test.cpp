// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/trace/journal_blocks.hpp>

using namespace moesaic;
using namespace moesaic::trace;

namespace {
using file = std::vector<std::byte>;
std::byte content_at(std::size_t i) { return static_cast<std::byte>(i * 7 + i / 256); }

file written(std::size_t bytes, std::size_t flush_every) {
  file out;
  journal::block_writer<memory_sink> to{memory_sink(out)};
  REQUIRE(to.open());
  for (std::size_t i = 0; i < bytes; ++i) {
    to.put(content_at(i));
    if (i % flush_every == flush_every - 1) to.flush();
  }
  to.flush();
  to.flush();  // writes no empty block
  CHECK_FALSE(to.failure());
  return out;
}
struct full_sink {
  std::size_t room;
  result<void> write(std::span<const std::byte> bytes) {
    if (bytes.size() <= room) return room -= bytes.size(), result<void>();
    return error(error_code::transfer_failed, "could not write x: it is full");
  }
};
}  // namespace

TEST_CASE("bytes come back, over the borders of blocks, with their places") {
  const std::size_t bytes = 3 * journal::block_writer<memory_sink>::longest + 17;
  for (const std::size_t flush_every : {std::size_t{1'000}, bytes + 1}) {
    const file f = written(bytes, flush_every);
    journal::block_reader<memory_source> from(memory_source("f", f));
    REQUIRE(from.open());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      REQUIRE(from.more());
      wrong += f[from.offset()] != content_at(i);
      wrong += from.byte() != std::to_integer<unsigned>(content_at(i));
    }
    CHECK(wrong == 0);
    CHECK(from.good());
    CHECK_FALSE(from.more());
    CHECK(from.over());
    CHECK_FALSE(from.cut());
    CHECK(from.byte() == 0);
    CHECK_FALSE(from.good());
  }
}

TEST_CASE("a file that ends inside a block is cut there; what stood before is good") {
  const file f = written(100, 50);  // 12 of preamble, then twice 8 + 50
  for (const std::size_t size : {12U + 58U + 3U, 12U + 58U + 30U}) {
    const file part(f.begin(), f.begin() + static_cast<std::ptrdiff_t>(size));
    journal::block_reader<memory_source> from(memory_source("f", part));
    REQUIRE(from.open());
    for (int i = 0; i < 50; ++i) (void)from.byte();
    CHECK(from.good());
    CHECK_FALSE(from.more());
    CHECK(from.cut());
    CHECK_FALSE(from.failure());
  }
}

TEST_CASE("a changed byte, an impossible length, another version: said with its place") {
  const file f = written(100, 50);
  const auto sentence_after = [&](std::size_t at, std::byte now) {
    file changed = f;
    changed[at] = now;
    journal::block_reader<memory_source> from(memory_source("f.journal", changed));
    if (const auto opened = from.open(); !opened) return std::string(opened.error().sentence());
    while (from.more()) (void)from.byte();
    REQUIRE(from.failure());
    return std::string(from.failure()->sentence());
  };
  CHECK(sentence_after(12 + 8 + 3, std::byte{0xEE}).find("f.journal: byte 12: the block that starts here") == 0);
  CHECK(sentence_after(12 + 58 + 8, std::byte{0xEE}).find("f.journal: byte 70: the block that starts here") == 0);
  CHECK(sentence_after(12 + 3, std::byte{0x7F}).find("f.journal: byte 12: a block of") == 0);
  CHECK(sentence_after(8, std::byte{5}) == "f.journal: byte 8: is a journal of version 5; this program reads versions 1 to 4");
  CHECK(sentence_after(8, std::byte{0}).find("journal of version 0") != std::string::npos);
  CHECK(sentence_after(0, std::byte{'m'}).find("is no journal") != std::string::npos);
  journal::block_reader<memory_source> empty(memory_source("f", {}));
  CHECK(empty.open().error().sentence() == "f: is empty, expected a journal");
}

TEST_CASE("a journal of a version before is read as it stands") {
  file before = written(100, 50);
  CHECK(before[8] == std::byte{4});
  for (const std::byte older : {std::byte{1}, std::byte{2}, std::byte{3}}) {
    before[8] = older;
    journal::block_reader<memory_source> from(memory_source("f", before));
    REQUIRE(from.open());
    CHECK(from.more());
  }
}

TEST_CASE("the first write that fails is kept, and nothing is written after it") {
  journal::block_writer<full_sink> to{full_sink{12 + 10}};
  REQUIRE(to.open());
  for (int i = 0; i < 100; ++i) to.put(std::byte{1});
  to.flush();
  REQUIRE(to.failure());
  CHECK(to.failure()->sentence() == "could not write x: it is full");
  for (std::size_t i = 0; i < 300'000; ++i) to.put(std::byte{1});
  to.flush();
  CHECK(to.failure()->sentence() == "could not write x: it is full");
}
