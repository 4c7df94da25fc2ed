// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/sim/replay.hpp>
#include <moesaic/sim/true_tokens.hpp>
#include <moesaic/trace/event_table.hpp>
#include <moesaic/trace/next_use.hpp>

namespace moesaic::sim {

/// What a player is given beside the events.
struct play_options {
  const trace::future* next_uses = nullptr;  ///< of the same table, for clairvoyant policies
  true_tokens* tokens = nullptr;             ///< of the same table, for policies that look at the scene's forecast
  bool reset = false;                        ///< start anew with every sequence
};

/// Who watches a replay. `step` is called before each step and may answer false to stop; `event` after each event, with the
/// number of its first access.
struct nobody_watches {
  [[nodiscard]] static constexpr bool step(std::size_t) noexcept { return true; }
  static constexpr void event(const layer_event&, std::uint64_t) noexcept {}
};

/// Plays a whole table to the policies of a replay.
template <class Eviction, class Admission, class Scoring, class Watcher = nobody_watches>
void play(replay<Eviction, Admission, Scoring>& player, const trace::event_table& table, const play_options& given = {}, Watcher&& watcher = {}) {
  trace::event_walk walk(table);
  std::optional<trace::future::reader> next;
  if (given.next_uses != nullptr) next.emplace(*given.next_uses);
  for (std::size_t s = 0; s < table.steps.size() && watcher.step(s); ++s) {
    if (given.reset && s > 0 && table.steps[s].sequence != table.steps[s - 1].sequence) player.forget();
    const std::uint64_t first = table.steps[s].first_access;
    const std::span<const std::uint32_t> uses = next ? next->of(s) : std::span<const std::uint32_t>();
    if (given.tokens != nullptr) given.tokens->move_to(s);
    walk.walk(
        s, [&](layer_index layer) { return player.begin(layer); },
        [&](const layer_event& event, std::uint64_t access, const resident_set::sorter& wanted) {
          if (given.tokens != nullptr) given.tokens->tell(event.layer, player.expectation());
          player.hear(event, wanted, uses.empty() ? uses : uses.subspan(static_cast<std::size_t>(access - first), event.wanted.size()));
          watcher.event(event, access);
        });
    player.hear(step_outcome{.step = {s}, .committed = {table.steps[s].tokens}});
  }
}

}  // namespace moesaic::sim
