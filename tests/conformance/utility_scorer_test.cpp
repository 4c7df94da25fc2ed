// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/scoring/hysteresis.hpp>
#include <moesaic/scoring/minus_recent_score.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/scoring/recency.hpp>

#include "conformance/utility_scorer_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, scorer)                                            \
  TEST_CASE(name " is a utility scorer") {                             \
    const findings said = utility_scorer_suite([] { return scorer; }); \
    CAPTURE(said);                                                     \
    CHECK(said.empty());                                               \
  }

// A scorer joins by one line.
HOLDS("none", scoring::none{})
HOLDS("recency", scoring::recency{})
HOLDS("decayed_frequency", scoring::decayed_frequency{})
HOLDS("any of decayed_frequency", *scoring::make("decayed_frequency(8)"))
HOLDS("any of none", scoring::any(scoring::none{}))
HOLDS("hysteresis", scoring::hysteresis{})
HOLDS("hysteresis that moves easily", (scoring::hysteresis{.top = 9, .up = 1, .down = 1}))
HOLDS("any of hysteresis", *scoring::make("hysteresis"))
HOLDS("minus_recent_score", scoring::minus_recent_score{})
HOLDS("any of minus_recent_score", *scoring::make("minus_recent_score"))

}  // namespace
