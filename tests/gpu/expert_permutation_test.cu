// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <moesaic/cuda/expert_permutation.cuh>

#include "support/device_bench.cuh"
#include "support/device_work_checks.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

constexpr auto by_radix = [](const auto& where, const auto& from, std::uint32_t experts, std::span<std::byte> workspace, const mc::permutation_output& out) {
  return mc::fused::expert_permutation(where, from, experts, workspace, out);
};

TEST_CASE("ids sorted by radix are grouped as a stable sort groups them") {
  const auto bench = device_bench::open();
  if (!bench) return;
  splitmix random{22};
  auto cases = made_up_cases();
  for (const std::uint32_t ids : {2'047U, 2'048U, 2'049U}) cases.push_back(random_case(random, ids, 1, 129));
  cases.push_back(random_case(random, 40'001, 9, 65'535));
  for (const routing_case& one : cases) {
    CAPTURE(one.name);
    CAPTURE(one.tokens);
    CAPTURE(one.experts);
    const auto workspace = mc::fused::expert_permutation_workspace(bench->where, one.tokens, one.k, one.experts);
    REQUIRE(workspace);
    check_permutation<std::int32_t>(*bench, one, *workspace, by_radix);
    check_permutation<expert_index>(*bench, one, *workspace, by_radix, false);
    bench->forget();
  }
}

/// The host's turn at the two kernels around the device sort, with std::stable_sort in its place: no device is needed for that.
constexpr auto on_the_host = [](const mc::on_host& where, const auto& from, std::uint32_t experts, std::span<std::byte>,
                                const mc::permutation_output& out) -> result<void> {
  const auto ids = static_cast<std::uint32_t>(from.experts.size());
  std::vector<std::uint16_t> keys(ids), sorted;
  std::vector<std::uint32_t> numbers(ids);
  using id = std::remove_cv_t<typename decltype(from.experts)::element_type>;
  if (const result<void> done = where.each(ids, mc::fused::detail::write_keys<id>{from.experts.data(), experts, keys.data(), numbers.data()}); !done)
    return done;
  std::stable_sort(numbers.begin(), numbers.end(), [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
  for (const std::uint32_t i : numbers) sorted.push_back(keys[i]);
  std::copy(numbers.begin(), numbers.end(), out.order.begin());
  std::uint32_t* const places = out.places.empty() ? nullptr : out.places.data();
  return where.each(std::max(ids, experts + 1), mc::fused::detail::write_groups{sorted.data(), ids, experts, out.offsets.data(), out.order.data(), places});
};

TEST_CASE("keys and groups around the sort, on the host") {
  for (const routing_case& one : made_up_cases()) {
    CAPTURE(one.name);
    CAPTURE(one.tokens);
    host_bench<mc::on_host> bench;
    check_permutation<std::int32_t>(bench, one, 0, on_the_host);
    check_permutation<expert_index>(bench, one, 0, on_the_host, false);
  }
  for (const std::uint32_t experts : {1U, 2U, 64U, 65'535U}) CHECK((1U << static_cast<std::uint32_t>(mc::fused::detail::key_bits(experts))) > experts);
}

}  // namespace
