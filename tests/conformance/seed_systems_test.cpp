// SPDX-License-Identifier: MIT
// Three published systems, one as a bundle of the library and two as sketches: they compile against the same concepts, conform, give the values that their papers
// and code imply, and decode the same tokens as no speculation at all.
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
#include <moesaic/systems/moe_speq.hpp>
#include <moesaic/transport/instant.hpp>

#include "conformance/eviction_policy_suite.hpp"
#include "conformance/expert_predictor_suite.hpp"
#include "conformance/prefetch_scheduler_suite.hpp"
#include "conformance/seed_sketches.hpp"
#include "conformance/speculation_suites.hpp"
#include "conformance/utility_scorer_suite.hpp"
#include "runtime/toy_model.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using namespace moesaic::sketches;

TEST_CASE("cutoff: 30 ms of drafting hide eight transfers of 0.79 ms in each of 4 layers") {
  const bytes each{9'437'184};
  CHECK(cutoff{}.layers(26, each) == 4);
  CHECK(cutoff{}.layers(3, each) == 3);
  CHECK(cutoff{.room = {2 * 8 * each.count}}.layers(26, each) == 2);
  CHECK(cutoff{.drafting = {1}}.layers(26, each) == 1);  // never less than one
}

TEST_CASE("hysteresis: constant counts, from below and from above") {
  const hysteresis h;
  const auto settled = [&](std::int32_t from, std::int32_t tokens) {
    for (int i = 0; i < 20; ++i) from = h.moved(from, tokens);
    return from;
  };
  const std::int32_t from_0[] = {0, 0, 0, 0, 0, 1, 2, 3, 4, 5}, from_5[] = {0, 1, 2, 3, 4, 5, 5, 5, 5, 5};
  for (std::int32_t a = 0; a < 10; ++a) {
    CHECK(settled(0, a) == from_0[a]);
    CHECK(settled(5, a) == from_5[a]);
  }

  // The same through events: 9 tokens, expert 0 by all, 1 by seven, 2 by four.
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  hysteresis scores;
  tell(scores, w.all());
  const std::vector<demand> wanted{{expert_index{0}, 9, {}}, {expert_index{1}, 7, {}}, {expert_index{2}, 4, {}}};
  for (std::uint64_t i = 0; i < 10; ++i) tell(scores, layer_event{{i}, {i}, layer_index{0}, phase::verify, 9, wanted, {}});
  CHECK(scores.score(make_expert(0, 0)) == utility{5});
  CHECK(scores.score(make_expert(0, 1)) == utility{3});
  CHECK(scores.score(make_expert(0, 2)) == utility{0});
  CHECK(scores.score(make_expert(0, 3)) == utility{0});
}

TEST_CASE("below_threshold: at threshold 1 nobody leaves if all are worth 1 or pinned") {
  struct by_hand {
    std::vector<std::int64_t> values;
    using hears = moesaic::events<>;
    [[nodiscard]] utility score(expert_id e) const noexcept { return {values[number(e.expert)]}; }
  };
  static_assert(declares_events<by_hand>);
  by_hand scores{{1, 3, 0, 5}};
  policy_world w(*model_shape::uniform(1, 4, 1, {1}), std::vector<std::uint16_t>(4), 1);
  for (const std::uint32_t f : {0U, 1U, 2U, 3U}) w.give_room(f, residency_flag::resident);
  const auto victim = [&](utility threshold) {
    auto scene = eviction_scene_of(w, scores, 0, make_expert(0, 0), cause::prefetch, policy_world::everything);
    scene.threshold = threshold;
    return below_threshold{}.victim(scene);
  };
  CHECK(victim({1}) == make_expert(0, 2));
  w.flags[2] |= residency_flag::pinned_by_first;
  CHECK_FALSE(victim({1}));
  CHECK(victim({2}) == make_expert(0, 0));
  w.flags[2] = residency_flag::resident;
  scores.values[2] = 1;
  CHECK_FALSE(victim({1}));
}

#define HOLDS(name, suite, ...)               \
  TEST_CASE(name) {                           \
    const findings said = suite(__VA_ARGS__); \
    CAPTURE(said);                            \
    CHECK(said.empty());                      \
  }

const unit_gate gate;
HOLDS("target_gate conforms", expert_predictor_suite, [] { return target_gate{.gate = &gate}; })
HOLDS("below_threshold conforms", eviction_policy_suite, [] { return below_threshold{}; }, promise::may_refuse)
HOLDS("cutoff conforms", prefetch_scheduler_suite, [] { return cutoff{}; })
HOLDS("multilevel_queue conforms", prefetch_scheduler_suite, [] { return multilevel_queue{}; })
HOLDS("hysteresis conforms", utility_scorer_suite, [] { return hysteresis{}; })

/// A drafter that is the target itself, with all of its weights at hand: it tells each drafted row's routes, and as a hidden
/// state the vector that unit_gate reads them from. Every `wrong_every`-th token it proposes is another one.
struct self_draft {
  toy::model twin;
  std::uint32_t wrong_every = 0;
  std::vector<token_id> sequence{};
  std::size_t final_tokens = 0;  ///< of the sequence, those that were committed
  std::uint32_t proposed = 0, calls = 0;
  std::vector<std::vector<expert_index>> routes{};
  std::vector<std::vector<float>> hidden{};
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
    hidden.resize(layers);
    for (std::uint32_t l = 0; l < layers; ++l) {
      const auto layer = static_cast<layer_index>(l);
      const auto routed = twin.route(layer);
      if (!routed) return routed.error();
      const std::size_t k = twin.shape().top_k(layer);
      routes[l].assign(routed->routes.end() - static_cast<std::ptrdiff_t>(k), routed->routes.end());
      hidden[l].assign(twin.shape().experts(layer), 0.0F);
      for (std::size_t i = 0; i < k; ++i) hidden[l][number(routes[l][i])] = static_cast<float>(k - i);
      for (std::uint32_t e = 0; e < twin.shape().experts(layer); ++e)
        if (auto ran = twin.run({make_expert(l, e), residence::host, nullptr, 0, {}}); !ran) return ran.error();
      if (auto combined = twin.combine(layer); !combined) return combined.error();
      told.push_back({provenance::draft_router, layer, {proposed}, routes[l], {}, hidden[l]});
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
      toy::model(shape()), link(), std::move(policies),
      {.residency = {.budget = {budget, 2}, .memory = memory, .host_possible = true}, .prefill_chunk = 4}, std::move(draft));
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

    const decoded sp_moe = decode(sp_moe_like{.prediction = {.gate = &gate, .critical = 3}, .prefetch = {.critical = 3}}, draft, half);
    CHECK(sp_moe.tokens == truth.tokens);
    CHECK(sp_moe.drafted > 0);
    CHECK(sp_moe.count.prefetch_used > 100);

    const decoded sp_ac = decode(sp_ac_like{}, draft, half);
    CHECK(sp_ac.tokens == truth.tokens);
    CHECK(sp_ac.drafted > 0);
    CHECK(sp_ac.count.bytes_demanded == bytes{0});  // a miss is never fetched
    CHECK(sp_ac.count.host + sp_ac.count.hits + sp_ac.count.prefetch_late == sp_ac.count.accesses);
    CHECK(sp_ac.count.host > 0);
  }
}

}  // namespace
