// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

#include <moesaic/core/event.hpp>
#include <moesaic/core/hysteresis_step.hpp>
#include <moesaic/core/utility.hpp>
#include <moesaic/cuda/device_work.hpp>

namespace moesaic::cuda {

/// What an event makes of one expert's utility. It is copied to the device, so it holds its knobs and nothing else, and its call is
/// constexpr. An expert that the event does not use has a demand of 0 tokens.
template <class S>
concept utility_step = std::is_trivially_copyable_v<S> && requires(const S& step, utility before, const demand& its) {
  { step(before, its) } noexcept -> std::same_as<utility>;
};

/// scoring::hysteresis as a step. Call it for the events that the scorer takes: not for prefills.
struct hysteresis_of_tokens {
  hysteresis_step how{};
  [[nodiscard]] constexpr utility operator()(utility before, const demand& its) const noexcept {
    return {std::int64_t{how.moved(static_cast<std::uint32_t>(before.count), its.tokens)}};
  }
};
static_assert(utility_step<hysteresis_of_tokens>);

/// Fills up an answer in which fewer experts than places are worth anything.
inline constexpr expert_index nobody{65'535};

namespace detail {

template <utility_step Step>
struct step_utility {
  Step step;
  const demand* wanted;
  const std::uint32_t* count;
  utility* worth;
  __host__ __device__ void operator()(std::uint32_t e) const noexcept {
    std::uint32_t first = 0;
    for (std::uint32_t last = *count; first < last;) {
      const std::uint32_t middle = first + (last - first) / 2;
      if (number(wanted[middle].expert) < e)
        first = middle + 1;
      else
        last = middle;
    }
    const bool used = first < *count && number(wanted[first].expert) == e;
    worth[e] = step(worth[e], used ? wanted[first] : demand{static_cast<expert_index>(e), 0, {}});
  }
};

struct rank_utility {
  const utility* worth;
  std::uint32_t experts;
  std::uint32_t most;
  expert_index* best;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    const std::uint32_t layer = i / experts;
    const std::uint32_t e = i % experts;
    const utility* const its = worth + std::size_t{layer} * experts;
    const std::int64_t mine = its[e].count;
    std::uint32_t before = 0;
    for (std::uint32_t other = 0; other < experts; ++other) {
      const std::int64_t theirs = its[other].count;
      before += theirs > mine || (theirs == mine && other < e) ? 1U : 0U;
    }
    constexpr std::int64_t worthless = std::numeric_limits<std::int64_t>::lowest();
    if (before < most) best[std::size_t{layer} * most + before] = mine == worthless ? nobody : static_cast<expert_index>(e);
  }
};

}  // namespace detail

/// Moves a layer's utilities by one event: `distinct_experts`' answer, still on the device, is what it reads.
///
/// Source: the scorers of scoring/, whose integers it gives: scoring::hysteresis with `hysteresis_of_tokens`.
/// Mechanism: each expert looks for itself in the ascending demands. One launch, no workspace.
/// Shapes: `wanted` as it was given to distinct_experts, `count` [1], `worth` [experts of the layer].
/// Cost: O(experts × log(distinct)) work, O(log(distinct)) in one thread. Ties: none.
template <workplace Where, utility_step Step>
[[nodiscard]] result<void> utility_update(const Where& where, const Step& step, std::span<const demand> wanted, const std::uint32_t* count,
                                          std::span<utility> worth) {
  constexpr std::string_view me = "utility_update";
  if (const result<void> fine = detail::experts_fit(me, worth.size()); !fine) return fine;
  if (const result<void> fine = detail::is_given(me, "the count", count); !fine) return fine;
  return where.each(static_cast<std::uint32_t>(worth.size()), detail::step_utility<Step>{step, wanted.data(), count, worth.data()});
}

/// The experts of each layer that are worth most, best first: `best.size() / layers` of each, at most all. Who is worth
/// utility::lowest() (never used, say) is never chosen; the places that are then left say `nobody`.
///
/// Source: textbook; the order of prediction::best_experts and forecast::top. Mechanism: an expert's place is how many are worth more;
/// each counts for itself. One launch, no workspace.
/// Shapes: `worth` [layers][experts], `best` [layers][m].
/// Cost: O(layers × experts²) work, O(experts) in one thread: made for layers of up to a few thousand. Ties: the lower id is better.
template <workplace Where>
[[nodiscard]] result<void> utility_top(const Where& where, std::span<const utility> worth, std::uint32_t layers, std::span<expert_index> best) {
  constexpr std::string_view me = "utility_top";
  if (layers == 0) return error(error_code::bad_argument, me, ": 0 layers were given; please give how many the utilities are of");
  if (worth.size() % layers != 0) return mismatched(me, "the utilities", worth.size() / layers * layers, worth.size());
  if (best.size() % layers != 0) return mismatched(me, "room for the best", best.size() / layers * layers, best.size());
  if (const result<void> fine = detail::experts_fit(me, worth.size() / layers); !fine) return fine;
  if (best.size() > worth.size()) return mismatched(me, "room for the best", worth.size(), best.size());
  if (worth.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    return error(error_code::bad_argument, me, ": at most 2147483647 utilities fit one call, but ", worth.size(), " were given; please split the layers");
  const auto experts = static_cast<std::uint32_t>(worth.size() / layers);
  const auto most = static_cast<std::uint32_t>(best.size() / layers);
  return where.each(experts * layers, detail::rank_utility{worth.data(), experts, most, best.data()});
}

}  // namespace moesaic::cuda
