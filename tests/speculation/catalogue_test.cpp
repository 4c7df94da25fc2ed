// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <moesaic/speculation/catalogue.hpp>

#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;

const auto make = [](std::string_view text) { return speculation::make(text); };

TEST_CASE("speculation catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(speculation::entries(), make);
  CHECK(moesaic_test::refusal(make, "fixed(64)").find("0 to 63") != std::string::npos);
  CHECK(moesaic_test::refusal(make, "fixed(8,stop_below=101)").find("0 to 100") != std::string::npos);
}

TEST_CASE("speculation catalogue: arguments arrive") {
  CHECK(speculation::make("fixed")->length == draft_length{0});
  CHECK(speculation::make("fixed(8)")->length == draft_length{8});
  CHECK(speculation::make("fixed(length=3, stop_below=75)")->length == draft_length{3});
  CHECK(speculation::make("fixed(3, stop_below=75)")->stop_below == 0.75F);
}

}  // namespace
