// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/speculation/catalogue.hpp>

#include "support/catalogue_check.hpp"
#include "support/governor_bench.hpp"
#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

const auto make = [](std::string_view text) { return speculation::make(text); };

TEST_CASE("speculation catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(speculation::entries(), make);
  CHECK(moesaic_test::refusal(make, "fixed(64)").find("0 to 63") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "amortization_roofline(64)").find("1 to 63") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "fixed(8,stop_below=101)").find("0 to 100") != std::string::npos);
}

TEST_CASE("speculation catalogue: arguments arrive") {
  const auto fixed = [](std::string_view text) { return std::get<speculation::fixed>(speculation::make(text)->chosen()); };
  CHECK(fixed("fixed").length == draft_length{0});
  CHECK(fixed("fixed(8)").length == draft_length{8});
  CHECK(fixed("fixed(length=3, stop_below=75)").length == draft_length{3});
  CHECK(fixed("fixed(3, stop_below=75)").stop_below == 0.75F);
  const auto roofline = [](std::string_view text) { return std::get<speculation::amortization_roofline>(speculation::make(text)->chosen()); };
  CHECK(roofline("amortization_roofline").most == speculation::amortization_roofline{}.most);
  const auto g = roofline("amortization_roofline(5,least=2,smoothing=30,prior=40,per_step=1,bonus=1)");
  CHECK((g.most == 5 && g.least == 2 && g.smoothing == 30 && g.prior == 40 && g.per_step == 1 && g.bonus == 1));
  CHECK(speculation::entries().size() == std::variant_size_v<speculation::any::choices>);
}

/// Asks a governor that has seen every length at one nanosecond's limit.
template <class Governor>
bool keeps_within(Governor g) {
  moesaic_test::governor_bench b(std::move(g));
  b.link.rate = {1e9};
  for (std::uint32_t i = 0; i < 40; ++i) b.governor.observe(moesaic_test::went(i % 4, i % 4, i % 4, 10 * (i % 4), 1'000));
  const bool drafts = b.longest() > 0;
  b.limit = {1};
  return drafts && b.longest() == 0;
}

TEST_CASE("speculation catalogue: who heeds a time limit says so, who says so heeds it") {
  for (const auto& e : speculation::entries()) {
    CAPTURE(e.name);
    const auto made = make(e.name == "fixed" ? "fixed(4)" : e.name);
    REQUIRE(made);
    CHECK(keeps_within(*made) == speculation::reads_time_limit(e.name));
  }
}

TEST_CASE("speculation catalogue: links without a rate, probabilities that are none, times below nothing or endless: an answer within what is possible") {
  constexpr double nothing = std::numeric_limits<double>::quiet_NaN(), endless = std::numeric_limits<double>::infinity();
  constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  for (const auto& e : speculation::entries()) {
    CAPTURE(e.name);
    const auto made = make(e.name == "fixed" ? "fixed(4,stop_below=50)" : e.name);
    REQUIRE(made);
    for (const std::int64_t time : {std::int64_t{0}, std::int64_t{-7}, never, -never, std::int64_t{1}}) {
      moesaic_test::governor_bench b(*made);
      moesaic_test::splitmix dice{static_cast<std::uint64_t>(time)};
      for (const double rate : {0.0, -1.0, nothing, endless, std::numeric_limits<double>::min()})
        for (int i = 0; i < 100; ++i) {
          b.link.rate = {rate};
          b.possible = dice.below(64);
          const auto [drafted, verified] = b.window(dice.chance(500) ? std::numeric_limits<float>::quiet_NaN() : 0.5F);
          CHECK(drafted <= b.possible);
          CHECK(verified <= drafted);
          b.governor.observe(moesaic_test::went(drafted, verified, dice.below(verified + 1), dice.chance(500) ? time : 5, dice.chance(500) ? time : 9, time));
        }
    }
  }
}

}  // namespace
