// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <concepts>
#include <type_traits>

#include <moesaic/core/residence.hpp>

namespace {
using namespace moesaic;

static_assert(sizeof(ticket) == 8 && std::regular<ticket> && std::totally_ordered<ticket>);
static_assert(sizeof(fence) == 8 && std::regular<fence> && std::totally_ordered<fence>);
static_assert(!std::is_convertible_v<ticket, fence> && !std::is_convertible_v<std::uint64_t, ticket>);
static_assert(ticket{} < ticket{1} && fence{} < fence{1});  // 0 is none, and already past
static_assert(sizeof(residency_state) == 1 && sizeof(cause) == 1 && sizeof(residence) == 1);
static_assert(residency_state{} == residency_state::absent && cause{} == cause::demand);
static_assert(std::is_trivially_copyable_v<seat> && std::is_aggregate_v<seat> && sizeof(seat) <= 40);

TEST_CASE("a seat that was told nothing waits for nothing and points nowhere") {
  const seat empty{};
  CHECK(empty.address == nullptr);
  CHECK(empty.arrives == ticket{});
  CHECK(empty.at == residence::slot);
}

}  // namespace
