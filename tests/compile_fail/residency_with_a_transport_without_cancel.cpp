// SPDX-License-Identifier: MIT
// expect-error: transport lacks  bool cancel
#include <span>

#include <moesaic/cache/residency.hpp>

struct mine {
  std::uint32_t capacity() const noexcept { return 1; }
  void submit(const moesaic::transfer&) noexcept {}
  std::uint32_t poll(std::span<moesaic::completion>) noexcept { return 0; }
  std::uint32_t wait(std::span<moesaic::completion>) noexcept { return 0; }
#ifdef FIXED
  bool cancel(moesaic::ticket) noexcept { return false; }
#endif
  moesaic::link_cost cost() const noexcept { return {}; }
  moesaic::nanoseconds now() noexcept { return {}; }
};
struct bundle {
  moesaic::one_group groups{};
  moesaic::archetype::scorer scoring{};
  moesaic::archetype::eviction eviction{};
  moesaic::archetype::admission admission{};
  moesaic::archetype::predictor prediction{};
  moesaic::archetype::prefetch prefetch{};
  moesaic::archetype::placement placement{};
};
void start(const moesaic::model_shape& shape) {
  auto cache = moesaic::residency<mine, bundle>::create(shape, {}, {}, {.budget = {moesaic::gibibytes(6)}});
  if (cache) cache->pump();
}
