// SPDX-License-Identifier: MIT
#pragma once

// Part of cache/residency.hpp: how a lease hands out, takes back and ends. Include that one.
#include <moesaic/cache/residency.hpp>

namespace moesaic {

/// The seat is written where the caller will read it: it is small, but passing it through copies costs more than all else
/// that a hit needs.
template <class T, class B, class A>
result<std::optional<seat>> residency<T, B, A>::hand_out(lease_state& mine, std::uint32_t entry, stage as) noexcept {
  result<std::optional<seat>> answer{std::optional<seat>{seat{}}};
  seat_of(mine, entry, as, **answer);
  return answer;
}

template <class T, class B, class A>
void residency<T, B, A>::seat_of(lease_state& mine, std::uint32_t entry, stage as, seat& given) noexcept {
  lease_entry& e = mine.entries[entry];
  e.at = as;
  ++mine.handed;
  given.expert = e.who;
  given.at = e.where;
  given.entry = entry;
  if (e.where == residence::slot)
    given.address = slot_address(e.flat);
  else if (e.where == residence::frame)
    given.address = frame_address(e.frame);
  if (as == stage::handed_ahead) given.arrives = e.arrives;
  desk_.note(seen::handed_out{number_of(mine), entry, e.who, e.where, given.arrives});
}

template <class T, class B, class A>
result<std::optional<seat>> residency<T, B, A>::next(lease_state& mine) noexcept {
  desk_.note(seen::lease_call{seen::lease_call::kind::next, number_of(mine)});
  for (;;) {
    if (mine.travelling != 0) link_.take_in(*this, false);  // a frame that has arrived goes before residents: the link waits for it
    if (entry_queue* ready = mine.ready()) return hand_out(mine, ready->pop(), stage::handed_out);
    if (!mine.failed.empty()) return failure(mine);
    if (mine.all_handed_out()) return std::optional<seat>{};
    if (const result<void> possible = wait_for_mine(mine); !possible) return possible.error();
  }
}

template <class T, class B, class A>
result<poll_result> residency<T, B, A>::try_next(lease_state& mine) noexcept {
  desk_.note(seen::lease_call{seen::lease_call::kind::try_next, number_of(mine)});
  link_.take_in(*this, false);
  link_.submit_waiting(*this);
  if (entry_queue* ready = mine.ready()) {
    result<poll_result> answer{poll_result{poll_result::kind::ready, {}}};
    seat_of(mine, ready->pop(), stage::handed_out, answer->where);
    return answer;
  }
  if (!mine.failed.empty()) return failure(mine);
  return poll_result{mine.all_handed_out() ? poll_result::kind::all_handed_out : poll_result::kind::nothing_yet, {}};
}

template <class T, class B, class A>
result<std::optional<seat>> residency<T, B, A>::next_ahead(lease_state& mine) noexcept {
  desk_.note(seen::lease_call{seen::lease_call::kind::next_ahead, number_of(mine)});
  for (;;) {
    link_.take_in(*this, false);
    link_.submit_waiting(*this);
    if (!mine.failed.empty()) return failure(mine);
    if (entry_queue* ready = mine.ready()) return hand_out(mine, ready->pop(), stage::handed_out);
    while (!mine.ahead.empty()) {
      const std::uint32_t entry = mine.ahead.pop();
      if (mine.entries[entry].at == stage::arriving) return hand_out(mine, entry, stage::handed_ahead);
    }
    if (mine.all_handed_out()) return std::optional<seat>{};
    if (const result<void> possible = wait_for_mine(mine); !possible) return possible.error();
  }
}

/// Waits for the link once, if something that this lease needs can come of it.
template <class T, class B, class A>
result<void> residency<T, B, A>::wait_for_mine(lease_state& mine) noexcept {
  link_.take_in(*this, false);
  link_.submit_waiting(*this);
  if (mine.ready() != nullptr || !mine.failed.empty()) return {};
  if (mine.travelling == 0 && !link_.full())
    return desk_.note(seen::failed{error_code::release_first}), error(error_code::release_first, "no further expert of MoE layer ", number(mine.layer),
                                                                      " can arrive until one that was handed out is released: the staging frames are in use");
  link_.read_clock(*this);
  const nanoseconds began = desk_.now;
  link_.take_in(*this, true);
  keeper_.count.stall += desk_.now - began;
  return {};
}

template <class T, class B, class A>
void residency<T, B, A>::arrive(std::uint32_t which, std::uint32_t entry, const completion& c) noexcept {
  lease_state& mine = leases_[which];
  lease_entry& e = mine.entries[entry];
  --mine.travelling;
  const bool waits = e.at == stage::arriving;
  if (c.status == transfer_status::arrived) {
    if (!waits) return;
    e.at = stage::ready;
    (e.where == residence::frame ? mine.frames_ready : mine.slots_ready).push(entry);
    return;
  }
  e.status = c.status;
  e.system_error = c.system_error;
  if (waits && e.where == residence::frame) frames_.give_back(e.frame, {});
  if (waits) e.at = stage::failed;
  if (!waits) --mine.reported;  // it was handed out ahead of its arrival: the failure is told on top
  mine.failed.push(entry);
}

template <class T, class B, class A>
error residency<T, B, A>::failure(lease_state& mine) noexcept {
  const lease_entry& e = mine.entries[mine.failed.pop()];
  ++mine.reported;
  desk_.note(seen::failed{error_code::transfer_failed});
  if constexpr (explaining_transport<T>)
    if (const std::optional<error> told = link_.transport.explain(e.who, {e.arrives, e.status, {}, e.system_error}))
      return error(error_code::transfer_failed, told->sentence());
  error why(error_code::transfer_failed, "expert (layer ", number(e.who.layer), ", expert ", number(e.who.expert), ") of ", shape_->size_of(e.flat).count,
            " bytes did not arrive: ");
  why.append(e.status == transfer_status::short_read   ? "the source ended early; was the file cut or replaced?"
             : e.status == transfer_status::read_error ? "the source could not be read"
                                                       : "the transport refused the transfer");
  if (e.system_error != 0) why.append(" (system error ").append(e.system_error).append(")");
  return why;
}

template <class T, class B, class A>
void residency<T, B, A>::release(lease_state& mine, const seat& done, fence last_use) noexcept {
  if (done.entry >= mine.entries.size()) return;
  desk_.note(seen::release{number_of(mine), done.entry, last_use});
  lease_entry& e = mine.entries[done.entry];
  if (e.at != stage::handed_out && e.at != stage::handed_ahead) return;
  e.at = stage::released;
  ++mine.released;
  if (e.where == residence::frame) {
    frames_.give_back(e.frame, last_use);
    link_.submit_waiting(*this);
  } else if (e.where == residence::slot) {
    if (last_use != fence{}) keeper_.slots.set_last_use(e.flat, last_use);
    if (mine.leaving != 0 && keeper_.slots.has(e.flat, residency_flag::leaving)) let_heirs_in(mine, e.flat);
  }
  link_.prefetch(*this);
}

/// A hit that had to make room has been used: those who got its room may begin to travel.
template <class T, class B, class A>
void residency<T, B, A>::let_heirs_in(lease_state& mine, std::uint32_t leaver) noexcept {
  keeper_.slots.leave_behind(leaver);
  for (std::uint32_t i = 0; i < mine.entries.size(); ++i) {
    lease_entry& e = mine.entries[i];
    if (e.at != stage::blocked || !keeper_.slots.overlap(leaver, e.flat) || --e.blockers != 0) continue;
    e.at = stage::for_slot;
    mine.for_slots.push(i);
  }
  --mine.leaving;
  keeper_.slots.clear(leaver);
  link_.submit_waiting(*this);
}

template <class T, class B, class A>
void residency<T, B, A>::end(lease_state& mine) noexcept {
  const std::uint32_t which = number_of(mine);
  desk_.note(seen::lease_call{seen::lease_call::kind::end, which});
  if (!mine.all_handed_out() || mine.travelling != 0 || mine.leaving != 0 || mine.released != mine.handed) abandon(which);
  const std::uint8_t pin = pin_of(which);
  for (const lease_entry& e : mine.entries) keeper_.slots.lower(e.flat, pin);  // whoever streamed has none
  mine.live = false;
  desk_.tell(lease_ended{mine.step, mine.layer});
  link_.wake();
  if (leases_[1 - which].live) link_.submit_waiting(*this);  // it may have waited for frames of this one
  link_.prefetch(*this);  // the engine now computes what lies between two layers, and the link has nothing to do
  publish();
}

/// A lease ends before all of it was used: what was promised room and has not travelled loses it, frames come back, hits
/// that were to leave are gone.
template <class T, class B, class A>
void residency<T, B, A>::abandon(std::uint32_t which) noexcept {
  lease_state& mine = leases_[which];
  mine.for_frames.clear();
  mine.for_slots.clear();
  for (lease_entry& e : mine.entries) {
    if (e.at == stage::blocked || e.at == stage::for_slot) {
      keeper_.expel(desk_, e.flat);
      e.at = stage::released;
    } else if (keeper_.slots.has(e.flat, residency_flag::leaving) && e.where == residence::slot) {
      keeper_.slots.clear(e.flat);
      e.at = stage::released;
    } else if (e.where == residence::frame && (e.at == stage::ready || e.at == stage::handed_out)) {
      frames_.give_back(e.frame, {});
      e.at = stage::released;
    } else if (e.at == stage::for_frame) {
      e.at = stage::released;
    }
  }
  link_.leave_alone(*this, which);
  for (lease_entry& e : mine.entries)
    if (e.where == residence::frame && (e.at == stage::ready || e.at == stage::handed_ahead)) frames_.give_back(e.frame, {});
}

}  // namespace moesaic
