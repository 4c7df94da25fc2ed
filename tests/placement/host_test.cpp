// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include <moesaic/placement/host.hpp>
#include <moesaic/scoring/none.hpp>

TEST_CASE("host: computes every missing expert in place, also one that is under way") {
  using namespace moesaic;
  const scoring::none scores;
  const forecast nothing;
  const scene<scoring::none> now{scores, nothing, {}, {}, {}, {}, {}, {}};
  const std::array misses{miss{make_expert(0, 1), 3, {100}, false, {}}, miss{make_expert(0, 4), 1, {100}, true, {500}}};
  std::array remedies{remedy::fetch, remedy::fetch};
  placement::host policy;
  policy.place(now, misses, remedies);
  CHECK(remedies == std::array{remedy::host, remedy::host});
  CHECK(policy.threshold() == utility::lowest());
  CHECK(placement::host{.least = {3}}.threshold() == utility{3});
}
