// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <moesaic/core/routing.hpp>
#include <moesaic/cuda/device_work.hpp>

namespace moesaic::cuda {

/// The demand of an event: distinct experts, ascending. `count` of `wanted` are written, and no more.
struct distinct_output {
  std::span<demand> wanted{};  ///< room for min(experts, tokens × k)
  std::uint32_t* count = nullptr;
};

namespace detail {

struct distinct_tallies {
  std::uint64_t* mass;  ///< wide enough for every sum: 2^31 ids of at most 2^32
  std::uint32_t* tokens;
  bit_set used;

  constexpr distinct_tallies(pieces& from, std::uint32_t experts) noexcept
      : mass(from.take<std::uint64_t>(experts)), tokens(from.take<std::uint32_t>(experts)), used{from.take<std::uint64_t>(bit_set::words_for(experts))} {}
};

struct clear_tallies {
  distinct_tallies all;
  __host__ __device__ void operator()(std::uint32_t e) const noexcept {
    all.mass[e] = 0;
    all.tokens[e] = 0;
    if (e % 64 == 0) all.used.words[e / 64] = 0;
  }
};

template <routed_id Id>
struct tally_route {
  distinct_tallies all;
  std::uint32_t experts;
  const Id* ids;
  const float* weights;  ///< null where there are none
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    const std::uint32_t e = expert_of(ids[i], experts);
    if (e == no_expert) return;
    if (met_by_all<std::uint32_t>(all.tokens[e]).fetch_add(1, in_any_order) == 0) all.used.insert(e);
    if (weights != nullptr) met_by_all<std::uint64_t>(all.mass[e]).fetch_add(demand_collector::in_mass(weights[i]).count, in_any_order);
  }
};

struct write_demand {
  distinct_tallies all;
  std::uint32_t experts;
  demand* wanted;
  std::uint32_t* count;
  __host__ __device__ void operator()(std::uint32_t e) const noexcept {
    const std::uint32_t at = all.used.below(e);
    const std::uint32_t tokens = all.tokens[e];
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    if (tokens != 0) wanted[at] = {static_cast<expert_index>(e), tokens, {static_cast<std::uint32_t>(all.mass[e] < most ? all.mass[e] : most)}};
    if (e == experts - 1) *count = at + (tokens != 0 ? 1U : 0U);
  }
};

template <routed_id Id>
[[nodiscard]] result<void> distinct_fits(const routed<Id>& from, std::uint32_t experts, const distinct_output& out) noexcept {
  constexpr std::string_view where = "distinct_experts";
  if (const result<void> fine = fits(where, from, experts); !fine) return fine;
  if (const result<void> fine = is_given(where, "the count", out.count); !fine) return fine;
  return output_fits(where, "room for the demands", std::min<std::size_t>(experts, from.experts.size()), out.wanted.size());
}

}  // namespace detail

/// Bytes of workspace that `distinct_experts` needs for a layer of so many experts.
[[nodiscard]] constexpr std::size_t distinct_experts_workspace(std::uint32_t experts) noexcept {
  detail::pieces counted;
  (void)detail::distinct_tallies(counted, experts);
  return counted.taken();
}

/// A router's output -> the demand of its event, as `demand_collector` finds it, bit for bit: a token that names an expert twice
/// counts twice, ids of no expert are left out, weights are rounded one by one to 2^-16 and their sum saturates. What the host copies
/// back is `count` and the demands; put them side by side and it is one copy.
///
/// Source: ours. Mechanism: tallies by atomic integer additions; a bit for each used expert; an expert's place is the number of
/// bits below its own. Three launches.
/// Shapes: ids and weights [tokens][k], `wanted` [min(experts, tokens × k)], `count` [1].
/// Workspace: `distinct_experts_workspace(experts)`, 12 1/8 bytes per expert.
/// Cost: O(tokens × k + experts²/64) work, O(experts/64) in one thread. Ties: none, experts are ascending. Many tokens on one expert
/// wait for each other at one address; detail in `fused::distinct_experts`.
template <workplace Where, routed_id Id>
[[nodiscard]] result<void> distinct_experts(const Where& where, const routed<Id>& from, std::uint32_t experts, std::span<std::byte> workspace,
                                            const distinct_output& out) {
  if (const result<void> fine = detail::distinct_fits(from, experts, out); !fine) return fine;
  if (const result<void> fine = detail::workspace_fits("distinct_experts", distinct_experts_workspace(experts), workspace); !fine) return fine;
  detail::pieces rest(workspace);
  const detail::distinct_tallies all(rest, experts);
  if (const result<void> done = where.each(experts, detail::clear_tallies{all}); !done) return done;
  const auto ids = static_cast<std::uint32_t>(from.experts.size());
  const detail::tally_route<Id> tally{all, experts, from.experts.data(), from.weights.empty() ? nullptr : from.weights.data()};
  if (const result<void> done = where.each(ids, tally); !done) return done;
  return where.each(experts, detail::write_demand{all, experts, out.wanted.data(), out.count});
}

}  // namespace moesaic::cuda
