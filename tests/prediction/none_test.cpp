// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prediction/none.hpp>

TEST_CASE("none: expects nothing, anywhere") {
  const moesaic::prediction::none predictor;
  CHECK(predictor.expectation().expected(moesaic::layer_index{0}).empty());
  CHECK(predictor.expectation().expected(moesaic::layer_index{47}).empty());
  CHECK_FALSE(predictor.expectation().expects(moesaic::make_expert(3, 7)));
}
