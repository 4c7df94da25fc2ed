// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/speculation/acceptance_estimate.hpp>

#include "support/governor_bench.hpp"

namespace {
using namespace moesaic_test;
using speculation::acceptance_estimate;

TEST_CASE("acceptance: what nobody has tried is the first guess") {
  const acceptance_estimate fresh;
  CHECK(fresh.at(0) == doctest::Approx(0.8));
  CHECK(fresh.at(63) == doctest::Approx(0.8));
  CHECK(fresh.at(1'000) == doctest::Approx(0.8));
  CHECK(fresh.committed(0) == 1);
  CHECK(fresh.committed(2) == doctest::Approx(1 + .8 + .64));
  CHECK_FALSE(fresh.knows());
}

TEST_CASE("acceptance: three of four stood, by hand") {
  acceptance_estimate a;
  a.observe(went(4, 4, 3, 0, 0));
  CHECK(a.overall() == doctest::Approx((3 + .8) / 5));
  CHECK(a.at(0) == doctest::Approx((1 + 8 * .76) / 9));
  CHECK(a.at(3) == doctest::Approx((0 + 8 * .76) / 9));
  CHECK(a.at(4) == doctest::Approx(.76));
}

TEST_CASE("acceptance: behind the first that fell nothing is learned, and plain steps teach nothing") {
  acceptance_estimate a, b;
  a.observe(went(8, 8, 0, 0, 0));
  b.observe(went(1, 1, 0, 0, 0));
  b.observe(went(0, 0, 0, 0, 5));
  for (std::uint32_t i = 0; i < 8; ++i) CHECK(a.at(i) == b.at(i));
}

TEST_CASE("acceptance: comes close to what holds, place by place") {
  acceptance_estimate a;
  for (int i = 0; i < 400; ++i) a.observe(went(2, 2, i % 2 == 0 ? 1 : 2, 0, 0));  // the first always stands, the second every other time
  CHECK(a.at(0) > 0.93);
  CHECK(a.at(1) > 0.45);
  CHECK(a.at(1) < 0.62);
}

TEST_CASE("acceptance: a text that turns is noticed in a few windows") {
  acceptance_estimate a;
  for (int i = 0; i < 100; ++i) a.observe(went(4, 4, 4, 0, 0));
  CHECK(a.at(0) > 0.97);
  for (int i = 0; i < 6; ++i) a.observe(went(4, 4, 0, 0, 0));
  CHECK(a.at(0) < 0.75);
  for (int i = 0; i < 100; ++i) a.observe(went(1, 1, 0, 0, 0));
  CHECK(a.at(0) < 0.1);
  for (int i = 0; i < 8; ++i) a.observe(went(1, 1, 1, 0, 0));
  CHECK(a.at(0) > 0.5);
}

TEST_CASE("acceptance: a deviation, which shrinks with what was seen") {
  acceptance_estimate a;
  CHECK(a.deviation() == doctest::Approx(0.5));
  a.observe(went(3, 3, 3, 0, 0));
  CHECK(a.deviation() == doctest::Approx(0.25));
}

TEST_CASE("acceptance: a draft that was not verified counts by its first token, where the fate of that is known") {
  acceptance_estimate right, wrong, behind;
  step_outcome unseen = went(4, 0, 0, 0, 0);
  right.observe(unseen);
  CHECK_FALSE(right.knows());
  unseen.beyond = step_outcome::fate::stood;
  for (int i = 0; i < 40; ++i) right.observe(unseen);
  CHECK(right.at(0) > 0.95);
  unseen.beyond = step_outcome::fate::fell;
  for (int i = 0; i < 40; ++i) wrong.observe(unseen);
  CHECK(wrong.at(0) < 0.05);
  step_outcome partly = went(4, 1, 1, 0, 0);  // the first verified and right, the second not verified, and wrong
  partly.beyond = step_outcome::fate::fell;
  for (int i = 0; i < 100; ++i) behind.observe(partly);
  CHECK(behind.at(0) > 0.9);
  CHECK(behind.at(1) < 0.1);
}

}  // namespace
