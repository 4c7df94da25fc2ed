// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <span>

#include <moesaic/prediction/log_evidence.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using prediction::log_evidence;

TEST_CASE("log_evidence: scores are the base and, weighed, how many times likelier the sources make an expert") {
  const model_shape shape = *model_shape::uniform(2, 8, 1, {1});
  for (const std::uint32_t weight : {0U, 50U, 100U}) {
    CAPTURE(weight);
    const log_evidence::knobs k{2, 1, 1, weight};
    log_evidence evidence(inventory{shape}, k);
    const auto flat = [](layer_index, std::span<const std::uint32_t>, std::span<std::int32_t> scores) {
      for (std::int32_t& s : scores) s = 0;
    };
    const auto use = [&](std::uint32_t layer, std::uint32_t e) {
      conformance::owned_event event(0, 0, layer, {e});
      evidence.hear(event.get(), k, flat);
    };
    for (int i = 0; i < 32; ++i) {  // 5 follows 1, 6 follows 2
      use(0, 1);
      use(1, 5);
      use(0, 2);
      use(1, 6);
    }
    use(0, 1);
    // By hand, of 64 events: 5 was used 32 times, all of 32 after 1: (32 + 8/2) / (32 + 8) / (1/2) = 1.8; 6 never after 1: .2.
    const auto confidence = [&](std::uint32_t e) { return evidence.expected.confidence(make_expert(1, e)).count; };
    if (weight == 0) {
      CHECK(evidence.expected.expected(layer_index{1}).size() == 2);
      CHECK(confidence(0) == log_evidence::border);  // all alike: the lower ids
      continue;
    }
    CHECK(number(evidence.expected.expected(layer_index{1})[0]) == 5);
    // The border is the best of the others: an expert nobody has used, at 0. log2(1.8) x 1024 = 868.
    CHECK(confidence(5) - log_evidence::border >= 868 * weight / 100 - 4);
    CHECK(confidence(5) - log_evidence::border <= 868 * weight / 100 + 4);
  }
}

TEST_CASE("log_evidence: a union of a window is no more evidence than one token") {
  const model_shape shape = *model_shape::uniform(2, 16, 1, {1});
  const log_evidence::knobs k{1, 1, 1, 100};
  log_evidence evidence(inventory{shape}, k);
  const auto flat = [](layer_index, std::span<const std::uint32_t>, std::span<std::int32_t> scores) {
    for (std::int32_t& s : scores) s = 0;
  };
  const auto use = [&](std::uint32_t layer, std::vector<std::uint32_t> wanted) {
    conformance::owned_event event(0, 0, layer, std::move(wanted));
    evidence.hear(event.get(), k, flat);
  };
  for (int i = 0; i < 40; ++i) {  // 1, 2 and 3 are always used together, half of the time, and then 9 follows
    use(0, {1, 2, 3});
    use(1, {9});
    use(0, {4});
    use(1, {8});
  }
  use(0, {1, 2, 3});
  const std::int64_t three = evidence.expected.confidence(make_expert(1, 9)).count;
  use(1, {9});
  use(0, {1});
  const std::int64_t one = evidence.expected.confidence(make_expert(1, 9)).count;
  CHECK(three > log_evidence::border);
  CHECK(three - one <= 16);  // the same but for what the last event taught
  CHECK(one - three <= 16);
}

}  // namespace
