// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include <moesaic/placement/catalogue.hpp>
#include <moesaic/scoring/none.hpp>

#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;

const auto make = [](std::string_view text) { return placement::make(text); };

TEST_CASE("placement catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(placement::entries(), make);
  CHECK(placement::entries().size() == std::variant_size_v<placement::any::choices>);
  CHECK(moesaic_test::refusal(make, "host(least=x)").find("least") != std::string::npos);
}

TEST_CASE("placement catalogue: names and arguments lead to the right policies") {
  const scoring::none scores;
  const forecast nothing;
  const scene<scoring::none> now{scores, nothing, {}, {}, {}, {}, {}, {}};
  const std::array misses{miss{make_expert(0, 1), 3, {100}, false, {}}};
  const auto answer = [&](std::string_view text) {
    std::array remedies{remedy::fetch};
    placement::any policy = *placement::make(text);
    policy.place(now, misses, remedies);
    return remedies[0];
  };
  CHECK(answer("fetch") == remedy::fetch);
  CHECK(answer("host") == remedy::host);
  CHECK(placement::make("fetch")->threshold() == utility::lowest());
  CHECK(placement::make("host")->threshold() == utility::lowest());
  CHECK(placement::make("host(2)")->threshold() == utility{2});
  CHECK(placement::make("host(least=0)")->threshold() == utility{0});
}

}  // namespace
