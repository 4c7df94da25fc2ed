// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// In which order a link takes what waits.
struct link_order {
  bool demand_first = false;  ///< waiting demands overtake waiting prefetches
  bytes chunk{};              ///< with demand_first: a prefetch that travels lets a demand pass after each so many bytes; 0: never
};

/// The timetable of one link that moves one transfer at a time, in the order of submission (or demand before prefetch): what
/// waits, what travels until when, what has arrived. Pure bookkeeping: it moves no bytes and reads no clock; whoever owns
/// it says what time it is. `simulated` lives by it, `slow` holds completions back by it.
///
/// Times never go back from call to call. Transfers that wait start the moment the one before them ends, as if somebody had
/// looked then; a transfer that has started cannot be cancelled, unless a demand has passed it and it waits again. What was
/// passed pays the overhead once more when it goes on.
/// Cost: O(open transfers) a call, no allocation after construction. Ties: the earlier submission.
class serial_link {
 public:
  /// At most `capacity` transfers are open at once (waiting, travelling, or arrived and not taken).
  serial_link(std::uint32_t capacity, link_cost cost, link_order order) : cost_(cost), order_(order) {
    waiting_.reserve(std::size_t{capacity} + 1);  // one that travels may come back to wait
    arrived_.reserve(capacity);
  }
  serial_link(std::uint32_t capacity, link_cost cost, bool demand_first) : serial_link(capacity, cost, link_order{demand_first, {}}) {}

  [[nodiscard]] nanoseconds time_for(bytes n) const noexcept { return later(cost_.overhead, duration_of(n, cost_.rate)); }
  [[nodiscard]] link_cost cost() const noexcept { return cost_; }
  /// Time in which something travelled, so far (all of what travels now counts).
  [[nodiscard]] nanoseconds busy() const noexcept { return busy_; }
  /// Bytes of what has arrived, so far.
  [[nodiscard]] bytes moved() const noexcept { return moved_; }
  [[nodiscard]] std::size_t open() const noexcept { return waiting_.size() + arrived_.size() + (travels_ ? 1 : 0); }

  void submit(const transfer& what, nanoseconds now) noexcept {
    settle(now);
    waiting_.push_back({what, what.size});
    if (!travels_)
      start(std::max(now, free_at_));
    else if (what.why == cause::demand)
      let_pass(now);
  }

  /// True: it was not travelling, and is forgotten.
  bool cancel(ticket which, nanoseconds now) noexcept {
    settle(now);
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [=](const piece& p) { return p.what.number == which; });
    if (found == waiting_.end()) return false;
    waiting_.erase(found);
    return true;
  }

  /// Forgets `which` wherever it is; if it travels, the link is free from now on.
  void drop(ticket which, nanoseconds now) noexcept {
    if (cancel(which, now) || take(which, now) || !travels_ || travels_->what.number != which) return;
    busy_ -= arrives_ - now;
    travels_.reset();
    if (!waiting_.empty()) start(now);
  }

  /// When the transfer that travels will arrive, if nothing passes it; nothing if the link is idle.
  [[nodiscard]] std::optional<nanoseconds> next_arrival() const noexcept { return travels_ ? std::optional(arrives_) : std::nullopt; }
  /// The next moment at which something changes here by itself: an arrival, or a demand that passes.
  [[nodiscard]] std::optional<nanoseconds> next_change() const noexcept { return travels_ ? std::optional(std::min(arrives_, yields_)) : std::nullopt; }

  /// What has arrived by `now`, in order of arrival, until `forget_arrived`.
  [[nodiscard]] const std::vector<transfer>& arrived(nanoseconds now) noexcept {
    settle(now);
    return arrived_;
  }
  void forget_arrived(std::size_t from_the_front) noexcept { arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(from_the_front)); }
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
    if (travels_) {
      arrives_ = later(arrives_, span);
      yields_ = later(yields_, span);
      began_ = later(began_, span);
    } else {
      free_at_ = later(std::max(now, free_at_), span);
    }
  }

 private:
  struct piece {
    transfer what;
    bytes left{};
  };

  void settle(nanoseconds now) noexcept {
    while (travels_ && std::min(arrives_, yields_) <= now) {
      const nanoseconds when = std::min(arrives_, yields_);
      if (yields_ < arrives_) {
        busy_ -= arrives_ - yields_;
        travels_->left -= yielded_;
        waiting_.insert(waiting_.begin(), *travels_);
      } else {
        arrived_.push_back(travels_->what);
        moved_ += travels_->what.size;
      }
      travels_.reset();
      if (!waiting_.empty()) start(when);
    }
  }
  void start(nanoseconds when) noexcept {
    auto next = waiting_.begin();
    if (order_.demand_first) {
      next = std::find_if(waiting_.begin(), waiting_.end(), [](const piece& p) { return p.what.why == cause::demand; });
      if (next == waiting_.end()) next = waiting_.begin();
    }
    const nanoseconds takes = time_for(next->left);
    travels_ = *next;
    waiting_.erase(next);
    began_ = when;
    arrives_ = later(when, takes);
    yields_ = nanoseconds::highest();
    busy_ = later(busy_, takes);
  }
  /// A demand waits: a prefetch that travels stops at its next border, if one is left.
  void let_pass(nanoseconds now) noexcept {
    if (!order_.demand_first || order_.chunk.count == 0 || travels_->what.why == cause::demand || yields_ < arrives_) return;
    const nanoseconds first = later(began_, cost_.overhead);
    const std::int64_t each = std::max(duration_of(order_.chunk, cost_.rate).count, std::int64_t{1});
    const auto chunks = static_cast<std::uint64_t>(std::max((now - first).count / each, std::int64_t{1}));
    for (bytes gone = order_.chunk * chunks; gone < travels_->left; gone += order_.chunk) {
      const nanoseconds border = later(first, duration_of(gone, cost_.rate));
      if (border < now) continue;
      if (border < arrives_) {
        yields_ = border;
        yielded_ = gone;
      }
      return;
    }
  }

  std::vector<piece> waiting_;
  std::vector<transfer> arrived_;
  std::optional<piece> travels_;
  nanoseconds began_{};
  nanoseconds arrives_{};
  nanoseconds yields_ = nanoseconds::highest();  ///< when it will stop for a demand
  bytes yielded_{};                              ///< what it will have brought by then
  nanoseconds free_at_{};
  nanoseconds busy_{};
  bytes moved_{};
  link_cost cost_;
  link_order order_;
};

}  // namespace moesaic::transports
