// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/scoring/none.hpp>

namespace moesaic_test {

using namespace moesaic;

/// A step as it went: drafting and the pass in nanoseconds.
[[nodiscard]] inline step_outcome went(std::uint32_t drafted, std::uint32_t verified, std::uint32_t accepted, std::int64_t drafting, std::int64_t verifying,
                                       std::int64_t stalled = 0) {
  return {{}, {drafted}, {verified}, {accepted}, {accepted + 1}, {drafting}, {verifying}, {stalled}, {}, {}};
}

/// Asks a governor as the loop does, without a loop: nothing is forecast unless the test says so, and all experts are absent.
template <class Governor>
struct governor_bench {
  model_shape shape = *model_shape::uniform(2, 8, 2, {1'000});
  std::vector<std::uint16_t> group_of = std::vector<std::uint16_t>(shape.space().size());
  forecast expected{shape.space(), 2, 8};
  link_view link{};
  scoring::none scores{};
  Governor governor;
  std::uint32_t possible = 63;
  nanoseconds limit{};

  explicit governor_bench(Governor g) : governor(std::move(g)) { tell(governor, inventory{shape, group_of, 1}); }

  [[nodiscard]] speculation_scene<scoring::none> scene(std::uint32_t drafted = 0, float probability = 1) const {
    return {{scores, expected, residency_view(shape, {}), link, {}, {}, {}, {}}, {drafted}, probability, {possible}, limit};
  }
  [[nodiscard]] std::uint32_t longest() { return governor.longest(scene()).count; }
  /// Drafts as long as it wants; then says how many it would verify.
  std::pair<std::uint32_t, std::uint32_t> window(float probability = 1) {
    std::uint32_t drafted = 0;
    const std::uint32_t longest_now = longest();
    while (drafted < longest_now) {
      ++drafted;
      if (!governor.keep_drafting(scene(drafted, probability))) break;
    }
    return {drafted, drafted == 0 ? 0 : governor.verify(scene(drafted, probability)).count};
  }
};

}  // namespace moesaic_test
