// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <moesaic/core/event.hpp>

namespace moesaic_test {

/// What eviction/successor_table.hpp knows of one layer, in maps, after the formulas of its comment: whole 1/256 of a use and
/// whole 2^-32 of a share, rounded down. Counts that maps have no entry for are 0.
struct slow_pairs {
  std::map<std::uint32_t, std::uint64_t> trace{}, uses{};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> row{};
  std::set<std::uint32_t> last{};
  std::uint64_t token = 0, events = 0, always = 0, followed = 0;  ///< `always`: an expert that every event wants

  void hear(const moesaic::layer_event& event) {
    const std::uint64_t fading[] = {181, 181, 128, 91, 64};
    const std::uint64_t passed = event.first_token.count - token;
    const std::uint64_t left = passed > 4 ? fading[4] : fading[passed];
    token = event.first_token.count;
    always = always * left / 256;
    for (auto& [i, t] : trace) t = t * left / 256;
    last.clear();
    for (const moesaic::demand& d : event.wanted) {
      last.insert(number(d.expert));
      for (const auto& [i, t] : trace) row[{number(d.expert), i}] += t;
    }
    followed += always;
    always += 256;
    for (const std::uint32_t e : last) {
      trace[e] += 256;
      ++uses[e];
    }
    if (++events < 65'536) return;
    events /= 2;
    followed /= 2;
    for (auto& [e, n] : uses) n /= 2;
    for (auto& [pair, n] : row) n /= 2;
  }

  /// 2^24 log2, straight between powers of two.
  static std::int64_t log2(std::uint64_t v) {
    std::int64_t whole = 0;
    while (v >> whole > 1) ++whole;
    const std::uint64_t rest = v - (std::uint64_t{1} << whole);
    return whole * (1 << 24) + static_cast<std::int64_t>(whole > 24 ? rest >> (whole - 24) : rest << (24 - whole));
  }

  [[nodiscard]] std::int64_t evidence(std::uint32_t x) const {
    if (last.empty()) return 0;
    const auto of = [](const auto& map, const auto& key) {
      const auto found = map.find(key);
      return found == map.end() ? std::uint64_t{} : found->second;
    };
    const std::uint64_t z = followed / events + 1;
    const std::uint64_t known = of(uses, x) + 6;
    std::uint64_t shares = 0, sum = last.size() * z * 6 * (std::uint64_t{1} << 32) / (events + 1);
    for (const std::uint32_t i : last) {
      const std::uint64_t share = 0xFFFF'FFFF / (of(uses, i) + 1);
      shares += share;
      sum += of(row, std::pair(x, i)) * share;
    }
    sum += known * (shares * 256 / (events + 1));
    return 5 * (log2(sum) - log2(last.size() * z * (std::uint64_t{1} << 32))) - 4 * (log2(known) - log2(events + 1));
  }

  /// The same from the formula itself, in floating point.
  [[nodiscard]] double exact_evidence(std::uint32_t x) const {
    const auto p = [&](std::uint32_t e) { return (static_cast<double>(uses.contains(e) ? uses.at(e) : 0) + 6) / static_cast<double>(events + 1); };
    const double size = static_cast<double>(last.size()), z = static_cast<double>(followed) / 256 / static_cast<double>(events);
    double a = 6 * size * z / static_cast<double>(events + 1);
    for (const std::uint32_t i : last) {
      const auto pair = row.find({x, i});
      a += ((pair == row.end() ? 0 : static_cast<double>(pair->second) / 256) + p(x)) / (static_cast<double>(uses.at(i)) + 1);
    }
    return 5 * std::log2(a / (size * z)) - 4 * std::log2(p(x));
  }
};

}  // namespace moesaic_test
