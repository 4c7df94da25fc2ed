// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/witness.hpp>
#include <moesaic/sim/regret_meter.hpp>

namespace moesaic::sim {

/// A regret_meter that watches a residency as its witness, so that no policy has to change for it. (In a replay, or where the
/// witness is somebody else, sim/metered.hpp lets it listen beside a policy.)
///
/// Source: ours. Mechanism: passes on what a listener would have been told, in the same order: an event when it is leased, for what
/// arrives or fails before that happened before it. Cost: regret_meter's. State and Ties: regret_meter's, and the event between
/// its call and its lease. Threads: one at a time. Knobs: those of `meter`.
///
///     struct watched : bundle { sim::regret_witness witness; };
///     cache.policies().witness.meter.measure().regret();
struct regret_witness {
  regret_meter meter{};

  void note(const seen::made& made) { meter.on(inventory{made.shape, made.group_of, made.groups}); }
  void note(const seen::acquire& call) noexcept { asked_ = call.event; }
  void note(const seen::leased&) noexcept { meter.on(asked_); }
  void note(const admitted& one) noexcept { meter.on(one); }
  void note(const seen::left& one) noexcept { meter.on(evicted{one.expert}); }
  template <class Seen>
  void note(const Seen&) noexcept {}

  layer_event asked_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written
};
static_assert(witness<regret_witness>);

}  // namespace moesaic::sim
