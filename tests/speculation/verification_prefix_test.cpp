// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <limits>

#include <moesaic/speculation/verification_prefix.hpp>

#include "support/governor_bench.hpp"

namespace {
using namespace moesaic_test;
using speculation::verification_prefix;

void learn(governor_bench<verification_prefix>& b, std::int64_t row) {
  for (std::uint32_t i = 0; i < 300; ++i) {
    const std::uint32_t verified = i % 5;
    b.governor.observe(went(4, verified, 0, 0, 1'000 + row * verified));
  }
}

TEST_CASE("prefix: drafts what it is told to, verifies everything while it knows nothing") {
  governor_bench b(verification_prefix{.length = 4});
  CHECK(b.window() == std::pair(4U, 4U));
}

TEST_CASE("prefix: the argmax by hand") {
  // C(k) = 1000 + 300 k, claims .5: (1, 1.5, 1.75, 1.875) / (1, 1.3, 1.6, 1.9) is best at 1
  governor_bench b(verification_prefix{.length = 3, .residency = 0});
  learn(b, 300);
  CHECK(b.window(0.5F) == std::pair(3U, 1U));
  CHECK(b.window(0.9F).second == 3);  // 1.9, 2.71, 3.439
  CHECK(b.window(0.1F).second == 0);
}

TEST_CASE("prefix: rows whose experts are missing are dearer, where the link says its rate") {
  governor_bench b(verification_prefix{.length = 3});
  learn(b, 10);
  CHECK(b.window(0.9F).second == 3);
  for (std::uint32_t e = 0; e < 8; ++e) b.expected.expect(layer_index{0}, static_cast<expert_index>(e), {2}, {});  // the third row wants them all
  CHECK(b.window(0.9F).second == 3);                                                                               // nobody knows the rate
  b.link.rate = {1e9};  // 8 us for them, against 1 us for a pass
  CHECK(b.window(0.9F).second == 1);
  b.governor.residency = 0;
  CHECK(b.window(0.9F).second == 3);
}

TEST_CASE("prefix: claims that are no numbers count as 0, rates that are none are no rates") {
  governor_bench b(verification_prefix{.length = 3});
  learn(b, 10);
  b.link.rate = {std::numeric_limits<double>::quiet_NaN()};
  CHECK(b.window(std::numeric_limits<float>::quiet_NaN()) == std::pair(3U, 0U));
}

}  // namespace
