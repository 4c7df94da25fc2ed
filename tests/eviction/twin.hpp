// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/policy_world.hpp"

/// Slow and obvious forms of eviction policies, and what holds the library's against them.
namespace moesaic::twins {

using conformance::policy_world;
using conformance::splitmix;

/// Plays random worlds of random groupings, sizes, pins, admissions and failures. At each question `judge(world, candidates,
/// victim)` sees what the policy answered. Returns how many questions there were.
template <class Policy, class Twin, class Judge>
std::uint64_t play_beside(Policy fresh_policy, Twin fresh_twin, std::uint64_t first_seed, std::uint32_t worlds, std::uint32_t events, Judge judge) {
  std::uint64_t questions = 0;
  const scoring::none scores;
  for (std::uint32_t i = 0; i < worlds; ++i) {
    splitmix dice{first_seed + i};
    const auto w = policy_world::random(dice);
    Policy policy = fresh_policy;
    Twin twin = fresh_twin;
    conformance::play(
        *w, dice, events,
        [&](const auto& event) {
          tell(policy, event);
          twin.hear(*w, event);
        },
        [&](std::uint16_t group, expert_id newcomer, cause why, std::uint8_t mask) {
          const auto scene = conformance::eviction_scene_of(*w, scores, group, newcomer, why, mask);
          const std::optional<expert_id> victim = policy.victim(scene);
          std::vector<std::uint32_t> candidates;  // found without the group's lists
          for (std::uint32_t f = 0; f < w->flags.size(); ++f)
            if (w->group_of[f] == group && (w->flags[f] & mask) == residency_flag::resident) candidates.push_back(f);
          judge(*w, policy, twin, candidates, newcomer, victim);
          ++questions;
          return victim;
        });
  }
  return questions;
}

/// A twin with exact ranks: `rank(world, flat)` is any ordered value; the smallest (rank, id) has to be the victim, and the
/// policy's key orders candidates and newcomer as the ranks do.
template <class Policy, class Twin>
void agree(Policy policy, Twin twin, std::uint32_t worlds = 400, std::uint32_t events = 300) {
  std::uint64_t wrong = 0, wrong_keys = 0, refused = 0;
  const std::uint64_t questions = play_beside(policy, twin, 1, worlds, events,
                                              [&](const policy_world& w, const Policy& p, const Twin& t, const std::vector<std::uint32_t>& candidates,
                                                  expert_id newcomer, std::optional<expert_id> victim) {
                                                std::optional<std::uint32_t> least;
                                                for (const std::uint32_t f : candidates)
                                                  if (!least || t.rank(f) < t.rank(*least)) least = f;  // ascending ids: the lower one of equals stays
                                                if (!victim) ++refused;
                                                wrong += victim.has_value() != least.has_value() || (victim && w.flat(*victim) != *least);
                                                if (!least) return;
                                                const std::uint32_t n = w.flat(newcomer);
                                                wrong_keys += (p.key(newcomer) < p.key(w.id(*least))) != (t.rank(n) < t.rank(*least));
                                                wrong_keys += (p.key(newcomer) == p.key(w.id(*least))) != (t.rank(n) == t.rank(*least));
                                              });
  CHECK(wrong == 0);
  CHECK(wrong_keys == 0);
  CHECK(questions > 100'000);  // or the agreement says little
  CHECK(refused > 0);          // full of pins: nobody may leave
  CHECK(refused < questions / 2);
}

/// A twin of a policy whose order is no key: `victim(world, candidates, newcomer)` says who leaves, or nothing.
template <class Policy, class Twin>
void agree_on_victims(Policy policy, Twin twin, std::uint32_t worlds = 400, std::uint32_t events = 300) {
  std::uint64_t wrong = 0, refused = 0;
  const std::uint64_t questions = play_beside(
      policy, twin, 1, worlds, events,
      [&](const policy_world& w, const Policy&, Twin& t, const std::vector<std::uint32_t>& candidates, expert_id newcomer, std::optional<expert_id> victim) {
        const std::optional<std::uint32_t> slow = t.victim(w, candidates, w.flat(newcomer));
        refused += !victim;
        wrong += victim.has_value() != slow.has_value() || (victim && w.flat(*victim) != *slow);
      });
  CHECK(wrong == 0);
  CHECK(questions > 100'000);
  CHECK(refused > 0);
  CHECK(refused < questions / 2);
}

}  // namespace moesaic::twins
