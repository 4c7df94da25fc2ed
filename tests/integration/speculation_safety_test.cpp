// SPDX-License-Identifier: MIT
// Random windows with random rejections over slow, reordering, failing links and changing budgets: the tokens are the bare
// model's, nothing stays leased behind a window, and in the end nothing stays at all.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/prediction/draft_routes.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/simulated.hpp>

#include "cache/random_policies.hpp"
#include "runtime/bare_toy.hpp"
#include "support/splitmix.hpp"

#define MUST(...)                             \
  do {                                        \
    if (!(__VA_ARGS__)) REQUIRE(__VA_ARGS__); \
  } while (false)

namespace {
using namespace moesaic;
using moesaic_test::splitmix;

constexpr std::uint32_t layers = 4, experts = 12, top_k = 3, slot = 64;
constexpr std::uint32_t windows_of_a_run = 500;
const std::vector<token_id> prompt{3, 14, 15, 9, 26, 5, 35, 8, 58, 9, 7};

model_shape shape(bool mixed) {
  model_shape s = *model_shape::uniform(layers, experts, top_k, {slot});
  if (mixed)
    for (std::uint32_t e = 0; e < experts; e += 2) s.resize(make_expert(1, e), {40 + e});
  return s;
}

/// The prompt, and what the bare model says behind it.
const std::vector<token_id>& sequence() {
  static const std::vector<token_id> all = [] {
    std::vector<token_id> out = prompt;
    toy::bare model(shape(false));
    const speculation::greedy best;
    for (std::size_t i = 0; i < prompt.size() + windows_of_a_run * 9; ++i) {
      const token_id next = best.choose(model.behind(out[i]));
      if (i + 1 == out.size()) out.push_back(next);
    }
    return out;
  }();
  return all;
}

/// Answers whatever it likes.
struct whimsical_governor {
  using hears = events<>;
  splitmix dice{};
  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>&) noexcept {
    return {dice.below(9)};
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>&) noexcept {
    return dice.chance(850);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& s) noexcept {
    return dice.chance(800) ? s.drafted : draft_length{dice.below(12)};
  }
  void observe(const step_outcome&) noexcept {}
};

/// Is right more or less often from window to window, sometimes out of tokens, sometimes broken, and guesses routes, some of
/// them of experts and layers that there are not.
struct erratic_draft {
  splitmix dice{};
  transports::simulated<toy::content>* clock = nullptr;  // drafting takes time
  std::vector<token_id> heard{};
  std::size_t proposed = 0;
  std::uint32_t right = 0;  // of 1000, in this window
  std::vector<expert_index> guess{};
  std::vector<hint> said{};

  result<void> committed(std::span<const token_id> tokens) {
    heard.insert(heard.end(), tokens.begin(), tokens.end());
    proposed = 0;
    right = dice.chance(200) ? 1000 : dice.below(1000);
    return {};
  }
  result<std::optional<drafted_token>> next() {
    said.clear();
    clock->advance({dice.below(4'000)});
    if (dice.chance(30)) return std::optional<drafted_token>();
    if (dice.chance(5)) return error(error_code::transfer_failed, "the drafter broke, as it was asked to");
    const std::size_t at = heard.size() + proposed;
    if (at >= sequence().size()) return std::optional<drafted_token>();
    guess.clear();
    for (std::uint32_t i = 0; i < 2 * layers; ++i) guess.push_back(static_cast<expert_index>(dice.below(experts + 1)));
    for (std::uint32_t l = 0; l < layers; ++l)
      said.push_back({provenance::draft_router,
                      static_cast<layer_index>(dice.below(layers + 1)),
                      {static_cast<std::uint32_t>(proposed)},
                      std::span(guess).subspan(std::size_t{2} * l, 2),
                      {},
                      {}});
    ++proposed;
    const token_id token = dice.chance(right) ? sequence()[at] : static_cast<token_id>(dice.below(toy::model::vocabulary));
    return std::optional(drafted_token{token, static_cast<float>(dice.below(1000)) / 1000, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return said; }
};

struct bundle {
  moesaic_test::any_groups groups;
  scoring::any scoring;
  eviction::any eviction;
  admission::any admission;
  prediction::draft_routes prediction;
  prefetch::any prefetch;
  placement::any placement;
  whimsical_governor speculation;
};

using link_type = transports::reordering<transports::failing<transports::simulated<toy::content>>>;

struct tally {
  std::uint64_t windows = 0, rejected = 0, accepted = 0, cut = 0, failed = 0, budgets = 0, late = 0, host = 0, wasted = 0;
};

template <class Arena>
void one_run(std::uint64_t seed, tally& sum) {
  CAPTURE(seed);
  splitmix random{seed};
  const model_shape s = shape(!Arena::one_size);
  const bool per_layer = random.chance(500);
  bundle policies{{per_layer ? layers : 1, {}},
                  *scoring::make(random.chance(500) ? "decayed_frequency(8)" : "recency"),
                  *eviction::make(std::vector<const char*>{"lru", "lrfu(8)", "least_useful", "forecast", "sieve", "random(5)"}[random.below(6)]),
                  *admission::make(random.chance(700) ? "forced" : "staging_only"),
                  {},
                  *prefetch::make(random.chance(800) ? "most_useful(in_flight=4)" : "none"),
                  *placement::make(random.chance(700) ? "fetch" : "host"),
                  {{seed + 1}}};
  policies.groups.by_flat.resize(s.space().size());
  for (std::uint32_t flat = 0; flat < s.space().size(); ++flat)
    if (per_layer) policies.groups.by_flat[flat] = number(s.space().id(flat).layer);
  const std::uint32_t floor = 2 * slot;
  const std::uint32_t most = random.chance(200) ? floor : random.between(floor, floor + layers * experts * slot);
  std::vector<std::byte> memory(most);
  link_type link({transports::simulated<toy::content>({.capacity = random.between(1, 6), .overhead = {random.below(2'000)}, .rate = {1e8}}),
                  {.how = transports::failure::any, .per_million = random.chance(500) ? 3'000U : 0U, .late_by = random.between(1, 20), .seed = seed}},
                 seed);
  using runtime = offload_runtime<toy::model, link_type, bundle, erratic_draft, speculation::greedy, Arena>;
  auto run =
      runtime::create(toy::model(s), std::move(link), std::move(policies),
                      {.residency = {.budget = {{most}, 2}, .memory = memory, .host_possible = random.chance(500)}, .prefill_chunk = random.between(1, 8)},
                      erratic_draft{{seed + 2}});
  REQUIRE_MESSAGE(run, (run ? std::string() : std::string(run.error().sentence())));

  const auto nothing_is_leased = [&] {
    for (std::uint32_t flat = 0; flat < s.space().size(); ++flat)
      if (const expert_id e = s.space().id(flat); s.contains(e)) MUST(run->cache().view().of(e) != residency_state::leased);
    MUST(run->cache().in_use() <= run->cache().budget());
  };
  run->drafter().clock = &run->cache().link().inner().inner();
  std::size_t length = prompt.size();
  for (int tries = 0;; ++tries) {
    MUST(tries < 1'000);
    const auto first = run->prefill(prompt);
    nothing_is_leased();
    if (!first) continue;
    MUST(*first == sequence()[length++]);
    break;
  }
  for (std::uint32_t window = 0, failures = 0; window < windows_of_a_run;) {
    if (random.chance(40)) {
      (void)run->cache().set_budget({random.chance(300) ? floor : random.between(floor, most)});
      ++sum.budgets;
    }
    if (random.chance(100)) run->cache().link().inner().inner().advance({random.below(3'000)});
    if (random.chance(100)) run->cache().pump();
    const auto left = static_cast<std::uint32_t>(sequence().size() - length);
    const auto step = run->step(random.chance(100) ? random.between(1, 3) : left);
    nothing_is_leased();
    if (!step) {
      MUST(++failures < 10'000);
      MUST(run->model().cached() == length - 1);
      ++sum.failed;
      continue;
    }
    for (const token_id t : step->tokens) MUST(t == sequence()[length++]);
    const step_outcome& o = step->outcome;
    MUST(step->tokens.size() == o.accepted.count + 1);
    MUST(run->model().cached() == length - 1);
    MUST(run->drafter().heard.size() == length);
    sum.rejected += o.verified.count - o.accepted.count;
    sum.accepted += o.accepted.count;
    sum.cut += o.drafted.count - o.verified.count;
    ++window;
    ++sum.windows;
  }
  const counters& c = run->cache().count();
  MUST(c.accesses == c.hits + c.prefetch_late + c.misses);
  sum.late += c.prefetch_late;
  sum.host += c.host;
  sum.wasted += c.prefetch_wasted;
  // With room for the frames alone everybody has to leave; whoever were still pinned could not.
  REQUIRE(run->cache().set_budget({floor}));
  CHECK(run->cache().in_use() == bytes{});
}

}  // namespace

TEST_CASE("100,000 random windows: the bare model's tokens, no pin outlives its window, nothing is left behind") {
  tally sum;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) seed % 2 == 0 ? one_run<uniform_arena>(seed, sum) : one_run<extent_arena>(seed, sum);
  CHECK(sum.windows == 100'000);
  // What was to be survived did happen.
  CHECK(sum.accepted > 30'000);
  CHECK(sum.rejected > 30'000);
  CHECK(sum.cut > 10'000);
  CHECK(sum.failed > 1'000);
  CHECK(sum.budgets > 1'000);
  CHECK(sum.late > 10'000);
  CHECK(sum.wasted > 10'000);
  CHECK(sum.host > 10'000);
}
