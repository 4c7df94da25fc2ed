// SPDX-License-Identifier: MIT
// expect-error: ignoring returned value|nodiscard
#include <moesaic/cache/residency.hpp>

#pragma GCC diagnostic error "-Wunused-result"
struct bundle {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
void layer(moesaic::residency<moesaic::archetype::link, bundle>& cache, const moesaic::layer_event& event) {
#ifdef FIXED
  const auto held = cache.acquire(event);
  if (!held) return;
#else
  cache.acquire(event);  // would end its pins at once
#endif
}
