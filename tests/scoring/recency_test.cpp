// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include <moesaic/scoring/recency.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

TEST_CASE("recency: the example of its header") {
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  scoring::recency scores;
  tell(scores, w.all());
  owned_event first(0, 0, 0, {1, 2}), second(1, 1, 0, {1});
  tell(scores, first.get());
  CHECK(scores.score(make_expert(0, 1)) == scores.score(make_expert(0, 2)));
  CHECK(scores.score(make_expert(0, 2)) > scores.score(make_expert(0, 0)));
  tell(scores, second.get());
  CHECK(scores.score(make_expert(0, 1)) > scores.score(make_expert(0, 2)));
  CHECK(scores.score(make_expert(0, 1)) == utility{2});
}

TEST_CASE("recency: agrees with a look back through all events") {
  std::uint64_t compared = 0, wrong = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    scoring::recency scores;
    std::vector<std::vector<bool>> log;
    const auto hear = [&](const auto& event) {
      tell(scores, event);
      if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, layer_event>) {
        auto& used = log.emplace_back(w->flags.size());
        for (const demand& d : event.wanted) used[w->shape.space().flat(event.layer, d.expert)] = true;
        const std::uint32_t f = dice.below(static_cast<std::uint32_t>(w->flags.size()));
        std::size_t last = log.size();
        while (last > 0 && !log[last - 1][f]) --last;
        wrong += scores.score(w->id(f)) != utility{static_cast<std::int64_t>(last)};
        ++compared;
      }
    };
    play(*w, dice, 300, hear, [](auto&&...) { return std::optional<expert_id>(); });
  }
  CHECK(wrong == 0);
  CHECK(compared >= 100'000);
}

}  // namespace
