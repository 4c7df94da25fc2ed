// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/admission/staging_only.hpp>
#include <moesaic/scoring/none.hpp>

namespace {
using namespace moesaic;

TEST_CASE("staging_only: slots are for prefetches") {
  const scoring::none scores;
  const forecast nothing;
  admission::staging_only policy;
  for (const bool full : {false, true}) {
    admission_scene<scoring::none> scene{{scores, nothing, {}, {}, {}, {}, {}, {}}, make_expert(0, 1), cause::demand, phase::verify, {}, {}, {}};
    if (full) scene.displaces = make_expert(0, 2);
    CHECK(policy.admit(scene) == verdict::bypass);
    scene.why = cause::prefetch;
    CHECK(policy.admit(scene) == verdict::keep);
  }
  CHECK_FALSE(policy.displaces_own_event());
}

}  // namespace
