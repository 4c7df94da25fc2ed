// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

#include <moesaic/speculation/catalogue.hpp>

#include "support/catalogue_check.hpp"

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

}  // namespace
