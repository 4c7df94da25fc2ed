// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/core/decayed_count.hpp>
#include <moesaic/core/event.hpp>

namespace moesaic_test {

/// Decayed counts from a list of all uses.
struct slow_rates {
  explicit slow_rates(std::uint32_t half_life) : clock(half_life) {}

  moesaic::decay_clock clock;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint64_t>> used;
  std::uint64_t now = 0;

  void hear(const moesaic::layer_event& event) {
    now = event.first_token.count;
    for (const moesaic::demand& d : event.wanted) used[{number(event.layer), number(d.expert)}].push_back(now);
  }
  /// log2 of the count decayed to now, in 2^-10, straight between powers of two, at least -6; nothing where never used.
  [[nodiscard]] std::optional<std::int32_t> log_of(std::uint32_t layer, std::uint32_t e) const {
    const auto found = used.find({layer, e});
    if (found == used.end()) return std::nullopt;
    moesaic::decayed_count sum;
    for (const std::uint64_t t : found->second) sum += clock.use_at({t});
    const double octaves = static_cast<double>(sum.worth().count - clock.use_at({now}).worth().count) / 0x1p40;
    return std::max(static_cast<std::int32_t>(std::floor(octaves * 1'024)), -6 * 1'024);
  }
};

}  // namespace moesaic_test
