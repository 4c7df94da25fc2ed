// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include <moesaic/sim/play.hpp>

#include "play_row.hpp"

namespace moesaic::replaying {

/// Counts apart what belongs to prompts, and holds what was found against what a real engine recorded.
template <class Player>
class row_watcher {
 public:
  row_watcher(const trace::event_table& table, const Player& player, const std::function<void(std::uint64_t)>& steps, outcome& found)
      : table_(&table), player_(&player), steps_(&steps), found_(&found), compare_(!table.recorded.empty()) {}

  [[nodiscard]] bool step(std::size_t s) {
    if ((s & 0x3FFU) == 0 && s > 0) (*steps_)(0x400);
    if (table_->steps[s].during != during_) {
      close();
      during_ = table_->steps[s].during;
    }
    return true;
  }
  void event(const layer_event& event, std::uint64_t first_access) {
    if (!compare_) return;
    const expert_space& space = player_->residents().shape().space();
    std::span<const std::uint32_t> missed = player_->missed();
    for (std::size_t i = 0; i < event.wanted.size(); ++i) {
      const bool absent = !missed.empty() && missed.front() == space.flat(event.layer, event.wanted[i].expert);
      if (absent) missed = missed.subspan(1);
      const std::uint8_t mark = table_->recorded[static_cast<std::size_t>(first_access) + i];
      if (mark == trace::recorded_nothing) continue;
      const bool equal = (mark == trace::recorded_absent) == absent;
      count(found_->recorded, equal);
      if (event.during == phase::decode) count(found_->recorded_decode, equal);
    }
  }
  /// What was counted since the last phase ended belongs to this one.
  void close() {
    const counters now = player_->count(), part = now.since(before_);
    const tally its{part.events, part.accesses, part.hits, part.misses, part.evictions, part.bypasses, part.bytes_demanded};
    found_->all += its;
    if (during_ == phase::decode) found_->decode += its;
    before_ = now;
  }

 private:
  static void count(agreement& of, bool equal) {
    ++of.accesses;
    of.equal += equal ? 1 : 0;
  }
  const trace::event_table* table_;
  const Player* player_;
  const std::function<void(std::uint64_t)>* steps_;
  outcome* found_;
  bool compare_;
  phase during_ = phase::decode;
  counters before_;
};

/// play_row for one type of admission. Each is compiled in a file of its own: with all eviction policies it is a lot of code.
template <class Admission>
outcome play_row_with(const Admission& admission, const setting& in, const evictor& chosen, const std::function<void(std::uint64_t)>& steps) {
  return std::visit(
      [&]<class Eviction>(const Eviction& policy) {
        constexpr bool clairvoyant = Eviction::hears::template include<eviction::foretold>;
        outcome found;
        std::optional<sim::true_tokens> told;
        if (in.forecast) told.emplace(in.table, *in.forecast);
        const double start = own_seconds();
        using player = sim::replay<Eviction, Admission>;
        player plays(in.empty, policy, admission);
        row_watcher<player> watcher(in.table, plays, steps, found);
        sim::play(plays, in.table, {.next_uses = clairvoyant ? &in.next_uses : nullptr, .tokens = told ? &*told : nullptr, .reset = in.reset}, watcher);
        watcher.close();
        found.seconds = own_seconds() - start + (clairvoyant ? in.foresight_seconds : 0);
        found.layers_misses.assign(plays.misses_of_layers().begin(), plays.misses_of_layers().end());
        return found;
      },
      chosen);
}

outcome play_row_forced(const setting& in, const evictor& policy, const std::function<void(std::uint64_t)>& steps);
outcome play_row_any(const setting& in, const evictor& policy, const std::function<void(std::uint64_t)>& steps);

}  // namespace moesaic::replaying
