// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/placement/balanced_host.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/placement/two_ended.hpp>

#include "conformance/placement_policy_suite.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

#define HOLDS(name, policy)                                              \
  TEST_CASE(name " is a placement policy") {                             \
    const findings said = placement_policy_suite([] { return policy; }); \
    CAPTURE(said);                                                       \
    CHECK(said.empty());                                                 \
  }

// A policy joins by one line.
HOLDS("fetch", placement::fetch{})
HOLDS("host", placement::host{})
HOLDS("host above a threshold", (placement::host{.least = {2}}))
HOLDS("any of host", *placement::make("host(3)"))
HOLDS("balanced_host", placement::balanced_host{})
HOLDS("balanced_host that knows its speeds", (placement::balanced_host{.host = {2e8}, .device = {1e10}}))
HOLDS("any of balanced_host", *placement::make("balanced_host(host=200,device=10000)"))
HOLDS("two_ended", placement::two_ended{})
HOLDS("two_ended of a slow device", (placement::two_ended{.host_base = 0, .host_token = 1, .device = 3}))
HOLDS("any of two_ended", *placement::make("two_ended(host_token=2,device=1)"))

}  // namespace
