// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <moesaic/sim/time_table.hpp>
#include <moesaic/transport/link_chain.hpp>
#include <moesaic/transport/simulated.hpp>

namespace moesaic::sim {

/// The processor that computes experts where slow memory is.
struct host_lane {
  expert_cost expert{};
  bool beside_device = false;  ///< works while the device works; else the device waits for it
  bool through_link = false;   ///< what it reads passes the first link (experts in a file, computed in place)
};

/// A machine on paper: what computing takes, and the links that experts travel on. Numbers come from measurements or data
/// sheets, never from here.
struct machine {
  std::string name;
  time_table pass{};      ///< of one forward pass, by its tokens: embedding, dense layers, head
  time_table layer{};     ///< of one MoE layer, by the pass's tokens: attention, norms, router, shared experts
  time_table context{};   ///< of one MoE layer on top, by the tokens in the key-value cache
  expert_cost expert{};   ///< of one routed expert on the device, by its tokens
  std::optional<host_lane> host{};
  std::optional<time_table> draft{};  ///< of one drafted token, by the tokens drafted so far in the window
  std::vector<transports::chained_link> links{};  ///< at least one; slow memory is behind the first
  std::uint32_t open_transfers = 8;               ///< how many may be under way at once

  /// The link of this machine, with the clock at its start.
  [[nodiscard]] transports::simulated<> link() const {
    const transports::chained_link& first = links.front();
    return transports::simulated<>({.capacity = open_transfers,
                                    .overhead = first.cost.overhead,
                                    .rate = first.cost.rate,
                                    .demand_first = first.order.demand_first,
                                    .chunk = first.order.chunk,
                                    .behind = {links.begin() + 1, links.end()}});
  }
  /// Bytes a second that experts can travel at, at most.
  [[nodiscard]] bytes_per_second rate() const noexcept {
    bytes_per_second slowest = links.front().cost.rate;
    for (const transports::chained_link& l : links) slowest = l.cost.rate < slowest ? l.cost.rate : slowest;
    return slowest;
  }
};

}  // namespace moesaic::sim
