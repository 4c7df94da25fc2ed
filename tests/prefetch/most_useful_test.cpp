// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include <moesaic/prefetch/most_useful.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using conformance::owned_event;
using conformance::splitmix;
using prefetch::most_useful;

/// Scores that a test sets, by flat index.
struct set_scores {
  using hears = events<>;
  const model_shape* shape;
  std::vector<utility> values;
  [[nodiscard]] utility score(expert_id e) const noexcept { return values[shape->space().flat(e)]; }
};

/// 4 layers of 8 experts of 1,000 bytes on a link of 1 byte a nanosecond and 100 ns for each transfer.
struct bench {
  explicit bench(most_useful knobs = {}) : scheduler(knobs) {
    tell(scheduler, inventory{shape, group_of, 1});
    link.overhead = {100};
    link.rate = {1e9};
    link.capacity = 16;
  }
  void event(std::uint32_t l) {
    owned_event made(0, 0, l, {0});
    tell(scheduler, made.get());
    layer = l;
  }
  void expect(std::uint32_t l, std::uint32_t e, std::int64_t confidence, std::int64_t score = 0) {
    expected.expect(layer_index(l), expert_index(e), {0}, {confidence});
    scores.values[shape.space().flat(make_expert(l, e))] = {score};
  }
  [[nodiscard]] scene<set_scores> look() const {
    return {scores, expected, residency_view(shape, flags), link, layer_index(layer), {}, {}, layer_time, threshold};
  }
  [[nodiscard]] std::optional<expert_id> next() {
    const auto request = scheduler.next(look());
    if (!request) return std::nullopt;
    CHECK(request->worth == scores.score(request->expert));
    return request->expert;
  }
  void settle(expert_id e, prefetch_fate fate) { scheduler.settle({e, scores.score(e)}, fate); }
  void arrive(expert_id e) { flags[shape.space().flat(e)] = residency_flag::resident; }

  model_shape shape = *model_shape::uniform(4, 8, 2, {1'000});
  std::vector<std::uint16_t> group_of = std::vector<std::uint16_t>(32);
  std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(32);
  set_scores scores{&shape, std::vector<utility>(32)};
  forecast expected{shape.space(), 4, 8};
  link_view link{};
  std::uint32_t layer = 0;
  nanoseconds layer_time{};
  utility threshold = utility::lowest();
  most_useful scheduler;
};

TEST_CASE("most_useful: the surest first, then the higher score, the nearer layer, the lower id") {
  bench b;
  b.expect(2, 1, 9, 0);
  b.expect(1, 3, 5, 7);
  b.expect(1, 2, 5, 8);
  b.expect(2, 4, 5, 7);
  b.expect(1, 6, 5, 7);
  b.event(0);
  for (const expert_id e : {make_expert(2, 1), make_expert(1, 2), make_expert(1, 3), make_expert(1, 6), make_expert(2, 4)}) {
    REQUIRE(b.next() == e);
    CHECK(b.next() == e);  // a peek
    b.settle(e, prefetch_fate::submitted);
    b.arrive(e);
    b.settle(e, prefetch_fate::arrived);
  }
  CHECK_FALSE(b.next());
}

TEST_CASE("most_useful: looks as far as its horizon, round the end, and never behind") {
  bench b(most_useful{.horizon = 2});
  b.expect(3, 5, 1);
  b.event(0);
  CHECK_FALSE(b.next());
  b.event(1);
  CHECK(b.next() == make_expert(3, 5));
  b.event(3);  // layer 3 again: a whole step ahead
  CHECK_FALSE(b.next());
  bench far(most_useful{.horizon = 400});
  far.expect(3, 5, 1);
  far.event(3);
  CHECK(far.next() == make_expert(3, 5));
}

TEST_CASE("most_useful: only what is absent") {
  for (const std::uint8_t there :
       {residency_flag::resident, residency_flag::in_flight, static_cast<std::uint8_t>(residency_flag::resident | residency_flag::pinned_by_first)}) {
    bench b;
    b.expect(1, 3, 5);
    b.expect(1, 4, 1);
    b.flags[b.shape.space().flat(make_expert(1, 3))] = there;
    b.event(0);
    CHECK(b.next() == make_expert(1, 4));
  }
}

TEST_CASE("most_useful: goes on to another after a refusal, and asks again after the next event") {
  for (const prefetch_fate fate :
       {prefetch_fate::no_room, prefetch_fate::too_late, prefetch_fate::already_there, prefetch_fate::failed, prefetch_fate::withdrawn}) {
    bench b;
    b.expect(2, 3, 5);
    b.expect(2, 4, 1);
    b.event(0);
    CHECK(b.next() == make_expert(2, 3));
    b.settle(make_expert(2, 3), fate);
    CHECK(b.next() == make_expert(2, 4));
    b.settle(make_expert(2, 4), fate);
    CHECK_FALSE(b.next());
    b.event(1);
    CHECK(b.next() == make_expert(2, 3));
  }
}

TEST_CASE("most_useful: a request is made only if the link brings it in time") {
  // 100 ns + 1,000 bytes at 1 byte/ns = 1,100 ns; what travels already comes first.
  bench b;
  b.expect(1, 3, 5);
  b.expect(2, 4, 1);
  b.event(0);
  b.layer_time = {1'100};
  CHECK(b.next() == make_expert(1, 3));
  b.layer_time = {1'099};
  CHECK(b.next() == make_expert(2, 4));  // due two layers ahead: 2,198 ns
  b.link.travelling = {1'099};
  CHECK_FALSE(b.next());
  b.link.travelling = {1'098};
  CHECK(b.next() == make_expert(2, 4));
  b.link.rate = {0};  // a link that cannot
  CHECK_FALSE(b.next());
  b.layer_time = {0};  // not known yet: in time, as far as anyone can say
  CHECK(b.next() == make_expert(1, 3));
}

TEST_CASE("most_useful: a clock that leapt over centuries is as good as any (found by fuzzing)") {
  bench b;
  b.expect(2, 4, 1);
  b.event(0);
  b.layer_time = {std::int64_t{1} << 62};
  CHECK(b.next() == make_expert(2, 4));
}

TEST_CASE("most_useful: no more than in_flight travel, and nothing below the threshold") {
  bench b(most_useful{.in_flight = 3});
  b.expect(1, 3, 5, 4);
  b.expect(1, 5, 4, 6);
  b.event(0);
  b.link.in_flight = 3;
  CHECK_FALSE(b.next());
  b.link.in_flight = 2;
  CHECK(b.next() == make_expert(1, 3));
  b.threshold = {5};
  CHECK(b.next() == make_expert(1, 5));
  b.threshold = {6};
  CHECK(b.next() == make_expert(1, 5));  // at the threshold is enough
  b.threshold = {7};
  CHECK_FALSE(b.next());
}

TEST_CASE("most_useful: agrees with a list of everyone, sorted") {
  splitmix dice{99};
  std::uint64_t asked = 0, wrong = 0, named = 0;
  for (int run = 0; run < 2'500; ++run) {
    bench b(most_useful{.in_flight = dice.between(1, 5), .horizon = dice.between(1, 6)});
    for (std::uint32_t f = 0; f < 32; ++f) {
      b.scores.values[f] = {static_cast<std::int64_t>(dice.below(3))};
      b.flags[f] = dice.chance(400) ? residency_flag::resident : dice.chance(100) ? residency_flag::in_flight : std::uint8_t{};
    }
    std::vector<bool> refused(32);
    for (int turn = 0; turn < 40; ++turn) {
      if (dice.chance(150)) {
        b.event(dice.below(4));
        refused.assign(32, false);
      }
      if (dice.chance(300)) b.expect(dice.below(4), dice.below(8), dice.below(3), dice.below(3));
      if (dice.chance(50)) b.expected.forget(layer_index(dice.below(4)));
      b.layer_time = {dice.below(3) * 700};
      b.link.travelling = {dice.below(3) * 500};
      b.link.in_flight = dice.below(6);
      b.threshold = {dice.chance(300) ? 1 : -1};

      using order = std::tuple<std::int64_t, std::int64_t, std::uint32_t, std::uint32_t>;  // the smallest is the best
      std::vector<std::pair<order, expert_id>> possible;
      for (std::uint32_t l = 0; l < 4; ++l)
        for (std::uint32_t e = 0; e < 8; ++e) {
          const expert_id id = make_expert(l, e);
          const std::uint32_t f = b.shape.space().flat(id);
          const std::uint32_t ahead = l > b.layer ? l - b.layer : 4 - b.layer + l;
          const auto needs = 100 + static_cast<std::int64_t>(b.link.travelling.count) + 1'000;
          if (!b.expected.expects(id) || b.flags[f] != 0 || refused[f] || ahead > b.scheduler.horizon || b.scores.values[f] < b.threshold ||
              (b.layer_time.count != 0 && needs > b.layer_time.count * ahead))
            continue;
          possible.emplace_back(order{-b.expected.confidence(id).count, -b.scores.values[f].count, ahead, e}, id);
        }
      std::sort(possible.begin(), possible.end(), [](const auto& x, const auto& y) { return x.first < y.first; });
      std::optional<expert_id> best;
      if (!possible.empty() && b.link.in_flight < b.scheduler.in_flight) best = possible.front().second;
      const auto answer = b.next();
      ++asked;
      wrong += answer != best;
      if (!answer) continue;
      ++named;
      const std::uint32_t f = b.shape.space().flat(*answer);
      if (dice.chance(500)) {
        b.settle(*answer, prefetch_fate::no_room);
        refused[f] = true;
      } else if (dice.chance(500)) {
        b.settle(*answer, prefetch_fate::submitted);
        b.flags[f] = residency_flag::in_flight;
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(asked >= 100'000);
  CHECK(named >= 10'000);
}

}  // namespace
