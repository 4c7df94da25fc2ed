// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/placement/balanced_host.hpp>

#include "prefetch/asked.hpp"

namespace {
using namespace moesaic_test;
using placement::balanced_host;

/// Two layers of eight experts of 1,000 bytes, on a link of 1 byte a nanosecond.
struct bench {
  explicit bench(balanced_host knobs, bytes room = {}) : policy(knobs) { tell(policy, inventory{shape, {}, 1, room}); }
  bench(const bench&) = delete;
  bench& operator=(const bench&) = delete;

  /// An event of layer l; who of it is missing. Experts are numbered as wanted, each with its tokens.
  std::vector<remedy> meet(std::uint32_t l, std::vector<demand> wanted, std::vector<miss> missing) {
    tell(policy, layer_event{{}, {}, layer_index(l), phase::verify, 9, wanted, {}});
    std::vector<remedy> remedies(missing.size(), remedy::fetch);
    policy.place(look(l), missing, remedies);
    return remedies;
  }
  [[nodiscard]] scene<set_scores> look(std::uint32_t l = 0) const {
    scene<set_scores> now{scores, nothing, residency_view(shape, flags), {}, layer_index(l), {}, {}, {}, policy.threshold()};
    now.link = link;
    return now;
  }
  [[nodiscard]] miss missing(std::uint32_t e, std::uint32_t tokens, std::int64_t arrives = -1) const {
    return {make_expert(0, e), tokens, {1'000}, arrives >= 0, {std::max<std::int64_t>(arrives, 0)}};
  }
  model_shape shape = *model_shape::uniform(2, 8, 2, {1'000});
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(16);
  set_scores scores{&shape, std::vector<utility>(16)};
  forecast nothing{};
  link_view link{{100}, {1e9}, {}, 0, 16, {}};
  balanced_host policy;
};
demand of(std::uint32_t e, std::uint32_t tokens) { return {expert_index(e), tokens, {}}; }
constexpr remedy host = remedy::host, fetch = remedy::fetch;

TEST_CASE("balanced_host: where a side's speed is not known, every miss stays on the host") {
  for (const auto& [there, here] : {std::pair{0.0, 0.0}, std::pair{1e9, 0.0}, std::pair{0.0, 1e9}}) {
    bench b({.host = {there}, .device = {here}});
    b.scores.values.assign(16, utility{5});
    CHECK(b.meet(0, {of(1, 9), of(2, 1)}, {b.missing(1, 9), b.missing(2, 1, 0)}) == std::vector{host, host});
    CHECK(b.policy.threshold() == utility{1});
  }
}

// Host 0.1 bytes a ns: 10,000 ns a token, 5,600 for each further. Device 10: 100 ns. A transfer: 1,100 ns.
TEST_CASE("balanced_host: the useful are fetched where that is faster, by one boundary") {
  bench b({.host = {1e8}, .device = {1e10}});
  b.scores.values[1] = {4};
  b.scores.values[2] = {2};
  // k = 6: host 15,600 + 10,000. k = 3, 4: host 10,000 beside link 1,100 + device 100. k = 1, 2: two transfers 2,100 + 200.
  const std::vector<miss> both{b.missing(1, 2), b.missing(2, 1)};
  CHECK(b.meet(0, {of(1, 2), of(2, 1)}, both) == std::vector{fetch, fetch});
  CHECK(b.policy.cost(b.look(), both, 6) == nanoseconds{25'600});
  CHECK(b.policy.cost(b.look(), both, 3) == nanoseconds{10'000 + 1'100});
  CHECK(b.policy.cost(b.look(), both, 1) == nanoseconds{200 + 2'100});
  b.scores.values[2] = {0};  // worth less than `least`: not to be fetched at any boundary
  CHECK(b.meet(0, {of(1, 2), of(2, 1)}, both) == std::vector{fetch, host});
  b.link.rate = {1e7};  // 100,000 ns a transfer
  CHECK(b.meet(0, {of(1, 2), of(2, 1)}, both) == std::vector{host, host});
  b.link.rate = {0};  // a link that cannot
  CHECK(b.meet(0, {of(1, 2), of(2, 1)}, both) == std::vector{host, host});
}

TEST_CASE("balanced_host: what is present hides a part of the transfer; one in flight costs its waiting only") {
  bench b({.host = {1e9}, .device = {1e9}});  // 1,000 ns either way, and a transfer 1,100
  b.scores.values[1] = {3};
  // Nothing present: host 1,000 against 1,000 + 1,100.
  CHECK(b.meet(0, {of(1, 1)}, {b.missing(1, 1)}) == std::vector{host});
  // Three present, 3,000 ns: fetched it makes 4,000, on the host beside them 3,000.
  CHECK(b.meet(0, {of(1, 1), of(4, 1), of(5, 1), of(6, 1)}, {b.missing(1, 1)}) == std::vector{host});
  // The same with nine tokens for it: the host takes 5,480, the device 4,000 and the transfer is hidden.
  CHECK(b.meet(0, {of(1, 9), of(4, 1), of(5, 1), of(6, 1)}, {b.missing(1, 9)}) == std::vector{fetch});
  // In flight, there in 300 ns: 1,300 against 5,480.
  CHECK(b.meet(0, {of(1, 9)}, {b.missing(1, 9, 300)}) == std::vector{fetch});
  CHECK(b.meet(0, {of(1, 9)}, {b.missing(1, 9, 4'500)}) == std::vector{host});
}

TEST_CASE("balanced_host: equal costs leave it on the host") {
  bench b({.host = {1e9}, .device = {1e9}, .host_further = 0});
  b.link.overhead = {};
  b.link.rate = {1e18};
  b.scores.values[1] = {3};
  const std::vector<miss> one{b.missing(1, 1)};
  b.link.rate = {2e12};  // a nanosecond, rounded up
  CHECK(b.meet(0, {of(1, 1)}, one) == std::vector{host});
  CHECK(b.policy.cost(b.look(), one, 6) == nanoseconds{1'000});
  CHECK(b.meet(0, {of(1, 1)}, {b.missing(1, 1, 0)}) == std::vector{host});  // 1,000 either way
}

TEST_CASE("balanced_host: the threshold rises to the level that fits into the slots") {
  bench b({.least = 1, .levels = 5}, {3'500});  // three experts fit
  const auto run = [&](std::uint32_t l) { (void)b.meet(l, {of(0, 1)}, {{make_expert(l, 0), 1, {1'000}, false, {}}}); };
  for (const auto& [e, worth] : {std::pair{0U, 5}, std::pair{1U, 3}, std::pair{2U, 1}}) b.scores.values[e] = {worth};
  run(0);
  CHECK(b.policy.threshold() == utility{1});
  b.scores.values[8] = {2};
  CHECK(b.policy.threshold() == utility{1});  // the other layer is counted when it has misses
  run(1);
  CHECK(b.policy.threshold() == utility{2});
  b.scores.values[9] = {3};
  run(1);
  CHECK(b.policy.threshold() == utility{3});
  for (std::uint32_t e = 0; e < 8; ++e) b.scores.values[e] = {9};  // above the scale counts as its top
  run(0);
  CHECK(b.policy.threshold() == utility{5});
  b.scores.values.assign(16, utility{});
  run(0);
  run(1);
  CHECK(b.policy.threshold() == utility{1});
  bench unbounded({.least = 1, .levels = 5});
  unbounded.scores.values.assign(16, utility{1});
  (void)unbounded.meet(0, {of(0, 1)}, {unbounded.missing(0, 1)});
  CHECK(unbounded.policy.threshold() == utility{1});
}

TEST_CASE("balanced_host: absurd knobs give answers all the same") {
  for (const balanced_host& knobs :
       {balanced_host{.least = 900, .levels = 900}, balanced_host{.least = 0, .levels = 0}, balanced_host{.least = 7, .levels = 2}}) {
    balanced_host fast = knobs;
    fast.host = fast.device = {1e-9};
    bench b(fast, {1});
    b.scores.values.assign(16, utility{300});
    CHECK(b.meet(0, {of(1, 4'000'000'000U)}, {b.missing(1, 4'000'000'000U)}).size() == 1);
    CHECK(b.policy.threshold() >= utility{0});
  }
}

TEST_CASE("balanced_host: agrees with all splits at a utility, in floating point") {
  std::uint64_t asked_for = 0, wrong = 0, fetched = 0;
  for (std::uint64_t seed = 0; seed < 120'000; ++seed) {
    splitmix dice{seed};
    const double there = dice.between(1, 60) * 1e8, here = dice.between(1, 60) * 1e9, rate = dice.between(1, 60) * 1e8;
    bench b({.host = {there}, .device = {here}, .host_further = dice.below(101), .device_further = dice.below(20)});
    b.link.rate = {rate};
    b.link.overhead = {dice.below(400)};
    b.link.travelling = {dice.below(3) * 500};
    for (utility& u : b.scores.values) u = {static_cast<std::int64_t>(dice.below(7))};
    std::vector<demand> wanted;
    std::vector<miss> missing;
    double present = 0;
    const auto time = [](double per_byte, std::uint32_t tokens, double further) { return 1'000e9 / per_byte * (1 + (tokens - 1) * further / 100); };
    for (std::uint32_t e = 0; e < 8; ++e) {
      if (dice.chance(300)) continue;
      const std::uint32_t tokens = dice.between(1, 9);
      wanted.push_back(of(e, tokens));
      if (dice.chance(400))
        present += time(here, tokens, b.policy.device_further);
      else
        missing.push_back(b.missing(e, tokens, dice.chance(200) ? dice.below(3'000) : -1));
    }
    if (missing.empty()) continue;
    const auto cost = [&](std::int64_t k) {
      double device = present, on_host = 0, waits = 0, moved = 0;
      for (const miss& m : missing) {
        if (b.scores.score(m.expert).count < k) {
          on_host += time(there, m.tokens, b.policy.host_further);
          continue;
        }
        device += time(here, m.tokens, b.policy.device_further);
        if (m.in_flight)
          waits = std::max(waits, static_cast<double>(m.arrives_in.count));
        else
          moved += 1'000;
      }
      if (moved > 0) waits = std::max(waits, static_cast<double>(b.link.overhead.count) + (moved + static_cast<double>(b.link.travelling.count)) * 1e9 / rate);
      return std::max(device, on_host) + std::max(0.0, waits - present);
    };
    const auto remedies = b.meet(0, wanted, missing);
    double lowest = 1e300, chosen = 1e300;
    for (std::int64_t k = 1; k <= 6; ++k) {
      lowest = std::min(lowest, cost(k));
      bool same = true;
      for (std::size_t i = 0; i < missing.size(); ++i) same = same && (remedies[i] == fetch) == (b.scores.score(missing[i].expert).count >= k);
      if (same) chosen = std::min(chosen, cost(k));
    }
    ++asked_for;
    fetched += std::count(remedies.begin(), remedies.end(), fetch) != 0;
    wrong += chosen > lowest * 1.0001 + 40;  // each expert and transfer in whole nanoseconds
  }
  CHECK(wrong == 0);
  CHECK(asked_for >= 100'000);
  CHECK(fetched > 20'000);
  CHECK(fetched < asked_for - 20'000);
}

}  // namespace
