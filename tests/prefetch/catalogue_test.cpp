// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/none.hpp>

#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;

const auto make = [](std::string_view text) { return prefetch::make(text); };

TEST_CASE("prefetch catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(prefetch::entries(), make);
  CHECK(prefetch::entries().size() == std::variant_size_v<prefetch::any::choices>);
  CHECK(moesaic_test::refusal(make, "most_useful(in_flight=0)").find("in_flight") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "most_useful(horizon=0)").find("horizon") != std::string::npos);
}

TEST_CASE("prefetch catalogue: names and arguments lead to the right schedulers") {
  const model_shape shape = *model_shape::uniform(4, 8, 1, {1});
  const std::vector<std::uint16_t> group_of(32);
  const std::vector<std::uint8_t> flags(32);
  forecast expected(shape.space(), 4, 8);
  expected.expect(layer_index{3}, expert_index{2}, {0}, {9});
  const scoring::none scores;
  const auto asks = [&](std::string_view text, std::uint32_t in_flight) {
    prefetch::any scheduler = *prefetch::make(text);
    tell(scheduler, inventory{shape, group_of, 1});
    scene<scoring::none> now{scores, expected, residency_view(shape, flags), {}, {}, {}, {}, {}};
    now.link.in_flight = in_flight;
    const auto request = scheduler.next(now);
    if (request) scheduler.settle(*request, prefetch_fate::no_room);
    CHECK_FALSE(scheduler.next(now));
    return request.has_value();
  };
  CHECK_FALSE(asks("none", 0));
  CHECK_FALSE(asks("most_useful", 0));
  CHECK(asks("most_useful(horizon=3)", 3));
  CHECK_FALSE(asks("most_useful(horizon=3)", 4));
  CHECK_FALSE(asks("most_useful(horizon=3, in_flight=1)", 1));
}

}  // namespace
