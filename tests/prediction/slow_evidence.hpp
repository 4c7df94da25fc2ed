// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "prediction/slow_history.hpp"

namespace moesaic_test {

/// log2 in 2^-10 as fixed_log2 promises it: nine bits behind the first one count, nearest.
[[nodiscard]] inline std::int64_t slow_log2(std::uint64_t x) {
  std::int64_t exponent = 0;
  while (x >> exponent > 1) ++exponent;
  const std::uint64_t top = exponent >= 9 ? x >> (exponent - 9) : x << (9 - exponent);
  return exponent * 1'024 + std::llround(1'024 * std::log2(static_cast<double>(top) / 512));
}

/// The twin of log_evidence. `base(layer, expert, uses)` gives the score to begin with, or nothing.
template <class Base>
struct slow_evidence : slow_twin {
  using slow_twin::on;
  std::uint32_t most, horizon, sources, weight;
  Base base;
  slow_pairs table{};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> uses{};
  std::map<std::uint32_t, std::int64_t> events_of{};

  slow_evidence(std::uint32_t m, std::uint32_t h, std::uint32_t s, std::uint32_t w, Base b) : most(m), horizon(h), sources(s), weight(w), base(std::move(b)) {}

  void on(const layer_event& event) {
    const std::uint32_t layer = number(event.layer), farthest = std::min(horizon + sources - 1, layers());
    past.begin(layer);
    base.hear(event);
    if (learns) {
      for (std::uint32_t d = 1; d <= farthest; ++d) table.learn(past, d, wanted_by(event));
      ++events_of[layer];
      for (const std::uint32_t e : wanted_by(event)) ++uses[{layer, e}];
    }
    past.keep(wanted_by(event));
    forecast[layer].clear();
    for (std::uint32_t ahead = 1; ahead <= std::min(horizon, farthest); ++ahead) {
      const std::uint32_t due = (layer + ahead) % layers();
      ranking all;
      for (std::uint32_t b = 0; b < width(due); ++b) {
        auto score = base.score(due, b, uses[{due, b}]);
        if (!score) continue;
        for (std::uint32_t back = 0; back < sources && ahead + back <= farthest; ++back) *score += evidence(ahead, back, due, b);
        all.emplace_back(b, *score);
      }
      const std::size_t wanted = past.how_many(due, 0, event.wanted.size());
      const ranking whole = best_of(all, std::max<std::size_t>(most != 0 ? most : wanted, wanted + 1));
      forecast[due] = best_of(all, most != 0 ? most : wanted);
      for (auto& [e, score] : forecast[due]) score += (1 << 20) - whole[std::min(wanted, whole.size() - 1)].second;
    }
  }

 private:
  [[nodiscard]] std::int64_t evidence(std::uint32_t ahead, std::uint32_t back, std::uint32_t due, std::uint32_t b) {
    const expert_set set = past.ago(back);
    const std::int64_t used = uses[{due, b}], events_heard = events_of[due];
    if (set.empty() || used == 0) return 0;
    std::int64_t sum = 0;
    for (const std::uint32_t a : set)
      if (const std::int64_t n = table.used(ahead + back, due, a); n != 0)
        sum += slow_log2(static_cast<std::uint64_t>(table.together(ahead + back, due, a, b) * events_heard + 8 * used)) -
               slow_log2(static_cast<std::uint64_t>(n + 8)) - slow_log2(static_cast<std::uint64_t>(used));
    const std::int64_t k = past.shape->top_k(static_cast<layer_index>(past.layer_ago(back))), n = static_cast<std::int64_t>(set.size());
    return sum * weight * std::min(k, n) / (100 * n);
  }
};

}  // namespace moesaic_test
