// SPDX-License-Identifier: MIT
// expect-error: eviction policy lacks  std::optional<expert_id> victim
#include <optional>

#include <moesaic/cache/residency.hpp>

struct mine {
  using hears = moesaic::events<>;
  template <moesaic::utility_scorer S>
#ifdef FIXED
  std::optional<moesaic::expert_id> victim(const moesaic::eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
#else
  std::optional<moesaic::expert_id> victims(const moesaic::eviction_scene<S>&) noexcept {
    return std::nullopt;
  }
#endif
};
struct bundle {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  mine eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
void start(const moesaic::model_shape& shape) {
  auto cache = moesaic::residency<moesaic::archetype::link, bundle>::create(shape, {}, {}, {.budget = {moesaic::gibibytes(6)}});
  if (cache) cache->pump();
}
