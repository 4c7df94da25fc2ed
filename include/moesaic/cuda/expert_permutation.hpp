// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <moesaic/cuda/device_work.hpp>

namespace moesaic::cuda {

/// Where a routed id that names no expert goes.
inline constexpr std::uint32_t no_place = std::numeric_limits<std::uint32_t>::max();

/// Routed ids, grouped by expert. Id i is token i / k's choice i % k.
struct permutation_output {
  std::span<std::uint32_t> offsets{};  ///< [experts + 1]: expert e has the places offsets[e] to offsets[e + 1] - 1
  std::span<std::uint32_t> order{};    ///< [tokens × k]: the id at each place; behind offsets[experts] it means nothing
  std::span<std::uint32_t> places{};   ///< [tokens × k]: the place of each id, or `no_place`; or none, if nobody wants them
};

namespace detail {

/// So many ids one thread walks through in order. Fewer: more counters; more: longer walks.
inline constexpr std::uint32_t ids_a_walk = 32;
[[nodiscard]] constexpr std::uint32_t walks_for(std::uint32_t ids) noexcept { return ids / ids_a_walk + (ids % ids_a_walk != 0); }

/// How many ids of each expert each walk meets, then how many of earlier walks go before them.
struct walk_counters {
  std::uint32_t* met;     ///< [walk][expert]
  std::uint32_t* totals;  ///< [expert]
  std::uint32_t walks;
  std::uint32_t experts;

  constexpr walk_counters(pieces& from, std::uint32_t ids, std::uint32_t width) noexcept
      : met(from.take<std::uint32_t>(std::size_t{walks_for(ids)} * width)), totals(from.take<std::uint32_t>(width)), walks(walks_for(ids)), experts(width) {}
};

struct clear_counters {
  std::uint32_t* met;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept { met[i] = 0; }
};

template <routed_id Id>
struct count_walk {
  walk_counters all;
  const Id* ids;
  std::uint32_t count;
  __host__ __device__ void operator()(std::uint32_t walk) const noexcept {
    std::uint32_t* const mine = all.met + std::size_t{walk} * all.experts;
    const std::uint32_t first = walk * ids_a_walk;
    for (std::uint32_t i = first; i < count && i - first < ids_a_walk; ++i)
      if (const std::uint32_t e = expert_of(ids[i], all.experts); e != no_expert) ++mine[e];
  }
};

/// One expert's counters, walk by walk. Several are read before the first is written, so that they are on the way together.
struct add_up_walks {
  walk_counters all;
  __host__ __device__ void operator()(std::uint32_t e) const noexcept {
    constexpr std::uint32_t together = 8;
    std::uint32_t before = 0;
    for (std::uint32_t first = 0; first < all.walks; first += together) {
      std::uint32_t met[together] = {};
      for (std::uint32_t w = 0; w < together; ++w)
        if (first + w < all.walks) met[w] = all.met[std::size_t{first + w} * all.experts + e];
      for (std::uint32_t w = 0; w < together; ++w) {
        if (first + w < all.walks) all.met[std::size_t{first + w} * all.experts + e] = before;
        before += met[w];
      }
    }
    all.totals[e] = before;
  }
};

struct add_up_experts {
  walk_counters all;
  std::uint32_t* offsets;
  __host__ __device__ void operator()(std::uint32_t e) const noexcept {
    std::uint32_t before = 0;
    for (std::uint32_t other = 0; other < e; ++other) before += all.totals[other];
    offsets[e] = before;
  }
};

template <routed_id Id>
struct place_walk {
  walk_counters all;
  const Id* ids;
  std::uint32_t count;
  const std::uint32_t* offsets;
  std::uint32_t* order;
  std::uint32_t* places;  ///< null where nobody wants them
  __host__ __device__ void operator()(std::uint32_t walk) const noexcept {
    std::uint32_t* const mine = all.met + std::size_t{walk} * all.experts;
    const std::uint32_t first = walk * ids_a_walk;
    for (std::uint32_t i = first; i < count && i - first < ids_a_walk; ++i) {
      const std::uint32_t e = expert_of(ids[i], all.experts);
      const std::uint32_t place = e == no_expert ? no_place : offsets[e] + mine[e]++;
      if (e != no_expert) order[place] = i;
      if (places != nullptr) places[i] = place;
    }
  }
};

template <routed_id Id>
[[nodiscard]] result<void> permutation_fits(const routed<Id>& from, std::uint32_t experts, const permutation_output& out) noexcept {
  constexpr std::string_view where = "expert_permutation";
  if (const result<void> fine = fits(where, from, experts); !fine) return fine;
  if (const result<void> fine = output_fits(where, "room for the offsets", std::uint64_t{experts} + 1, out.offsets.size()); !fine) return fine;
  if (const result<void> fine = output_fits(where, "room for the order", from.experts.size(), out.order.size()); !fine) return fine;
  return output_fits(where, "room for the places", out.places.empty() ? 0 : from.experts.size(), out.places.size());
}

}  // namespace detail

/// Bytes of workspace that `expert_permutation` needs for so many tokens of k experts.
[[nodiscard]] constexpr std::size_t expert_permutation_workspace(std::uint32_t tokens, std::uint32_t k, std::uint32_t experts) noexcept {
  if (std::uint64_t{tokens} * k > most_ids) return std::numeric_limits<std::size_t>::max();
  detail::pieces counted;
  (void)detail::walk_counters(counted, tokens * k, experts);
  return counted.taken();
}

/// A router's output -> its ids grouped by expert, as a grouped matrix product wants its rows: experts ascending, and within an
/// expert the ids in their own order (token by token), as std::stable_sort by expert leaves them. Weights are not looked at.
///
/// Source: ours; a counting sort of one digit. Mechanism: a thread walks through 32 ids and counts; each expert adds up the
/// walks before each, and all experts before it; the same walks then put ids where they belong. Five launches.
/// Shapes: ids [tokens][k], `offsets` [experts + 1], `order` and `places` [tokens × k].
/// Workspace: `expert_permutation_workspace(tokens, k, experts)`, 4 bytes per expert and 32 ids: 128 KiB for 512 tokens of 8 among
/// 256, 4 MiB for 4,096 of 8 among 1,024.
/// Cost: O(tokens × k × (1 + experts / 32) + experts²) work, O(tokens × k / 32 + experts) in one thread: made for decoding and short prefills.
/// `fused::expert_permutation` sorts by radix. Ties: ids of one expert stay in their order.
template <workplace Where, routed_id Id>
[[nodiscard]] result<void> expert_permutation(const Where& where, const routed<Id>& from, std::uint32_t experts, std::span<std::byte> workspace,
                                              const permutation_output& out) {
  if (const result<void> fine = detail::permutation_fits(from, experts, out); !fine) return fine;
  if (std::uint64_t{detail::walks_for(from.tokens * from.k)} * experts > most_ids)
    return error(error_code::bad_argument, "expert_permutation: ", from.experts.size(), " ids of ", experts,
                 " experts do not fit one call; please split the tokens");
  const std::size_t needed = expert_permutation_workspace(from.tokens, from.k, experts);
  if (const result<void> fine = detail::workspace_fits("expert_permutation", needed, workspace); !fine) return fine;
  const auto ids = static_cast<std::uint32_t>(from.experts.size());
  detail::pieces rest(workspace);
  const detail::walk_counters all(rest, ids, experts);
  if (const result<void> done = where.each(all.walks * experts, detail::clear_counters{all.met}); !done) return done;
  if (const result<void> done = where.each(all.walks, detail::count_walk<Id>{all, from.experts.data(), ids}); !done) return done;
  if (const result<void> done = where.each(experts, detail::add_up_walks{all}); !done) return done;
  if (const result<void> done = where.each(experts + 1, detail::add_up_experts{all, out.offsets.data()}); !done) return done;
  const detail::place_walk<Id> place{all, from.experts.data(), ids, out.offsets.data(), out.order.data(), out.places.empty() ? nullptr : out.places.data()};
  return where.each(all.walks, place);
}

}  // namespace moesaic::cuda
