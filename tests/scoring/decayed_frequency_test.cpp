// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <moesaic/scoring/decayed_frequency.hpp>

#include "conformance/policy_world.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

TEST_CASE("decayed_frequency: worked by hand") {
  // Half-life 4. Uses at tokens 0 and 1 are worth 1.095 at token 4 and 0.920 at token 5.
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  for (const std::uint64_t later : {4U, 5U}) {
    scoring::decayed_frequency scores{.half_life = 4};
    tell(scores, w.all());
    owned_event a(0, 0, 0, {1}), b(1, 1, 0, {1}), c(2, later, 0, {2});
    tell(scores, a.get());
    tell(scores, b.get());
    tell(scores, c.get());
    CHECK((scores.score(make_expert(0, 1)) > scores.score(make_expert(0, 2))) == (later == 4));
    CHECK(scores.score(make_expert(0, 3)) == utility::lowest());
  }
}

TEST_CASE("decayed_frequency: orders like sums over all uses in floating point") {
  std::uint64_t compared = 0, wrong = 0, close = 0;
  for (const std::uint32_t half_life : {1U, 7U, 32U, 500U})
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      splitmix dice{seed * 31 + half_life};
      const auto w = policy_world::random(dice);
      scoring::decayed_frequency scores{.half_life = half_life};
      std::vector<std::vector<std::uint64_t>> uses(w->flags.size());
      std::uint64_t now = 0;
      const auto sum = [&](std::uint32_t f) {
        double total = 0;
        for (const std::uint64_t t : uses[f]) total += std::exp2(-static_cast<double>(now - t) / half_life);
        return total;
      };
      const auto hear = [&](const auto& event) {
        tell(scores, event);
        if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, layer_event>) {
          now = event.first_token.count;
          for (const demand& d : event.wanted) uses[w->shape.space().flat(event.layer, d.expert)].push_back(now);
          const std::uint32_t a = dice.below(static_cast<std::uint32_t>(uses.size())), b = dice.below(static_cast<std::uint32_t>(uses.size()));
          const utility x = scores.score(w->id(a)), y = scores.score(w->id(b));
          ++compared;
          if (uses[a] == uses[b]) {
            wrong += x != y;
            return;
          }
          const double p = sum(a), q = sum(b);
          if (std::abs(p - q) <= 1e-10 * (p + q))
            ++close;
          else
            wrong += (x < y) != (p < q);
        }
      };
      play(*w, dice, 300, hear, [](auto&&...) { return std::optional<expert_id>(); });
    }
  CHECK(wrong == 0);
  CHECK(compared >= 100'000);
  CHECK(close < compared / 5);
}

}  // namespace
