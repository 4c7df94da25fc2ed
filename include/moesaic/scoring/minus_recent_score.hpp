// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic::scoring {

/// Finds an expert worth a moving average of the gate's scores for it, in which only the best scores of a step count.
///
/// Source: HybriMoE's MRS, "minus recent score" (arXiv 2504.05897 and its released code): S <- a * TopP(s) + (1 - a) * S with a = 0.5;
/// the lowest S of the layer leaves (eviction::least_useful). Deviations: the best p = 2k scores of all experts are not to be had, an
/// event names the k experts that were routed and their gate weights, so p = k; the weights of a window's tokens are averaged.
/// Mechanism: at every event of a layer each of its experts loses half of its score, and each wanted one gains half of its mean
/// gate weight. The halving is done when somebody asks. Where a source has no weights, a token's weight is shared out evenly.
/// Cost: O(experts of the event), O(1) per score; 16 bytes per expert of the model.
/// State and Ties: scores in 2^-32; it fades out within 49 events. Equal histories score the same.
/// Threads: one at a time. No knobs.
class minus_recent_score {
 public:
  using hears = events<inventory, layer_event>;

  void on(const inventory& all) {
    shape_ = &all.shape;
    seen_.assign(all.space().size(), {});
    events_.assign(all.shape.layers(), 0);
  }
  void on(const layer_event& event) noexcept {
    const std::uint64_t now = ++events_[number(event.layer)];
    const std::uint64_t tokens = std::max(event.tokens, 1U);
    for (const demand& d : event.wanted) {
      const std::uint64_t mass = d.mass.count != 0 ? d.mass.count : (std::uint64_t{d.tokens} << 16U) / std::max(shape_->top_k(event.layer), 1U);
      entry& its = seen_[shape_->space().flat(event.layer, d.expert)];
      its = {decayed(its, now) + ((mass << 16U) / tokens) / 2, now};
    }
  }
  [[nodiscard]] utility score(expert_id e) const noexcept {
    return utility{static_cast<std::int64_t>(decayed(seen_[shape_->space().flat(e)], events_[number(e.layer)]))};
  }

 private:
  struct entry {
    std::uint64_t score = 0;
    std::uint64_t at = 0;
  };
  [[nodiscard]] static std::uint64_t decayed(const entry& of, std::uint64_t now) noexcept { return now - of.at > 63 ? 0 : of.score >> (now - of.at); }
  const model_shape* shape_ = nullptr;
  std::vector<entry> seen_;
  std::vector<std::uint64_t> events_;  ///< of each layer
};

static_assert(utility_scorer<minus_recent_score>, "minus_recent_score no longer models utility_scorer");

}  // namespace moesaic::scoring
