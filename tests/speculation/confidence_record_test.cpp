// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>

#include <moesaic/speculation/confidence_record.hpp>

#include "support/governor_bench.hpp"

namespace {
using namespace moesaic_test;
using speculation::confidence_record;

TEST_CASE("claims: a drafter that boasts is believed less, one that knows is believed") {
  confidence_record c;
  for (int i = 0; i < 200; ++i) {
    c.claim(0, 0.95F);
    c.claim(1, 0.3F);
    c.observe(went(2, 2, i % 4 == 0 ? 2 : 1, 0, 0));  // the first always stands, the second one time in four
  }
  c.claim(0, 0.95F);
  c.claim(1, 0.3F);
  CHECK(c.stands(0, 0.6) > 0.75);
  CHECK(c.stands(1, 0.6) < 0.45);
  CHECK(c.stands(2, 0.6) == 0.6);  // nothing claimed yet
}

TEST_CASE("claims: one window by hand; saying it twice changes nothing") {
  confidence_record c;
  c.claim(0, 0.5F);
  c.claim(0, 0.5F);
  c.observe(went(1, 1, 0, 0, 0));
  c.claim(0, 0.55F);  // the same bin
  CHECK(c.stands(0, 0.8) == doctest::Approx((0 + 16 * .8) / 17));
}

TEST_CASE("claims: what is no probability is some bin, never a crash") {
  confidence_record c;
  for (const float p : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0F, 2.0F}) {
    c.claim(0, p);
    c.claim(1'000, p);
    CHECK(c.stands(0, 0.5) <= 1);
    c.observe(went(1, 1, 1, 0, 0));
  }
}

}  // namespace
