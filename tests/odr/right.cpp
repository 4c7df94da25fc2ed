// SPDX-License-Identifier: MIT
#include <moesaic/moesaic.hpp>

struct deployment {
  moesaic::one_group groups{};
  moesaic::scoring::none scoring{};
  moesaic::eviction::fifo eviction{};
  moesaic::admission::forced admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::fetch placement{};
};

#include "behind.hpp"

side right_side() { return {open_kept, run_kept, count_kept, close_kept}; }
