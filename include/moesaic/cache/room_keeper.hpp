// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/cache/policy_desk.hpp>
#include <moesaic/cache/slot_table.hpp>
#include <moesaic/core/counters.hpp>

namespace moesaic {

/// Gives newcomers room: asks the arena, then eviction and admission, and commits victims only when the newcomer fits.
/// Everything here happens before a byte is moved, so a refusal leaves no trace.
/// Cost: one question to eviction and admission per victim. No allocation after `prepare`.
template <class Bundle, class Arena>
class room_keeper {
 public:
  result<void> prepare(const model_shape& shape, const arena_order& order, Arena rooms) {
    space_ = shape.space();
    victims_.reserve(shape.expert_count());
    return slots.prepare(shape, order, std::move(rooms));
  }

  /// Who may be displaced.
  struct terms {
    cause why = cause::demand;
    phase during = phase::decode;
    std::uint8_t own_pin = 0;   ///< flag of the lease that asks; 0 for a prefetch
    bool whole_set = false;     ///< the engine needs the whole set: nobody may refuse
  };

  /// True: the expert owns room and its flags are `flags`. `own_event_left(flat)` is called for each expert of the asking
  /// event that had to go, hit or newcomer.
  template <class OwnEventLeft>
  [[nodiscard]] bool admit(policy_desk<Bundle>& desk, std::uint32_t flat, terms on, std::uint8_t flags, OwnEventLeft own_event_left) noexcept {
    const expert_id newcomer = space_.id(flat);
    victims_.clear();
    room found = slots.place(flat);
    if (found != nowhere && !on.whole_set && desk.admit(slots.view(), newcomer, on.why, on.during, std::nullopt) == verdict::bypass) {
      slots.unplace(flat, found);
      return false;
    }
    while (found == nowhere) {
      const std::uint32_t victim = choose(desk, flat, newcomer, on);
      if (victim == nobody) {
        for (; !victims_.empty(); victims_.pop_back()) slots.take_back(victims_.back());
        return false;
      }
      slots.set_aside(victim);
      victims_.push_back(victim);
      found = slots.place(flat);
    }
    for (const std::uint32_t v : victims_) {
      slots.strike(v);
      if (slots.has(v, on.own_pin)) {
        own_event_left(v);
      } else {
        lose(v);
        slots.clear(v);
      }
      desk.note(seen::left{space_.id(v), newcomer});
      desk.tell(evicted{space_.id(v)});
    }
    slots.admit(flat, found, flags);
    desk.note(admitted{newcomer, on.why});
    desk.tell(admitted{newcomer, on.why});
    return true;
  }

  /// Takes an expert's room away outright: it failed, was withdrawn, or the budget shrank.
  void expel(policy_desk<Bundle>& desk, std::uint32_t flat) noexcept {
    slots.set_aside(flat);
    slots.strike(flat);
    slots.clear(flat);
    desk.note(seen::left{space_.id(flat), {}});
    desk.tell(evicted{space_.id(flat)});
  }
  /// The same by the eviction policy's choice, until a group keeps its share. Only without live leases.
  void shrink(policy_desk<Bundle>& desk, bytes capacity) noexcept {
    slots.limit(capacity);
    for (std::uint32_t group = 0; group < slots.group_count(); ++group)
      while (slots.rooms().over(group)) {
        const candidate_view candidates = slots.candidates(group, untouchable);
        std::optional<expert_id> victim = desk.victim(slots.view(), candidates, static_cast<std::uint16_t>(group), {}, cause::demand);
        if (!victim || !candidates.contains(*victim)) victim = lowest(candidates);
        if (!victim) break;
        lose(space_.flat(*victim));
        expel(desk, space_.flat(*victim));
      }
  }

  slot_table<Arena> slots;
  counters count;

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{};
  static constexpr std::uint8_t untouchable =
      residency_flag::resident | residency_flag::in_flight | residency_flag::pinned_by_first | residency_flag::pinned_by_second | residency_flag::leaving;

  void lose(std::uint32_t flat) noexcept {
    ++count.evictions;
    if (slots.has(flat, residency_flag::unused_prefetch)) ++count.prefetch_wasted;
  }
  [[nodiscard]] std::uint32_t choose(policy_desk<Bundle>& desk, std::uint32_t flat, expert_id newcomer, terms on) noexcept {
    std::uint8_t mask = untouchable;
    if (on.why == cause::prefetch) mask |= residency_flag::unused_prefetch;
    // Only where rooms are alike: elsewhere an heir covers a part of a hit's room, and others could get the rest too early.
    if (Arena::one_size && !on.whole_set && desk.policies.admission.displaces_own_event()) mask = static_cast<std::uint8_t>(mask & ~on.own_pin);
    const std::uint16_t group = slots.group_of(flat);
    const candidate_view candidates = slots.candidates(group, mask);
    std::optional<expert_id> victim = desk.victim(slots.view(), candidates, group, newcomer, on.why);
    if (victim && !candidates.contains(*victim)) victim.reset();  // a policy that names a pinned expert does not get it
    if (!victim && on.whole_set) victim = lowest(candidates);
    if (!victim) return nobody;
    if (!on.whole_set && desk.admit(slots.view(), newcomer, on.why, on.during, victim) == verdict::bypass) return nobody;
    return space_.flat(*victim);
  }
  [[nodiscard]] static std::optional<expert_id> lowest(const candidate_view& candidates) noexcept {
    std::optional<expert_id> least;
    for (const expert_id e : candidates)
      if (!least || e < *least) least = e;
    return least;
  }

  expert_space space_;
  std::vector<std::uint32_t> victims_;
};

}  // namespace moesaic
