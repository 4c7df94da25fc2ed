// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/content.hpp>
#include <moesaic/transport/link_chain.hpp>

namespace moesaic::transports {

struct simulated_options {
  std::uint32_t capacity = 8;               ///< transfers open at once, at least 1
  nanoseconds overhead = microseconds(10);  ///< per transfer
  bytes_per_second rate{1e9};               ///< 0 or less: nothing ever arrives before the end of time
  bool demand_first = false;                ///< waiting demands overtake waiting prefetches
  bytes chunk{};                            ///< with demand_first: a prefetch lets a demand pass after each so many bytes; 0: never
  std::vector<chained_link> behind{};       ///< further links that a transfer passes afterwards, one after the other
};

/// A link on paper, or several in a row, and the clock that tests hold in their hand. One transfer travels on a link at a time
/// and takes overhead + size / rate; the others wait in order of submission. `advance` lets computing time pass, `wait` jumps to the
/// next arrival; nothing else moves the clock. A transfer that has not started can be cancelled.
/// Content is written when the completion is reported. A fence (`transfer::after`) counts as past: there is no stream here.
/// Cost: O(open transfers) a call, no allocation after construction. Ties: the earlier submission. Deterministic.
///
///   simulated link({.capacity = 4, .overhead = microseconds(10), .rate = {2e9}});
template <content Content = no_content>
class simulated {
 public:
  explicit simulated(const simulated_options& options = {}, Content writes = {})
      : capacity_(std::max(options.capacity, std::uint32_t{1})), link_(capacity_, in_a_row(options)), writes_(std::move(writes)) {}

  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  void submit(const transfer& what) noexcept { link_.submit(what, now_); }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const auto& arrived = link_.arrived(now_);
    const std::size_t told = std::min(arrived.size(), out.size());
    for (std::size_t i = 0; i < told; ++i) {
      writes_(arrived[i]);
      out[i] = {arrived[i].number, transfer_status::arrived, arrived[i].size, 0};
    }
    link_.forget_arrived(told);
    return static_cast<std::uint32_t>(told);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (out.empty()) return 0;
    while (link_.arrived(now_).empty()) {
      const auto next = link_.next_change();
      if (!next) break;
      now_ = std::max(now_, *next);
    }
    return poll(out);
  }
  bool cancel(ticket which) noexcept { return link_.cancel(which, now_); }
  [[nodiscard]] link_cost cost() const noexcept { return link_.cost(); }
  nanoseconds now() noexcept { return now_; }

  void advance(nanoseconds passed) noexcept { now_ = later(now_, passed); }
  /// Bytes read without a ticket (in place) pass the first link, and the clock stands behind it.
  void charge(bytes read) noexcept {
    const nanoseconds span = link_.link(0).time_for(read);
    link_.occupy(span, now_);
    advance(span);
  }
  /// How long a link has been in use since the start.
  [[nodiscard]] nanoseconds busy(std::size_t link = 0) const noexcept { return link_.link(link).busy(); }
  [[nodiscard]] const link_chain& links() const noexcept { return link_; }
  [[nodiscard]] std::uint32_t open() const noexcept { return static_cast<std::uint32_t>(link_.open()); }

 private:
  [[nodiscard]] static std::vector<chained_link> in_a_row(const simulated_options& options) {
    std::vector<chained_link> links{{{options.overhead, options.rate}, {options.demand_first, options.chunk}}};
    links.insert(links.end(), options.behind.begin(), options.behind.end());
    return links;
  }

  std::uint32_t capacity_;
  link_chain link_;
  nanoseconds now_{};
  [[no_unique_address]] Content writes_;
};

static_assert(hand_held<simulated<>>, "simulated no longer models transport with a clock in the hand");

}  // namespace moesaic::transports
