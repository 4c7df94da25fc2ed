// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <moesaic/transport/file/slab.hpp>

using namespace moesaic;
using moesaic::file::slab;

namespace {
bool all(std::span<const std::byte> memory, std::byte value) {
  return std::all_of(memory.begin(), memory.end(), [=](std::byte b) { return b == value; });
}
}  // namespace

TEST_CASE("a slab is as large as asked, zero, writable to its last byte, and aligned") {
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{4096}, std::uint64_t{100'001}, slab::huge_page - 1, slab::huge_page, slab::huge_page + 1,
                                   3 * slab::huge_page + 12'345}) {
    auto made = slab::create(bytes{size});
    REQUIRE(made);
    const auto memory = made->memory();
    REQUIRE(memory.size() == size);
    const std::uint64_t boundary = size >= slab::huge_page ? slab::huge_page : slab::page;
    CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % boundary == 0);
    CHECK(all(memory, std::byte{0}));
    std::fill(memory.begin(), memory.end(), std::byte{7});
    CHECK(all(memory, std::byte{7}));
    if (size < slab::huge_page) CHECK_FALSE(made->huge_pages());
  }
}

TEST_CASE("what is given back reads as zero, what is not stays") {
  auto made = slab::create(bytes{40'000});
  REQUIRE(made);
  const auto memory = made->memory();
  std::fill(memory.begin(), memory.end(), std::byte{7});
  CHECK(made->give_back(memory.subspan(100, 10'000)) == bytes{4096});  // only page 1 lies wholly inside
  CHECK(all(memory.subspan(4096, 4096), std::byte{0}));
  CHECK(all(memory.first(4096), std::byte{7}));
  CHECK(all(memory.subspan(8192), std::byte{7}));
  CHECK(made->give_back(memory.subspan(100, 5'000)) == bytes{0});
  CHECK(made->give_back({}) == bytes{0});
  CHECK(made->give_back(memory.subspan(36'864)) == bytes{4096});  // the last page is nobody else's
  CHECK(all(memory.subspan(36'864), std::byte{0}));
  CHECK(made->give_back(memory) == bytes{40'960});
  CHECK(all(memory, std::byte{0}));
}

TEST_CASE("addresses survive a move, and an empty slab is fine") {
  auto made = slab::create(bytes{slab::huge_page});
  REQUIRE(made);
  std::byte* const where = made->memory().data();
  slab second(std::move(*made));
  slab third;
  CHECK(third.memory().empty());
  third = std::move(second);
  CHECK(third.memory().data() == where);
  CHECK(second.memory().empty());
  where[5] = std::byte{1};
  auto none = slab::create(bytes{0});
  REQUIRE(none);
  CHECK(none->memory().empty());
}

TEST_CASE("memory that the system refuses is an error naming the size") {
  for (const unsigned power : {60U, 63U}) {
    const auto refused = slab::create(bytes{std::uint64_t{1} << power});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == error_code::out_of_memory);
    CHECK(refused.error().sentence().find(std::to_string(std::uint64_t{1} << power)) != std::string_view::npos);
    CHECK(refused.error().sentence().find("smaller budget") != std::string_view::npos);
  }
  CHECK_FALSE(slab::create(bytes::highest()));
}
