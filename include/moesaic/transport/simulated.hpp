// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include <moesaic/transport/content.hpp>
#include <moesaic/transport/serial_link.hpp>

namespace moesaic::transports {

struct simulated_options {
  std::uint32_t capacity = 8;               ///< transfers open at once, at least 1
  nanoseconds overhead = microseconds(10);  ///< per transfer
  bytes_per_second rate{1e9};               ///< 0 or less: nothing ever arrives before the end of time
  bool demand_first = false;                ///< waiting demands overtake waiting prefetches
};

/// A link on paper, and the clock that tests hold in their hand. One transfer travels at a time and takes
/// overhead + size / rate; the others wait in order of submission. `advance` lets computing time pass, `wait` jumps to the
/// next arrival; nothing else moves the clock. A transfer that has not started can be cancelled.
/// Content is written when the completion is reported. A fence (`transfer::after`) counts as past: there is no stream here.
/// Cost: O(open transfers) a call, no allocation after construction. Ties: the earlier submission. Deterministic.
///
///   simulated link({.capacity = 4, .overhead = microseconds(10), .rate = {2e9}});
template <content Content = no_content>
class simulated {
 public:
  explicit simulated(const simulated_options& options = {}, Content writes = {})
      : capacity_(std::max(options.capacity, std::uint32_t{1})),
        link_(capacity_, {options.overhead, options.rate}, options.demand_first),
        writes_(std::move(writes)) {}

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
    if (link_.arrived(now_).empty()) now_ = std::max(now_, link_.next_arrival().value_or(now_));
    return poll(out);
  }
  bool cancel(ticket which) noexcept { return link_.cancel(which, now_); }
  [[nodiscard]] link_cost cost() const noexcept { return link_.cost(); }
  nanoseconds now() noexcept { return now_; }

  void advance(nanoseconds passed) noexcept { now_ = later(now_, passed); }
  /// How long the link has been in use since the start.
  [[nodiscard]] nanoseconds busy() const noexcept { return link_.busy(); }
  [[nodiscard]] std::uint32_t open() const noexcept { return static_cast<std::uint32_t>(link_.open()); }

 private:
  std::uint32_t capacity_;
  serial_link link_;
  nanoseconds now_{};
  [[no_unique_address]] Content writes_;
};

static_assert(hand_held<simulated<>>, "simulated no longer models transport with a clock in the hand");

}  // namespace moesaic::transports
