// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// The timetable of one link that moves one transfer at a time, in the order of submission (or demand before prefetch): what
/// waits, what travels until when, what has arrived. Pure bookkeeping: it moves no bytes and reads no clock; whoever owns
/// it says what time it is. `simulated` lives by it, `slow` holds completions back by it.
///
/// Times never go back from call to call. Transfers that wait start the moment the one before them ends, as if somebody had
/// looked then; a transfer that has started cannot be cancelled.
/// Cost: O(open transfers) a call, no allocation after construction. Ties: the earlier submission.
class serial_link {
 public:
  /// At most `capacity` transfers are open at once (waiting, travelling, or arrived and not taken).
  serial_link(std::uint32_t capacity, link_cost cost, bool demand_first) : cost_(cost), demand_first_(demand_first) {
    waiting_.reserve(capacity);
    arrived_.reserve(capacity);
  }

  [[nodiscard]] nanoseconds time_for(bytes n) const noexcept { return later(cost_.overhead, duration_of(n, cost_.rate)); }
  [[nodiscard]] link_cost cost() const noexcept { return cost_; }
  /// Time in which something travelled, so far (all of what travels now counts).
  [[nodiscard]] nanoseconds busy() const noexcept { return busy_; }
  [[nodiscard]] std::size_t open() const noexcept { return waiting_.size() + arrived_.size() + (travels_ ? 1 : 0); }

  void submit(const transfer& what, nanoseconds now) noexcept {
    settle(now);
    waiting_.push_back(what);
    if (!travels_) start(std::max(now, free_at_));
  }

  /// True: it had not started, and is forgotten.
  bool cancel(ticket which, nanoseconds now) noexcept {
    settle(now);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [=](const transfer& t) { return t.number == which; });
    if (found == waiting_.end()) return false;
    waiting_.erase(found);
    return true;
  }

  /// Forgets `which` wherever it is; if it travels, the link is free from now on.
  void drop(ticket which, nanoseconds now) noexcept {
    if (cancel(which, now) || take(which, now) || !travels_ || travels_->number != which) return;
    busy_ -= arrives_ - now;
    travels_.reset();
    if (!waiting_.empty()) start(now);
  }

  /// When the transfer that travels will arrive; nothing if the link is idle.
  [[nodiscard]] std::optional<nanoseconds> next_arrival() const noexcept {
    return travels_ ? std::optional(arrives_) : std::nullopt;
  }

  /// What has arrived by `now`, in order of arrival, until `forget_arrived`.
  [[nodiscard]] const std::vector<transfer>& arrived(nanoseconds now) noexcept {
    settle(now);
    return arrived_;
  }
  void forget_arrived(std::size_t from_the_front) noexcept {
    arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(from_the_front));
  }
  /// True if `which` has arrived by `now`, and forgets it.
  bool take(ticket which, nanoseconds now) noexcept {
    settle(now);
    const auto found = std::find_if(arrived_.begin(), arrived_.end(), [=](const transfer& t) { return t.number == which; });
    if (found == arrived_.end()) return false;
    arrived_.erase(found);
    return true;
  }

  /// Somebody else uses the link for `span` from `now` on (reads in place): what travels and what waits is pushed back by it.
  void occupy(nanoseconds span, nanoseconds now) noexcept {
    settle(now);
    busy_ = later(busy_, span);
    if (travels_)
      arrives_ = later(arrives_, span);
    else
      free_at_ = later(std::max(now, free_at_), span);
  }

 private:
  void settle(nanoseconds now) noexcept {
    while (travels_ && arrives_ <= now) {
      arrived_.push_back(*travels_);
      travels_.reset();
      if (!waiting_.empty()) start(arrives_);
    }
  }
  void start(nanoseconds when) noexcept {
    auto next = waiting_.begin();
    if (demand_first_) {
      next = std::find_if(waiting_.begin(), waiting_.end(), [](const transfer& t) { return t.why == cause::demand; });
      if (next == waiting_.end()) next = waiting_.begin();
    }
    const nanoseconds takes = time_for(next->size);
    travels_ = *next;
    waiting_.erase(next);
    arrives_ = later(when, takes);
    busy_ = later(busy_, takes);
  }

  std::vector<transfer> waiting_;
  std::vector<transfer> arrived_;
  std::optional<transfer> travels_;
  nanoseconds arrives_{};
  nanoseconds free_at_{};
  nanoseconds busy_{};
  link_cost cost_;
  bool demand_first_;
};

}  // namespace moesaic::transports
