// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/admission/optional.hpp>
#include <moesaic/scoring/none.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

struct asker {
  scoring::none scores{};
  forecast nothing{};
  admission::optional policy{};

  verdict operator()(expert_id newcomer, std::optional<utility> its, std::optional<expert_id> displaces, std::optional<utility> their) {
    return policy.admit(
        admission_scene<scoring::none>{{scores, nothing, {}, {}, {}, {}, {}, {}}, newcomer, cause::demand, phase::decode, displaces, its, their});
  }
};

TEST_CASE("optional: room is taken, else the higher (key, id) stays") {
  asker ask;
  CHECK(ask(make_expert(0, 1), utility{0}, std::nullopt, std::nullopt) == verdict::keep);
  CHECK(ask(make_expert(0, 1), utility{5}, make_expert(0, 2), utility{4}) == verdict::keep);
  CHECK(ask(make_expert(0, 1), utility{4}, make_expert(0, 2), utility{5}) == verdict::bypass);
  CHECK(ask(make_expert(0, 1), utility{4}, make_expert(0, 2), utility{4}) == verdict::bypass);  // equal: the lower id leaves
  CHECK(ask(make_expert(0, 3), utility{4}, make_expert(0, 2), utility{4}) == verdict::keep);
  CHECK(ask(make_expert(1, 0), utility{4}, make_expert(0, 2), utility{4}) == verdict::keep);  // by layer first
  CHECK(ask.policy.displaces_own_event());
}

TEST_CASE("optional: without keys everyone is let in") {
  asker ask;
  CHECK(ask(make_expert(0, 1), std::nullopt, make_expert(0, 2), std::nullopt) == verdict::keep);
  CHECK(ask(make_expert(0, 1), utility{1}, make_expert(0, 2), std::nullopt) == verdict::keep);
}

TEST_CASE("optional: newcomers one after the other leave the best of all, whatever the keys") {
  moesaic_test::splitmix dice{11};
  for (int run = 0; run < 2'000; ++run) {
    asker ask;
    using ranked_expert = std::pair<utility, expert_id>;
    std::vector<ranked_expert> all, kept;
    const std::uint32_t capacity = dice.between(1, 6);
    for (std::uint32_t e = 0; e < 12; ++e) all.push_back({{static_cast<std::int64_t>(dice.below(5))}, make_expert(0, e)});
    std::vector<ranked_expert> newcomers;
    for (const ranked_expert& r : all) (kept.size() < capacity && dice.chance(500) ? kept : newcomers).push_back(r);
    for (const ranked_expert& n : newcomers) {  // ascending id
      if (kept.size() < capacity) {
        CHECK(ask(n.second, n.first, std::nullopt, std::nullopt) == verdict::keep);
        kept.push_back(n);
        continue;
      }
      const auto least = std::min_element(kept.begin(), kept.end());
      if (ask(n.second, n.first, least->second, least->first) == verdict::keep) *least = n;
    }
    std::sort(all.begin(), all.end());
    std::sort(kept.begin(), kept.end());
    CHECK(kept == std::vector(all.end() - capacity, all.end()));
  }
}

}  // namespace
