// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/witness.hpp>

namespace moesaic::trace {

/// Who had a residency's link, and when: the time in which something was open, divided among the transfers so that none
/// overlap. What is known of a transfer is when it was submitted and when the core saw it arrive; many are open at once, and a link
/// that reads several at a time does not say which byte was whose.
///
/// So a transfer has the link from the arrival before it, or from its submission if the link was idle then, until its own.
/// Arrivals that were seen at one reading of the clock share the time up to it by their bytes, in the order in which they were
/// reported. The shares add up to the time in which the link had something to do, as far as the readings tell.
/// Cost: O(open transfers) a call; allocates. Ties: the earlier report.
class link_use {
 public:
  struct open_transfer {
    std::uint64_t number = 0;
    seen::submitted what;
    nanoseconds since{};
  };
  struct share {
    open_transfer of;
    nanoseconds from{}, until{};
    transfer_status how{};
    bytes moved{};
  };

  /// Numbers count up from 1, as a residency's tickets do.
  void submit(const seen::submitted& what, nanoseconds now) { open_.push_back({++numbers_, what, now}); }
  /// Transfers are over; when, the next reading of the clock says. A wait that reports nobody means that the link has lost them all.
  void report(const seen::completions& c) {
    for (const completion& one : c.told)
      if (const std::optional<open_transfer> found = take(one.number.number)) over_.push_back({*found, {}, {}, one.status, one.moved});
    if (!c.waited || !c.told.empty()) return;
    for (const open_transfer& lost : open_) over_.push_back({lost, {}, {}, transfer_status::refused, {}});
    open_.clear();
  }
  /// What was withdrawn never had the link. Nobody if no such transfer is open.
  std::optional<open_transfer> withdraw(ticket number) { return take(number.number); }

  /// What is over, with its share of the link's time up to `now`. Valid until the next call.
  std::span<const share> settle(nanoseconds now) {
    settled_.swap(over_);
    over_.clear();
    std::uint64_t left = 0;
    for (const share& s : settled_) left += s.of.what.size.count;
    for (share& s : settled_) {
      s.from = std::min(std::max(free_, s.of.since), now);
      const double part = left == 0 ? 1 : static_cast<double>(s.of.what.size.count) / static_cast<double>(left);
      s.until = s.from + nanoseconds{static_cast<std::int64_t>(static_cast<double>((now - s.from).count) * part)};
      left -= s.of.what.size.count;
      if (left == 0) s.until = now;
      free_ = s.until;
    }
    return settled_;
  }

 private:
  std::optional<open_transfer> take(std::uint64_t number) {
    const auto found = std::find_if(open_.begin(), open_.end(), [=](const open_transfer& t) { return t.number == number; });
    if (found == open_.end()) return {};
    const open_transfer taken = *found;
    open_.erase(found);
    return taken;
  }

  std::vector<open_transfer> open_;
  std::vector<share> over_, settled_;
  std::uint64_t numbers_ = 0;
  nanoseconds free_ = nanoseconds::lowest();  // the link's last transfer was over
};

}  // namespace moesaic::trace
