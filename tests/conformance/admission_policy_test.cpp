// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/admission/by_union.hpp>
#include <moesaic/admission/catalogue.hpp>
#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/frequency_contest.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/reaches_threshold.hpp>
#include <moesaic/admission/staging_only.hpp>

#include "conformance/admission_policy_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, policy)                                              \
  TEST_CASE(name " is an admission policy") {                            \
    const findings said = admission_policy_suite([] { return policy; }); \
    CAPTURE(said);                                                       \
    CHECK(said.empty());                                                 \
  }

// A policy joins by one line.
HOLDS("forced", admission::forced{})
HOLDS("optional", admission::optional{})
HOLDS("staging_only", admission::staging_only{})
HOLDS("frequency_contest", admission::frequency_contest{})
HOLDS("by_union", admission::by_union{})
HOLDS("by_union that changes its mind often", (admission::by_union{.percent = 20, .fresh = 100}))
HOLDS("any of by_union", *admission::make("by_union"))
HOLDS("any of optional", *admission::make("optional"))
HOLDS("reaches_threshold", admission::reaches_threshold{})

}  // namespace
