// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/prefetch/three_phases.hpp>

#include "conformance/prefetch_scheduler_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, scheduler)                                                 \
  TEST_CASE(name " is a prefetch scheduler") {                                 \
    const findings said = prefetch_scheduler_suite([] { return scheduler; });  \
    CAPTURE(said);                                                             \
    CHECK(said.empty());                                                       \
  }

// A scheduler joins by one line.
HOLDS("none", prefetch::none{})
HOLDS("most_useful", prefetch::most_useful{})
HOLDS("most_useful far ahead", (prefetch::most_useful{.in_flight = 64, .horizon = 64}))
HOLDS("three_phases", prefetch::three_phases{})
HOLDS("three_phases without the third", (prefetch::three_phases{.initial = 50, .smoothing = 100, .slots = 2, .saturate = 0}))
HOLDS("any of most_useful", *prefetch::make("most_useful"))

}  // namespace
