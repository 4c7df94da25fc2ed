// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/admission/forced.hpp>
#include <moesaic/scoring/none.hpp>

namespace {
using namespace moesaic;

TEST_CASE("forced: keeps everyone, and never asks the running event's own to leave") {
  const scoring::none scores;
  const forecast nothing;
  admission_scene<scoring::none> scene{{scores, nothing, {}, {}, {}, {}, {}, {}}, make_expert(0, 1), cause::demand, phase::decode, {}, {}, {}};
  admission::forced policy;
  CHECK(policy.admit(scene) == verdict::keep);
  scene.displaces = make_expert(0, 2);
  scene.newcomer_key = utility{1};
  scene.displaced_key = utility{2};
  CHECK(policy.admit(scene) == verdict::keep);
  scene.why = cause::prefetch;
  CHECK(policy.admit(scene) == verdict::keep);
  CHECK_FALSE(policy.displaces_own_event());
}

}  // namespace
