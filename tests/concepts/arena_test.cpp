// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <memory>
#include <type_traits>

#include <moesaic/concepts/arena.hpp>

namespace {
using namespace moesaic;

/// One room for one expert.
struct single_room {
  static constexpr bool one_size = true;
  bytes size{};
  bool taken = false;
  result<void> prepare(const arena_order& order) {
    if (order.charges.size() != 1) return error(error_code::bad_argument, "one expert only");
    size = order.charges[0];
    return {};
  }
  room place(std::uint32_t) noexcept {
    if (taken) return nowhere;
    taken = true;
    return room{0};
  }
  void vacate(std::uint32_t, room) noexcept { taken = false; }
  void restore(std::uint32_t, room) noexcept { taken = true; }
  void limit(bytes) noexcept {}
  bytes charge(std::uint32_t) const noexcept { return size; }
  bytes used() const noexcept { return taken ? size : bytes{}; }
  bool over(std::uint32_t) const noexcept { return false; }
  std::uint32_t holds(std::uint32_t) const noexcept { return 1; }
};
static_assert(arena<single_room>);
static_assert(!std::is_convertible_v<room, bytes> && !std::is_convertible_v<bytes, room>);  // an offset is no amount

// Each lacks one thing of an arena.
struct does_not_prepare : single_room {
  result<void> prepare(const arena_order&) = delete;
};
struct prepares_without_an_answer : single_room {
  void prepare(const arena_order&);
};
struct places_nobody : single_room {
  room place(std::uint32_t) noexcept = delete;
};
struct may_throw_while_placing : single_room {
  room place(std::uint32_t);
};
struct hands_out_options : single_room {
  const room* place(std::uint32_t) noexcept;
};
struct hands_out_amounts : single_room {
  bytes place(std::uint32_t) noexcept;
};
struct never_vacates : single_room {
  void vacate(std::uint32_t, room) noexcept = delete;
};
struct vacates_amounts : single_room {
  void vacate(std::uint32_t, bytes) noexcept;
};
struct never_restores : single_room {
  void restore(std::uint32_t, room) noexcept = delete;
};
struct may_throw_while_restoring : single_room {
  void restore(std::uint32_t, room);
};
struct has_no_limit : single_room {
  void limit(bytes) noexcept = delete;
};
struct charges_nothing : single_room {
  bytes charge(std::uint32_t) const noexcept = delete;
};
struct charges_plain_numbers : single_room {
  std::uint64_t charge(std::uint32_t) const noexcept;
};
struct changes_while_it_charges : single_room {
  bytes charge(std::uint32_t) noexcept;
};
struct does_not_know_what_is_used : single_room {
  bytes used() const noexcept = delete;
};
struct never_over : single_room {
  bool over(std::uint32_t) const noexcept = delete;
};
struct holds_nobody : single_room {
  std::uint32_t holds(std::uint32_t) const noexcept = delete;
};
struct does_not_say_whether_sizes_differ : single_room {
 private:
  static constexpr bool one_size = true;
};
struct cannot_be_moved : single_room {
  cannot_be_moved(cannot_be_moved&&) = delete;
};
static_assert(!arena<does_not_prepare> && !arena<prepares_without_an_answer> && !arena<places_nobody>);
static_assert(!arena<may_throw_while_placing> && !arena<hands_out_options> && !arena<hands_out_amounts>);
static_assert(!arena<never_vacates> && !arena<vacates_amounts> && !arena<never_restores> && !arena<may_throw_while_restoring>);
static_assert(!arena<has_no_limit> && !arena<charges_nothing> && !arena<charges_plain_numbers> && !arena<changes_while_it_charges>);
static_assert(!arena<does_not_know_what_is_used> && !arena<never_over> && !arena<holds_nobody>);
static_assert(!arena<does_not_say_whether_sizes_differ> && !arena<cannot_be_moved>);

TEST_CASE("a room is given once, and again after it was vacated") {
  single_room rooms;
  const bytes charges[1]{{10}};
  const std::uint16_t group_of[1]{0};
  REQUIRE(rooms.prepare({.charges = charges, .group_of = group_of, .groups = 1, .capacity = {10}}));
  CHECK(rooms.place(0) == room{0});
  CHECK(rooms.place(0) == nowhere);
  CHECK(rooms.used() == bytes{10});
  rooms.vacate(0, {});
  CHECK(rooms.used() == bytes{0});
  CHECK(rooms.place(0) == room{0});
}

}  // namespace
