// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prediction/activation_matrices.hpp>
#include <moesaic/prediction/blend.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prediction/co_occurrence.hpp>
#include <moesaic/prediction/cross_model.hpp>
#include <moesaic/prediction/decayed_frequency.hpp>
#include <moesaic/prediction/draft_routes.hpp>
#include <moesaic/prediction/linear.hpp>
#include <moesaic/prediction/naive_bayes.hpp>
#include <moesaic/prediction/next_gate.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prediction/popularity.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prediction/successors.hpp>
#include <moesaic/prediction/transition_counts.hpp>

#include "conformance/expert_predictor_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, predictor)                                              \
  TEST_CASE(name " is an expert predictor") {                               \
    const findings said = expert_predictor_suite([] { return predictor; }); \
    CAPTURE(said);                                                          \
    CHECK(said.empty());                                                    \
  }

// A predictor joins by one line.
HOLDS("none", prediction::none{})
HOLDS("previous_step", prediction::previous_step{})
HOLDS("transition_counts", prediction::transition_counts{})
HOLDS("transition_counts far ahead", (prediction::transition_counts{.most = 3, .horizon = 9}))
HOLDS("popularity", prediction::popularity{})
HOLDS("popularity of a few", prediction::popularity{.most = 1})
HOLDS("decayed_frequency", prediction::decayed_frequency{})
HOLDS("successors", prediction::successors{})
HOLDS("co_occurrence", prediction::co_occurrence{})
HOLDS("co_occurrence far and wide", (prediction::co_occurrence{.most = 3, .horizon = 9, .sources = 3}))
HOLDS("naive_bayes", prediction::naive_bayes{})
HOLDS("naive_bayes far ahead", (prediction::naive_bayes{.most = 2, .horizon = 9, .sources = 1, .weight = 100}))
HOLDS("blend", prediction::blend{})
HOLDS("blend of long memory", (prediction::blend{.horizon = 1, .sources = 3, .half_life = 300}))
HOLDS("linear", prediction::linear{})
HOLDS("linear far ahead", (prediction::linear{.most = 3, .horizon = 9}))
HOLDS("next_gate", prediction::next_gate{})
HOLDS("next_gate that is sure", (prediction::next_gate{.most = 1, .least = 40, .horizon = 9}))
HOLDS("draft_routes", prediction::draft_routes{})
HOLDS("any of draft_routes", *prediction::make("draft_routes"))
HOLDS("any of blend", *prediction::make("blend"))
HOLDS("any of next_gate", *prediction::make("next_gate"))
HOLDS("any of transition_counts", *prediction::make("transition_counts"))
HOLDS("any of none", prediction::any(prediction::none{}))
HOLDS("cross_model", prediction::cross_model{})
HOLDS("any of cross_model", *prediction::make("cross_model(critical=1)"))
HOLDS("activation_matrices", prediction::activation_matrices{})
HOLDS("activation_matrices of a few short ones", (prediction::activation_matrices{.capacity = 2, .most = 3, .horizon = 9, .tokens = 5}))
HOLDS("any of activation_matrices", *prediction::make("activation_matrices(tokens=7)"))

}  // namespace
