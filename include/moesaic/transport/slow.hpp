// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <moesaic/transport/hand_held.hpp>
#include <moesaic/transport/serial_link.hpp>

namespace moesaic::transports {

struct slow_options {
  bytes_per_second rate{500e6};  ///< what the link shall give, at most; 0 or less: no limit
  nanoseconds overhead{};        ///< per transfer
  bool demand_first = true;      ///< waiting demands overtake waiting prefetches
};

/// Makes the transport it owns look like one link of a fixed rate: a transfer is reported when that link would have brought
/// it, or when it has really arrived, whichever is later. Transfers pass the slow link one at a time.
///
/// The bytes travel inside as fast as they can; only the report is held back. So a ticket whose turn on the slow link has not
/// come can be cancelled if it is complete inside (nobody writes any more), or if the inner transport can still cancel it.
/// By a clock in the hand `wait` jumps; by a real one it sleeps.
/// `charge` lets reads in place (mapped files) use the same link.
/// Cost: O(open tickets) a call, no allocation after construction. Ties: the earlier submission.
template <transport T>
class slow {
 public:
  explicit slow(T link, const slow_options& options = {})
      : link_(std::move(link)),
        lane_(link_.capacity(), {options.overhead, options.rate.count > 0 ? options.rate : bytes_per_second{1e18}}, options.demand_first) {
    inside_.reserve(link_.capacity());
    arrived_.reserve(link_.capacity());
  }

  [[nodiscard]] std::uint32_t capacity() const noexcept { return link_.capacity(); }
  void submit(const transfer& what) noexcept {
    lane_.submit(what, link_.now());
    inside_.push_back(what.number);
    link_.submit(what);
  }
  std::uint32_t poll(std::span<completion> out) noexcept {
    gather(false);
    return report(out);
  }
  std::uint32_t wait(std::span<completion> out) noexcept {
    if (out.empty()) return 0;
    gather(false);
    while (true) {
      if (const std::uint32_t told = report(out); told > 0) return told;
      if (arrived_.empty() && inside_.empty()) return 0;
      // What passed the slow link first is awaited inside; else the link's next arrival is awaited.
      if (!lane_.arrived(link_.now()).empty() && !inside_.empty())
        gather(true);
      else
        pass_time(lane_.next_arrival().value_or(nanoseconds{}));
      gather(false);
    }
  }
  bool cancel(ticket which) noexcept {
    gather(false);
    const auto here = std::find_if(arrived_.begin(), arrived_.end(), [=](const completion& c) { return c.number == which; });
    if (here != arrived_.end()) {
      if (!lane_.cancel(which, link_.now())) return false;
      arrived_.erase(here);
      return true;
    }
    if (!link_.cancel(which)) return false;
    lane_.drop(which, link_.now());
    std::erase(inside_, which);
    return true;
  }
  /// The slower of the two.
  [[nodiscard]] link_cost cost() const noexcept {
    const link_cost own = lane_.cost();
    const link_cost inner = link_.cost();
    return {std::max(own.overhead, inner.overhead), {std::min(own.rate.count, inner.rate.count)}};
  }
  nanoseconds now() noexcept { return link_.now(); }
  void advance(nanoseconds passed) noexcept
    requires hand_held<T>
  {
    link_.advance(passed);
  }

  /// Bytes read without a ticket (in place, from a mapping) take their time on the slow link: returns when they have
  /// passed, and pushes back what travels meanwhile.
  void charge(bytes read) noexcept {
    const nanoseconds now_here = link_.now();
    const nanoseconds span = lane_.time_for(read);
    lane_.occupy(span, now_here);
    pass_time(later(now_here, span));
  }
  [[nodiscard]] std::optional<error> explain(expert_id e, const completion& how) const noexcept
    requires explaining_transport<T>
  {
    return link_.explain(e, how);
  }
  [[nodiscard]] T& inner() noexcept { return link_; }
  [[nodiscard]] const T& inner() const noexcept { return link_; }

 private:
  void gather(bool blocking) noexcept {
    std::array<completion, 16> some;
    while (!inside_.empty()) {
      const std::uint32_t n = blocking ? link_.wait(some) : link_.poll(some);
      if (n == 0) break;
      blocking = false;
      for (std::uint32_t i = 0; i < n; ++i) {
        arrived_.push_back(some[i]);
        std::erase(inside_, some[i].number);
      }
    }
  }
  std::uint32_t report(std::span<completion> out) noexcept {
    std::uint32_t told = 0;
    const nanoseconds now_here = link_.now();
    for (auto a = arrived_.begin(); a != arrived_.end() && told < out.size();) {
      if (lane_.take(a->number, now_here)) {
        out[told++] = *a;
        a = arrived_.erase(a);
      } else {
        ++a;
      }
    }
    return told;
  }
  void pass_time(nanoseconds until) noexcept {
    for (nanoseconds left = until - link_.now(); left.count > 0; left = until - link_.now()) {
      if constexpr (hand_held<T>)
        link_.advance(left);
      else
        std::this_thread::sleep_for(std::chrono::nanoseconds(left.count));
    }
  }

  T link_;
  serial_link lane_;
  std::vector<ticket> inside_;       // open there
  std::vector<completion> arrived_;  // complete there, not reported
};

}  // namespace moesaic::transports
