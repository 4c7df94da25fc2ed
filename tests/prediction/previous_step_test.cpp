// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/prediction/previous_step.hpp>

#include "conformance/policy_world.hpp"
#include "prediction/forecast_check.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using moesaic_test::expected_in;
using experts = std::vector<std::uint32_t>;

TEST_CASE("previous_step: the example of its header, and an event replaces its layer's forecast alone") {
  policy_world w(*model_shape::uniform(4, 16, 2, {1}), std::vector<std::uint16_t>(64), 1);
  prediction::previous_step predictor;
  tell(predictor, w.all());
  CHECK(expected_in(predictor.expectation(), 3).empty());
  owned_event a(0, 0, 3, {4, 9}, 6), b(0, 0, 1, {0}), c(1, 1, 3, {5});
  tell(predictor, a.get());
  CHECK(expected_in(predictor.expectation(), 3) == experts{4, 9});
  CHECK(predictor.expectation().confidence(make_expert(3, 4)) == utility{5});  // tokens that used it
  CHECK(predictor.expectation().first_row(make_expert(3, 9)) == draft_length{0});
  CHECK(predictor.expectation().row_count(make_expert(3, 9)) == 1);
  tell(predictor, b.get());
  CHECK(expected_in(predictor.expectation(), 3) == experts{4, 9});
  tell(predictor, c.get());
  CHECK(expected_in(predictor.expectation(), 3) == experts{5});
  CHECK_FALSE(predictor.expectation().expects(make_expert(3, 4)));
}

TEST_CASE("previous_step: expects the last set of every layer, always") {
  std::uint64_t events = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 350; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    prediction::previous_step predictor;
    std::vector<experts> last(w->shape.layers());
    const auto hear = [&](const auto& event) {
      tell(predictor, event);
      if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, layer_event>) {
        last[number(event.layer)].clear();
        for (const demand& d : event.wanted) last[number(event.layer)].push_back(number(d.expert));
        for (std::uint32_t l = 0; l < last.size(); ++l) wrong += expected_in(predictor.expectation(), l) != last[l];
        ++events;
      }
    };
    play(*w, dice, 300, hear, [](auto&&...) { return std::optional<expert_id>(); });
  }
  CHECK(wrong == 0);
  CHECK(events >= 100'000);
}

}  // namespace
