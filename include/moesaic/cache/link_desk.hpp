// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <moesaic/cache/lease_state.hpp>
#include <moesaic/cache/open_transfers.hpp>
#include <moesaic/cache/staging_frames.hpp>
#include <moesaic/concepts/prefetch_scheduler.hpp>
#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/transport.hpp>
#include <moesaic/concepts/witness.hpp>
#include <moesaic/core/counters.hpp>

namespace moesaic {

/// The residency's side of the link: submits what waits, takes in what has arrived, keeps the clock, lets the scheduler use
/// idle time. `Core` is the residency it belongs to.
///
/// Demand goes first and takes whatever room the link has, frames before slots (a frame is what the next expert waits for).
/// Prefetch is asked only while no demand waits, at most `most_asks` times per call, and keeps the outstanding link time
/// below the longest recent gap between two calls of the engine plus one transfer: more could not be hidden anyway. An engine
/// that says it waits has no such bound.
template <class Transport>
class link_desk {
 public:
  static constexpr std::uint32_t most_asks = 16;

  explicit link_desk(Transport link) : transport(std::move(link)), open_(transport.capacity()) {}

  /// Reads the clock; called once per decision point and after each wait.
  template <class Core>
  void read_clock(Core& core) noexcept {
    const nanoseconds now = transport.now();
    core.desk_.note(seen::clock{now});
    const nanoseconds passed = now - core.desk_.now;
    core.desk_.now = now;
    gap_ = {std::max(passed.count, gap_.count - gap_.count / 8)};
    core.desk_.link.gap = gap_;
  }
  template <class Core>
  void begin_step(Core& core) noexcept {
    const link_cost cost = transport.cost();
    core.desk_.note(cost);
    core.desk_.link.overhead = cost.overhead;
    core.desk_.link.rate = cost.rate;
    core.desk_.link.capacity = transport.capacity();
  }
  /// Something has changed that the scheduler may have an answer to.
  void wake() noexcept { quiet_ = false; }
  [[nodiscard]] bool full() const noexcept { return open_.full(); }
  [[nodiscard]] bool idle() const noexcept { return open_.empty(); }
  [[nodiscard]] std::uint32_t travelling() const noexcept { return open_.count(); }

  template <class Core>
  void take_in(Core& core, bool wait) noexcept {
    while (!open_.empty()) {
      const std::uint32_t n = wait ? transport.wait(done_) : transport.poll(done_);
      core.desk_.note(seen::completions{wait, std::span(done_).first(n)});
      if (wait) read_clock(core);
      for (std::uint32_t i = 0; i < n; ++i) complete(core, done_[i]);
      if (n == 0 && wait) give_up(core);
      if (wait || n < done_.size()) return;
    }
  }

  /// Submits what the leases wait for, the older lease first.
  template <class Core>
  void submit_waiting(Core& core) noexcept {
    const std::uint32_t first = core.leases_[1].live && (!core.leases_[0].live || core.leases_[1].serial < core.leases_[0].serial) ? 1 : 0;
    for (const std::uint32_t which : {first, 1 - first}) {
      lease_state& mine = core.leases_[which];
      if (!mine.live) continue;
      while (!mine.for_frames.empty() && core.frames_.available() && !open_.full()) {
        lease_entry& e = mine.entries[mine.for_frames.front()];
        e.frame = core.frames_.take();
        submit_entry(core, which, mine.for_frames.pop(), core.frame_address(e.frame), core.frames_.last_use(e.frame));
      }
      while (!mine.for_slots.empty() && !open_.full()) {
        const std::uint32_t flat = mine.entries[mine.for_slots.front()].flat;
        into_slots += core.keeper_.slots.rooms().charge(flat);
        submit_entry(core, which, mine.for_slots.pop(), core.slot_address(flat), core.keeper_.slots.fence_of_vacated(flat));
      }
    }
  }

  template <class Core>
  void prefetch(Core& core, bool engine_waits = false) noexcept {
    if constexpr (!never_prefetches<std::remove_cvref_t<decltype(core.desk_.policies.prefetch)>>) {
      std::optional<expert_id> refused;
      for (std::uint32_t asked = 0; !quiet_ && asked < most_asks; ++asked) {
        if (open_.full() || demand_waits(core)) return;
        const auto scene = core.look();
        const std::optional<prefetch_request> wish = core.desk_.policies.prefetch.next(scene);
        quiet_ = !wish;
        if (!wish) return;
        core.desk_.note(seen::wish{*wish});
        if (!engine_waits && core.shape_->contains(wish->expert) && open_.count() > 0 &&
            scene.link.time_for(scene.link.travelling) > gap_ + scene.link.time_for(core.shape_->size_of(wish->expert)))
          return core.desk_.note(seen::held_back{});
        const prefetch_fate fate = start(core, *wish);
        settle(core, *wish, fate);
        if (fate != prefetch_fate::no_room) continue;
        // The answer would be the same until something leaves; but an engine that waits hears whether there is another.
        quiet_ = !engine_waits || refused == wish->expert;
        refused = wish->expert;
      }
    }
  }

  template <class Core>
  void prefetch_until_quiet(Core& core) noexcept {
    for (std::uint64_t left = 2 * std::uint64_t{core.shape_->expert_count()}; left > 0; --left) {
      prefetch(core, true);
      if (!open_.empty())
        take_in(core, true);
      else if (quiet_)
        return;
    }
  }

  /// A layer starts: prefetches for it that have not begun are withdrawn. The wanted ones keep their room and travel again
  /// as demand; the others lose it.
  template <class Core>
  void withdraw_prefetches(Core& core, layer_index layer, std::span<const demand> wanted) noexcept {
    for (std::uint32_t i = open_.count(); open_.prefetches() != 0 && i-- > 0;) {
      const open_transfer t = open_.all()[i];
      if (t.why != cause::prefetch || t.lease != open_transfer::nobody || core.shape_->space().layer_of(t.flat) != number(layer)) continue;
      const expert_index expert = core.shape_->space().id(t.flat).expert;
      const bool is_wanted =
          std::binary_search(wanted.begin(), wanted.end(), demand{expert, 0, {}}, [](const demand& a, const demand& b) { return a.expert < b.expert; });
      withdraw(core, t, is_wanted);
    }
  }
  /// Withdraws or waits for every prefetch. Only without live leases.
  template <class Core>
  void drain(Core& core) noexcept {
    for (std::uint32_t i = open_.count(); i-- > 0;)
      if (i < open_.count() && open_.all()[i].why == cause::prefetch) withdraw(core, open_.all()[i], false);
    while (!open_.empty()) take_in(core, true);
  }

  [[nodiscard]] bool brings(std::uint32_t flat) noexcept { return open_.find_slot(flat) != nullptr; }
  /// The transfer that brings an expert into its slot now belongs to an entry; false: it was withdrawn.
  [[nodiscard]] bool attach(std::uint32_t flat, std::uint32_t which, std::uint32_t entry, ticket& number) noexcept {
    open_transfer* t = open_.find_slot(flat);
    if (t == nullptr) return false;
    t->lease = which;
    t->entry = entry;
    number = t->number;
    return true;
  }
  /// A lease ends: slots go on arriving on their own; frames that nobody consumes are cancelled, or waited for.
  template <class Core>
  void leave_alone(Core& core, std::uint32_t which) noexcept {
    lease_state& mine = core.leases_[which];
    for (std::uint32_t i = open_.count(); mine.travelling != 0 && i-- > 0;) {
      if (i >= open_.count() || open_.all()[i].lease != which) continue;
      const open_transfer t = open_.all()[i];
      lease_entry& e = mine.entries[t.entry];
      if (t.to == residence::slot || e.at == lease_entry::stage::released) {  // a released frame is behind its fence
        open_.all()[i].lease = open_transfer::nobody;
        --mine.travelling;
      } else if (cancel(core, t.number)) {
        forget(core, t);
        core.frames_.give_back(t.frame, {});
        e.at = lease_entry::stage::released;
        --mine.travelling;
      }
    }
    while (mine.travelling != 0) take_in(core, true);
  }

  Transport transport;
  bytes into_slots{};  ///< charged to slots whose bytes travel

 private:
  template <class Core>
  [[nodiscard]] bool demand_waits(const Core& core) const noexcept {
    for (const lease_state& l : core.leases_)
      if (l.live && (!l.for_frames.empty() || !l.for_slots.empty())) return true;
    return false;
  }
  template <class Core>
  void submit_entry(Core& core, std::uint32_t which, std::uint32_t entry, std::byte* to, fence after) noexcept {
    lease_state& mine = core.leases_[which];
    lease_entry& e = mine.entries[entry];
    e.at = lease_entry::stage::arriving;
    e.arrives = submit(core, {{}, e.flat, cause::demand, e.where, e.frame, which, entry, {}}, to, after);
    ++mine.travelling;
    mine.ahead.push(entry);
  }
  template <class Core>
  ticket submit(Core& core, open_transfer t, std::byte* to, fence after) noexcept {
    t.number = {++tickets_};
    const bytes size = core.keeper_.slots.footprint(t.flat);
    open_.add(t);
    core.desk_.link.travelling += size;
    core.desk_.link.in_flight = open_.count();
    core.desk_.note(seen::submitted{core.shape_->space().id(t.flat), size, t.why, t.to});
    transport.submit({t.number, core.shape_->space().id(t.flat), to, size, t.why, after});
    core.note_peak();
    return t.number;
  }
  template <class Core>
  [[nodiscard]] prefetch_fate start(Core& core, const prefetch_request& wish) noexcept {
    if (!core.shape_->contains(wish.expert)) return prefetch_fate::no_room;
    const std::uint32_t flat = core.shape_->space().flat(wish.expert);
    if (core.keeper_.slots.has(flat, residency_flag::resident | residency_flag::in_flight)) return prefetch_fate::already_there;
    for (const lease_state& l : core.leases_)
      if (l.live && l.layer == wish.expert.layer) return prefetch_fate::too_late;
    if (!core.keeper_.admit(core.desk_, flat, {cause::prefetch, phase::decode, 0, false}, residency_flag::in_flight | residency_flag::unused_prefetch,
                            [](std::uint32_t) noexcept {}))
      return prefetch_fate::no_room;
    ++core.keeper_.count.prefetches;
    into_slots += core.keeper_.slots.rooms().charge(flat);
    submit(core, {{}, flat, cause::prefetch, residence::slot, 0, open_transfer::nobody, 0, wish.worth}, core.slot_address(flat),
           core.keeper_.slots.fence_of_vacated(flat));
    return prefetch_fate::submitted;
  }
  template <class Core>
  static void settle(Core& core, const prefetch_request& wish, prefetch_fate fate) noexcept {
    core.desk_.note(seen::fate{wish.expert, fate});
    core.desk_.policies.prefetch.settle(wish, fate);
  }
  template <class Core>
  [[nodiscard]] bool cancel(Core& core, ticket which) noexcept {
    const bool withdrawn = transport.cancel(which);
    core.desk_.note(seen::cancelled{which, withdrawn});
    return withdrawn;
  }
  template <class Core>
  void forget(Core& core, const open_transfer& cancelled) noexcept {
    (void)open_.close(cancelled.number);
    core.desk_.link.travelling -= core.keeper_.slots.footprint(cancelled.flat);
    core.desk_.link.in_flight = open_.count();
  }
  template <class Core>
  void withdraw(Core& core, const open_transfer t, bool keeps_room) noexcept {  // by value: closing it moves another to its place
    if (!cancel(core, t.number)) return;
    forget(core, t);
    into_slots -= core.keeper_.slots.rooms().charge(t.flat);
    settle(core, {core.shape_->space().id(t.flat), t.worth}, prefetch_fate::withdrawn);
    if (keeps_room) return;
    core.keeper_.expel(core.desk_, t.flat);
    ++core.keeper_.count.prefetch_wasted;
  }
  template <class Core>
  void complete(Core& core, const completion& c) noexcept {
    const std::optional<open_transfer> t = open_.close(c.number);
    if (!t) return;
    auto& slots = core.keeper_.slots;
    counters& count = core.keeper_.count;
    const bool arrived = c.status == transfer_status::arrived;
    core.desk_.link.travelling -= slots.footprint(t->flat);
    core.desk_.link.in_flight = open_.count();
    (t->why == cause::prefetch ? count.bytes_prefetched : count.bytes_demanded) += c.moved;
    count.failed += !arrived;
    const bool unwanted = slots.has(t->flat, residency_flag::unused_prefetch);
    if (t->to == residence::slot) {
      into_slots -= slots.rooms().charge(t->flat);
      slots.lower(t->flat, residency_flag::in_flight);
      slots.raise(t->flat, residency_flag::resident);
      if (!arrived) core.keeper_.expel(core.desk_, t->flat);
    }
    if (t->why == cause::prefetch) {
      count.prefetch_wasted += !arrived && unwanted;
      settle(core, {core.shape_->space().id(t->flat), t->worth}, arrived ? prefetch_fate::arrived : prefetch_fate::failed);
    }
    wake();  // the link has room again
    if (t->lease != open_transfer::nobody) core.arrive(t->lease, t->entry, c);
  }
  /// The transport says that nothing is open: what it has lost counts as refused, so that nobody waits for it.
  template <class Core>
  void give_up(Core& core) noexcept {
    while (!open_.empty()) complete(core, {open_.all().front().number, transfer_status::refused, {}, 0});
  }

  open_transfers open_;
  std::array<completion, 16> done_{};  // kept: clearing it for each poll would cost more than the poll
  std::uint64_t tickets_ = 0;
  nanoseconds gap_{};
  bool quiet_ = false;
};

}  // namespace moesaic
