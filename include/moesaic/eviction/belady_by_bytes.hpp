// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/eviction/belady.hpp>

namespace moesaic::eviction {

/// Gives up the expert that would fill the most bytes for the longest time until its next use: clairvoyant, for experts of mixed
/// sizes.
///
/// Source: the size-aware form of Belady's rule that cache simulators use (libCacheSim's BeladySize looks at a sample). A strong
/// heuristic and no bound: optimal replacement with sizes is NP-hard. It misses fewer experts than belady, which stays better
/// where missed bytes are counted: with sizes 1 : 4 it misses 11 % fewer experts and 6 % more bytes (docs/reference/policies_measured.md).
/// Mechanism: key = minus (events until the next use * bytes). Never again counts as used by event 2^32 - 1.
/// Cost: O(1) per use, O(residents of the group) per victim. 12 bytes per expert of the model.
/// State and Ties: what was foretold at the last use stays true until the next, resident or not. The running event's number is
/// read off what was foretold of its experts. Equal keys: the lower id leaves first. Bytes are kept in 30 bits.
/// Threads: one at a time. No knobs. Useless where nobody foretells.
///
///     eviction::belady_by_bytes policy;                        // event 5: 1 is foretold for 7, 2 for 6 and three times as large
///     policy.victim(scene) == make_expert(0, 2);
class belady_by_bytes {
 public:
  using hears = events<inventory, foretold>;

  void on(const inventory& all) {
    space_ = all.space();
    next_.assign(space_.size(), foretold::never);
    weights_.assign(space_.size(), 1);
    const int width = static_cast<int>(std::bit_width(all.shape.largest().count));
    for (std::uint32_t flat = 0; flat < weights_.size(); ++flat)
      weights_[flat] = std::max<std::int64_t>(static_cast<std::int64_t>(all.shape.size_of(flat).count >> std::max(width - 30, 0)), 1);
  }
  void on(const foretold& told) noexcept {
    const auto flat_of = space_.in(told.layer);
    ++now_;
    for (const demand& d : told.wanted)
      if (next_[flat_of(d.expert)] != foretold::never) now_ = next_[flat_of(d.expert)];
    for (std::size_t i = 0; i < told.wanted.size(); ++i) next_[flat_of(told.wanted[i].expert)] = told.next_use[i];
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return victim_at(victim_index(scene), space_);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    std::uint32_t found = no_victim;
    std::int64_t least = 0;
    for (const std::uint32_t flat : scene.candidates.members()) {
      const std::int64_t its = worth(flat);
      if (found != no_victim && (its > least || (its == least && flat > found))) continue;
      if (!scene.candidates.contains(flat)) continue;
      found = flat;
      least = its;
    }
    return found;
  }
  [[nodiscard]] utility key(expert_id e) const noexcept { return {worth(space_.flat(e))}; }

 private:
  [[nodiscard]] std::int64_t worth(std::uint32_t flat) const noexcept { return -(std::int64_t{next_[flat]} - std::int64_t{now_}) * weights_[flat]; }
  expert_space space_;
  std::vector<std::uint32_t> next_;
  std::vector<std::int64_t> weights_;
  std::uint32_t now_ = ~std::uint32_t{};  ///< number of the running event; the first one's is 0
};

static_assert(keyed_eviction_policy<belady_by_bytes>, "belady_by_bytes no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
