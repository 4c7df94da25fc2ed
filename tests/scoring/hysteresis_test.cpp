// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include <moesaic/scoring/hysteresis.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using scoring::hysteresis;

constexpr std::uint32_t settled(const hysteresis& h, std::uint32_t state, std::uint32_t tokens) {
  for (int i = 0; i < 20; ++i) state = h.moved(state, tokens);
  return state;
}

// Worked out by hand from the rule of the released code: from below, five more tokens than the state; from above, one fewer.
TEST_CASE("hysteresis: where constant counts lead, from below and from above") {
  constexpr std::uint32_t from_0[] = {0, 0, 0, 0, 0, 1, 2, 3, 4, 5}, from_5[] = {0, 1, 2, 3, 4, 5, 5, 5, 5, 5};
  for (std::uint32_t a = 0; a < 10; ++a) {
    CAPTURE(a);
    CHECK(settled({}, 0, a) == from_0[a]);
    CHECK(settled({}, 5, a) == from_5[a]);
  }
  static_assert(settled({}, 0, 9) == 5 && settled({}, 0, 4) == 0 && settled({}, 5, 3) == 3);
}

TEST_CASE("hysteresis: one step at a time, within 0 and the top") {
  CHECK(hysteresis{}.moved(0, 4'096) == 1);
  CHECK(hysteresis{}.moved(5, 4'096) == 5);
  CHECK(hysteresis{}.moved(5, 0) == 4);
  CHECK(hysteresis{}.moved(0, 0) == 0);
  CHECK(hysteresis{.top = 9, .up = 2, .down = 3}.moved(6, 8) == 7);
  CHECK(hysteresis{.top = 9, .up = 2, .down = 3}.moved(6, 4) == 6);
  CHECK(hysteresis{.top = 9, .up = 2, .down = 3}.moved(6, 3) == 5);
  CHECK(hysteresis{.up = 0, .down = 0}.moved(3, 3) == 3);  // a count that is what the state is moves nobody
  CHECK(hysteresis{}.moved(4, 0xFFFF'FFFF) == 5);
}

/// One layer of four experts; counts by expert.
struct one_layer {
  one_layer() { tell(scores, w.all()); }
  void begin(std::vector<std::uint32_t> counts, phase during = phase::verify) {
    std::vector<demand> wanted;
    for (std::uint32_t e = 0; e < counts.size(); ++e)
      if (counts[e] != 0) wanted.push_back({static_cast<expert_index>(e), counts[e], {}});
    tell(scores, layer_event{{step}, {step}, layer_index{0}, during, 9, wanted, {}});
  }
  void end() { tell(scores, lease_ended{{step++}, layer_index{0}}); }
  [[nodiscard]] std::int64_t of(std::uint32_t e) const { return scores.score(make_expert(0, e)).count; }
  policy_world w{*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1};
  hysteresis scores;
  std::uint64_t step = 0;
};

TEST_CASE("hysteresis: states move when the lease ends, not before its experts are handed out") {
  one_layer l;
  l.begin({9, 7, 4, 0});
  CHECK(l.of(0) == 0);
  l.end();
  CHECK(l.of(0) == 1);
  for (int i = 0; i < 10; ++i) {
    l.begin({9, 7, 4, 0});
    l.end();
  }
  CHECK(l.of(0) == 5);
  CHECK(l.of(1) == 3);
  CHECK(l.of(2) == 0);
  CHECK(l.of(3) == 0);
  l.begin({0, 9, 0, 0});
  CHECK(l.of(0) == 5);
  l.end();
  CHECK(l.of(0) == 4);
  l.end();  // told twice: nothing more to move
  CHECK(l.of(0) == 4);
  l.begin({0, 9, 0, 0});  // an end that nobody tells
  l.begin({0, 9, 0, 0});
  CHECK(l.of(0) == 3);
}

TEST_CASE("hysteresis: prefills teach nothing, plain decoding takes everybody down to one or none") {
  one_layer l;
  l.begin({64, 64, 64, 64}, phase::prefill);
  l.end();
  CHECK(l.of(0) == 0);
  for (int i = 0; i < 5; ++i) {
    l.begin({9, 9, 0, 0});
    l.end();
  }
  for (int i = 0; i < 20; ++i) {
    l.begin({1, 0, 0, 0}, phase::decode);
    l.end();
  }
  CHECK(l.of(0) == 1);
  CHECK(l.of(1) == 0);
}

TEST_CASE("hysteresis: agrees with each expert's list of counts, played from the start") {
  std::uint64_t compared = 0, wrong = 0, above_0 = 0;
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    const hysteresis knobs{.top = dice.between(1, 7), .up = dice.between(1, 5), .down = dice.between(1, 3)};
    hysteresis scores = knobs;
    std::vector<std::vector<std::int64_t>> counts(w->flags.size());  // of events whose lease has ended
    std::vector<std::uint32_t> last(w->flags.size());
    const auto hear = [&](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      tell(scores, event);
      if constexpr (std::is_same_v<event_type, layer_event>) {
        std::fill(last.begin(), last.end(), 0U);
        for (const demand& d : event.wanted) last[w->shape.space().flat(event.layer, d.expert)] = d.tokens;
      }
      if constexpr (std::is_same_v<event_type, lease_ended>) {
        for (std::uint32_t e = 0; e < w->shape.experts(event.layer); ++e) {
          const std::uint32_t f = w->flat(make_expert(number(event.layer), e));
          counts[f].push_back(last[f]);
        }
      }
      const std::uint32_t f = dice.below(static_cast<std::uint32_t>(counts.size()));
      std::int64_t state = 0;
      for (const std::int64_t a : counts[f]) {
        const std::int64_t apart = a - state;
        if (apart >= std::int64_t{knobs.up})
          state = state + 1 > std::int64_t{knobs.top} ? knobs.top : state + 1;
        else if (-apart >= std::int64_t{knobs.down})
          state = state == 0 ? 0 : state - 1;
      }
      if constexpr (!std::is_same_v<event_type, inventory>) {
        ++compared;
        wrong += scores.score(w->id(f)).count != state;
        above_0 += state > 0;
      }
    };
    play(*w, dice, 300, hear, [](auto&&...) { return std::optional<expert_id>(); });
  }
  CHECK(wrong == 0);
  CHECK(compared >= 100'000);
  CHECK(above_0 > 1'000);
}

}  // namespace
