// SPDX-License-Identifier: MIT
// Three published systems as bundles of the library: one template decodes with each of them, without a word about which it is; they
// give the values that their papers and code imply, and the same tokens as no speculation at all.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/eviction/lru.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/systems/moe_spac.hpp>
#include <moesaic/systems/moe_speq.hpp>
#include <moesaic/systems/sp_moe.hpp>
#include <moesaic/transport/instant.hpp>

#include "conformance/policy_world.hpp"
#include "runtime/toy_model.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;

// What follows from the papers and the released code alone (the parts' own tests say more).
TEST_CASE("values that the parts have to give") {
  using prefetch::analytic_cutoff;
  static_assert(analytic_cutoff::by_time(milliseconds(30), 8, microseconds(790)) == 4);  // 30 ms of drafting hide 4 layers of 8 experts
  constexpr auto settled = [](std::uint32_t state, std::uint32_t tokens) {
    for (int i = 0; i < 20; ++i) state = scoring::hysteresis{}.moved(state, tokens);
    return state;
  };
  static_assert(settled(0, 4) == 0 && settled(0, 5) == 1 && settled(0, 6) == 2 && settled(0, 7) == 3 && settled(0, 8) == 4 && settled(0, 9) == 5);
  static_assert(settled(5, 0) == 0 && settled(5, 1) == 1 && settled(5, 2) == 2 && settled(5, 3) == 3 && settled(5, 4) == 4 && settled(5, 5) == 5);

  // Nine tokens through the bundle's own parts: expert 0 is used by all, 1 by seven, 2 by four, 3 by none.
  systems::moe_spac spac;
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  tell(spac.scoring, w.all());
  const std::vector<demand> wanted{{expert_index{0}, 9, {}}, {expert_index{1}, 7, {}}, {expert_index{2}, 4, {}}};
  for (std::uint64_t i = 0; i < 10; ++i) {
    tell(spac.scoring, layer_event{{i}, {i}, layer_index{0}, phase::verify, 9, wanted, {}});
    tell(spac.scoring, lease_ended{{i}, layer_index{0}});
  }
  constexpr std::int64_t worth[] = {5, 3, 0, 0};
  for (std::uint32_t e = 0; e < 4; ++e) CHECK(spac.scoring.score(make_expert(0, e)).count == worth[e]);

  // At threshold 1 nobody leaves if everybody is worth 1 or is pinned.
  for (const std::uint32_t f : {0U, 1U, 2U}) w.give_room(f, residency_flag::resident);
  const auto victim = [&] {
    auto scene = eviction_scene_of(w, spac.scoring, 0, make_expert(0, 3), cause::prefetch, policy_world::everything);
    scene.threshold = spac.placement.threshold();
    return spac.eviction.victim(scene);
  };
  CHECK(spac.placement.threshold() == utility{1});
  CHECK(victim() == make_expert(0, 2));
  w.flags[2] |= residency_flag::pinned_by_first;
  CHECK_FALSE(victim());
}

/// A drafter that is the target itself, with all of its weights at hand: its routes are also what the target's gates say of its
/// hidden states, and it tells both. Every `wrong_every`-th token it proposes is another one.
struct self_draft {
  toy::model twin;
  std::uint32_t wrong_every = 0;
  std::vector<token_id> sequence{};
  std::size_t final_tokens = 0;  ///< of the sequence, those that were committed
  std::uint32_t proposed = 0, calls = 0;
  std::vector<std::vector<expert_index>> routes{};
  std::vector<hint> told{};

  result<void> committed(std::span<const token_id> tokens) {
    std::size_t same = 0;
    while (same < tokens.size() && final_tokens + same < sequence.size() && sequence[final_tokens + same] == tokens[same]) ++same;
    sequence.resize(final_tokens + same);
    sequence.insert(sequence.end(), tokens.begin() + static_cast<std::ptrdiff_t>(same), tokens.end());
    if (twin.cached() > final_tokens + same) twin.keep({static_cast<std::uint32_t>(final_tokens + same)});
    final_tokens = sequence.size();
    proposed = 0;
    return {};
  }
  result<std::optional<drafted_token>> next() {
    told.clear();
    const auto from = static_cast<std::uint32_t>(twin.cached());
    const std::span<const token_id> window = std::span(sequence).subspan(from);
    if (window.empty()) return std::optional<drafted_token>();
    if (auto begun = twin.begin({window, {from}, phase::draft, rows_wanted::last}); !begun) return begun.error();
    const std::uint32_t layers = twin.shape().layers();
    routes.resize(layers);
    for (std::uint32_t l = 0; l < layers; ++l) {
      const auto layer = static_cast<layer_index>(l);
      const auto routed = twin.route(layer);
      if (!routed) return routed.error();
      const std::size_t k = twin.shape().top_k(layer);
      routes[l].assign(routed->routes.end() - static_cast<std::ptrdiff_t>(k), routed->routes.end());
      for (std::uint32_t e = 0; e < twin.shape().experts(layer); ++e)
        if (auto ran = twin.run({make_expert(l, e), residence::host, nullptr, 0, {}}); !ran) return ran.error();
      if (auto combined = twin.combine(layer); !combined) return combined.error();
      for (const provenance kind : {provenance::draft_router, provenance::target_gate_on_draft_hidden})
        told.push_back({kind, layer, {proposed}, routes[l], {}, {}});
    }
    const auto logits = twin.finish();
    if (!logits) return logits.error();
    token_id token = speculation::greedy{}.choose(logits->row(0));
    if (wrong_every != 0 && ++calls % wrong_every == 0) token = (token + 1) % static_cast<token_id>(toy::model::vocabulary);
    sequence.push_back(token);
    ++proposed;
    return std::optional<drafted_token>(drafted_token{token, 0.9F, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return told; }
};
static_assert(explain_drafter<self_draft>());

/// moe_speq with a draft length of its own: on a link that takes no time there is nothing to choose one by.
struct moe_speq_of_eight {
  group_per_layer groups{};
  scoring::none scoring{};
  eviction::protected_lru eviction{};
  admission::forced admission{};
  prediction::draft_routes prediction{};
  prefetch::three_phases prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{.length = {8}};
};

struct plain {
  group_per_layer groups{};
  scoring::none scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};

model_shape shape() { return *model_shape::uniform(5, 16, 3, {64}); }

struct decoded {
  std::vector<token_id> tokens;
  counters count;
  std::uint64_t drafted = 0, accepted = 0;
};

template <class Draft, class Bundle>
decoded decode(Bundle policies, Draft draft, bytes budget) {
  using link = transports::instant<toy::content>;
  std::vector<std::byte> memory(budget.count);
  auto made = offload_runtime<toy::model, link, Bundle, Draft>::create(
      toy::model(shape()), link(), std::move(policies), {.residency = {.budget = {budget, 2}, .memory = memory, .host_possible = true}, .prefill_chunk = 4},
      std::move(draft));
  REQUIRE(static_cast<bool>(made));
  decoded out;
  const std::vector<token_id> prompt{3, 14, 15, 9, 26, 5, 35, 8, 58};
  const auto first = made->prefill(prompt);
  REQUIRE(static_cast<bool>(first));
  out.tokens.push_back(*first);
  const counters before = made->cache().count();
  while (out.tokens.size() < 200) {
    const auto step = made->step();
    REQUIRE(static_cast<bool>(step));
    out.tokens.insert(out.tokens.end(), step->tokens.begin(), step->tokens.end());
    out.drafted += step->outcome.drafted.count;
    out.accepted += step->outcome.accepted.count;
  }
  out.tokens.resize(200);
  out.count = made->cache().count().since(before);
  return out;
}

TEST_CASE("three systems decode what no speculation decodes") {
  const bytes quarter{shape().total().count / 4}, half{shape().total().count / 2};
  const decoded truth = decode(plain{}, speculation::no_draft{}, shape().total() + bytes{128});
  CHECK(decode(plain{}, speculation::no_draft{}, quarter).tokens == truth.tokens);

  for (const std::uint32_t wrong_every : {0U, 5U}) {
    CAPTURE(wrong_every);
    const self_draft draft{toy::model(shape()), wrong_every};

    const decoded speq = decode(moe_speq_of_eight{}, draft, half);
    CHECK(speq.tokens == truth.tokens);
    CHECK(speq.drafted > 0);
    CHECK(speq.count.prefetch_used > speq.count.prefetch_wasted);
    CHECK(speq.count.prefetch_used > 100);
    const decoded chosen = decode(systems::moe_speq{}, draft, half);
    CHECK(chosen.tokens == truth.tokens);
    CHECK(chosen.drafted > 0);

    const decoded sp_moe = decode(systems::sp_moe{}, draft, half);
    CHECK(sp_moe.tokens == truth.tokens);
    CHECK(sp_moe.drafted > 0);
    CHECK(sp_moe.count.prefetch_used > 100);

    const decoded spac = decode(systems::moe_spac{}, draft, half);
    CHECK(spac.tokens == truth.tokens);
    CHECK(spac.drafted > 0);
    CHECK(spac.count.bytes_demanded == bytes{0});  // a miss is never fetched
    CHECK(spac.count.host + spac.count.hits + spac.count.prefetch_late == spac.count.accesses);
    CHECK(spac.count.host > 0);
  }
}

}  // namespace
