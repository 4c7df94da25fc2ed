// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/placement/catalogue.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>

#include "conformance/placement_policy_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, policy)                                               \
  TEST_CASE(name " is a placement policy") {                              \
    const findings said = placement_policy_suite([] { return policy; });  \
    CAPTURE(said);                                                        \
    CHECK(said.empty());                                                  \
  }

// A policy joins by one line.
HOLDS("fetch", placement::fetch{})
HOLDS("host", placement::host{})
HOLDS("host above a threshold", (placement::host{.least = {2}}))
HOLDS("any of host", *placement::make("host(3)"))

}  // namespace
