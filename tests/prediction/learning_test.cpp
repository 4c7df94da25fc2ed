// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string_view>

#include <moesaic/prediction/catalogue.hpp>

#include "prediction/step_bench.hpp"

namespace {
using namespace moesaic;

TEST_CASE("learning: on unless somebody says otherwise") { CHECK(prediction::learning{}.on); }

TEST_CASE("learning: while it is off events are evidence and teach nothing") {
  for (const std::string_view name : {"successors", "transition_counts", "co_occurrence", "naive_bayes", "linear"}) {
    CAPTURE(name);
    moesaic_test::step_bench b(*prediction::make(name, 1), 1, 8, 1);
    for (int i = 0; i < 20; ++i) {  // 3 follows on 1, and 1 on 3
      b.use(0, {1});
      b.use(0, {3});
    }
    tell(b.predictor, prediction::learning{false});
    for (int i = 0; i < 400; ++i) {  // from now on 6 does
      b.use(0, {1});
      CHECK(b.expects(0) == std::vector<std::uint32_t>{3});
      b.use(0, {6});
    }
    tell(b.predictor, prediction::learning{true});
    for (int i = 0; i < 400; ++i) {
      b.use(0, {1});
      b.use(0, {6});
    }
    b.use(0, {1});
    CHECK(b.expects(0) == std::vector<std::uint32_t>{6});
  }
}

}  // namespace
