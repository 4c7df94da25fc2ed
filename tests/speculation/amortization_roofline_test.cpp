// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <vector>

#include <moesaic/core/roofline.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/amortization_roofline.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;
using moesaic_test::splitmix;
using speculation::amortization_roofline;

/// 2 layers of 16 experts of 1,000 bytes on a link of 1 byte a nanosecond.
struct bench {
  explicit bench(amortization_roofline knobs = {}) : governor(knobs) {
    tell(governor, inventory{.shape = shape, .group_of = group_of, .groups = 1});
    link.rate = {1e9};
  }
  [[nodiscard]] speculation_scene<scoring::none> scene(std::uint32_t drafted = 0, std::uint32_t possible = 63) const {
    return {{scores, expected, residency_view(shape, flags), link, {}, {}, {}, {}}, {drafted}, 1, {possible}, limit};
  }
  void expect(std::uint32_t e, std::uint32_t row) { expected.expect(layer_index{0}, expert_index(e), {row}, {}); }
  /// One step: drafts `k` tokens in `each` nanoseconds, verifies them, and `stand` of them do.
  void step(std::uint32_t k, std::uint32_t stand, std::int64_t each, std::int64_t pass, std::int64_t stalled = 0) {
    if (k != 0) tell(governor, draft_started{{k}});
    for (std::uint32_t i = 0; i < k; ++i) tell(governor, token_drafted{{i + 1}, {each}});
    if (k != 0) (void)governor.verify(scene(k));
    governor.observe({{}, {k}, {k}, {stand}, {stand + 1}, {each * k}, {pass}, {stalled}, {}, {}});
  }
  [[nodiscard]] std::uint32_t longest(std::uint32_t possible = 63) { return governor.longest(scene(0, possible)).count; }

  model_shape shape = *model_shape::uniform(2, 16, 2, {1'000});
  std::vector<std::uint16_t> group_of = std::vector<std::uint16_t>(32);
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(32);
  forecast expected{shape.space(), 2, 16};
  scoring::none scores{};
  link_view link{};
  nanoseconds limit{};
  amortization_roofline governor;
};

TEST_CASE("amortization_roofline: two drafts at 0.9 give 1.71 tokens, 2.71 with the bonus") {
  const std::array p{0.9, 0.9};
  CHECK(amortization_roofline::accepted(p, 2) == doctest::Approx(1.71));
  CHECK(amortization_roofline::accepted(p, 1) == doctest::Approx(0.9));
  CHECK(amortization_roofline::accepted(p, 0) == 0);
  CHECK(expected_committed(0.9, {2}) == doctest::Approx(2.71));
}

TEST_CASE("amortization_roofline: warms up with least, then takes what promises most per time") {
  bench b({.most = 8, .least = 2});
  CHECK(b.longest() == 2);
  CHECK(b.longest(1) == 1);
  CHECK(b.longest(0) == 0);
  // Drafting costs 10 a token and is hidden below the first transfer of 1,000; a pass costs 100,000 however wide: as long as allowed.
  b.step(2, 2, 10, 100'000);
  CHECK(b.longest() == 8);
  CHECK(b.longest(5) == 5);
  // Drafting as dear as verifying, nothing stands behind the second token: shorter.
  for (int i = 0; i < 40; ++i) b.step(8, 2, 100'000, 100'000);
  CHECK(b.longest() == 2);
}

TEST_CASE("amortization_roofline: wide passes that take long shorten the draft; between known widths it interpolates") {
  bench b({.most = 8, .smoothing = 100, .prior = 90});
  b.step(1, 1, 0, 10'000);
  b.step(7, 7, 0, 130'000);  // 20,000 a row
  CHECK(b.governor.state_.passes.at(5) == doctest::Approx(70'000));
  CHECK(b.governor.state_.passes.at(1) == 10'000);
  CHECK(b.governor.state_.passes.at(64) == 130'000);
  CHECK(b.longest() == 1);  // p = 1 for places 1 to 7: 1 / 11,000 against 2 / 31,000 and so on, 7.9 / 131,000 at last
}

TEST_CASE("amortization_roofline: what the last window still missed is charged by its prefix") {
  bench b({.most = 8});
  for (std::uint32_t e = 0; e < 3; ++e) b.expect(e, e);
  for (std::uint32_t e = 3; e < 16; ++e) b.expect(e, 4);  // the fifth row wants 13 experts more
  b.step(6, 6, 1, 5'000 + 16'000, 16'000);  // the whole stall was foreseen: the pass itself takes 5,000
  CHECK(b.governor.state_.passes.at(7) == doctest::Approx(5'000));
  // accepted(k) / (1,000 + missing(k + 1) + 5,000): 3 rows miss 3, 4 rows too, 5 rows 16.
  CHECK(b.longest() == 3);
  for (auto& f : b.flags) f = residency_flag::resident;
  b.step(6, 6, 1, 5'000);
  CHECK(b.longest() == 8);
}

TEST_CASE("amortization_roofline: a stall that was not foreseen belongs to the pass") {
  bench b;
  b.step(4, 4, 1, 9'000, 7'000);
  CHECK(b.governor.state_.passes.at(5) == doctest::Approx(9'000));
}

TEST_CASE("amortization_roofline: no cycle above the time limit, and none if no length is within it") {
  bench b({.most = 8, .smoothing = 100});
  b.step(1, 1, 500, 10'000);
  b.step(8, 8, 500, 17'000);  // pass(k + 1) = 10,000 + 1,000 (k - 1)
  CHECK(b.longest() == 8);
  b.limit = {15'500};  // 4 tokens: max(2,000, 1,000) + 13,000; 5: 2,500 + 14,000
  CHECK(b.longest() == 4);
  b.limit = {10'999};
  CHECK(b.longest() == 0);
  b.limit = {11'000};
  CHECK(b.longest() == 1);
}

TEST_CASE("amortization_roofline: under a time limit it never goes further than one token behind what it has measured") {
  bench b({.most = 8});
  b.limit = {100'000};
  CHECK(b.longest() == 0);  // nothing is known: a draft could take any time
  b.step(0, 0, 0, 1'000);
  CHECK(b.longest() == 1);
  b.step(1, 1, 10, 1'000);
  CHECK(b.longest() == 2);
  b.limit = {500};  // a plain step takes longer already
  CHECK(b.longest() == 0);
  b.limit = {};
  CHECK(b.longest() == 8);
}

TEST_CASE("amortization_roofline: by the token, it stops where one more promises less") {
  bench b({.most = 8, .prior = 50, .per_step = 1});
  b.step(1, 1, 100, 5'000);
  CHECK(b.longest() == 8);
  CHECK(b.governor.keep_drafting(b.scene(0)));
  CHECK(b.governor.keep_drafting(b.scene(1)));  // nothing missing is foretold
  for (std::uint32_t e = 0; e < 12; ++e) b.expect(e, 0);
  CHECK_FALSE(b.governor.keep_drafting(b.scene(1)));  // 0.75 / 18,000 now, 1.125 / 30,000 with the second token
  for (auto& f : b.flags) f = residency_flag::in_flight;
  CHECK(b.governor.keep_drafting(b.scene(1)));
  CHECK_FALSE(b.governor.keep_drafting(b.scene(8)));
  CHECK_FALSE(b.governor.keep_drafting(b.scene(3, 3)));
}

TEST_CASE("amortization_roofline: by the paper's count 0 never wins; with the bonus token it can") {
  for (const std::uint32_t bonus : {0U, 1U}) {
    bench b({.most = 4, .least = 0, .smoothing = 100, .bonus = bonus});
    b.step(0, 0, 0, 1'000);
    for (int i = 0; i < 3; ++i) b.step(1, 0, 50'000, 50'000);  // dear drafts of which none stands
    for (int i = 0; i < 3; ++i) b.step(1, i == 0, 50'000, 50'000);
    b.governor.state_.stands[0] = 0.5;
    CHECK((b.longest() == 0) == (bonus == 1));
  }
}

TEST_CASE("amortization_roofline: a link without a rate, times that are none: plain decoding, or what was known before") {
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    bench b;
    b.step(2, 2, 10, 1'000);
    b.link.rate = {rate};
    CHECK(b.longest() == 0);
    CHECK_FALSE(b.governor.keep_drafting(b.scene(0)));
    CHECK(b.governor.verify(b.scene(4)) == draft_length{0});
  }
  bench b;
  b.expect(1, 0);
  b.step(2, 2, 10, 1'000);
  b.link.rate = {std::numeric_limits<double>::infinity()};
  CHECK(b.longest() == 16);
  b.link.rate = {std::numeric_limits<double>::min()};  // no transfer ends in this life
  CHECK(b.longest() == 0);
  b.link.rate = {1e9};
  b.governor.observe({{}, {4}, {4}, {9}, {10}, {-5}, {std::numeric_limits<std::int64_t>::min()}, {std::numeric_limits<std::int64_t>::max()}, {}, {}});
  tell(b.governor, token_drafted{{1}, nanoseconds::lowest()});
  const std::uint32_t still = b.longest();
  CHECK(still <= 16);
  CHECK(still >= 1);
  b.governor.observe({{}, {63}, {63}, {63}, {64}, nanoseconds::highest(), nanoseconds::highest(), {}, {}, {}});
  CHECK(b.longest() <= 16);
}

/// The same from the description, with maps: argmax over everything, each time anew.
struct obvious {
  amortization_roofline knobs;
  std::map<std::uint32_t, std::vector<bool>> trials{};
  std::map<std::uint32_t, double> passes{};
  double per_token = 0, base = 0, in_tokens = 0;
  std::map<std::uint32_t, double> missing{};  // by rows

  double p(std::uint32_t place) const {
    double now = knobs.prior / 100.0;
    const auto found = trials.find(place);
    if (found == trials.end()) return now;
    double n = 1;
    for (const bool stood : found->second) now += std::max(1 / ++n, knobs.smoothing / 100.0) * (static_cast<double>(stood) - now);
    return now;
  }
  double pass(std::uint32_t rows) const {
    const auto above = passes.lower_bound(rows);
    if (above == passes.end()) return std::prev(above)->second;
    if (above->first == rows || above == passes.begin()) return above->second;
    const auto below = std::prev(above);
    return below->second + (above->second - below->second) * (rows - below->first) / (above->first - below->first);
  }
  double cycle(std::uint32_t k, double moving) const { return (k == 0 ? 0.0 : std::max(base + per_token * k, 1'000.0)) + moving + pass(k + 1); }
  double cycle(std::uint32_t k) const {
    const auto missed = missing.find(k + 1);
    return cycle(k, missed == missing.end() ? 0.0 : missed->second);
  }
  double value(std::uint32_t k, double takes) const {
    double sum = knobs.bonus, all = 1;
    for (std::uint32_t i = 0; i < k; ++i) sum += all *= p(i);
    return takes > 0 ? sum / takes : 0;
  }
  double value(std::uint32_t k) const { return value(k, cycle(k)); }
};

TEST_CASE("amortization_roofline: agrees with an argmax by maps on random steps") {
  std::uint64_t questions = 0, wrong = 0;
  for (std::uint32_t run = 0; run < 600; ++run) {
    splitmix dice{run};
    bench b({.most = dice.between(1, 12),
             .least = dice.below(3),
             .smoothing = dice.between(1, 100),
             .prior = dice.between(1, 100),
             .per_step = 0,
             .bonus = dice.below(2)});
    obvious twin{b.governor};
    for (std::uint32_t step = 0; step < 60; ++step) {
      b.limit = {dice.chance(200) ? dice.between(1'000, 60'000) : 0};
      for (int again = 0; again < 3; ++again) {
        const std::uint32_t possible = dice.below(14), measured = twin.passes.empty() ? 0 : std::prev(twin.passes.end())->first;
        const std::uint32_t end = std::min({b.governor.most, possible, b.limit.count == 0 ? 63 : measured});
        const std::uint32_t answer = b.longest(possible);
        ++questions;
        if (twin.passes.empty()) {
          wrong += answer != std::min(end, std::max(1U, std::min(b.governor.least, end)));
          continue;
        }
        // Sums in another order may differ in the last bits, so the answer has to be as good as the best, not the same.
        double best = 0;
        for (std::uint32_t k = std::min(b.governor.least, end); k <= end; ++k)
          if (b.limit.count == 0 || twin.cycle(k) <= static_cast<double>(b.limit.count)) best = std::max(best, twin.value(k));
        wrong += best == 0 ? answer != 0 : twin.value(answer) < best * (1 - 1e-9) || answer > end;
      }
      const std::uint32_t k = dice.below(b.governor.most + 1), stand = dice.below(k + 1);
      const auto each = static_cast<std::int64_t>(dice.between(1, 3'000)), pass = static_cast<std::int64_t>(dice.between(1'000, 40'000));
      const std::int64_t stalled = dice.chance(500) ? static_cast<std::int64_t>(dice.below(30'000)) : 0;
      b.expected.forget_all();
      std::map<std::uint32_t, std::uint32_t> first;  // expert: row
      for (std::uint32_t i = dice.below(20); i > 0; --i) {
        const std::uint32_t e = dice.below(16), row = dice.below(k + 1);
        b.expect(e, row);
        const auto at = first.try_emplace(e, row).first;
        at->second = std::min(at->second, row);
      }
      b.step(k, stand, each, pass, stalled);
      if (k != 0) {
        for (std::uint32_t i = 0; i < k; ++i)
          twin.per_token = twin.per_token > 0 ? twin.per_token * .75 + static_cast<double>(each) * .25 : static_cast<double>(each);
        twin.base *= .75;  // nothing but tokens took time
        twin.missing.clear();
        for (std::uint32_t rows = 0; rows <= 64; ++rows)
          for (const auto& [e, row] : first) twin.missing[rows] += row < rows ? 1'000 : 0;
        for (std::uint32_t i = 0; i < k && i <= stand; ++i) twin.trials[i].push_back(i < stand);
      }
      const double foreseen = k == 0 ? 0.0 : twin.missing[k + 1];
      const double alone = static_cast<double>(pass) - std::min(foreseen, static_cast<double>(std::min(stalled, pass)));
      if (alone <= 0) continue;
      const auto [at, fresh] = twin.passes.try_emplace(k + 1, alone);
      if (!fresh) at->second += b.governor.smoothing / 100.0 * (alone - at->second);
    }
  }
  CHECK(wrong == 0);
  CHECK(questions >= 100'000);
}

TEST_CASE("amortization_roofline: by the token, agrees with comparing both promises") {
  std::uint64_t questions = 0, wrong = 0, stops = 0;
  for (std::uint32_t run = 0; run < 700; ++run) {
    splitmix dice{run};
    bench b({.most = dice.between(2, 16),
             .least = dice.below(3),
             .smoothing = dice.between(1, 100),
             .prior = dice.between(1, 100),
             .per_step = 1,
             .bonus = dice.below(2)});
    obvious twin{b.governor};
    const std::uint32_t k = dice.between(1, b.governor.most), stand = dice.below(k + 1);
    const auto each = static_cast<std::int64_t>(dice.between(1, 3'000)), pass = static_cast<std::int64_t>(dice.between(1'000, 40'000));
    b.step(k, stand, each, pass);
    for (std::uint32_t i = 0; i < k; ++i) twin.per_token = static_cast<double>(each);
    for (std::uint32_t i = 0; i < k && i <= stand; ++i) twin.trials[i].push_back(i < stand);
    twin.passes[k + 1] = static_cast<double>(pass);
    for (int turn = 0; turn < 150; ++turn) {
      b.expected.forget_all();
      std::map<std::uint32_t, std::uint32_t> first;  // expert: row
      for (std::uint32_t i = dice.below(20); i > 0; --i) {
        const std::uint32_t e = dice.below(16), row = dice.below(17);
        b.expect(e, row);
        const auto at = first.try_emplace(e, row).first;
        at->second = std::min(at->second, row);
      }
      const std::uint32_t drafted = dice.below(17), possible = dice.below(20);
      const bool more = b.governor.keep_drafting(b.scene(drafted, possible));
      ++questions;
      stops += more ? 0 : 1;
      if (drafted >= std::min(b.governor.most, possible)) {
        wrong += more;
        continue;
      }
      if (drafted == 0 || drafted < b.governor.least) {
        wrong += !more;
        continue;
      }
      double now = 0;
      for (const auto& [e, row] : first) now += row <= drafted ? 1'000 : 0;
      const double here = twin.value(drafted, twin.cycle(drafted, now)),
                   next = twin.value(drafted + 1, twin.cycle(drafted + 1, now + std::floor(now / drafted)));
      if (next > here * (1 + 1e-9)) wrong += !more;
      if (next < here * (1 - 1e-9)) wrong += more;
    }
  }
  CHECK(wrong == 0);
  CHECK(questions >= 100'000);
  CHECK(stops > 10'000);
}

}  // namespace
