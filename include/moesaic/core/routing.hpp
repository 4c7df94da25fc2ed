// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/event.hpp>

namespace moesaic {

/// What a router answered for a window of tokens in one layer: `tokens` × `k` ids in rank order and the gate weights
/// beside them (possibly none), with where they come from and in which phase.
struct routing {
  provenance from = provenance::target_router;
  phase during = phase::decode;
  std::uint32_t tokens = 0;
  std::uint32_t k = 0;
  std::span<const expert_index> experts{};  ///< [tokens][k]
  std::span<const float> weights{};         ///< [tokens][k], or empty
};

/// Turns routings into the demand of an event: distinct experts, ascending, with token counts and gate mass.
/// Cost: O(tokens × k + experts); allocates at construction only. One thread at a time.
class demand_collector {
 public:
  /// For a layer of `experts` experts, or for several layers of which the widest has so many.
  explicit demand_collector(std::uint32_t experts) : seen_(experts) { wanted_.reserve(experts); }

  /// The answer is valid until the next call. Ids at or above `experts` (65,535, "not routed", among them) are left out; a
  /// token that names an expert twice counts once for each. Mass saturates.
  [[nodiscard]] std::span<const demand> collect(const routing& from) noexcept {
    for (const demand& d : wanted_) seen_[number(d.expert)] = {};
    wanted_.clear();
    for (std::size_t i = 0; i < from.experts.size(); ++i) {
      const std::uint32_t e = number(from.experts[i]);
      if (e >= seen_.size()) continue;
      if (seen_[e].tokens == 0) wanted_.push_back({from.experts[i], 0, {}});
      ++seen_[e].tokens;
      if (i < from.weights.size()) seen_[e].mass = sum(seen_[e].mass, in_mass(from.weights[i]));
    }
    std::sort(wanted_.begin(), wanted_.end(), [](const demand& a, const demand& b) { return a.expert < b.expert; });
    for (demand& d : wanted_) d = {d.expert, seen_[number(d.expert)].tokens, seen_[number(d.expert)].mass};
    return wanted_;
  }

  /// A gate weight in gate mass; what is negative or not a number counts 0, more than 65,535 counts as that.
  [[nodiscard]] static constexpr gate_mass in_mass(float weight) noexcept {
    if (!(weight > 0)) return {0};
    return {weight >= 65'535.0F ? 0xFFFF'0000U : static_cast<std::uint32_t>(weight * 65'536.0F + 0.5F)};
  }

 private:
  [[nodiscard]] static constexpr gate_mass sum(gate_mass a, gate_mass b) noexcept { return gate_mass::highest() - a < b ? gate_mass::highest() : a + b; }
  struct tally {
    std::uint32_t tokens = 0;
    gate_mass mass{};
  };
  std::vector<tally> seen_;
  std::vector<demand> wanted_;
};

}  // namespace moesaic
