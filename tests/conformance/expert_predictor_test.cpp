// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prediction/transition_counts.hpp>

#include "conformance/expert_predictor_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, predictor)                                               \
  TEST_CASE(name " is an expert predictor") {                                \
    const findings said = expert_predictor_suite([] { return predictor; });  \
    CAPTURE(said);                                                           \
    CHECK(said.empty());                                                     \
  }

// A predictor joins by one line.
HOLDS("none", prediction::none{})
HOLDS("previous_step", prediction::previous_step{})
HOLDS("transition_counts", prediction::transition_counts{})
HOLDS("transition_counts far ahead", (prediction::transition_counts{.most = 3, .horizon = 9}))
HOLDS("any of transition_counts", *prediction::make("transition_counts"))
HOLDS("any of none", prediction::any(prediction::none{}))

}  // namespace
