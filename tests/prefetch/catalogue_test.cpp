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
  CHECK_FALSE(asks("three_phases", 0));  // nobody drafts
  CHECK_FALSE(asks("most_useful(horizon=3, in_flight=1)", 1));
}

TEST_CASE("prefetch catalogue: what three_phases is told arrives") {
  const model_shape shape = *model_shape::uniform(2, 8, 1, {1'000'000});
  const std::vector<std::uint16_t> group_of(16);
  const std::vector<std::uint8_t> flags(16);
  forecast expected(shape.space(), 2, 8);
  for (const std::uint32_t e : {2U, 3U, 4U}) expected.expect(layer_index{1}, static_cast<expert_index>(e), {0}, {});
  const scoring::none scores;
  /// Tokens after which something is wanted, and how much; then how much when the draft is over.
  const auto wants = [&](std::string_view text) {
    prefetch::any scheduler = *prefetch::make(text);
    tell(scheduler, inventory{.shape = shape, .group_of = group_of, .groups = 1});
    scene<scoring::none> now{scores, expected, residency_view(shape, flags), {}, {}, {}, {}, {}};
    std::vector<std::uint32_t> found;
    const auto ask = [&] {
      std::uint32_t n = 0;
      for (; const auto request = scheduler.next(now); ++n) scheduler.settle(*request, prefetch_fate::no_room);
      return n;
    };
    tell(scheduler, draft_started{{10}});
    for (std::uint32_t t = 1; t <= 10; ++t) {
      tell(scheduler, token_drafted{{t}, {1'000'000}});
      if (const std::uint32_t n = ask()) found.insert(found.end(), {t, n});
    }
    tell(scheduler, draft_ended{{10}});
    found.push_back(ask());
    return found;
  };
  using list = std::vector<std::uint32_t>;
  CHECK(wants("three_phases(slots=2,bandwidth=1000,smoothing=0)") == list{2, 2, 4, 2, 6, 2, 8, 2, 3});  // 2 MB a plan: two tokens
  CHECK(wants("three_phases(slots=2,bandwidth=1000,smoothing=0,saturate=0)") == list{2, 2, 4, 2, 6, 2, 8, 2, 0});
  CHECK(wants("three_phases(slots=1,bandwidth=100,smoothing=0,initial=50)") == list{5, 1, 3});  // ten tokens: the last plan
  CHECK(wants("three_phases(slots=1,bandwidth=1000,draft_time=2000,smoothing=100,initial=80)") == list{8, 1, 9, 1, 3});
}

TEST_CASE("prefetch catalogue: the schedulers of published systems are made as they are spelt") {
  const model_shape shape = *model_shape::uniform(4, 8, 1, {1'000});
  const std::vector<std::uint16_t> group_of(32);
  const std::vector<std::uint8_t> flags(32);
  forecast expected(shape.space(), 4, 8);
  for (std::uint32_t l = 0; l < 4; ++l)
    for (std::uint32_t e = 0; e < 2; ++e) expected.expect(layer_index(l), expert_index(e), {0}, {1});
  struct by_expert {
    using hears = moesaic::events<>;
    [[nodiscard]] utility score(expert_id e) const noexcept { return {static_cast<std::int64_t>(number(e.expert))}; }
  } scores;
  // Those asked for in a row, if each is refused; after a step that drafted for 10 us, on a link of 1 us an expert.
  const auto asks = [&](std::string_view text) {
    prefetch::any scheduler = *prefetch::make(text);
    tell(scheduler, inventory{shape, group_of, 1});
    step_outcome outcome;
    outcome.drafted = outcome.committed = {1};
    outcome.drafting = microseconds(10);
    tell(scheduler, outcome);
    tell(scheduler, lease_ended{{}, layer_index{3}});
    scene<by_expert> now{scores, expected, residency_view(shape, flags), {{}, {1e9}, {}, 0, 4, {}}, {}, {}, {}, {}};
    std::vector<expert_id> named;
    while (const auto request = scheduler.next(now)) {
      named.push_back(request->expert);
      scheduler.settle(*request, prefetch_fate::no_room);
    }
    return named;
  };
  const auto first_layers = [](std::uint32_t layers) {
    std::vector<expert_id> all;
    for (std::uint32_t l = 0; l < layers; ++l)
      for (std::uint32_t e = 0; e < 2; ++e) all.push_back(make_expert(l, e));
    return all;
  };
  CHECK(asks("static_cutoff") == first_layers(3));
  CHECK(asks("static_cutoff(1)") == first_layers(1));
  CHECK(asks("analytic_cutoff(critical=4)") == first_layers(2));  // 10 / 4
  CHECK(asks("analytic_cutoff(critical=4,drafting=13)") == first_layers(3));
  CHECK(asks("analytic_cutoff(critical=4,transfer=3)") == first_layers(1));
  CHECK(asks("profiled_cutoff(steps=1)") == first_layers(1));  // 0 layers have been tried
  CHECK(asks("profiled_cutoff").empty());
  CHECK(asks("profiled_cutoff(most=0,steps=1)").empty());
  CHECK(asks("utility_levels(2)") ==
        std::vector{make_expert(3, 2), make_expert(3, 3), make_expert(3, 4), make_expert(3, 5), make_expert(3, 6), make_expert(3, 7), make_expert(3, 1)});
  CHECK(asks("utility_levels").front() == make_expert(3, 5));
  CHECK(moesaic_test::refusal(make, "static_cutoff(batch=0)").find("batch") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "utility_levels(0)").find("levels") != std::string::npos);
}

}  // namespace
