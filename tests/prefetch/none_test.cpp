// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prefetch/none.hpp>
#include <moesaic/scoring/none.hpp>

TEST_CASE("none: never asks for anything") {
  using namespace moesaic;
  const model_shape shape = *model_shape::uniform(2, 4, 1, {1});
  forecast expected(shape.space(), 2, 4);
  expected.expect(layer_index{1}, expert_index{2}, {0}, {9});
  const scoring::none scores;
  const scene<scoring::none> now{scores, expected, residency_view(shape, {}), {}, {}, {}, {}, {}};
  prefetch::none scheduler;
  CHECK_FALSE(scheduler.next(now));
  scheduler.settle({make_expert(1, 2), {}}, prefetch_fate::withdrawn);
  CHECK_FALSE(scheduler.next(now));
}
