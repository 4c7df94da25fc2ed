// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <moesaic/scoring/catalogue.hpp>

#include "conformance/policy_world.hpp"
#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

const auto make = [](std::string_view text) { return scoring::make(text); };

TEST_CASE("scoring catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(scoring::entries(), make);
  CHECK(scoring::entries().size() == std::variant_size_v<scoring::any::choices>);
  CHECK(moesaic_test::refusal(make, "decayed_frequency(0)").find("1 to 65536") != std::string::npos);
}

TEST_CASE("scoring catalogue: names and arguments lead to the right scorers") {
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  // Expert 1 at tokens 0 and 1, expert 2 at token 5: see decayed_frequency_test.cpp for half-life 4.
  const auto prefers_1 = [&](std::string_view text) {
    scoring::any scores = *scoring::make(text);
    tell(scores, w.all());
    owned_event a(0, 0, 0, {1}), b(1, 1, 0, {1}), c(2, 5, 0, {2});
    tell(scores, a.get());
    tell(scores, b.get());
    tell(scores, c.get());
    return scores.score(make_expert(0, 1)) <=> scores.score(make_expert(0, 2));
  };
  CHECK(prefers_1("none") == 0);
  CHECK(prefers_1("recency") < 0);
  CHECK(prefers_1("decayed_frequency(4)") < 0);
  CHECK(prefers_1("decayed_frequency(half_life=8)") > 0);
  CHECK(prefers_1("decayed_frequency") > 0);
}

TEST_CASE("scoring catalogue: hysteresis takes its three numbers") {
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  const auto after = [&](std::string_view text, std::uint64_t events) {  // expert 1 is used by three tokens each time, then once by none
    scoring::any scores = *scoring::make(text);
    tell(scores, w.all());
    for (std::uint64_t i = 0; i <= events; ++i) {
      const std::vector<demand> wanted{{expert_index{i < events ? std::uint16_t{1} : std::uint16_t{2}}, 3, {}}};
      tell(scores, layer_event{{i}, {i}, layer_index{0}, phase::verify, 3, wanted, {}});
      tell(scores, lease_ended{{i}, layer_index{0}});
    }
    return scores.score(make_expert(0, 1)).count;
  };
  CHECK(after("hysteresis", 9) == 0);
  CHECK(after("hysteresis(up=1)", 9) == 2);
  CHECK(after("hysteresis(top=1,up=1,down=9)", 9) == 1);
  CHECK(after("hysteresis(2,up=1,down=3)", 9) == 2);
  CHECK(moesaic_test::refusal(make, "hysteresis(up=0)").find("up") != std::string::npos);
}

}  // namespace
