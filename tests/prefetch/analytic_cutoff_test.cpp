// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/prefetch/analytic_cutoff.hpp>
#include <moesaic/scoring/none.hpp>

namespace {
using namespace moesaic;
using prefetch::analytic_cutoff;

/// Qwen3-30B-A3B's experts: 9,437,184 bytes each.
constexpr bytes each{9'437'184};

struct bench {
  explicit bench(analytic_cutoff knobs, std::uint32_t layers = 26, bytes room = {}, std::uint32_t top_k = 8)
      : shape(*model_shape::uniform(layers, 64, top_k, each)), flags(shape.space().size()), cutoff(knobs) {
    tell(cutoff, inventory{shape, {}, 1, room});
  }
  [[nodiscard]] std::uint32_t layers() const {
    scene<scoring::none> now{scores, nothing, residency_view(shape, flags), {}, {}, {}, {}, {}};
    now.link = link;
    return cutoff.layers(now);
  }
  void drafted(nanoseconds took, std::uint32_t tokens = 1) {
    step_outcome outcome;
    outcome.drafted = {tokens};
    outcome.drafting = took;
    tell(cutoff, outcome);
  }
  model_shape shape;
  std::vector<std::uint8_t> flags;
  analytic_cutoff cutoff;
  scoring::none scores{};
  forecast nothing{};
  link_view link{};
};

constexpr analytic_cutoff given{.critical = 8, .drafting = milliseconds(30), .transfer = microseconds(790)};

// 30 ms / (8 x 0.79 ms) = 4.7.
TEST_CASE("analytic_cutoff: 30 ms of drafting hide eight transfers of 0.79 ms in each of 4 layers") {
  CHECK(bench(given).layers() == 4);
  CHECK(bench(given, 3).layers() == 3);
  CHECK(bench(given, 26, {2 * 8 * each.count}).layers() == 2);
  CHECK(bench(given, 26, {2 * 8 * each.count - 1}).layers() == 1);
  CHECK(bench({.critical = 8, .drafting = {1}, .transfer = microseconds(790)}).layers() == 1);  // never less than one
  CHECK(bench({.critical = 8, .drafting = milliseconds(30), .transfer = microseconds(790), .room = {24 * each.count}}).layers() == 3);
}

TEST_CASE("analytic_cutoff: what is not given is measured; until then one layer") {
  bench b({}, 26, {}, 8);
  b.link = {microseconds(3), {12e9}, {}, 0, 16, {}};  // 789.4 us an expert
  CHECK(b.layers() == 1);
  b.drafted(milliseconds(90), 0);  // a step without a draft
  CHECK(b.layers() == 1);
  b.drafted(milliseconds(30));
  CHECK(b.layers() == 4);
  b.drafted(milliseconds(50));  // the mean is 35 ms: 5.5 layers
  CHECK(b.layers() == 5);
  b.link.rate = {0};  // a link that cannot
  CHECK(b.layers() == 1);
  b.link.rate = {1e18};
  b.link.overhead = {};
  CHECK(b.layers() == 26);
  b.drafted({-5});
  CHECK(b.layers() <= 26);
}

TEST_CASE("analytic_cutoff: without kappa, the largest top-k") {
  bench b({.drafting = milliseconds(30), .transfer = microseconds(790)}, 26, {}, 2);
  CHECK(b.layers() == 18);  // 30 / 1.58
}

}  // namespace
