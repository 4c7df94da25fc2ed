// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/prefetch/analytic_cutoff.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/prefetch/fill_room.hpp>
#include <moesaic/prefetch/layer_order.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/nearest_missing.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/prefetch/profiled_cutoff.hpp>
#include <moesaic/prefetch/static_cutoff.hpp>
#include <moesaic/prefetch/three_phases.hpp>
#include <moesaic/prefetch/utility_levels.hpp>

#include "conformance/prefetch_scheduler_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, scheduler)                                                \
  TEST_CASE(name " is a prefetch scheduler") {                                \
    const findings said = prefetch_scheduler_suite([] { return scheduler; }); \
    CAPTURE(said);                                                            \
    CHECK(said.empty());                                                      \
  }

// A scheduler joins by one line.
HOLDS("none", prefetch::none{})
HOLDS("most_useful", prefetch::most_useful{})
HOLDS("most_useful far ahead", (prefetch::most_useful{.in_flight = 64, .horizon = 64}))
HOLDS("three_phases", prefetch::three_phases{})
HOLDS("three_phases without the third", (prefetch::three_phases{.initial = 50, .smoothing = 100, .slots = 2, .saturate = 0}))
HOLDS("any of most_useful", *prefetch::make("most_useful"))
HOLDS("layer_order below a fixed layer", prefetch::layer_order<prefetch::static_cutoff>{})
HOLDS("layer_order as deep as a draft hides", prefetch::layer_order<prefetch::analytic_cutoff>{})
HOLDS("layer_order as deep as a profile said", prefetch::layer_order<prefetch::profiled_cutoff>{})
HOLDS("layer_order one by one", (prefetch::layer_order<prefetch::static_cutoff>{.cutoff = {.most = 9}, .batch = 1}))
HOLDS("utility_levels", prefetch::utility_levels{})
HOLDS("utility_levels of one queue", prefetch::utility_levels{.levels = 1})
HOLDS("any of utility_levels", *prefetch::make("utility_levels"))
HOLDS("nearest_missing", prefetch::nearest_missing{})
HOLDS("nearest_missing far ahead", (prefetch::nearest_missing{.horizon = 9, .in_flight = 4}))
HOLDS("fill_room", prefetch::fill_room{})
HOLDS("any of fill_room", *prefetch::make("fill_room(2)"))

}  // namespace
