// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <type_traits>
#include <vector>

#include <moesaic/scoring/minus_recent_score.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using scoring::minus_recent_score;

TEST_CASE("minus recent score: by hand") {
  const model_shape shape = *model_shape::uniform(2, 4, 2, {1});
  minus_recent_score s;
  tell(s, inventory{shape});
  const auto use = [&](std::uint32_t layer, std::vector<demand> wanted, std::uint32_t tokens) {
    tell(s, layer_event{{}, {}, static_cast<layer_index>(layer), phase::decode, tokens, wanted, {}, {}});
  };
  const auto of = [&](std::uint32_t l, std::uint32_t e) { return static_cast<double>(s.score(make_expert(l, e)).count) / 4'294'967'296.0; };
  use(0, {{expert_index{1}, 1, {49'152}}, {expert_index{2}, 1, {16'384}}}, 1);  // .75 and .25
  CHECK(of(0, 1) == 0.375);
  CHECK(of(0, 2) == 0.125);
  CHECK(of(0, 0) == 0);
  use(1, {{expert_index{1}, 1, {}}, {expert_index{3}, 1, {}}}, 1);  // no weights: shared out; another layer's event is no time
  CHECK(of(1, 1) == 0.25);
  CHECK(of(0, 1) == 0.375);
  use(0, {{expert_index{2}, 2, {65'536}}}, 2);  // two tokens with .5 each
  CHECK(of(0, 1) == 0.1875);
  CHECK(of(0, 2) == 0.0625 + 0.25);
  for (int i = 0; i < 70; ++i) use(0, {{expert_index{0}, 1, {65'536}}}, 1);
  CHECK(of(0, 1) == 0);
  CHECK(of(0, 0) > 0.99);
  CHECK(of(0, 0) <= 1);
}

/// Everybody is halved at every event.
TEST_CASE("minus recent score: agrees with its slow twin") {
  std::uint64_t compared = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    minus_recent_score fast;
    std::map<std::uint32_t, std::uint64_t> slow;
    const auto hear = [&](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      tell(fast, event);
      if constexpr (std::same_as<event_type, layer_event>) {
        for (std::uint32_t e = 0; e < w->shape.experts(event.layer); ++e) slow[w->flat({event.layer, static_cast<expert_index>(e), {}})] /= 2;
        for (const demand& d : event.wanted) {
          const std::uint64_t mass = d.mass.count != 0 ? d.mass.count : d.tokens * 65'536ULL / w->shape.top_k(event.layer);
          slow[w->flat({event.layer, d.expert, {}})] += mass * 65'536 / event.tokens / 2;
        }
        for (const auto& [flat, worth] : slow) {
          ++compared;
          wrong += static_cast<std::uint64_t>(fast.score(w->shape.space().id(flat)).count) != worth;
        }
      }
    };
    play(*w, dice, 200, hear, [](auto&&...) { return std::optional<expert_id>(); });
  }
  CHECK(compared > 100'000);
  CHECK(wrong == 0);
}

}  // namespace
