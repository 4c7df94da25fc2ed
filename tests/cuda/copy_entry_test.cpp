// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <moesaic/cuda/copy_entry.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;

namespace {
struct part {
  const std::byte* from;
  bytes size;
  std::uint64_t offset_in_slot;
};
}  // namespace

TEST_CASE("pieces cover every part once, whatever their size") {
  const std::array<std::byte, 100> far{};
  std::array<std::byte, 120> room{};
  const std::array<part, 3> parts{{{far.data() + 60, {40}, 70}, {far.data(), {0}, 0}, {far.data(), {60}, 5}}};
  for (std::uint64_t most = 1; most <= 101; ++most) {
    cuda::copy_entry<part> e;
    e.what.to = room.data();
    e.parts = parts;
    std::array<int, 120> met{};
    while (!e.all_given()) {
      const cuda::copy_piece p = e.next_piece({most});
      REQUIRE(p.size.count <= most);
      for (std::uint64_t i = 0; i < p.size.count; ++i) {
        const auto to = static_cast<std::size_t>(p.to - room.data()) + i, from = static_cast<std::size_t>(p.from - far.data()) + i;
        ++met[to];
        REQUIRE(from == (to >= 70 ? to - 10 : to - 5));
      }
    }
    for (std::size_t i = 0; i < met.size(); ++i) REQUIRE(met[i] == ((i >= 5 && i < 65) || (i >= 70 && i < 110) ? 1 : 0));
  }
}

TEST_CASE("rooms that touch do not overlap") {
  std::array<std::byte, 30> memory{};
  const auto of = [&](std::size_t at, std::uint64_t size) {
    transfer t;
    t.to = memory.data() + at;
    t.size = {size};
    return t;
  };
  cuda::copy_entry<part> e;
  e.what = of(10, 10);
  CHECK_FALSE(e.writes_into(of(0, 10)));
  CHECK_FALSE(e.writes_into(of(20, 10)));
  CHECK(e.writes_into(of(0, 11)));
  CHECK(e.writes_into(of(19, 1)));
  CHECK(e.writes_into(of(12, 2)));
  CHECK(e.writes_into(of(0, 30)));
}

TEST_CASE("a failure is a refusal where nothing was given") {
  cuda::copy_entry<part> e;
  e.fail({7});
  CHECK(e.status == transfer_status::refused);
  CHECK(e.code == 7);
  CHECK(e.over);
  e.given = {1};
  e.fail({7});
  CHECK(e.status == transfer_status::read_error);
}

TEST_CASE("every number has a sentence that names the expert") {
  const stream_double api;
  const std::array<std::pair<std::int32_t, std::string_view>, 7> all{{{cuda::refusal::no_such_expert, "has no such expert"},
                                                                      {cuda::refusal::no_room, "no device memory"},
                                                                      {cuda::refusal::small_room, "footprint"},
                                                                      {cuda::refusal::unknown_fence, "fence"},
                                                                      {cuda::refusal::small_staging, "staging memory"},
                                                                      {0, "the transport refused it"},
                                                                      {stream_double::lost, "the device is lost"}}};
  for (const auto& one : all) {
    const error told = cuda::failure_of(api, make_expert(3, 14), one.first);
    CHECK(told.code() == error_code::transfer_failed);
    CHECK(told.sentence().starts_with("expert (layer 3, expert 14) "));
    CHECK(told.sentence().find(one.second) != std::string_view::npos);
  }
}

TEST_CASE("the latest failures are remembered, arrivals are not") {
  cuda::recent_failures last(3);
  CHECK(last.find(ticket{}) == nullptr);
  for (std::uint64_t n = 1; n <= 5; ++n)
    last.note(make_expert(0, static_cast<std::uint32_t>(n)), {ticket{n}, n == 3 ? transfer_status::arrived : transfer_status::read_error, {}, 7});
  CHECK(last.find(ticket{1}) == nullptr);
  CHECK(last.find(ticket{3}) == nullptr);
  for (const std::uint64_t n : {2U, 4U, 5U}) {
    REQUIRE(last.find(ticket{n}) != nullptr);
    CHECK(last.find(ticket{n})->expert == make_expert(0, static_cast<std::uint32_t>(n)));
    CHECK(last.find(ticket{n})->how.system_error == 7);
  }
  cuda::recent_failures none(0);
  none.note({}, {ticket{1}, transfer_status::refused, {}, 0});
  CHECK(none.find(ticket{1}) == nullptr);
}
