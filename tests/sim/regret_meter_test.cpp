// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/sim/regret_meter.hpp>

#include "past_windows.hpp"

using namespace moesaic;
using moesaic_test::plain_event;
using sim::bound_rule;
using sim::regret_meter;

namespace {

/// lrfu, and a meter that lives outside of the replay.
struct overheard {
  using hears = events<inventory, layer_event, admitted, evicted>;
  eviction::lrfu policy{};
  regret_meter* meter = nullptr;
  template <class Event>
  void on(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    policy.on(event);
    meter->on(event);
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    return policy.victim(scene);
  }
  [[nodiscard]] utility key(expert_id e) const noexcept { return policy.key(e); }
};

struct seen {
  std::uint64_t looked = 0, whole_windows = 0, shorter = 0, empty = 0;
};

/// A replay, and at every few steps what the meter says held against what was noted beside it.
template <class Admission, class Groups>
seen play(std::uint64_t seed, std::uint32_t experts, std::uint32_t window, std::uint64_t room, bound_rule rule) {
  moesaic_test::splitmix dice{seed};
  const model_shape shape = *model_shape::uniform(3, experts, 1, {1});
  const Groups groups;
  const auto history = moesaic_test::random_events(dice, 3, experts, 150);
  regret_meter meter{.window = window, .rule = rule};
  sim::replay<overheard, Admission> player(
      sim::resident_set(shape, groups, sim::unit::experts, std::vector<std::uint64_t>(groups.count(shape), room / groups.count(shape))), overheard{{}, &meter},
      {});

  std::vector<std::size_t> first_of_step;              // in history
  std::vector<std::set<std::uint32_t>> before;         // residents
  std::vector<std::uint64_t> misses_before;
  seen counts;
  sim::window_counts pieces;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (i == 0 || history[i].step != history[i - 1].step) {
      if (!first_of_step.empty() && first_of_step.size() % window == 0) {  // a stretch for the total is complete
        const sim::window_counts stretch = meter.measure();
        pieces.misses += stretch.misses;
        pieces.bound += stretch.bound;
        pieces.steps += stretch.steps;
      }
      first_of_step.push_back(i);
      misses_before.push_back(player.count().misses);
      before.emplace_back();
      for (std::uint32_t f = 0; f < shape.space().size(); ++f)
        if (player.residents().contains(f)) before.back().insert(f);
    }
    moesaic_test::hear(history[i], [&](const layer_event& event) { player.hear(event); });
    const bool last = i + 1 == history.size() || history[i + 1].step != history[i].step;
    if (!last || !dice.chance(300)) continue;

    const sim::window_counts m = meter.measure();
    ++counts.looked;
    counts.whole_windows += m.steps == window;
    counts.shorter += m.steps < std::min<std::size_t>(window, first_of_step.size());
    REQUIRE(m.steps <= window);
    if (m.steps == 0) {
      ++counts.empty;
      CHECK(m == sim::window_counts{});
      continue;
    }
    const std::size_t from = first_of_step.size() - m.steps;
    const std::vector<plain_event> kept(history.begin() + static_cast<std::ptrdiff_t>(first_of_step[from]),
                                        history.begin() + static_cast<std::ptrdiff_t>(i + 1));
    CHECK(m.events == kept.size());
    CHECK(m.ahead == 0);
    CHECK(m.misses == player.count().misses - misses_before[from]);
    const std::uint64_t each = room / groups.count(shape);
    CHECK(m.bound == (rule == bound_rule::forced ? moesaic_test::belady_misses<admission::forced>(shape, groups, each, before[from], kept)
                                                 : moesaic_test::belady_misses<admission::optional>(shape, groups, each, before[from], kept)));
  }
  CHECK(meter.total().misses == pieces.misses);
  CHECK(meter.total().bound == pieces.bound);
  CHECK(meter.total().steps == pieces.steps);
  return counts;
}

TEST_CASE("regret_meter: misses and bound of the last steps, as the replay of those steps has them") {
  for (const std::uint32_t window : {1U, 5U, 32U}) {
    CAPTURE(window);
    for (const bound_rule rule : {bound_rule::forced, bound_rule::optional}) {
      const seen forced = play<admission::forced, group_per_layer>(window, 12, window, 12, rule);
      CHECK(forced.looked > 20);
      CHECK(forced.whole_windows > 5);
      CHECK(play<admission::forced, one_group>(window + 50, 12, window, 10, rule).whole_windows > 5);
      CHECK(play<admission::optional, group_per_layer>(window + 60, 12, window, 15, rule).whole_windows > 5);
      CHECK(play<admission::forced, group_per_layer>(window + 70, 12, window, 30, rule).whole_windows > 5);
    }
  }
}

TEST_CASE("regret_meter: where events are larger than foreseen the window is shorter, and still exact") {
  const seen large = play<admission::forced, group_per_layer>(3, 60, 32, 90, bound_rule::forced);
  CHECK(large.shorter > 10);
  const seen huge = play<admission::forced, group_per_layer>(4, 400, 2, 300, bound_rule::forced);
  CHECK(huge.empty > 0);
  CHECK(huge.empty < huge.looked);
}

}  // namespace
