// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/core/roofline.hpp>

namespace moesaic::sim {

/// How long something takes, by a count (tokens of a pass, tokens of an expert, length of the context): measured points and
/// straight lines between them. Below the first point it takes as long as there; behind the last the last line goes on, but
/// never down. Integers only, so that simulated times are the same on every platform.
/// Cost: O(log points) per question.
class time_table {
 public:
  struct point {
    std::uint32_t count = 0;
    nanoseconds takes{};
    friend constexpr bool operator==(const point&, const point&) = default;
  };

  /// Takes no time at all.
  time_table() = default;
  /// The same, whatever the count.
  explicit time_table(nanoseconds always) : points_{{0, always}} {}
  /// Points in ascending order of count; times not negative, and below 100 days.
  [[nodiscard]] static result<time_table> of(std::vector<point> points) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].takes.count < 0) return error(error_code::bad_argument, "row ", i, ": a time cannot be negative, got ", points[i].takes.count, " ns");
      if (points[i].takes > longest) return error(error_code::bad_argument, "row ", i, ": ", points[i].takes.count, " ns are more than 100 days");
      if (i > 0 && points[i].count <= points[i - 1].count)
        return error(error_code::bad_argument, "row ", i, ": counts have to ascend, got ", points[i].count, " behind ", points[i - 1].count);
    }
    time_table made;
    made.points_ = std::move(points);
    return made;
  }
  /// Work that a machine is limited in by its arithmetic or by its memory: `traffic` bytes whatever the count, `work` for each
  /// of the count. Exact but for rounding up to a nanosecond; the bend lies where memory ends to limit.
  [[nodiscard]] static result<time_table> of(const roofline& machine, flops work, bytes traffic) {
    const auto at = [&](std::uint32_t count) { return point{count, machine.shortest({work.count * count}, traffic)}; };
    std::vector<point> points{at(1)};
    const double bend =
        machine.memory.count > 0 && work.count > 0 ? static_cast<double>(traffic.count) / machine.memory.count * machine.peak.count / work.count : 0;
    if (bend > 2 && bend < 1e9) points.push_back(at(static_cast<std::uint32_t>(bend)));
    points.push_back(at(points.back().count + 1'000));
    return of(std::move(points));
  }

  [[nodiscard]] nanoseconds operator()(std::uint32_t count) const noexcept {
    if (points_.empty()) return {};
    const auto above = std::lower_bound(points_.begin(), points_.end(), count, [](const point& p, std::uint32_t c) { return p.count < c; });
    if (above == points_.begin()) return above->takes;
    if (above != points_.end()) return between(above[-1], above[0], count);
    if (points_.size() == 1) return points_.back().takes;
    return std::max(points_.back().takes, between(points_[points_.size() - 2], points_.back(), count));
  }
  [[nodiscard]] const std::vector<point>& points() const noexcept { return points_; }

 private:
  static constexpr nanoseconds longest{std::int64_t{100} * 86'400 * 1'000'000'000};

  [[nodiscard]] static nanoseconds between(const point& a, const point& b, std::uint32_t count) noexcept {
    const std::int64_t run = std::int64_t{b.count} - a.count;
    const std::int64_t rise = (b.takes - a.takes).count;
    const std::int64_t steps = std::int64_t{count} - a.count;
    return {a.takes.count + rise / run * steps + rise % run * steps / run};
  }

  std::vector<point> points_;
};

/// What computing one expert takes: a table by tokens for an expert of `measured` bytes; others take as much longer as they are
/// larger, which is right where memory is the limit, and for arithmetic at equal bits per weight.
struct expert_cost {
  time_table by_tokens{};
  bytes measured{1};

  [[nodiscard]] nanoseconds of(std::uint32_t tokens, bytes size) const noexcept {
    const auto whole = static_cast<std::uint64_t>(by_tokens(tokens).count);
    return {static_cast<std::int64_t>(whole / measured.count * size.count + whole % measured.count * size.count / measured.count)};
  }
};

}  // namespace moesaic::sim
