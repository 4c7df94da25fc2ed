// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"
#include "eviction/golden_counts.hpp"

/// A replay of the smallest kind, after the counting rules: forced and optional admission, per layer or in one pool.
namespace moesaic::golden {

using conformance::owned_event;
using conformance::policy_world;

struct counts {
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;
};

/// The made-up trace of golden_counts.py: `steps` x 3 layers of 16 experts, 4 wanted, popular ones and a shift in the middle.
[[nodiscard]] inline std::vector<owned_event> made_up_trace(std::uint32_t steps) {
  std::vector<owned_event> trace;
  std::uint64_t state = 2026;
  const auto below = [&](std::uint64_t n) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::uint32_t>((state >> 33U) % n);
  };
  for (std::uint32_t step = 0; step < steps; ++step)
    for (std::uint32_t layer = 0; layer < 3; ++layer) {
      std::vector<bool> in(16);
      for (std::uint32_t left = 4; left > 0;) {
        const std::uint32_t narrow = below(16), wide = below(16);
        const std::uint32_t e = (std::min(narrow, wide) + (step < steps / 2 ? 0 : 5 * layer)) % 16;
        left -= in[e] ? 0 : 1;
        in[e] = true;
      }
      std::vector<std::uint32_t> wanted;
      for (std::uint32_t e = 0; e < 16; ++e)
        if (in[e]) wanted.push_back(e);
      trace.emplace_back(step, step, layer, wanted);
    }
  return trace;
}

enum class rule : std::uint8_t { forced, optional };

template <class Policy>
[[nodiscard]] counts replay(Policy policy, std::vector<owned_event> trace, const model_shape& shape, bool per_layer, std::uint32_t capacity, rule by) {
  std::vector<std::uint16_t> group_of(shape.space().size());
  if (per_layer)
    for (std::uint32_t f = 0; f < group_of.size(); ++f) group_of[f] = static_cast<std::uint16_t>(shape.space().layer_of(f));
  policy_world w(shape, group_of, per_layer ? shape.layers() : 1);
  for (bytes& c : w.capacity) c = {capacity};
  tell(policy, w.all());
  counts seen;
  const scoring::none nothing;
  for (owned_event& made : trace) {
    const layer_event& event = made.get();
    tell(policy, event);
    std::vector<std::uint32_t> missing;
    for (const demand& d : event.wanted) {
      const std::uint32_t f = w.shape.space().flat(event.layer, d.expert);
      ++seen.accesses;
      if (w.has_room(f))
        w.flags[f] |= residency_flag::pinned_by_first;
      else
        missing.push_back(f);
    }
    seen.misses += missing.size();
    const auto mask = by == rule::forced ? policy_world::everything : static_cast<std::uint8_t>(policy_world::everything & ~residency_flag::pinned_by_first);
    for (const std::uint32_t f : missing) {
      if (!w.fits(f)) {
        const auto victim = policy.victim(conformance::eviction_scene_of(w, nothing, w.group_of[f], w.id(f), cause::demand, mask));
        if (!victim) continue;
        if constexpr (keyed_eviction_policy<Policy>) {
          if (by == rule::optional && std::pair(key_of(policy, w.id(f)), w.id(f)) < std::pair(key_of(policy, *victim), *victim)) continue;
        }
        w.take_room(w.flat(*victim));
        tell(policy, evicted{*victim});
      }
      w.give_room(f, residency_flag::resident | residency_flag::pinned_by_first);
      tell(policy, admitted{w.id(f), cause::demand});
    }
    for (std::uint8_t& f : w.flags) f = static_cast<std::uint8_t>(f & ~residency_flag::pinned_by_first);
    tell(policy, lease_ended{event.step, event.layer});
  }
  return seen;
}

/// Checks every row of the table that is about `name`.
template <class Policy>
void agree(const char* name, Policy policy) {
  const model_shape shape = *model_shape::uniform(3, 16, 4, {1});
  const auto trace = made_up_trace(400);
  std::uint32_t rows = 0;
  for (const row& r : table) {
    if (std::string_view(r.policy) != name) continue;
    ++rows;
    CAPTURE(r.per_layer);
    CAPTURE(r.capacity);
    CAPTURE(r.optional);
    const counts seen = replay(policy, trace, shape, r.per_layer, r.capacity, r.optional ? rule::optional : rule::forced);
    CHECK(seen.accesses == 4'800);
    CHECK(seen.misses == r.misses);
  }
  CHECK(rows == 8);
}

}  // namespace moesaic::golden
