// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/speculation/amortization_roofline.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/speculation/no_draft.hpp>
#include <moesaic/speculation/sampled.hpp>

#include "conformance/speculation_suites.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, suite, ...)               \
  TEST_CASE(name) {                           \
    const findings said = suite(__VA_ARGS__); \
    CAPTURE(said);                            \
    CHECK(said.empty());                      \
  }

// A governor, a drafter, a rule joins by one line.
HOLDS("fixed(0) is a governor", speculation_governor_suite, [] { return speculation::fixed{}; })
HOLDS("fixed(8) with a stop is a governor", speculation_governor_suite, [] { return speculation::fixed{.length = {8}, .stop_below = 0.75F}; })
HOLDS("any of fixed is a governor", speculation_governor_suite, [] { return *speculation::make("fixed(3)"); })
HOLDS("amortization_roofline is a governor", speculation_governor_suite, [] { return speculation::amortization_roofline{}; })
HOLDS("amortization_roofline by the token is a governor", speculation_governor_suite,
      [] { return speculation::amortization_roofline{.most = 5, .least = 0, .per_step = 1, .bonus = 1}; })
HOLDS("any of amortization_roofline is a governor", speculation_governor_suite, [] { return *speculation::make("amortization_roofline"); })
HOLDS("test_and_set is a governor", speculation_governor_suite, [] { return speculation::test_and_set{}; })
HOLDS("goodput is a governor", speculation_governor_suite, [] { return speculation::goodput{.length = 5, .retry = 8}; })
HOLDS("verification_prefix is a governor", speculation_governor_suite, [] { return speculation::verification_prefix{}; })
HOLDS("working_set is a governor", speculation_governor_suite, [] { return speculation::working_set{}; })
HOLDS("any of working_set is a governor", speculation_governor_suite, [] { return *speculation::make("working_set(5)"); })
HOLDS("no_draft is a drafter", drafter_suite, [] { return speculation::no_draft{}; }, 32)
HOLDS("greedy is an acceptance rule", acceptance_rule_suite, [] { return speculation::greedy{}; })
HOLDS("sampled is an acceptance rule", acceptance_rule_suite, [] { return speculation::sampled{.temperature = 0.7F, .top_p = 0.9F, .seed = 5}; })
HOLDS("sampled at temperature 0 is an acceptance rule", acceptance_rule_suite, [] { return speculation::sampled{.temperature = 0}; })

}  // namespace
