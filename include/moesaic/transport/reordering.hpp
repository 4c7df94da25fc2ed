// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/transport/dice.hpp>
#include <moesaic/transport/hand_held.hpp>

namespace moesaic::transports {

/// Reports the completions of the transport it owns in a seeded random order, and holds some of them back for a while, as
/// the contract allows: an order is a habit of a device, not a promise. Everything else is handed through.
/// A ticket that arrived inside and was not reported yet can no longer be cancelled.
/// Cost: O(open tickets) a call, no allocation after construction. Deterministic for a deterministic transport.
template <transport T>
class reordering {
 public:
  reordering(T link, std::uint64_t seed) : link_(std::move(link)), dice_(seed) { held_.reserve(link_.capacity()); }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_.capacity(); }
  void submit(const transfer& what) noexcept {
    link_.submit(what);
    ++inside_;
  }
  /// Reports each completion with an even chance.
  std::uint32_t poll(std::span<completion> out) noexcept {
    gather(false);
    std::uint32_t told = 0;
    for (std::size_t i = held_.size(); i > 0 && told < out.size(); --i)
      if (dice_.below(2) == 0) out[told++] = draw();
    return told;
  }
  /// Reports at least one; lets others overtake it first where that costs only a longer wait.
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (out.empty()) return 0;
    gather(false);
    while (inside_ > 0 && (held_.empty() || dice_.below(2) == 0)) {
      if (!gather(true)) break;
    }
    if (held_.empty()) return 0;
    std::uint32_t told = 0;
    do out[told++] = draw();
    while (!held_.empty() && told < out.size() && dice_.below(2) == 0);
    return told;
  }
  bool cancel(ticket which) noexcept {
    if (!link_.cancel(which)) return false;
    --inside_;
    return true;
  }
  [[nodiscard]] link_cost cost() const noexcept { return link_.cost(); }
  nanoseconds now() noexcept { return link_.now(); }
  void advance(nanoseconds passed) noexcept
    requires hand_held<T>
  {
    link_.advance(passed);
  }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept
    requires explaining_transport<T>
  {
    return link_.explain(e, how);
  }
  [[nodiscard]] T& inner() noexcept { return link_; }
  [[nodiscard]] const T& inner() const noexcept { return link_; }

 private:
  /// Takes over what the inner transport has to report; false if it had nothing.
  bool gather(bool blocking) noexcept {
    std::array<completion, 16> some;
    bool any = false;
    while (inside_ > 0) {
      const std::uint32_t n = blocking && !any ? link_.wait(some) : link_.poll(some);
      if (n == 0) break;
      held_.insert(held_.end(), some.begin(), some.begin() + n);
      inside_ -= n;
      any = true;
    }
    return any;
  }
  completion draw() noexcept {
    const std::size_t i = dice_.below(static_cast<std::uint32_t>(held_.size()));
    const completion drawn = held_[i];
    held_[i] = held_.back();
    held_.pop_back();
    return drawn;
  }

  T link_;
  dice dice_;
  std::vector<completion> held_;  // arrived inside, not reported
  std::uint32_t inside_ = 0;      // open there
};

}  // namespace moesaic::transports
