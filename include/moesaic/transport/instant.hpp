// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/content.hpp>
#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// Completes every transfer at once and for nothing: for replay, where only decisions count. Time stands still unless
/// `advance` moves it. Completions come in the order of submission; nothing can be cancelled, because nothing waits.
/// A fence (`transfer::after`) counts as past: there is no stream here.
/// Cost: O(1) a transfer; 32 bytes for each of `capacity`, allocated once.
template <content Content = no_content>
class instant {
 public:
  /// `capacity`: transfers that may be open at once, at least 1.
  explicit instant(std::uint32_t capacity = 1024, Content writes = {}) : arrived_(std::max(capacity, std::uint32_t{1})), writes_(std::move(writes)) {}

  [[nodiscard]] std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(arrived_.size()); }
  void submit(const transfer& what) noexcept {
    writes_(what);
    completion& done = arrived_[around(first_ + count_)];
    done.number = what.number;  // member by member: assembled first and then copied it takes ten times as long
    done.status = transfer_status::arrived;
    done.moved = what.size;
    done.system_error = 0;
    ++count_;
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    const std::uint32_t told = std::min(count_, static_cast<std::uint32_t>(std::min<std::size_t>(out.size(), capacity())));
    for (std::uint32_t i = 0; i < told; ++i) out[i] = arrived_[around(first_ + i)];
    count_ -= told;
    first_ = count_ == 0 ? 0 : around(first_ + told);  // an empty ring starts over, where its memory is warm
    return told;
  }
  std::uint32_t wait(std::span<completion> out) noexcept { return poll(out); }
  bool cancel(ticket) noexcept { return false; }
  /// Free: no overhead, and a rate that makes every time 1 ns or less.
  [[nodiscard]] link_cost cost() const noexcept { return {{}, {1e18}}; }
  nanoseconds now() noexcept { return now_; }

  void advance(nanoseconds passed) noexcept { now_ = later(now_, passed); }

 private:
  [[nodiscard]] std::uint32_t around(std::uint32_t i) const noexcept { return i < capacity() ? i : i - capacity(); }

  std::vector<completion> arrived_;  // a ring
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
  nanoseconds now_{};
  [[no_unique_address]] Content writes_;
};

static_assert(hand_held<instant<>>, "instant no longer models transport with a clock in the hand");

}  // namespace moesaic::transports
