// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/core/decayed_count.hpp>
#include <moesaic/prediction/fixed_log2.hpp>

namespace moesaic::prediction {

/// How often each expert was used lately, as a logarithm.
///
/// Source: the count of LRFU (Lee et al., IEEE ToC 2001). Mechanism: F <- F * 2^(-tokens / half_life) + 1 at each event that
/// uses the expert (core/decayed_count.hpp); log2 of F as of the last token heard, in 2^-10. Between powers of two it is a
/// straight line (at most .09 octaves from the logarithm). F below 1/64 counts as 1/64, never used as `never`.
/// Cost: O(experts of the event), O(experts of a layer) when asked; 16 bytes per expert of the model, 8 per token of half-life.
/// State and Ties: the counts. Threads: one at a time. Knobs: half_life, 1 to 65,536 (what is outside counts as the nearer end).
class decayed_rates {
 public:
  static constexpr std::int32_t least = -6 * octave;
  static constexpr std::int32_t never = std::numeric_limits<std::int32_t>::min();

  decayed_rates() = default;
  decayed_rates(const inventory& all, std::uint32_t half_life) : space_(all.space()), clock_(std::clamp(half_life, 1U, 65'536U)), counts_(all.space().size()) {}

  void learn(const layer_event& event) noexcept {
    if (event.first_token != token_ || one_.value == 0) {  // two divisions a step, not two a layer
      token_ = event.first_token;
      one_ = clock_.use_at(token_);
    }
    const auto flat_of = space_.in(event.layer);
    for (const demand& d : event.wanted) counts_[flat_of(d.expert)] += one_;
  }
  /// Fills in the first experts of a layer.
  void log_of(layer_index layer, std::span<std::int32_t> logs) const noexcept {
    const std::int64_t now = one_.worth().count;
    const auto flat_of = space_.in(layer);
    for (std::size_t e = 0; e < logs.size(); ++e) {
      const decayed_count& count = counts_[flat_of(static_cast<expert_index>(e))];
      logs[e] = count.value == 0 ? never : static_cast<std::int32_t>(std::max<std::int64_t>((count.worth().count - now) >> 30U, least));
    }
  }

 private:
  expert_space space_;
  decay_clock clock_;
  std::vector<decayed_count> counts_;
  token_index token_{};
  decayed_count one_{};  ///< what a use at that token is worth
};

}  // namespace moesaic::prediction
