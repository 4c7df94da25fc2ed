// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/placement_policy.hpp>

namespace moesaic::placement {

/// Divides an event's missing experts between device and host by one list with two ends: the device takes those with most tokens and
/// pays for moving them, the host those with fewest, whoever would be done earlier takes the next.
///
/// Source: HybriMoE's hybrid scheduling (arXiv 2504.05897, released code): present experts by tokens descending, then missing ones
/// likewise; the device consumes from the head, the processor from the tail; moves are one after the other. Deviations: present experts
/// always stay with the device, because a placement policy is asked about misses only; the move is what the scene's link says.
/// Mechanism: the device begins with all present experts on its account. Then, while experts are left: the device would be done with the
/// head at max(its time, link's time + move) + device; the host with the tail at its time + host_base + tokens x host_token. The
/// earlier one takes it.
/// Cost: O(misses^2) at worst (a sort by insertion), no allocation after inventory; 4 bytes per expert of the widest layer.
/// State and Ties: how many experts the event wants. Equal tokens: the lower id is nearer to the head. Equal times: the device.
/// One that travels already costs its waiting time instead of a move. A link without a rate leaves everything to the host.
/// Threads: one at a time.
/// Knobs, in microseconds, with the constants of the released code: `host_base`, default 790, `host_token`, default 1,000, `device`, default
/// 500, per expert. They are one machine's: measure yours.
///
///     placement::two_ended policy{.host_base = 20, .host_token = 110, .device = 30};
struct two_ended {
  using hears = events<inventory, layer_event>;

  std::uint32_t host_base = 790;
  std::uint32_t host_token = 1'000;
  std::uint32_t device = 500;

  void on(const inventory& all) { state_.order.assign(all.shape.widest_layer(), 0); }
  void on(const layer_event& event) noexcept { state_.wanted = static_cast<std::uint32_t>(event.wanted.size()); }

  template <utility_scorer S>
  void place(const scene<S>& now, std::span<const miss> misses, std::span<remedy> remedies) noexcept {
    const auto n = static_cast<std::uint32_t>(std::min(misses.size(), state_.order.size()));
    const std::span<std::uint32_t> order = std::span(state_.order).first(n);
    for (std::uint32_t i = 0; i < n; ++i) {  // most tokens first; misses come by ascending id
      std::uint32_t at = i;
      for (; at > 0 && misses[order[at - 1]].tokens < misses[i].tokens; --at) order[at] = order[at - 1];
      order[at] = i;
    }
    const std::uint32_t present = state_.wanted > n ? state_.wanted - n : 0;
    double on_device = present * per_expert(), on_link = 0, on_host = 0;
    for (std::uint32_t head = 0, tail = n; head < tail;) {
      const miss& first = misses[order[head]];
      const miss& last = misses[order[tail - 1]];
      const double arrives = first.in_flight ? static_cast<double>(first.arrives_in.count) : on_link + static_cast<double>(now.link.time_for(first.size).count);
      const double device_done = std::max(on_device, arrives) + per_expert();
      const double host_done = on_host + (host_base + static_cast<double>(host_token) * last.tokens) * 1e3;
      if (device_done <= host_done) {
        remedies[order[head++]] = remedy::fetch;
        on_device = device_done;
        if (!first.in_flight) on_link = arrives;
      } else {
        remedies[order[--tail]] = remedy::host;
        on_host = host_done;
      }
    }
  }
  [[nodiscard]] utility threshold() const noexcept { return utility::lowest(); }

  struct memory {
    std::vector<std::uint32_t> order;
    std::uint32_t wanted = 0;
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where a bundle is written

 private:
  [[nodiscard]] double per_expert() const noexcept { return device * 1e3; }
};

static_assert(placement_policy<two_ended>, "two_ended no longer models placement_policy");

}  // namespace moesaic::placement
