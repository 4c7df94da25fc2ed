// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <moesaic/prefetch/layer_order.hpp>

namespace moesaic::prefetch {

/// Prefetches so many layers, always.
///
/// Source: SP-MoE (arXiv 2510.10302): the cutoff is fixed for a model and a machine; notes on the paper speak of about 3, beyond
/// 3 of growing thrashing, beyond 5 of loss.
/// Mechanism: `most` layers, cut to the model's.
/// Cost: O(1), no state. State and Ties: none. Threads: one at a time.
/// Knobs: `most`, layers, default 3; 0 prefetches nothing.
struct static_cutoff {
  using hears = events<>;

  std::uint32_t most = 3;

  template <utility_scorer S>
  [[nodiscard]] std::uint32_t layers(const scene<S>&) const noexcept {
    return most;
  }
};

static_assert(layer_cutoff<static_cutoff>, "static_cutoff no longer models layer_cutoff");

}  // namespace moesaic::prefetch
