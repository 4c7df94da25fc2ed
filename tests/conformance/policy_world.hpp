// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/concepts/admission_policy.hpp>
#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/concepts/hears.hpp>

#include "support/splitmix.hpp"

/// A little owner of a cache, for tests of policies: the flags and lists that the residency core keeps, with none of its cares.
namespace moesaic::conformance {

using moesaic_test::splitmix;

/// Scores that mean something and never change by being asked: for policies that read the scene's scorer.
struct arbitrary_scores {
  using hears = events<>;
  [[nodiscard]] utility score(expert_id e) const noexcept { return {static_cast<std::int64_t>((number(e.layer) * 7 + number(e.expert) * 13) % 11)}; }
};

/// A model and who of it is resident. Not movable: policies keep views of it.
class policy_world {
 public:
  policy_world(model_shape model, std::vector<std::uint16_t> group_of_flat, std::uint32_t group_count)
      : shape(std::move(model)),
        groups(group_count),
        group_of(std::move(group_of_flat)),
        flags(shape.space().size()),
        members(groups),
        used(groups),
        capacity(groups) {}
  policy_world(const policy_world&) = delete;
  policy_world& operator=(const policy_world&) = delete;

  /// A model of random size with experts of mixed sizes, pooled per layer, together, or in a random partition.
  static std::unique_ptr<policy_world> random(splitmix& dice) {
    std::vector<model_shape::layer> layers(dice.between(1, 5));
    for (auto& l : layers) {
      l.experts = dice.between(2, 24);
      l.top_k = dice.between(1, l.experts);
      l.each = {100};
    }
    model_shape shape = *model_shape::of(layers);
    const bool mixed = dice.chance(500);
    std::vector<std::uint16_t> group_of(shape.space().size());
    const std::uint32_t kind = dice.below(3);
    const std::uint32_t groups = kind == 0 ? shape.layers() : kind == 1 ? 1 : dice.between(1, 4);
    for (std::uint32_t flat = 0; flat < group_of.size(); ++flat) {
      group_of[flat] = static_cast<std::uint16_t>(kind == 0 ? shape.space().layer_of(flat) : kind == 1 ? 0 : dice.below(groups));
      if (mixed && shape.contains(shape.space().id(flat))) shape.resize(shape.space().id(flat), {dice.between(50, 300)});
    }
    auto world = std::make_unique<policy_world>(std::move(shape), std::move(group_of), groups);
    for (bytes& c : world->capacity) c = {dice.between(200, 3'000)};
    return world;
  }

  [[nodiscard]] inventory all() const { return {shape, group_of, groups}; }
  [[nodiscard]] std::uint32_t flat(expert_id e) const { return shape.space().flat(e); }
  [[nodiscard]] expert_id id(std::uint32_t f) const { return shape.space().id(f); }
  [[nodiscard]] bool has_room(std::uint32_t f) const { return (flags[f] & (residency_flag::resident | residency_flag::in_flight)) != 0; }
  [[nodiscard]] bool fits(std::uint32_t f) const { return used[group_of[f]] + shape.size_of(f) <= capacity[group_of[f]]; }

  void give_room(std::uint32_t f, std::uint8_t with) {
    flags[f] = with;
    members[group_of[f]].push_back(f);
    used[group_of[f]] += shape.size_of(f);
  }
  void take_room(std::uint32_t f) {
    flags[f] = 0;
    auto& m = members[group_of[f]];
    m.erase(std::find(m.begin(), m.end(), f));
    used[group_of[f]] -= shape.size_of(f);
  }
  [[nodiscard]] candidate_view candidates(std::uint16_t group, std::uint8_t mask = everything) const {
    return {shape.space(), members[group], flags, mask, group_of, group};
  }

  /// A candidate has none of these but `resident`.
  static constexpr std::uint8_t everything =
      residency_flag::resident | residency_flag::in_flight | residency_flag::pinned_by_first | residency_flag::pinned_by_second | residency_flag::leaving;

  model_shape shape;
  std::uint32_t groups;
  std::vector<std::uint16_t> group_of;
  std::vector<std::uint8_t> flags;
  std::vector<std::vector<std::uint32_t>> members;
  std::vector<bytes> used;
  std::vector<bytes> capacity;
  forecast expected;
};

/// An event that owns what it wants.
struct owned_event {
  std::vector<demand> wanted;
  layer_event event;

  owned_event(std::uint64_t step, std::uint64_t token, std::uint32_t layer, std::vector<std::uint32_t> experts, std::uint32_t tokens = 1) {
    for (const std::uint32_t e : experts) wanted.push_back({static_cast<expert_index>(e), 1 + e % tokens, {}});
    event.step = {step};
    event.first_token = {token};
    event.layer = static_cast<layer_index>(layer);
    event.tokens = tokens;
  }
  [[nodiscard]] const layer_event& get() {
    event.wanted = wanted;
    return event;
  }
};

template <class Scores>
[[nodiscard]] eviction_scene<Scores> eviction_scene_of(const policy_world& w, const Scores& scores, std::uint16_t group, expert_id newcomer, cause why,
                                                       std::uint8_t mask) {
  return {{scores, w.expected, residency_view(w.shape, w.flags), {}, newcomer.layer, {}, {}, {}}, w.candidates(group, mask), group, newcomer, why};
}

/// Drives a world at random: events with two leases alive, demand and prefetch admissions, victims for newcomers larger than
/// one of them, questions that lead to nothing, transfers that fail. `tell(event)` hears what policies hear;
/// `ask(group, newcomer, why, mask)` answers a victim or nobody.
template <class Tell, class Ask>
void play(policy_world& w, splitmix& dice, std::uint32_t events, Tell&& tell, Ask&& ask) {
  using namespace residency_flag;
  tell(w.all());
  std::uint64_t token = dice.below(1'000);
  std::vector<std::uint32_t> travelling;

  const auto seek_room = [&](std::uint32_t newcomer, cause why, std::uint8_t mask) {
    const std::uint16_t group = w.group_of[newcomer];
    std::vector<std::uint32_t> named;
    bytes freed{};
    while (w.used[group] - freed + w.shape.size_of(newcomer) > w.capacity[group]) {
      const std::optional<expert_id> victim = ask(group, w.id(newcomer), why, mask);
      if (!victim) break;
      const std::uint32_t f = w.flat(*victim);
      if ((w.flags[f] & leaving) != 0 || !w.has_room(f)) break;  // a broken policy; the asker has noticed
      w.flags[f] |= leaving;
      named.push_back(f);
      freed += w.shape.size_of(f);
    }
    const bool enough = w.used[group] - freed + w.shape.size_of(newcomer) <= w.capacity[group] && !dice.chance(50);
    for (const std::uint32_t f : named) {
      w.flags[f] = static_cast<std::uint8_t>(w.flags[f] & ~leaving);
      if (!enough) continue;
      w.take_room(f);
      tell(evicted{w.id(f)});
    }
    return enough;
  };

  for (std::uint32_t n = 0; n < events; ++n) {
    const std::uint32_t layer = dice.chance(900) ? n % w.shape.layers() : dice.below(w.shape.layers());
    const std::uint32_t experts = w.shape.experts(static_cast<layer_index>(layer));
    const std::uint32_t tokens = dice.chance(700) ? 1 : dice.between(2, 8);
    std::vector<std::uint32_t> wanted;
    const std::uint32_t share = dice.between(50, dice.chance(100) ? 1'000 : 400);
    for (std::uint32_t e = 0; e < experts; ++e)
      if (dice.chance(e < experts / 3 ? std::min(1'000U, 2 * share) : share / 2)) wanted.push_back(e);
    if (wanted.empty()) wanted.push_back(dice.below(experts));
    if (dice.chance(800)) token += dice.below(4);

    const std::uint8_t pin = n % 2 == 0 ? pinned_by_first : pinned_by_second;  // two leases: the one before last has ended
    for (std::uint8_t& f : w.flags) f = static_cast<std::uint8_t>(f & ~pin);
    owned_event now(n, token, layer, wanted, tokens);
    for (const std::uint32_t e : wanted) {
      const std::uint32_t f = w.flat(make_expert(layer, e));
      if (w.has_room(f)) w.flags[f] = static_cast<std::uint8_t>((w.flags[f] | pin) & ~unused_prefetch);
    }
    tell(now.get());
    for (const std::uint32_t e : wanted) {
      const std::uint32_t f = w.flat(make_expert(layer, e));
      if (w.has_room(f) || dice.chance(100)) continue;
      const auto own_too = static_cast<std::uint8_t>(policy_world::everything & ~pin);  // as optional admission asks
      if (!seek_room(f, cause::demand, dice.chance(200) ? own_too : policy_world::everything)) continue;
      const bool at_once = dice.chance(700);
      w.give_room(f, static_cast<std::uint8_t>((at_once ? resident : in_flight) | pin));
      if (!at_once) travelling.push_back(f);
      tell(admitted{w.id(f), cause::demand});
    }
    for (std::uint32_t i = dice.chance(300) ? dice.below(3) : 0; i > 0; --i) {
      const std::uint32_t other = dice.below(w.shape.layers());
      const std::uint32_t f = w.flat(make_expert(other, dice.below(w.shape.experts(static_cast<layer_index>(other)))));
      if (w.has_room(f) || !seek_room(f, cause::prefetch, policy_world::everything | unused_prefetch)) continue;
      w.give_room(f, in_flight | unused_prefetch);
      travelling.push_back(f);
      tell(admitted{w.id(f), cause::prefetch});
    }
    while (!travelling.empty() && dice.chance(600)) {
      const std::uint32_t f = travelling.back();
      travelling.pop_back();
      if ((w.flags[f] & in_flight) == 0) continue;  // a broken policy had it evicted on its way
      if (dice.chance(100)) {
        w.take_room(f);
        tell(evicted{w.id(f)});
      } else {
        w.flags[f] = static_cast<std::uint8_t>((w.flags[f] & ~in_flight) | resident);
      }
    }
    tell(lease_ended{now.event.step, now.event.layer});
  }
}

}  // namespace moesaic::conformance
