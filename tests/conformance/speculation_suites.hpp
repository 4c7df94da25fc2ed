// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <moesaic/concepts/acceptance_rule.hpp>
#include <moesaic/concepts/drafter.hpp>
#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/scoring/none.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "support/splitmix.hpp"

namespace moesaic::conformance {

/// What every governor has to hold, over random steps. `make` gives a fresh one, equal each time.
template <class Make>
[[nodiscard]] findings speculation_governor_suite(Make make, std::uint32_t runs = 100, std::uint32_t steps = 100) {
  using governor_type = decltype(make());
  findings found;
  const scoring::none scores;
  const forecast nothing;
  const model_shape shape = *model_shape::uniform(2, 4, 1, {1});
  const std::vector<std::uint16_t> group_of(shape.space().size());
  for (std::uint32_t seed = 0; seed < runs; ++seed) {
    moesaic_test::splitmix dice{seed};
    governor_type asked = make(), other = make();
    tell(asked, inventory{shape, group_of, 1});
    tell(other, inventory{shape, group_of, 1});
    std::uint64_t in_calls = 0;
    for (std::uint32_t step = 0; step < steps; ++step) {
      speculation_scene<scoring::none> scene{
          {scores, nothing, residency_view(shape, {}), {}, {}, {step}, {}, {}}, {}, 1, {dice.below(12)}, {dice.below(2) * 1'000}};
      if (seed % 2 != 0) scene.link = {{1'000}, {1e9}, {}, 0, 4, {}};  // else a link that moves nothing
      const auto tell_both = [&](const auto& event) {
        tell(asked, event);
        tell(other, event);
      };
      const std::uint64_t before = allocations();
      const draft_length longest = asked.longest(scene);
      found.expect(asked.longest(scene) == longest && other.longest(scene) == longest, "equal history gives two lengths");
      const draft_length limit = std::min(longest, scene.possible);  // as the loop cuts it
      if (limit.count != 0) tell_both(draft_started{limit});
      while (scene.drafted < limit) {
        const bool more = asked.keep_drafting(scene);
        found.expect(asked.keep_drafting(scene) == more && other.keep_drafting(scene) == more, "equal history goes on and stops");
        if (!more) break;
        ++scene.drafted.count;
        scene.last_probability = static_cast<float>(dice.below(101)) / 100.0F;
        tell_both(token_drafted{scene.drafted, {1'000 + seed}});
      }
      const draft_length verified = std::min(asked.verify(scene), scene.drafted);
      found.expect(std::min(other.verify(scene), scene.drafted) == verified, "equal history verifies two lengths");
      if (limit.count != 0) tell_both(draft_ended{verified});
      step_outcome outcome{{step}, scene.drafted, verified, {dice.below(verified.count + 1)}, {}, {dice.below(1'000)}, {dice.below(1'000)}, {}, {}, {}};
      outcome.committed = {outcome.accepted.count + 1};
      if (dice.chance(50)) outcome = {};  // nothing is known
      asked.observe(outcome);
      other.observe(outcome);
      in_calls += allocations() - before;
      tell(asked, outcome);
      tell(other, outcome);
    }
    found.expect(in_calls == 0, "allocates after inventory");
  }
  return found;
}

/// What every drafter has to hold. `vocabulary` bounds its tokens.
template <class Make>
[[nodiscard]] findings drafter_suite(Make make, token_id vocabulary, std::uint32_t runs = 50) {
  findings found;
  for (std::uint32_t seed = 0; seed < runs; ++seed) {
    moesaic_test::splitmix dice{seed};
    auto draft = make(), other = make();
    for (std::uint32_t step = 0; step < 30; ++step) {
      std::vector<token_id> final_tokens(dice.between(1, 4));
      for (token_id& t : final_tokens) t = static_cast<token_id>(dice.below(static_cast<std::uint32_t>(vocabulary)));
      found.expect(static_cast<bool>(draft.committed(final_tokens)) == static_cast<bool>(other.committed(final_tokens)), "equal calls fail and succeed");
      for (std::uint32_t i = dice.below(6); i > 0; --i) {
        const auto one = draft.next(), two = other.next();
        if (!one || !two) {
          found.expect(static_cast<bool>(one) == static_cast<bool>(two), "equal calls fail and succeed");
          break;
        }
        found.expect(one->has_value() == two->has_value() && (!one->has_value() || (*one)->token == (*two)->token), "equal calls give two tokens");
        if (!one->has_value()) break;
        const drafted_token& d = **one;
        found.expect(d.token >= 0 && d.token < vocabulary, "proposes a token that does not exist");
        found.expect(d.probability >= 0 && d.probability <= 1, "claims a probability outside 0 to 1");
        found.expect(d.probabilities.empty() || d.probabilities.size() == static_cast<std::size_t>(vocabulary), "gives a distribution of another vocabulary");
        for (const hint& h : draft.hints()) found.expect(h.at.count < 64, "hints at a row beyond the window");
      }
    }
  }
  return found;
}

/// What every acceptance rule has to hold; the law of sampling is a test of its own.
template <class Make>
[[nodiscard]] findings acceptance_rule_suite(Make make, std::uint32_t runs = 200) {
  findings found;
  constexpr float none = -std::numeric_limits<float>::infinity();
  for (std::uint32_t seed = 0; seed < runs; ++seed) {
    moesaic_test::splitmix dice{seed};
    auto rule = make(), other = make();
    for (std::uint32_t step = 0; step < 20; ++step) {
      const std::uint32_t vocabulary = dice.between(1, 12);
      std::vector<float> row(vocabulary);
      std::uint32_t possible = 0;
      for (float& x : row) {
        x = dice.chance(300) ? none : static_cast<float>(dice.below(100)) / 10.0F;
        possible += x != none;
      }
      if (possible == 0) {
        row[dice.below(vocabulary)] = 0;
        possible = 1;
      }
      const drafted_token drafted{.token = static_cast<token_id>(dice.below(vocabulary))};
      const auto its = static_cast<std::size_t>(drafted.token);
      if (dice.chance(700)) {
        const bool stands = rule.accepts(row, drafted);
        found.expect(other.accepts(row, drafted) == stands, "equal calls judge differently");
        if (row[its] == none) found.expect(!stands, "accepts what the model never says");
        if (row[its] != none && possible == 1) found.expect(stands, "rejects the only token there is");
      }
      const token_id chosen = rule.choose(row);
      found.expect(other.choose(row) == chosen, "equal calls choose differently");
      found.expect(chosen >= 0 && static_cast<std::uint32_t>(chosen) < vocabulary && row[static_cast<std::size_t>(chosen)] != none,
                   "chooses what the model never says");
    }
  }
  return found;
}

}  // namespace moesaic::conformance
