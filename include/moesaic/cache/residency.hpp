// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/cache/lease.hpp>
#include <moesaic/cache/link_desk.hpp>
#include <moesaic/cache/memory_plan.hpp>
#include <moesaic/cache/room_keeper.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/core/published.hpp>

namespace moesaic {

/// How an engine wants an event: as a stream of experts through slots and frames, or all of them in slots at once (one
/// batched kernel over a slot pool), which overrules refusals and fails with `does_not_fit` where the group is too small.
enum class holding : std::uint8_t { streamed, all };

struct residency_options {
  memory_budget budget{};
  std::vector<bytes> footprint{};  ///< by flat index; empty: the shape's sizes
  std::span<std::byte> memory{};   ///< at least the budget, aligned as the transport needs; empty: bookkeeping only
  bool host_possible = false;      ///< the engine can compute experts in place, in slow memory
  published<counters>* published_counters = nullptr;  ///< gets `count()` after each lease and step, for other threads; outlives the residency
};

/// The largest amounts that were in use at one moment, each for itself.
struct memory_peak {
  bytes resident{};
  bytes in_flight{};
  bytes staging{};
  bytes total{};
};

/// The residency core: decides, within one byte budget, which experts have room, and brings the others. Usable without the
/// library's loop: an engine calls `acquire` before a layer's expert compute, computes seat by seat, and releases.
///
/// Order of an event: completions are taken in; the transport's clock is read; the event is told to the policies; hits are
/// pinned; placement says which misses stay on the host; then, by ascending id, each other miss is given room or left to the
/// frames; only then is anything submitted. Decisions happen inside calls only; no thread of the library decides.
/// At most two leases live at once, for different layers. Frames go to the older one first.
/// Threads: one at a time. Cost: O(experts of the event) and the policies'; no allocation after `create`.
/// Source: ours; event semantics of arXiv 2608.07911, frames and deadlock rules from our prototype (docs/design/0003).
template <class Transport, class Bundle, class Arena = uniform_arena>
class residency {
  static_assert(explain_transport<Transport>());
  static_assert(explain_residency_bundle<Bundle>());
  static_assert(arena<Arena>, "the third argument of residency is an arena (uniform_arena, extent_arena)");

 public:
  using lease_type = lease<residency>;

  /// Refuses a budget below the floor (naming it), memory smaller than the budget, and policies that do not fit together.
  [[nodiscard]] static result<residency> create(model_shape shape, Transport link, Bundle policies, residency_options options, Arena rooms = {}) {
    residency made(std::move(shape), std::move(link), std::move(policies));
    if (result<void> ready = made.prepare(std::move(options), std::move(rooms)); !ready) return ready.error();
    return result<residency>(std::move(made));
  }
  residency(residency&&) noexcept = default;  ///< only without live leases
  residency& operator=(residency&&) = delete;
  ~residency() {
    if (shape_ != nullptr) link_.drain(*this);
  }

  /// Leases the experts of one event. Fails only before any policy has seen it: a malformed event, a layer that is leased
  /// already, a third lease, or a set that has to be held at once and cannot be.
  result<lease_type> acquire(const layer_event& event, holding how = holding::streamed);

  /// Lets the prefetch scheduler use an idle link; takes in what has arrived. Call it wherever the engine has a moment.
  void pump() noexcept {
    desk_.note(seen::pump{});
    use_idle_link();
  }
  /// The same for an engine that waits, as before its first event: all that the scheduler asks for is brought, however long that takes.
  /// `fill_room` fills what is free; who needs a forecast asks for nothing yet. With a live lease it is a pump.
  /// Cost: the transfers; a scheduler that never ends is cut off after twice as many as there are experts.
  void pump_until_quiet() noexcept {
    desk_.note(seen::pump{true});
    use_idle_link();
    if (!leases_[0].live && !leases_[1].live) link_.prefetch_until_quiet(*this);
    publish();
  }
  /// Early knowledge, while drafting.
  void hear(const hint& early) noexcept {
    desk_.note(early);
    desk_.tell(early);
    link_.wake();
  }
  void hear(const draft_cut& cut) noexcept {
    desk_.note(cut);
    desk_.tell(cut);
  }
  /// Where the draft stands, for schedulers and governors that plan by it: it begins, grew by a token, is over.
  void hear(const draft_started& start) noexcept { hear_of_draft(start); }
  void hear(const token_drafted& token) noexcept { hear_of_draft(token); }
  void hear(const draft_ended& end) noexcept { hear_of_draft(end); }
  /// What a step was; policies that learn from acceptance or time hear it here.
  void end_step(const step_outcome& outcome) noexcept {
    desk_.note(outcome);
    desk_.tell(outcome);
    link_.wake();
    use_idle_link();
    publish();
  }
  /// For a loop around this core: what it asked and told its governor, if somebody watches.
  template <class Seen>
  void note(const Seen& of_governor) noexcept {
    desk_.note(of_governor);
  }

  /// Sets a new budget, at most the one given at creation, between steps. Experts leave by the eviction policy's choice
  /// until everything fits; prefetches are withdrawn or waited for. Fails with a live lease, above the first budget, or below
  /// the frames (then nothing has changed).
  result<void> set_budget(bytes total) noexcept;

  [[nodiscard]] const counters& count() const noexcept { return keeper_.count; }
  [[nodiscard]] const memory_plan& planned() const noexcept { return plan_; }
  [[nodiscard]] const memory_peak& peak() const noexcept { return peak_; }
  /// Slots (resident and in flight) and occupied frames. Never above the budget.
  [[nodiscard]] bytes in_use() const noexcept { return keeper_.slots.rooms().used() + frames_.occupied(); }
  [[nodiscard]] bytes budget() const noexcept { return budget_; }
  [[nodiscard]] residency_view view() const noexcept { return keeper_.slots.view(); }
  [[nodiscard]] const model_shape& shape() const noexcept { return *shape_; }
  [[nodiscard]] Bundle& policies() noexcept { return desk_.policies; }
  [[nodiscard]] Transport& link() noexcept { return link_.transport; }
  [[nodiscard]] scene<decltype(Bundle::scoring)> look() const noexcept { return desk_.look(keeper_.slots.view()); }

 private:
  friend lease_type;
  friend link_desk<Transport>;
  using stage = lease_entry::stage;

  residency(model_shape shape, Transport link, Bundle policies)
      : shape_(std::make_unique<const model_shape>(std::move(shape))), desk_(std::move(policies)), link_(std::move(link)) {}
  result<void> prepare(residency_options options, Arena rooms);

  template <class Event>
  void hear_of_draft(const Event& event) noexcept {
    desk_.note(event);
    desk_.tell(event);
    link_.wake();
  }
  void use_idle_link() noexcept {
    link_.take_in(*this, false);
    link_.submit_waiting(*this);
    link_.prefetch(*this);
  }
  result<void> check(const layer_event& event) noexcept;
  result<void> check_room_for_all(const layer_event& event) noexcept;
  void meet_hits(const layer_event& event, std::uint32_t which) noexcept;
  void place_misses(std::uint32_t which, const layer_event& event) noexcept;
  void give_room(const layer_event& event, std::uint32_t which, holding how) noexcept;
  void line_up(std::uint32_t which) noexcept;

  result<std::optional<seat>> next(lease_state& mine) noexcept;
  result<poll_result> try_next(lease_state& mine) noexcept;
  result<std::optional<seat>> next_ahead(lease_state& mine) noexcept;
  void release(lease_state& mine, const seat& done, fence last_use) noexcept;
  void end(lease_state& mine) noexcept;
  void abandon(std::uint32_t which) noexcept;
  void arrive(std::uint32_t which, std::uint32_t entry, const completion& c) noexcept;
  void let_heirs_in(lease_state& mine, std::uint32_t leaver) noexcept;
  result<void> wait_for_mine(lease_state& mine) noexcept;
  result<std::optional<seat>> hand_out(lease_state& mine, std::uint32_t entry, stage as) noexcept;
  void seat_of(lease_state& mine, std::uint32_t entry, stage as, seat& given) noexcept;
  error failure(lease_state& mine) noexcept;

  [[nodiscard]] std::uint32_t number_of(const lease_state& one) const noexcept { return &one == &leases_[0] ? 0 : 1; }
  [[nodiscard]] static std::uint8_t pin_of(std::uint32_t which) noexcept {
    return which == 0 ? residency_flag::pinned_by_first : residency_flag::pinned_by_second;
  }
  [[nodiscard]] std::byte* slot_address(std::uint32_t flat) const noexcept {
    return memory_ == nullptr ? nullptr : memory_ + frames_.all().count + keeper_.slots.room_of(flat).count;
  }
  [[nodiscard]] std::byte* frame_address(std::uint32_t frame) const noexcept { return memory_ == nullptr ? nullptr : memory_ + frames_.offset(frame); }
  void publish() const noexcept {
    if (published_ != nullptr) [[unlikely]]
      published_->publish(keeper_.count);
  }
  void note_peak() noexcept {
    const bytes slots = keeper_.slots.rooms().used();
    peak_.resident = std::max(peak_.resident, slots - std::min(slots, link_.into_slots));
    peak_.in_flight = std::max(peak_.in_flight, link_.into_slots);
    peak_.staging = std::max(peak_.staging, frames_.occupied());
    peak_.total = std::max(peak_.total, in_use());
  }

  std::unique_ptr<const model_shape> shape_;
  policy_desk<Bundle> desk_;
  room_keeper<Bundle, Arena> keeper_;
  link_desk<Transport> link_;
  staging_frames frames_;
  std::array<lease_state, 2> leases_;
  std::vector<miss> misses_;
  std::vector<remedy> remedies_;
  memory_plan plan_{};
  memory_peak peak_{};
  bytes budget_{};
  std::byte* memory_ = nullptr;
  published<counters>* published_ = nullptr;
  step_index step_{};
  std::uint64_t leases_given_ = 0;
  bool host_possible_ = false;
};

}  // namespace moesaic

#include <moesaic/cache/residency_acquire.hpp>
#include <moesaic/cache/residency_lease.hpp>
