// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

namespace {
using namespace moesaic;

struct immovable {
  explicit immovable(int) {}
  immovable(immovable&&) = delete;
};
struct may_throw_on_move {
  may_throw_on_move() = default;
  may_throw_on_move(may_throw_on_move&&) noexcept(false) {}
  may_throw_on_move& operator=(may_throw_on_move&&) noexcept(false) { return *this; }
};

// Nothing becomes a value that would not become one by itself: a number is no bytes, an answer of another kind no answer.
static_assert(!std::is_convertible_v<std::uint64_t, result<bytes>> && !std::is_constructible_v<result<bytes>, std::uint64_t>);
static_assert(!std::is_convertible_v<nanoseconds, result<bytes>>);
static_assert(!std::is_convertible_v<int, result<std::vector<int>>>);
static_assert(!std::is_convertible_v<result<int>, result<bool>> && !std::is_convertible_v<result<void>, result<bool>>);
static_assert(!std::is_convertible_v<result<int>, int> && !std::is_convertible_v<result<int>, bool>);
static_assert(!std::is_convertible_v<error_code, result<int>>);          // an error has to be made, with a sentence
static_assert(!std::is_default_constructible_v<result<int>>);
static_assert(std::is_convertible_v<bytes, result<bytes>> && std::is_convertible_v<error, result<bytes>>);
static_assert(std::is_convertible_v<int, result<std::optional<int>>> && std::is_convertible_v<std::nullopt_t, result<std::optional<int>>>);
static_assert(std::is_convertible_v<std::unique_ptr<int>, result<std::unique_ptr<const int>>>);

// It moves and copies as its value does.
static_assert(std::is_nothrow_move_constructible_v<result<int>> && std::is_nothrow_move_assignable_v<result<int>>);
static_assert(std::is_copy_constructible_v<result<std::string>> && std::is_copy_assignable_v<result<std::string>>);
static_assert(std::is_nothrow_move_constructible_v<result<std::unique_ptr<int>>>);
static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>> && !std::is_copy_assignable_v<result<std::unique_ptr<int>>>);
static_assert(std::is_move_constructible_v<result<may_throw_on_move>>);
static_assert(!std::is_nothrow_move_constructible_v<result<may_throw_on_move>>);
static_assert(!std::is_move_assignable_v<result<may_throw_on_move>>);    // half a replacement could not be undone
static_assert(!std::is_constructible_v<result<immovable>, int>);
static_assert(std::is_nothrow_default_constructible_v<result<void>> && std::is_trivially_destructible_v<result<void>>);
static_assert(std::is_nothrow_copy_constructible_v<result<void>> && std::is_nothrow_copy_assignable_v<result<void>>);

constexpr result<int> halved(int n) {
  if (n % 2 != 0) return error(error_code::bad_argument, n, " is odd");
  return n / 2;
}
static_assert(*halved(8) == 4 && !halved(7) && halved(7).error().sentence() == "7 is odd");  // in the compiler, too

/// Counts the living, so that a value destroyed twice or never shows.
struct counted {
  static inline int alive = 0;
  int value = 0;
  explicit counted(int v) : value(v) { ++alive; }
  counted(const counted& other) : value(other.value) { ++alive; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive; }
  counted& operator=(const counted&) = default;
  ~counted() { --alive; }
};

TEST_CASE("success holds the value, failure the error") {
  const result<int> four = halved(8);
  REQUIRE(four);
  CHECK(*four == 4);
  const result<int> odd = halved(7);
  REQUIRE_FALSE(odd);
  CHECK(odd.error().code() == error_code::bad_argument);
  CHECK(odd.error().sentence() == "7 is odd");
}

TEST_CASE("a falsy value is a success") {
  CHECK(result<bool>(false));
  CHECK(result<int>(0));
  CHECK(result<int*>(nullptr));
  CHECK(result<std::optional<int>>(std::nullopt));
  CHECK(result<std::string_view>(""));
}

TEST_CASE("a move-only value goes in and out") {
  result<std::unique_ptr<int>> made = std::make_unique<int>(5);
  REQUIRE(made);
  CHECK(**made == 5);
  const std::unique_ptr<int> taken = *std::move(made);
  CHECK(*taken == 5);
  CHECK(made);  // still a success, with an emptied value
  CHECK(*made == nullptr);

  result<std::unique_ptr<int>> moved = std::move(made);
  CHECK(moved);
  moved = std::make_unique<int>(6);
  CHECK(**moved == 6);
  moved = error(error_code::context_full, "enough");
  CHECK_FALSE(moved);
}

TEST_CASE("values are destroyed once, whatever is assigned to what") {
  REQUIRE(counted::alive == 0);
  {
    const auto value = [](int v) { return result<counted>(counted(v)); };
    const auto failure = [](const char* why) { return result<counted>(error(error_code::bad_file, why)); };
    for (int from = 0; from < 2; ++from)
      for (int to = 0; to < 2; ++to)
        for (int way = 0; way < 2; ++way) {
          result<counted> target = to == 0 ? value(1) : failure("old");
          result<counted> source = from == 0 ? value(2) : failure("new");
          if (way == 0)
            target = source;
          else
            target = std::move(source);
          REQUIRE(static_cast<bool>(target) == (from == 0));
          if (target)
            CHECK(target->value == 2);
          else
            CHECK(target.error().sentence() == "new");
          if (way == 0 && from == 0) CHECK(source->value == 2);
        }
    const result<counted> one = value(3);
    const result<counted> copy = one;
    CHECK(copy->value == 3);
    CHECK((*one).value == 3);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("assigning to itself changes nothing") {
  result<std::string> text = std::string("still here, and too long for the small buffer");
  auto& same = text;
  text = same;
  CHECK(*text == "still here, and too long for the small buffer");
  text = std::move(same);
  CHECK(*text == "still here, and too long for the small buffer");
  result<std::string> broken = error(error_code::bad_file, "broken");
  auto& also = broken;
  broken = also;
  broken = std::move(also);
  CHECK(broken.error().sentence() == "broken");
}

TEST_CASE("a value can be changed in place") {
  result<std::vector<int>> list = std::vector<int>{1, 2};
  list->push_back(3);
  (*list)[0] = 9;
  CHECK(*list == std::vector<int>{9, 2, 3});
}

TEST_CASE("a result without a value succeeds or explains") {
  result<void> fine;
  CHECK(fine);
  result<void> wrong = error(error_code::context_full, "no room for another token");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == error_code::context_full);
  fine = wrong;
  REQUIRE_FALSE(fine);
  CHECK(fine.error().sentence() == "no room for another token");
  auto& same = fine;
  fine = same;
  CHECK(fine.error().sentence() == "no room for another token");
  fine = result<void>{};
  CHECK(fine);
  const result<void> copy = wrong;
  CHECK_FALSE(copy);
}

TEST_CASE("an error can be handed on to a result of another type") {
  const auto outer = [](int n) -> result<std::string> {
    const result<int> half = halved(n);
    if (!half) return half.error();
    return std::string(static_cast<std::size_t>(*half), '*');
  };
  CHECK(*outer(6) == "***");
  CHECK(outer(5).error().sentence() == "5 is odd");
}

#if defined(__cpp_exceptions)
struct throws_on_move {
  static inline int alive = 0;
  bool armed = false;
  throws_on_move() { ++alive; }
  throws_on_move(throws_on_move&& other) : armed(other.armed) {
    if (armed) throw 1;
    ++alive;
  }
  ~throws_on_move() { --alive; }
};
TEST_CASE("a value that throws while it moves in leaves nothing behind") {
  {
    result<throws_on_move> source{throws_on_move{}};
    source->armed = true;
    CHECK_THROWS_AS([&] { const result<throws_on_move> taken(std::move(source)); }(), int);
    CHECK(throws_on_move::alive == 1);
  }
  CHECK(throws_on_move::alive == 0);
}
#endif

}  // namespace
