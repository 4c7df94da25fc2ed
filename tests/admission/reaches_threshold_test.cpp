// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/admission/reaches_threshold.hpp>

namespace {
using namespace moesaic;

struct by_number {
  using hears = events<>;
  [[nodiscard]] utility score(expert_id e) const noexcept { return {static_cast<std::int64_t>(number(e.expert))}; }
};

TEST_CASE("reaches_threshold: at the threshold is enough, whoever asks and whether there is room or not") {
  const by_number scores;
  const forecast nothing;
  const auto verdict_on = [&](std::uint32_t worth, utility threshold, cause why, std::optional<expert_id> displaces) {
    return admission::reaches_threshold{}.admit(
        admission_scene<by_number>{{scores, nothing, {}, {}, {}, {}, {}, {}, threshold}, make_expert(0, worth), why, phase::verify, displaces, {}, {}});
  };
  for (const cause why : {cause::demand, cause::prefetch})
    for (const std::optional<expert_id> displaces : {std::optional<expert_id>(), std::optional(make_expert(0, 9))}) {
      CHECK(verdict_on(1, {2}, why, displaces) == verdict::bypass);
      CHECK(verdict_on(2, {2}, why, displaces) == verdict::keep);
      CHECK(verdict_on(3, {2}, why, displaces) == verdict::keep);
      CHECK(verdict_on(0, utility::lowest(), why, displaces) == verdict::keep);
    }
  CHECK_FALSE(admission::reaches_threshold::displaces_own_event());
}

}  // namespace
