// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/cuda/copy_lanes.hpp>

#include "conformance/allocations.hpp"
#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;

// What a transport of lanes promises stands in stream_transport_test and staged_test; here is what only the lanes know.
namespace {
struct part {
  const std::byte* from;
  bytes size;
  std::uint64_t offset_in_slot;
};
using lanes = cuda::copy_lanes<stream_double, part>;
using fences = cuda::use_fences<stream_double>;

struct bench {
  stream_double api;
  fences uses;
  lanes link;
  std::vector<std::byte> far = std::vector<std::byte>(1000), rooms = std::vector<std::byte>(1000);
  std::array<part, 10> parts{};
  std::uint64_t last = 0;

  bench(const cuda::lane_options& options, std::uint64_t size)
      : api({.eager = 0}), uses(std::move(*fences::create(api))), link(std::move(*lanes::create(api, &uses, options))) {
    for (std::size_t i = 0; i < far.size(); ++i) far[i] = static_cast<std::byte>(i % 97 + 1);
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = {far.data() + 100 * i, {size}, 0};
  }
  void ask(std::size_t which, cause why, fence after = {}) {
    link.submit({ticket{++last}, make_expert(0, static_cast<std::uint32_t>(which)), rooms.data() + 100 * which, {100}, why, after}, {&parts[which], 1});
  }
  std::uint64_t next() {
    std::array<completion, 1> out{};
    return link.wait(out) == 0 ? 0 : out[0].number.number;
  }
};
}  // namespace

TEST_CASE("prefetches are given as far as the window goes, and go on when chunks arrive") {
  bench b({.capacity = 8, .chunk = {10}, .ahead = 3}, 25);
  b.ask(0, cause::prefetch);  // 10, 10, 5
  b.ask(1, cause::prefetch);
  b.api.run_all();
  CHECK(b.api.copied() == 25);
  std::array<completion, 4> out{};
  CHECK(b.link.poll(out) == 1);  // gives the next three
  CHECK(b.link.poll(out) == 0);
  b.api.run_all();
  CHECK(b.api.copied() == 50);
  CHECK(b.next() == 2);
}

TEST_CASE("a prefetch whose room is free goes before one whose room is not") {
  bench b({.capacity = 8, .chunk = {100}, .ahead = 1}, 50);
  const auto engine = b.api.make_stream(cuda::stream_priority::urgent).value;
  b.ask(0, cause::prefetch);  // fills the window
  const auto in_use = [&] {
    b.api.launch(engine, [] {});
    return *b.uses.record(engine);
  };
  b.ask(1, cause::prefetch, in_use());
  b.ask(2, cause::prefetch);
  CHECK(b.next() == 1);
  CHECK(b.next() == 3);
  CHECK(b.next() == 2);
  CHECK(b.next() == 0);
}

TEST_CASE("a prefetch that has arrived is told, though an earlier one still waits for its room") {
  bench b({.capacity = 8, .chunk = {100}, .ahead = 3}, 50);
  const auto engine = b.api.make_stream(cuda::stream_priority::urgent).value;
  const auto gate = b.api.make_event().value;
  const auto other = b.api.make_stream(cuda::stream_priority::idle).value;
  bool open = false;
  b.api.launch(other, [&] { open = true; });
  REQUIRE(b.api.record(gate, other).ok());
  REQUIRE(b.api.wait(engine, gate).ok());
  b.ask(3, cause::prefetch);
  b.ask(4, cause::prefetch);
  b.ask(5, cause::prefetch);  // the window is full
  b.ask(0, cause::prefetch, *b.uses.record(engine));
  b.ask(1, cause::prefetch);
  for (std::uint64_t n = 1; n <= 3; ++n) CHECK(b.next() == n);
  CHECK(b.next() == 5);
  CHECK(b.next() == 4);
  CHECK(open);
}

TEST_CASE("prefetches stand back behind the demands that were given before") {
  for (std::uint64_t n = 0; n < 40; ++n) {
    bench b({.capacity = 8, .chunk = {10}, .ahead = 1}, 60);
    b.ask(0, cause::prefetch);  // 10 of it
    b.ask(1, cause::demand);
    b.api.run(static_cast<std::uint32_t>(n));
    std::array<completion, 1> out{};
    while (b.link.poll(out) == 0) {
      const bool demand_is_there = b.rooms[100 + 59] != std::byte{};
      CHECK((demand_is_there || b.rooms[10] == std::byte{}));
      b.api.run(1);
    }
    CHECK(out[0].number == ticket{2});
    CHECK(b.next() == 1);
  }
}

TEST_CASE("what fails half way is told when nothing of it travels, and then its room can be used") {
  // Of three copies the n-th is refused.
  for (std::uint64_t n = 1; n <= 3; ++n) {
    bench b({.capacity = 8, .own_copy = {1}}, 30);
    const std::array<part, 3> three{{{b.far.data(), {30}, 0}, {b.far.data() + 30, {30}, 30}, {b.far.data() + 60, {30}, 60}}};
    b.api.fail_call(1 + n, stream_double::invalid);  // the mark of its beginning is the first
    b.link.submit({ticket{1}, make_expert(0, 0), b.rooms.data(), {100}, cause::demand, {}}, three);
    std::array<completion, 1> out{};
    CHECK(b.link.poll(out) == (n == 1 ? 1 : 0));  // of the second and third, copies travel
    if (n > 1) REQUIRE(b.link.wait(out) == 1);
    CHECK(out[0].status == (n == 1 ? transfer_status::refused : transfer_status::read_error));
    CHECK(out[0].moved == bytes{30 * (n - 1)});
    CHECK(out[0].system_error == stream_double::invalid);
    CHECK(b.api.copied() == 30 * (n - 1));
    b.api.run_all();
    CHECK(b.api.copied() == 30 * (n - 1));
  }
}

TEST_CASE("options of nothing are made possible") {
  bench b({.capacity = 0, .chunk = {0}, .ahead = 0, .own_copy = {0}, .prior = {}}, 3);
  CHECK(b.link.capacity() == 1);
  CHECK(b.link.cost().rate.count > 0);
  for (const cause why : {cause::demand, cause::prefetch}) {
    b.ask(2, why);
    CHECK(b.next() == b.last);
  }
  CHECK(std::equal(b.rooms.begin() + 200, b.rooms.begin() + 203, b.far.begin() + 200));
  CHECK(b.link.empty());
}

namespace {
/// Everything happens at once, and nothing is allocated for it.
struct prompt : cuda::archetype::streams {
  std::uintptr_t handles = 0;
  std::int64_t time = 0;
  cuda::answered<cuda::stream_handle> make_stream(cuda::stream_priority) noexcept { return {{}, {reinterpret_cast<void*>(++handles)}}; }
  void end_stream(cuda::stream_handle) noexcept {}
  cuda::answered<cuda::event_handle> make_event() noexcept { return {{}, {reinterpret_cast<void*>(++handles)}}; }
  void end_event(cuda::event_handle) noexcept {}
  cuda::api_code record(cuda::event_handle, cuda::stream_handle) noexcept { return {}; }
  cuda::api_code query(cuda::event_handle) noexcept { return {}; }
  cuda::api_code wait(cuda::stream_handle, cuda::event_handle) noexcept { return {}; }
  cuda::api_code finish(cuda::event_handle) noexcept { return {}; }
  cuda::api_code finish(cuda::stream_handle) noexcept { return {}; }
  cuda::answered<nanoseconds> elapsed(cuda::event_handle, cuda::event_handle) noexcept { return {{}, {100}}; }
  cuda::api_code copy(const cuda::copy_piece& piece, cuda::stream_handle) noexcept {
    return std::memcpy(piece.to, piece.from, piece.size.count), cuda::api_code{};
  }
  cuda::api_code copy_batch(std::span<const cuda::copy_piece> pieces, cuda::stream_handle stream) noexcept {
    for (const auto& piece : pieces) (void)copy(piece, stream);
    return {};
  }
  nanoseconds now() noexcept { return {++time}; }
  [[nodiscard]] cuda::fault meaning(cuda::api_code) const noexcept { return cuda::fault::none; }
  [[nodiscard]] std::string_view words(cuda::api_code) const noexcept { return "fine"; }
};
static_assert(cuda::explain_stream_api<prompt>());
}  // namespace

TEST_CASE("nothing is allocated after creation") {
  prompt api;
  auto uses = std::move(*cuda::use_fences<prompt>::create(api, 4));
  auto link = std::move(*cuda::copy_lanes<prompt, part>::create(api, &uses, {.capacity = 6, .chunk = {7}, .ahead = 2}));
  const std::vector<std::byte> far(100, std::byte{3});
  std::vector<std::byte> rooms(600);
  const std::array<part, 2> parts{{{far.data(), {60}, 0}, {far.data() + 60, {40}, 60}}};
  std::array<completion, 6> out{};
  std::uint64_t told = 0;
  const std::uint64_t before = conformance::allocations();
  for (std::uint64_t i = 1; i <= 600; ++i) {
    const fence after = i % 5 == 0 ? *uses.record({}) : fence{};
    link.submit({ticket{i}, make_expert(0, 0), rooms.data() + 100 * (i % 6), {100}, i % 3 == 0 ? cause::demand : cause::prefetch, after}, parts);
    if (i % 7 == 0 && link.cancel(ticket{i})) ++told;
    if (i % 6 != 0) continue;
    while (!link.empty()) told += i % 12 == 0 ? link.wait(out) : link.poll(out);
  }
  CHECK(conformance::allocations() == before);
  CHECK(told == 600);
  CHECK(link.api().now() == nanoseconds{1});  // the lanes read no clock
  CHECK(std::all_of(rooms.begin(), rooms.end(), [](std::byte b) { return b == std::byte{3}; }));
}
