// SPDX-License-Identifier: MIT
#pragma once

// Part of cache/residency.hpp: how a residency is made and an event planned. Include that one.
#include <moesaic/cache/residency.hpp>

namespace moesaic {

template <class T, class B, class A>
result<void> residency<T, B, A>::prepare(residency_options options, A rooms) {
  if (options.footprint.empty()) options.footprint = footprint_of(*shape_);
  const result<memory_plan> planned = plan(*shape_, options.footprint, options.budget);
  if (!planned) return planned.error();
  plan_ = *planned;
  budget_ = options.budget.total;
  if (!options.memory.empty() && options.memory.size() < budget_.count)
    return error(error_code::bad_argument, "a budget of ", budget_.count, " bytes needs as much memory, got ", options.memory.size());
  memory_ = options.memory.data();
  host_possible_ = options.host_possible;
  published_ = options.published_counters;
  frames_ = staging_frames(plan_.frames, plan_.frame);

  const std::uint32_t groups = desk_.policies.groups.count(*shape_);
  if (groups == 0 || groups > 65'535) return error(error_code::bad_argument, "there have to be 1 to 65535 eviction groups, got ", groups);
  std::vector<std::uint16_t> group_of(shape_->space().size());
  for (std::uint32_t l = 0; l < shape_->layers(); ++l)
    for (std::uint32_t e = 0; e < shape_->experts(static_cast<layer_index>(l)); ++e) {
      const std::uint32_t group = desk_.policies.groups.group_of(*shape_, make_expert(l, e));
      if (group >= groups) return error(error_code::bad_argument, "expert (layer ", l, ", expert ", e, ") is put into eviction group ", group, " of ", groups);
      group_of[shape_->space().flat(make_expert(l, e))] = static_cast<std::uint16_t>(group);
    }
  if (result<void> made = keeper_.prepare(*shape_, {options.footprint, group_of, groups, plan_.slots}, std::move(rooms)); !made) return made;

  desk_.note(seen::made{*shape_, options.footprint, keeper_.slots.groups(), groups, options.budget.total, options.budget.frames, host_possible_, A::one_size,
                        link_.transport.capacity()});
  for (lease_state& l : leases_) l = lease_state(shape_->widest_layer());
  misses_.reserve(shape_->widest_layer());
  remedies_.reserve(shape_->widest_layer());
  link_.begin_step(*this);
  desk_.now = link_.transport.now();
  desk_.note(seen::clock{desk_.now});
  desk_.tell(inventory{*shape_, keeper_.slots.groups(), groups, plan_.slots});
  if (desk_.policies.admission.displaces_own_event() && !key_of(desk_.policies.eviction, expert_id{}))
    return error(error_code::bad_argument,
                 "this admission policy compares keys, and the eviction policy has none; choose one with a key (lru, lfu, lrfu, fifo) or another admission");
  return {};
}

template <class T, class B, class A>
result<lease<residency<T, B, A>>> residency<T, B, A>::acquire(const layer_event& event, holding how) {
  if (result<void> fine = check(event); !fine) return fine.error();
  desk_.note(seen::acquire{event, how == holding::all});
  if (how == holding::all)
    if (result<void> fits = check_room_for_all(event); !fits) return desk_.note(seen::failed{fits.error().code()}), fits.error();
  const std::uint32_t which = leases_[0].live ? 1 : 0;
  link_.take_in(*this, false);
  const nanoseconds before = desk_.now;
  link_.read_clock(*this);
  const std::int64_t passed = (desk_.now - before).count;
  desk_.layer_time = {desk_.layer_time.count == 0 ? passed : desk_.layer_time.count + (passed - desk_.layer_time.count) / 8};
  if (event.step != step_) link_.begin_step(*this);
  step_ = event.step;
  desk_.layer = event.layer;
  desk_.token = event.first_token;

  leases_[which].begin(event, ++leases_given_);
  desk_.note(seen::leased{which});
  desk_.tell(event);
  link_.withdraw_prefetches(*this, event.layer, event.wanted);
  meet_hits(event, which);
  if (leases_[which].slots_ready.size() != event.wanted.size()) {
    if (how == holding::streamed && host_possible_) place_misses(which, event);
    give_room(event, which, how);
    line_up(which);
    link_.submit_waiting(*this);
    note_peak();
  }
  link_.wake();
  link_.prefetch(*this);
  return lease_type(this, &leases_[which]);
}

template <class T, class B, class A>
result<void> residency<T, B, A>::check(const layer_event& event) noexcept {
  const std::uint32_t layer = number(event.layer);
  if (layer >= shape_->layers()) return error(error_code::bad_argument, "event of MoE layer ", layer, "; the model has ", shape_->layers());
  if (event.wanted.empty()) return error(error_code::bad_argument, "event of MoE layer ", layer, " wants no experts");
  const std::uint32_t experts = shape_->experts(event.layer);
  for (std::uint32_t lowest = 0; const demand& d : event.wanted) {
    if (number(d.expert) >= experts)
      return error(error_code::bad_argument, "event of MoE layer ", layer, " wants expert ", number(d.expert), "; the layer has ", experts);
    if (number(d.expert) < lowest) return error(error_code::bad_argument, "event of MoE layer ", layer, ": wanted experts have to be ascending and distinct");
    lowest = number(d.expert) + 1;
  }
  if (leases_[0].live && leases_[1].live) return error(error_code::wrong_order, "two leases are alive already; end one first");
  for (const lease_state& l : leases_)
    if (l.live && l.layer == event.layer) return error(error_code::wrong_order, "MoE layer ", layer, " is leased already; end that lease first");
  return {};
}

/// The whole set has to find slots: those of its groups, less what another lease or an open transfer keeps. Those few are counted first,
/// because looking through a group costs as much as the group is large.
template <class T, class B, class A>
result<void> residency<T, B, A>::check_room_for_all(const layer_event& event) noexcept {
  if constexpr (!A::one_size) return error(error_code::bad_argument, "holding a whole event needs an arena of equal slots (uniform_arena)");
  const auto wanted = [&](std::uint32_t flat) {
    const expert_id e = shape_->space().id(flat);
    return e.layer == event.layer && std::binary_search(event.wanted.begin(), event.wanted.end(), demand{e.expert, 0, {}},
                                                        [](const demand& a, const demand& b) { return a.expert < b.expert; });
  };
  const auto group_of = [&](const demand& d) { return keeper_.slots.group_of(shape_->space().flat(event.layer, d.expert)); };
  for (auto d = event.wanted.begin(); d != event.wanted.end(); ++d) {
    const std::uint32_t group = group_of(*d);
    const auto in_group = [&](const demand& other) { return group_of(other) == group; };
    if (std::any_of(event.wanted.begin(), d, in_group)) continue;
    const auto needed = static_cast<std::uint32_t>(std::count_if(d, event.wanted.end(), in_group));
    std::uint64_t kept_at_most = link_.travelling();
    for (const lease_state& other : leases_)
      if (other.live) kept_at_most += other.entries.size();
    if (needed + kept_at_most <= keeper_.slots.rooms().holds(group)) continue;
    for (;;) {
      std::uint32_t pinned = 0;
      std::uint32_t travelling = 0;
      for (const std::uint32_t flat : keeper_.slots.candidates(group, 0).members()) {
        if (wanted(flat)) continue;
        const bool is_pinned = keeper_.slots.has(flat, residency_flag::pinned_by_first | residency_flag::pinned_by_second);
        pinned += is_pinned;
        travelling += !is_pinned && keeper_.slots.has(flat, residency_flag::in_flight);
      }
      const std::uint32_t slots = keeper_.slots.rooms().holds(group);
      if (needed + pinned + travelling <= slots) break;
      if (needed + pinned > slots || link_.idle())
        return error(error_code::does_not_fit, "MoE layer ", number(event.layer), " wants ", needed, " experts at once; its ", slots, " slots hold ",
                     slots - std::min(slots, pinned), ". Give a larger budget, smaller windows, or take the event as a stream");
      link_.take_in(*this, true);
    }
  }
  return {};
}

template <class T, class B, class A>
void residency<T, B, A>::meet_hits(const layer_event& event, std::uint32_t which) noexcept {
  using namespace residency_flag;
  lease_state& mine = leases_[which];
  counters& count = keeper_.count;
  const std::uint8_t pin = pin_of(which);
  const auto flat_of = shape_->space().in(event.layer);
  lease_entry* next = mine.entries.data();
  std::uint64_t late = 0, used = 0;
  const std::span<std::uint32_t> ready = mine.slots_ready.room();
  std::uint32_t hits = 0;
  std::uint32_t entry = 0;
  for (const demand& d : event.wanted) {
    lease_entry& e = *next++;
    const std::uint32_t flat = flat_of(d.expert);
    e.who = {event.layer, d.expert, {}};
    e.flat = flat;
    const std::uint8_t flags = keeper_.slots.meet(flat, pin);
    e.where = residence::slot;
    if ((flags & resident) != 0) {
      ready[hits++] = entry;
      e.at = stage::ready;
    } else if ((flags & in_flight) != 0) {
      ++late;
      e.at = stage::arriving;
    } else {
      e.at = stage::for_frame;
      e.where = residence::frame;
    }
    used += (flags & unused_prefetch) != 0;
    desk_.note(seen::found{e.who,
                           (flags & resident) != 0    ? residency_state::resident
                           : (flags & in_flight) != 0 ? residency_state::in_flight
                                                      : residency_state::absent,
                           (flags & unused_prefetch) != 0});
    ++entry;
  }
  mine.slots_ready.pushed(hits);
  ++count.events;
  count.accesses += entry;
  count.hits += hits;
  count.prefetch_late += late;
  count.misses += entry - hits - late;
  count.prefetch_used += used;
}

/// Asks placement about everything that is not ready. What it leaves to the host needs no room.
template <class T, class B, class A>
void residency<T, B, A>::place_misses(std::uint32_t which, const layer_event& event) noexcept {
  lease_state& mine = leases_[which];
  misses_.clear();
  remedies_.clear();
  for (std::size_t i = 0; i < mine.entries.size(); ++i) {
    const lease_entry& e = mine.entries[i];
    if (e.at == stage::ready) continue;
    const bool travels = e.at == stage::arriving;
    misses_.push_back({e.who, event.wanted[i].tokens, shape_->size_of(e.flat), travels, travels ? desk_.link.time_for(desk_.link.travelling) : nanoseconds{}});
    remedies_.push_back(remedy::fetch);
  }
  desk_.policies.placement.place(desk_.look(keeper_.slots.view()), misses_, remedies_);
  if constexpr (policy_desk<B>::watched)
    for (std::size_t i = 0; i < misses_.size(); ++i) desk_.note(seen::placed{misses_[i].expert, remedies_[i]});
  std::size_t asked = 0;
  for (std::uint32_t i = 0; i < mine.entries.size(); ++i) {
    lease_entry& e = mine.entries[i];
    if (e.at == stage::ready || remedies_[asked++] != remedy::host) continue;
    if (e.at == stage::arriving) {
      keeper_.slots.lower(e.flat, pin_of(which));
      if (!link_.brings(e.flat)) keeper_.expel(desk_, e.flat);  // its prefetch was withdrawn a moment ago
    }
    e.at = stage::ready;
    e.where = residence::host;
    mine.on_host.push(i);
    ++keeper_.count.host;
    keeper_.count.bytes_host += shape_->size_of(e.flat);
  }
}

template <class T, class B, class A>
void residency<T, B, A>::give_room(const layer_event& event, std::uint32_t which, holding how) noexcept {
  lease_state& mine = leases_[which];
  const auto own_event_left = [&](std::uint32_t flat) noexcept {
    lease_entry& e =
        *std::lower_bound(mine.entries.begin(), mine.entries.end(), flat, [](const lease_entry& one, std::uint32_t wanted) { return one.flat < wanted; });
    if (e.at == stage::planned) {  // a newcomer that found a better one behind it: it streams
      e.at = stage::for_frame;
      e.where = residence::frame;
      keeper_.slots.clear(flat);
    } else {
      ++mine.leaving;
      ++keeper_.count.evictions;
    }
  };
  const auto flags = static_cast<std::uint8_t>(residency_flag::resident | pin_of(which));
  for (std::uint32_t i = 0; i < mine.entries.size(); ++i) {
    lease_entry& e = mine.entries[i];
    if (e.at != stage::for_frame) continue;
    if (!keeper_.admit(desk_, e.flat, {cause::demand, event.during, pin_of(which), how == holding::all}, flags, own_event_left)) continue;
    e.at = stage::planned;
    e.where = residence::slot;
  }
}

/// Sorts the planned entries by what they wait for.
template <class T, class B, class A>
void residency<T, B, A>::line_up(std::uint32_t which) noexcept {
  lease_state& mine = leases_[which];
  for (std::uint32_t i = 0; i < mine.entries.size(); ++i) {
    lease_entry& e = mine.entries[i];
    if (e.at == stage::for_frame) {
      ++keeper_.count.bypasses;
      mine.for_frames.push(i);
    } else if (e.at == stage::arriving) {
      if (link_.attach(e.flat, which, i, e.arrives)) {
        ++mine.travelling;
        mine.ahead.push(i);
      } else {
        e.at = stage::for_slot;
        mine.for_slots.push(i);
      }
    } else if (e.at == stage::planned) {
      keeper_.slots.lower(e.flat, residency_flag::resident);
      keeper_.slots.raise(e.flat, residency_flag::in_flight);
      e.blockers = 0;
      if (mine.leaving != 0)
        for (const lease_entry& other : mine.entries)
          e.blockers += &other != &e && keeper_.slots.has(other.flat, residency_flag::leaving) && keeper_.slots.overlap(other.flat, e.flat);
      e.at = e.blockers == 0 ? stage::for_slot : stage::blocked;
      if (e.blockers == 0) mine.for_slots.push(i);
    }
  }
}

template <class T, class B, class A>
result<void> residency<T, B, A>::set_budget(bytes total) noexcept {
  const bytes least = frames_.all();
  if (leases_[0].live || leases_[1].live) return error(error_code::wrong_order, "the budget changes between steps only; a lease is alive");
  if (total < least) return error(error_code::below_floor, "a budget of ", total.count, " bytes is below the ", least.count, " bytes of the staging frames");
  if (total > least + plan_.slots)
    return error(error_code::bad_argument, "a budget of ", total.count, " bytes is above the ", (least + plan_.slots).count,
                 " bytes this residency was made with");
  desk_.note(seen::budget_change{total});
  link_.drain(*this);
  keeper_.shrink(desk_, total - least);
  budget_ = total;
  return {};
}

}  // namespace moesaic
