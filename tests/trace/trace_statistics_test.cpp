// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/trace_statistics.hpp>

#include "made_moetrc1.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {

trace_summary counted(const moesaic_test::made_moetrc1& made) {
  const std::vector<std::byte> file = made.bytes();
  auto reader = moetrc1_reader<memory_source>::open(memory_source("t", file));
  REQUIRE(reader);
  trace_statistics statistics(reader->shape());
  for (auto rows = reader->next(); rows && *rows; rows = reader->next()) statistics.add(**rows);
  return statistics.finish();
}

TEST_CASE("a trace small enough to count by hand") {
  // Layer 0: {1 0} {1 2} {3 1} | {0 1} {5 0}; layer 1: {5 4} - {4 0} | {2 3} {3 2}
  const trace_summary s = counted(moesaic_test::small_trace());
  CHECK(s.tokens == 5);
  CHECK(s.sequences == 2);
  CHECK(s.prompt_tokens == 1);
  CHECK(s.routed_rows == 9);
  CHECK(s.not_routed_rows == 1);
  CHECK(s.least_reuse == doctest::Approx(0.5));       // layer 0: 1 1 | 1 of 6
  CHECK(s.most_reuse == doctest::Approx(1.0));        // layer 1: only the last two tokens can be compared
  CHECK(s.reuse == doctest::Approx(0.75));
  CHECK(s.reuse_at_8 == 0);
  CHECK(s.random == doctest::Approx(2.0 / 6));
  CHECK(s.distinct == doctest::Approx((4 + 3 + 3 + 2) / 4.0));
  CHECK(s.distinct_in_window[0] == doctest::Approx(2));
  CHECK(s.distinct_in_window[1] == doctest::Approx((3 + 3 + 2) / 3.0));  // layer 1's first window is not routed throughout
  CHECK(s.distinct_in_window[2] == doctest::Approx(4));
  CHECK(s.distinct_in_window[3] == 0);
  // Layer 0: uses 3 4 1 1 0 1; layer 1: 1 0 2 2 2 1.
  CHECK(s.hottest_quarter == doctest::Approx((4 / 10.0 + 2 / 8.0) / 2));
  CHECK(s.entropy_most == doctest::Approx(std::log2(6)));
  CHECK(s.entropy == doctest::Approx((2.0464393 + 2.25) / 2));
}

TEST_CASE("on random traces it is what sets say") {
  moesaic_test::splitmix dice{5};
  for (int round = 0; round < 40; ++round) {
    moesaic_test::made_moetrc1 made{.layers = dice.between(1, 3), .experts = dice.between(4, 20), .top_k = 2};
    for (std::uint32_t s = dice.between(1, 4); s-- > 0;) made.add_sequence(dice.between(1, 60));
    for (std::uint32_t i = 0; i < made.tokens * made.layers; ++i) {
      const std::uint32_t first = dice.below(made.experts), second = (first + 1 + dice.below(made.experts - 1)) % made.experts;
      const bool routed = !dice.chance(100);
      made.ids.push_back(routed ? first : 255);
      made.ids.push_back(routed ? second : 255);
    }
    const trace_summary got = counted(made);
    using set = std::set<std::uint32_t>;
    const auto set_of = [&](std::uint32_t token, std::uint32_t layer) {
      const std::size_t at = (std::size_t{token} * made.layers + layer) * 2;
      return made.ids[at] == 255 ? set{} : set{made.ids[at], made.ids[at + 1]};
    };
    double reuse = 0, reuse_at_8 = 0, distinct = 0;
    std::map<std::uint32_t, double> in_windows, windows;
    for (std::uint32_t l = 0; l < made.layers; ++l) {
      double again[2] = {0, 0}, compared[2] = {0, 0};
      for (const auto& s : made.sequences) {
        set whole;
        for (std::uint32_t t = s.first_token; t < s.first_token + s.tokens; ++t) {
          const set now = set_of(t, l);
          whole.insert(now.begin(), now.end());
          for (int lag = 0; lag < 2; ++lag) {
            const std::uint32_t back = lag == 0 ? 1 : 8;
            if (t < s.first_token + back || set_of(t - back, l).empty()) continue;
            const set before = set_of(t - back, l);
            compared[lag] += static_cast<double>(now.size());
            for (const std::uint32_t e : now) again[lag] += before.count(e) != 0 ? 1 : 0;
          }
        }
        distinct += static_cast<double>(whole.size());
        for (const std::uint32_t w : trace_summary::windows)
          for (std::uint32_t t = 0; t + w <= s.tokens; t += w) {
            set all;
            bool routed = true;
            for (std::uint32_t i = t; i < t + w; ++i) {
              const set now = set_of(s.first_token + i, l);
              routed = routed && !now.empty();
              all.insert(now.begin(), now.end());
            }
            if (!routed) continue;
            in_windows[w] += static_cast<double>(all.size());
            windows[w] += 1;
          }
      }
      reuse += compared[0] > 0 ? again[0] / compared[0] / made.layers : 0;
      reuse_at_8 += compared[1] > 0 ? again[1] / compared[1] / made.layers : 0;
    }
    CHECK(got.reuse == doctest::Approx(reuse));
    CHECK(got.reuse_at_8 == doctest::Approx(reuse_at_8));
    CHECK(got.distinct == doctest::Approx(distinct / made.layers / static_cast<double>(made.sequences.size())));
    for (std::size_t i = 0; i < trace_summary::windows.size(); ++i) {
      const std::uint32_t w = trace_summary::windows[i];
      CHECK(got.distinct_in_window[i] == doctest::Approx(windows[w] > 0 ? in_windows[w] / windows[w] : 0));
    }
  }
}

}  // namespace
