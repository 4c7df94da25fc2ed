// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <moesaic/prediction/catalogue.hpp>

#include "conformance/policy_world.hpp"
#include "prediction/forecast_check.hpp"
#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using moesaic_test::expected_in;
using experts = std::vector<std::uint32_t>;

const auto make = [](std::string_view text) { return prediction::make(text); };

TEST_CASE("prediction catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(prediction::entries(), make);
  CHECK(prediction::entries().size() == std::variant_size_v<prediction::any::choices>);
  CHECK(moesaic_test::refusal(make, "transition_counts(horizon=0)").find("horizon") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "blend(half_life=0)").find("half_life") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "naive_bayes(sources=9)").find("sources") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "next_gate(least=101)").find("least") != std::string::npos);
}

TEST_CASE("prediction catalogue: names and arguments lead to the right predictors") {
  policy_world w(*model_shape::uniform(3, 8, 1, {1}), std::vector<std::uint16_t>(24), 1);
  const auto after_a_step = [&](std::string_view text) {
    prediction::any predictor = *prediction::make(text);
    tell(predictor, w.all());
    for (const auto& [layer, e] : {std::pair{0U, 1U}, {1U, 4U}, {2U, 7U}, {0U, 1U}}) {
      owned_event event(0, 0, layer, {e});
      tell(predictor, event.get());
    }
    std::vector<experts> all;
    for (std::uint32_t l = 0; l < 3; ++l) all.push_back(expected_in(predictor.expectation(), l));
    return all;
  };
  CHECK(after_a_step("none") == std::vector<experts>{{}, {}, {}});
  CHECK(after_a_step("previous_step") == std::vector<experts>{{1}, {4}, {7}});
  CHECK(after_a_step("transition_counts") == std::vector<experts>{{}, {4}, {7}});
  CHECK(after_a_step("transition_counts(horizon=1)") == std::vector<experts>{{}, {4}, {}});
  CHECK(after_a_step("transition_counts(horizon=3)") == std::vector<experts>{{1}, {4}, {7}});
  CHECK(after_a_step("popularity") == std::vector<experts>{{1}, {4}, {7}});
  CHECK(after_a_step("decayed_frequency") == std::vector<experts>{{1}, {4}, {7}});
  CHECK(after_a_step("successors") == std::vector<experts>{{1}, {}, {}});  // 1 followed on 1
  CHECK(after_a_step("co_occurrence(horizon=1)") == std::vector<experts>{{}, {4}, {}});
  CHECK(after_a_step("naive_bayes(horizon=1)") == std::vector<experts>{{}, {4}, {}});
  CHECK(after_a_step("blend") == std::vector<experts>{{}, {4}, {7}});
  CHECK(after_a_step("linear") == std::vector<experts>{{}, {4}, {7}});
  CHECK(after_a_step("draft_routes") == std::vector<experts>{{}, {}, {}});
  CHECK(after_a_step("next_gate") == std::vector<experts>{{}, {}, {}});
}

TEST_CASE("prediction catalogue: how many are expected where the spec does not say") {
  policy_world w(*model_shape::uniform(1, 8, 1, {1}), std::vector<std::uint16_t>(8), 1);
  const auto named_by = [&](prediction::any predictor) {
    tell(predictor, w.all());
    for (const std::uint32_t e : {6U, 2U, 5U}) {
      owned_event event(0, 0, 0, {e});
      tell(predictor, event.get());
    }
    return expected_in(predictor.expectation(), 0).size();
  };
  CHECK(named_by(*prediction::make("popularity")) == 1);
  CHECK(named_by(*prediction::make("popularity", 2)) == 2);
  CHECK(named_by(*prediction::make("popularity(most=3)", 2)) == 3);
  CHECK(named_by(*prediction::make("previous_step", 2)) == 1);  // has no such knob
}

}  // namespace
