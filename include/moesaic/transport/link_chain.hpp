// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/serial_link.hpp>

namespace moesaic::transports {

/// One link of several that lie in a row.
struct chained_link {
  link_cost cost{};
  link_order order{};
};

/// Links in a row: disk to host memory, host memory to a device. A transfer passes them one after the other, a whole expert at
/// a time, so that the next one travels on the first link while this one travels on the second. The memory between two links
/// is not limited beyond the transfers that may be open. Pure bookkeeping like the links it is made of.
///
/// A transfer can be cancelled until it starts on the first link. What is open is the same everywhere: nothing is lost between.
/// Cost: O(open transfers) for each change, no allocation after construction. Ties: as in serial_link; where two links change
/// at one moment, the first in the row goes first.
class link_chain {
 public:
  /// At least one link, the one that slow memory lies behind first.
  link_chain(std::uint32_t capacity, std::span<const chained_link> links) {
    links_.reserve(links.size());
    for (const chained_link& l : links) links_.emplace_back(capacity, l.cost, l.order);
  }

  void submit(const transfer& what, nanoseconds now) noexcept {
    run_until(now);
    links_.front().submit(what, now);
  }
  bool cancel(ticket which, nanoseconds now) noexcept {
    run_until(now);
    return links_.front().cancel(which, now);
  }
  /// What has passed the last link by `now`, until `forget_arrived`.
  [[nodiscard]] const std::vector<transfer>& arrived(nanoseconds now) noexcept {
    run_until(now);
    return links_.back().arrived(now);
  }
  void forget_arrived(std::size_t from_the_front) noexcept { links_.back().forget_arrived(from_the_front); }
  /// The next moment at which anything changes by itself.
  [[nodiscard]] std::optional<nanoseconds> next_change() const noexcept {
    std::optional<nanoseconds> next;
    for (const serial_link& l : links_)
      if (const auto change = l.next_change(); change && (!next || *change < *next)) next = change;
    return next;
  }

  /// Somebody else uses the first link for `span` from `now` on.
  void occupy(nanoseconds span, nanoseconds now) noexcept {
    run_until(now);
    links_.front().occupy(span, now);
  }

  /// What a transfer costs when many follow one another: the overheads add up, the slowest link gives the rate.
  [[nodiscard]] link_cost cost() const noexcept {
    link_cost all = links_.front().cost();
    for (std::size_t i = 1; i < links_.size(); ++i) {
      all.overhead = later(all.overhead, links_[i].cost().overhead);
      all.rate = std::min(all.rate, links_[i].cost().rate);
    }
    return all;
  }
  [[nodiscard]] std::size_t size() const noexcept { return links_.size(); }
  [[nodiscard]] const serial_link& link(std::size_t which) const noexcept { return links_[which]; }
  [[nodiscard]] std::size_t open() const noexcept {
    std::size_t n = 0;
    for (const serial_link& l : links_) n += l.open();
    return n;
  }

 private:
  /// Every change up to `now`, in the order of time, so that each link takes over at the moment the one before has brought it.
  void run_until(nanoseconds now) noexcept {
    while (links_.size() > 1) {
      const std::optional<nanoseconds> next = next_change();
      if (!next || *next > now) break;
      for (std::size_t i = 0; i + 1 < links_.size(); ++i) {
        const std::vector<transfer>& over = links_[i].arrived(*next);
        for (const transfer& t : over) links_[i + 1].submit(t, *next);
        links_[i].forget_arrived(over.size());
      }
      (void)links_.back().arrived(*next);
    }
  }

  std::vector<serial_link> links_;
};

}  // namespace moesaic::transports
