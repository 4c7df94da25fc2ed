// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "page.hpp"

namespace moesaic::report {

/// The entries of a comparison as a grid: policies in the order in which they appear, capacities by what fits. Where the same
/// two meet twice, the later entry counts; where they never meet, there is nothing.
class grid {
 public:
  explicit grid(const comparison& of);

  struct column {
    std::string text;
    double share;
  };
  std::vector<std::string> policies;
  std::vector<column> rooms;

  [[nodiscard]] const entry* at(std::size_t policy, std::size_t room) const { return cells_[policy * rooms.size() + room]; }
  /// Whether the charts show it before the reader has chosen: of many lines those that miss least, so that they stay apart; with
  /// one capacity there are rows instead of lines, and all are shown.
  [[nodiscard]] bool shown_first(std::size_t policy) const { return shown_first_[policy]; }
  [[nodiscard]] bool all_shown_first() const { return policies.size() <= shown_at_most || rooms.size() == 1; }

  /// The best that a bound says at a capacity: `value(entry)` is asked of every entry there, the least answer counts.
  template <class Value>
  [[nodiscard]] std::optional<double> least(std::size_t room, const Value& value) const {
    std::optional<double> best;
    for (std::size_t p = 0; p < policies.size(); ++p)
      if (const entry* e = at(p, room))
        if (const std::optional<double> v = value(*e); v && (!best || *v < *best)) best = v;
    return best;
  }

  static constexpr std::size_t shown_at_most = 10;

 private:
  std::vector<const entry*> cells_;  ///< [policies][rooms]
  std::vector<bool> shown_first_;
};

}  // namespace moesaic::report
