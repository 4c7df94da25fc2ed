// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>

namespace moesaic::eviction {

/// What only a driver that knows the whole trace can tell, right after the event itself: for each wanted expert, in the order
/// of `wanted`, the number of the next event that uses it; `never` if none does. Numbers ascend with time.
struct foretold {
  static constexpr std::uint32_t never = 0xFFFF'FFFF;
  layer_index layer{};
  std::span<const demand> wanted;
  std::span<const std::uint32_t> next_use;
};

/// Gives up the expert whose next use lies furthest ahead: the clairvoyant bound that others are measured against.
///
/// Source: Belady 1966 (MIN), on whole event sets. With equal sizes a strong reference; with sizes that differ, or where one
/// event needs more than fits, a heuristic and no proven bound.
/// Mechanism: key = minus the number of the next event that uses the expert; never again is the smallest key of all.
/// Cost: O(1) per use, O(residents of the group) per victim. 4 bytes per expert of the model.
/// State and Ties: what was foretold at the last use stays true until the next, resident or not. Of those used next by the
/// same event, or never, the lower id leaves first.
/// Threads: one at a time. No knobs. Useless where nobody foretells: every expert then seems never to be used again.
///
///     eviction::belady policy;                                 // 1 is foretold for event 7, 2 for event 9
///     policy.victim(scene) == make_expert(0, 2);
class belady {
 public:
  using hears = events<inventory, foretold>;

  void on(const inventory& all) {
    space_ = all.space();
    next_.assign(space_.size(), foretold::never);
  }
  void on(const foretold& told) noexcept {
    for (std::size_t i = 0; i < told.wanted.size(); ++i) next_[space_.flat(told.layer, told.wanted[i].expert)] = told.next_use[i];
  }

  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return victim_at(victim_index(scene), space_);
  }
  template <utility_scorer S>
  [[nodiscard]] std::uint32_t victim_index(const eviction_scene<S>& scene) const noexcept {
    const std::uint32_t* const next = next_.data();
    std::uint64_t furthest = 0;  // next use above, the id's complement below: one comparison decides ties as well
    for (const std::uint32_t flat : scene.candidates.members()) {
      const std::uint64_t rank = scene.candidates.eligible(flat) ? std::uint64_t{next[flat]} << 32U | ~flat : 0;
      furthest = rank > furthest ? rank : furthest;
    }
    return ~static_cast<std::uint32_t>(furthest);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept { return {-static_cast<std::int64_t>(next_[space_.flat(e)])}; }

 private:
  expert_space space_;
  std::vector<std::uint32_t> next_;
};

static_assert(keyed_eviction_policy<belady>, "belady no longer models keyed_eviction_policy");

}  // namespace moesaic::eviction
