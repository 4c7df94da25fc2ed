// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include <moesaic/placement/fetch.hpp>
#include <moesaic/scoring/none.hpp>

TEST_CASE("fetch: moves every missing expert, waits for those under way") {
  using namespace moesaic;
  const scoring::none scores;
  const forecast nothing;
  const scene<scoring::none> now{scores, nothing, {}, {}, {}, {}, {}, {}};
  const std::array misses{miss{make_expert(0, 1), 3, {100}, false, {}}, miss{make_expert(0, 4), 1, {100}, true, {500}}};
  std::array remedies{remedy::host, remedy::host};
  placement::fetch policy;
  policy.place(now, misses, remedies);
  CHECK(remedies == std::array{remedy::fetch, remedy::fetch});
  CHECK(policy.threshold() == utility::lowest());
}
