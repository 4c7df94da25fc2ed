// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <moesaic/prefetch/three_phases.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using conformance::owned_event;
using conformance::splitmix;
using prefetch::three_phases;

struct flat_scores {
  using hears = events<>;
  [[nodiscard]] utility score(expert_id) const noexcept { return {7}; }
};

/// 3 layers of 8 experts of 1,000,000 bytes, two of them per token, on a link of 1 byte a nanosecond: 1 ms each.
struct bench {
  explicit bench(three_phases knobs = {.bandwidth = 1'000, .slots = 3}) : scheduler(knobs) {
    tell(scheduler, inventory{.shape = shape, .group_of = group_of, .groups = 1});
    link.rate = {1e9};
    link.capacity = 16;
  }
  void starts(std::uint32_t longest) { tell(scheduler, draft_started{{longest}}); }
  void token(std::uint32_t drafted, std::int64_t took = 1'000'000) { tell(scheduler, token_drafted{{drafted}, {took}}); }
  void ends(std::uint32_t verified) { tell(scheduler, draft_ended{{verified}}); }
  void event(std::uint32_t l) {
    owned_event made(0, 0, l, {0});
    tell(scheduler, made.get());
    layer = l;
  }
  void expect(std::uint32_t l, std::uint32_t e, std::uint32_t row = 0, std::int64_t confidence = 0) {
    expected.expect(layer_index(l), expert_index(e), {row}, {confidence});
  }
  [[nodiscard]] scene<flat_scores> look() const { return {scores, expected, residency_view(shape, flags), link, layer_index(layer), {}, {}, {}, threshold}; }
  [[nodiscard]] std::optional<expert_id> next() {
    const auto request = scheduler.next(look());
    if (!request) return std::nullopt;
    CHECK(request->worth == utility{7});
    return request->expert;
  }
  /// Everything it wants, each submitted at once.
  [[nodiscard]] std::vector<expert_id> all() {
    std::vector<expert_id> wanted;
    while (const auto e = next()) {
      wanted.push_back(*e);
      flags[shape.space().flat(*e)] = residency_flag::in_flight;
      scheduler.settle({*e, {7}}, prefetch_fate::submitted);
    }
    return wanted;
  }

  model_shape shape = *model_shape::uniform(3, 8, 2, {1'000'000});
  std::vector<std::uint16_t> group_of = std::vector<std::uint16_t>(24);
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(24);
  flat_scores scores{};
  forecast expected{shape.space(), 3, 8};
  link_view link{};
  std::uint32_t layer = 0;
  utility threshold = utility::lowest();
  three_phases scheduler;
};
using experts = std::vector<expert_id>;

TEST_CASE("three_phases: the first plan comes after a fifth of the window") {
  CHECK(three_phases{}.first_plan(16) == 3);
  CHECK(three_phases{}.first_plan(8) == 1);
  CHECK(three_phases{}.first_plan(2) == 1);
  CHECK(three_phases{.initial = 50}.first_plan(9) == 4);
  // 36 MB at 12 GB/s take 3 ms, so three tokens of 1 ms; one byte more takes a fourth.
  CHECK(three_phases::tokens_to_hide({36'000'000}, {12e9}, milliseconds(1)) == 3);
  CHECK(three_phases::tokens_to_hide({36'000'001}, {12e9}, milliseconds(1)) == 4);
  CHECK(three_phases::tokens_to_hide({0}, {12e9}, milliseconds(1)) == 1);
  CHECK(three_phases::tokens_to_hide({1}, {0}, milliseconds(1)) == 0xFFFF'FFFF);  // a link that moves nothing
  CHECK(three_phases::tokens_to_hide({1'000}, {1e9}, {0}) == 1'000);
}

TEST_CASE("three_phases: prime, overlap, saturate") {
  bench b;
  b.starts(16);
  b.expect(0, 1, 0);
  b.token(1);
  b.token(2);
  CHECK_FALSE(b.next());  // prime: two of three tokens
  b.expect(2, 4, 1);
  b.expect(0, 6, 1);
  b.expect(0, 6, 2);
  b.token(3);
  CHECK(b.all() == experts{make_expert(0, 6), make_expert(0, 1), make_expert(2, 4)});  // layer by layer, two rows before one
  // 3 MB at 1 GB/s and tokens of 1 ms: the next plan is due three tokens later.
  b.expect(1, 0, 3);
  b.token(4);
  b.token(5);
  CHECK_FALSE(b.next());
  b.token(6);
  CHECK(b.all() == experts{make_expert(1, 0)});
  b.expect(1, 2, 6);
  b.token(7);
  CHECK(b.all() == experts{make_expert(1, 2)});
  b.expect(2, 7, 7);
  b.ends(7);  // saturate
  CHECK(b.all() == experts{make_expert(2, 7)});
}

TEST_CASE("three_phases: nothing is planned at the last token, nor after a plan that was full; without saturation nothing follows") {
  bench b({.bandwidth = 1'000, .slots = 1, .saturate = 0});
  b.starts(1);
  b.expect(0, 1);
  b.token(1);
  CHECK_FALSE(b.next());
  b.ends(1);
  CHECK_FALSE(b.next());

  b.starts(8);
  for (const std::uint32_t l : {1U, 2U}) b.expect(l, 3);
  b.token(1);
  CHECK(b.all() == experts{make_expert(0, 1), make_expert(1, 3), make_expert(2, 3)});  // one in each layer: full
  b.expect(0, 2, 1);
  b.expect(0, 2, 2);
  for (std::uint32_t t = 2; t < 8; ++t) {
    b.token(t);
    CHECK_FALSE(b.next());
  }
}

TEST_CASE("three_phases: who is there counts as planned, and a plan has as many as the layer holds") {
  bench b({.bandwidth = 1'000});
  for (std::uint32_t e = 0; e < 5; ++e) b.expect(0, e, 0, 5 - e);
  for (const std::uint32_t e : {0U, 5U, 6U, 7U}) b.flags[b.shape.space().flat(make_expert(0, e))] = residency_flag::resident;
  b.expect(1, 4);
  b.expect(1, 5);
  b.expect(1, 6);
  b.starts(10);
  b.token(1);
  b.token(2);
  CHECK(b.all() == experts{make_expert(0, 1), make_expert(0, 2), make_expert(0, 3), make_expert(1, 4), make_expert(1, 5)});
}

TEST_CASE("three_phases: what is refused, no longer expected, below the threshold or of a layer that has begun is left") {
  bench b;
  for (std::uint32_t l = 0; l < 3; ++l) b.expect(l, 2);
  b.starts(4);
  b.token(1);
  CHECK(b.next() == make_expert(0, 2));
  CHECK(b.next() == make_expert(0, 2));  // a peek
  b.scheduler.settle({make_expert(0, 2), {}}, prefetch_fate::no_room);
  CHECK(b.next() == make_expert(1, 2));
  b.expected.forget(layer_index{1});
  CHECK(b.next() == make_expert(2, 2));
  b.threshold = {8};
  CHECK_FALSE(b.next());
  b.threshold = {7};
  b.event(2);
  CHECK_FALSE(b.next());
  b.expect(1, 2);
  CHECK(b.next() == make_expert(1, 2));
  b.ends(0);  // nothing is verified
  CHECK_FALSE(b.next());
}

TEST_CASE("three_phases: draft time and bandwidth are smoothed over what is measured") {
  bench b({.bandwidth = 1'000, .slots = 8, .saturate = 0});
  CHECK(b.scheduler.tokens_to_hide({4'000'000}) == 4);
  b.starts(20);
  b.token(1, 5'000'000);  // 0.75 x 1 ms + 0.25 x 5 ms = 2 ms
  CHECK(b.scheduler.tokens_to_hide({4'000'000}) == 2);
  b.link.rate = {5e9};  // at the first plan: 0.75 x 1 + 0.25 x 5 = 2 GB/s
  b.expect(0, 0);
  b.token(2, 2'000'000);
  b.token(3, 2'000'000);
  b.token(4, 2'000'000);
  CHECK(b.next() == make_expert(0, 0));
  CHECK(b.scheduler.tokens_to_hide({4'000'001}) == 2);
  CHECK(b.scheduler.tokens_to_hide({4'000'000}) == 1);
}

/// The same from the description, with maps: who would be asked for, and when the next plan is due.
struct obvious {
  three_phases knobs;
  std::int64_t token_time, rate;
  std::uint32_t longest = 0, drafted = 0, plan_at = 0;
  bool planning = false;
  int due = 0;  // 1: most expected, 2: everything
  std::vector<expert_id> plan{};

  explicit obvious(three_phases k) : knobs(k), token_time(std::int64_t{k.draft_time} * 1'000), rate(std::int64_t{k.bandwidth} * 1'000'000) {}
  std::int64_t smooth(std::int64_t a, std::int64_t b) const { return (a * (100 - knobs.smoothing) + b * knobs.smoothing) / 100; }
  void make(const bench& b) {
    const bool all = std::exchange(due, 0) == 2;
    plan.clear();
    bool full = true;
    for (std::uint32_t l = 0; l < 3; ++l) {
      using order = std::tuple<std::int64_t, std::int64_t, std::uint32_t>;
      std::set<order> ranked;
      std::size_t there = 0;
      for (std::uint32_t e = 0; e < 8; ++e) {
        const expert_id id = make_expert(l, e);
        if (b.flags[b.shape.space().flat(id)] != 0) ++there;
        if (b.expected.expects(id)) ranked.insert({-std::int64_t{b.expected.row_count(id)}, -b.expected.confidence(id).count, e});
      }
      std::size_t most = all ? 8 : std::min<std::size_t>(8, knobs.slots != 0 ? knobs.slots : std::max<std::size_t>(2, there));
      full = full && ranked.size() >= most;
      for (const auto& [rows, confidence, e] : ranked)
        if (most-- > 0) {
          if (b.flags[b.shape.space().flat(make_expert(l, e))] == 0) plan.push_back(make_expert(l, e));
        } else {
          break;
        }
    }
    if (all) return;
    const auto moving = static_cast<std::int64_t>(plan.size()) * 1'000'000;  // at 1 byte a nanosecond and no overhead
    if (moving > 0) rate = smooth(rate, 1'000'000'000);
    const std::int64_t move = (moving * 1'000 + rate / 1'000'000 - 1) / (rate / 1'000'000);  // rates are whole MB/s in this test
    const std::int64_t chunk = std::max<std::int64_t>(1, (move + std::max<std::int64_t>(1, token_time) - 1) / std::max<std::int64_t>(1, token_time));
    plan_at = static_cast<std::uint32_t>(std::min<std::int64_t>(longest, drafted + chunk));
    if (full || plan_at == longest) planning = false;
  }
};

TEST_CASE("three_phases: agrees with maps and sets on random drafts") {
  std::uint64_t asked = 0, wrong = 0, named = 0;
  for (std::uint32_t run = 0; run < 1'500; ++run) {
    splitmix dice{run};
    // Smoothing 0 or 100 keeps the bandwidth a whole number of MB/s, so that the twin needs no fractions.
    bench b({.initial = dice.below(101),
             .bandwidth = 1'000 * dice.between(1, 4),
             .draft_time = dice.between(1, 3'000),
             .smoothing = dice.below(2) * 100,
             .slots = dice.below(5),
             .saturate = dice.below(2)});
    obvious twin(b.scheduler);
    for (int turn = 0; turn < 100; ++turn) {
      if (dice.chance(200)) {
        const std::uint32_t longest = dice.between(1, 20);
        b.starts(longest);
        twin.longest = longest;
        twin.drafted = 0;
        twin.plan_at = std::max(1U, longest * b.scheduler.initial / 100);
        twin.planning = true;
        twin.due = 0;
        twin.plan.clear();
      }
      if (twin.drafted < twin.longest && dice.chance(700)) {
        const auto took = static_cast<std::int64_t>(dice.below(4'000'000));
        b.token(++twin.drafted, took);
        twin.token_time = twin.smooth(twin.token_time, took);
        if (twin.planning && twin.drafted >= twin.plan_at) {
          if (twin.drafted == twin.longest)
            twin.planning = false;
          else
            twin.due = 1;
        }
      }
      if (dice.chance(100)) {
        const std::uint32_t verified = dice.below(twin.drafted + 1);
        b.ends(verified);
        twin.planning = false;
        twin.due = verified != 0 && b.scheduler.saturate != 0 ? 2 : 0;
        if (verified == 0) twin.plan.clear();
        twin.drafted = twin.longest;
      }
      if (dice.chance(100)) {
        const std::uint32_t l = dice.below(3);
        b.event(l);
        std::erase_if(twin.plan, [&](expert_id e) { return number(e.layer) == l; });
      }
      for (std::uint32_t i = dice.below(6); i > 0; --i) b.expect(dice.below(3), dice.below(8), dice.below(4), dice.below(3));
      if (dice.chance(60)) b.expected.forget(layer_index(dice.below(3)));
      if (dice.chance(300)) b.flags[dice.below(24)] = dice.chance(600) ? std::uint8_t{0} : residency_flag::resident;

      for (std::uint32_t questions = dice.below(5); questions > 0; --questions) {
        if (twin.due != 0) twin.make(b);
        std::optional<expert_id> first;
        for (const expert_id e : twin.plan)
          if (!first && b.expected.expects(e) && b.flags[b.shape.space().flat(e)] == 0) first = e;
        const auto answer = b.next();
        ++asked;
        wrong += answer != first;
        if (!answer) break;
        ++named;
        const prefetch_fate fate = dice.chance(500) ? prefetch_fate::submitted : prefetch_fate::no_room;
        b.scheduler.settle({*answer, {7}}, fate);
        std::erase(twin.plan, *answer);
        if (fate == prefetch_fate::submitted) b.flags[b.shape.space().flat(*answer)] = residency_flag::in_flight;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(asked >= 100'000);
  CHECK(named >= 20'000);
}

}  // namespace
