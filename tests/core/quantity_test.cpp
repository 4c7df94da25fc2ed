// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <concepts>
#include <initializer_list>
#include <limits>
#include <type_traits>

#include <moesaic/core/quantity.hpp>

namespace {
using namespace moesaic;

template <class A, class B>
concept adds_up = requires(A a, B b) { a + b; };
template <class A, class B>
concept compares = requires(A a, B b) { a < b; };
template <class A, class B>
concept equates = requires(A a, B b) { a == b; };
template <class A, class B>
concept multiplies = requires(A a, B b) { a* b; };

// A unit costs nothing and can be copied anywhere.
template <class Q>
constexpr bool is_plain =
    std::is_trivially_copyable_v<Q> && std::is_standard_layout_v<Q> && std::is_aggregate_v<Q> && std::is_nothrow_default_constructible_v<Q> &&
    std::regular<Q> && std::three_way_comparable<Q> && sizeof(Q) == sizeof(typename Q::representation) && noexcept(Q{} + Q{}) && noexcept(Q{} < Q{});
static_assert(is_plain<bytes> && is_plain<nanoseconds> && is_plain<bytes_per_second> && is_plain<flops>);
static_assert(is_plain<flops_per_second> && is_plain<draft_length> && is_plain<step_index> && is_plain<token_index>);
static_assert(is_plain<position> && is_plain<gate_mass>);
static_assert(sizeof(bytes) == 8 && sizeof(nanoseconds) == 8 && sizeof(gate_mass) == 4 && sizeof(draft_length) == 4);

// Units do not mix, not even where the machine types agree; plain numbers do not slip in.
static_assert(adds_up<bytes, bytes> && !adds_up<bytes, nanoseconds> && !adds_up<step_index, token_index>);
static_assert(!adds_up<bytes, std::uint64_t> && !adds_up<int, nanoseconds> && !adds_up<draft_length, position>);
static_assert(compares<bytes, bytes> && !compares<bytes, step_index> && !compares<bytes, std::uint64_t>);
static_assert(equates<position, position> && !equates<position, draft_length> && !equates<position, std::uint32_t>);
static_assert(!multiplies<bytes, bytes> && !multiplies<nanoseconds, nanoseconds>);
static_assert(!std::is_convertible_v<std::uint64_t, bytes> && !std::is_convertible_v<bytes, std::uint64_t>);
static_assert(!std::is_convertible_v<bytes, step_index> && !std::is_constructible_v<step_index, bytes>);
static_assert(!std::is_constructible_v<bool, bytes>);

// Default is zero, not garbage.
static_assert(bytes{}.count == 0 && nanoseconds{}.count == 0 && bytes_per_second{}.count == 0);

static_assert(bytes{5} + bytes{3} == bytes{8} && bytes{5} - bytes{3} == bytes{2});
static_assert(bytes{5} * 3 == bytes{15} && std::uint64_t{3} * bytes{5} == bytes{15});
static_assert(nanoseconds{3} - nanoseconds{5} == nanoseconds{-2} && nanoseconds{-2} < nanoseconds{});
static_assert(bytes::lowest() == bytes{0} && bytes::highest().count == std::numeric_limits<std::uint64_t>::max());
static_assert(nanoseconds::lowest() < nanoseconds{-1} && flops::lowest().count < 0);
static_assert(kibibytes(1) == bytes{1024} && mebibytes(512) == kibibytes(512) * 1024 && gibibytes(6) == mebibytes(6144));
static_assert(microseconds(-3) == nanoseconds{-3000} && milliseconds(2) == microseconds(2000));

static_assert(rounded_up(bytes{0}, bytes{4096}) == bytes{0});
static_assert(rounded_up(bytes{1}, bytes{4096}) == bytes{4096});
static_assert(rounded_up(bytes{4096}, bytes{4096}) == bytes{4096});
static_assert(rounded_up(bytes{4097}, bytes{4096}) == bytes{8192});
static_assert(rounded_up(bytes{7}, bytes{1}) == bytes{7} && rounded_up(bytes{7}, bytes{3}) == bytes{9});

static_assert(duration_of(bytes{0}, {1e9}) == nanoseconds{0});
static_assert(duration_of(bytes{1}, {1e9}) == nanoseconds{1});
static_assert(duration_of(bytes{1}, {3e9}) == nanoseconds{1});            // rounded up, never to nothing
static_assert(duration_of(bytes{10}, {3e9}) == nanoseconds{4});
static_assert(duration_of(mebibytes(1024), {1e9}) == nanoseconds{1'073'741'824});
static_assert(duration_of(bytes{1}, {0}) == nanoseconds::highest());
static_assert(duration_of(bytes{0}, {0}) == nanoseconds::highest());
static_assert(duration_of(bytes{1}, {-5}) == nanoseconds::highest());
static_assert(duration_of(bytes::highest(), {1}) == nanoseconds::highest());  // no overflow on the way
static_assert(duration_of(bytes{1}, {std::numeric_limits<double>::infinity()}) == nanoseconds{0});
static_assert(duration_of(bytes{1}, {std::numeric_limits<double>::quiet_NaN()}) == nanoseconds::highest());
static_assert(duration_of(flops{2e20}, {1e21}) == nanoseconds{200'000'000});
static_assert(duration_of(flops{0.5}, {1e9}) == nanoseconds{1});

TEST_CASE("a quantity adds up in place and gives itself back") {
  bytes total{1};
  bytes& same = (total += {2}) -= {1};
  CHECK(&same == &total);
  CHECK(total == bytes{2});
}

TEST_CASE("subtracting more unsigned than there is wraps, as the machine type does") {
  CHECK(bytes{1} - bytes{2} == bytes::highest());
  CHECK(gate_mass::highest() + gate_mass{1} == gate_mass{0});
}

TEST_CASE("a rate that is hardly one takes forever") {
  CHECK(duration_of(bytes{1}, {std::numeric_limits<double>::denorm_min()}) == nanoseconds::highest());
  CHECK(duration_of(flops{std::numeric_limits<double>::quiet_NaN()}, {1e9}) == nanoseconds::highest());
  CHECK(duration_of(bytes{1'000'000'000}, {0.1}) == nanoseconds::highest());
  CHECK(duration_of(bytes{800'000'000}, {0.1}) == nanoseconds{8'000'000'000'000'000'000});
}

TEST_CASE("a duration is never shorter than the exact quotient") {
  for (std::uint64_t n = 1; n < 5'000; n += 7)
    for (const double rate : {1.0e9, 7.0e8, 2.5e9, 1.23456789e10}) {
      const double exact = static_cast<double>(n) * 1e9 / rate;
      const auto got = static_cast<double>(duration_of(bytes{n}, {rate}).count);
      REQUIRE(got >= exact);
      REQUIRE(got < exact + 1);
    }
}

}  // namespace
