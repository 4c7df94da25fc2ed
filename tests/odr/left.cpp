// SPDX-License-Identifier: MIT
#include <moesaic/moesaic.hpp>

struct deployment {
  moesaic::group_per_layer groups{};
  moesaic::scoring::none scoring{};
  moesaic::eviction::lru eviction{};
  moesaic::admission::forced admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::fetch placement{};
};

#include "behind.hpp"

side left_side() { return {open_kept, run_kept, count_kept, close_kept}; }
