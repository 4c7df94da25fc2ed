// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/sim/journal_replay.hpp>
#include <moesaic/speculation/catalogue.hpp>
#include <moesaic/trace/journal_writer.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/reordering.hpp>
#include <moesaic/transport/simulated.hpp>

#include "runtime/toy_model.hpp"
#include "support/splitmix.hpp"

// A run of the library's loop keeps a journal; its decisions are taken out; fresh policies, made from the SPECs in its header,
// get the engine's calls and the transport's answers, and have to make the same journal again, byte for byte.

namespace {
using namespace moesaic;
using writer = trace::journal_writer<trace::memory_sink>;
using reader = trace::journal_reader<trace::memory_source>;
using file = std::vector<std::byte>;

struct named_policies {
  chosen_groups groups;
  scoring::any scoring;
  eviction::any eviction;
  admission::any admission;
  prediction::any prediction;
  prefetch::any prefetch;
  placement::any placement;
  speculation::any speculation;
};
struct watched_policies : named_policies {
  watched_by<writer> witness;
};

struct specs {
  const char* scope = "layer";
  const char* scoring = "recency";
  const char* eviction = "lru";
  const char* admission = "forced";
  const char* prediction = "transition_counts";
  const char* prefetch = "most_useful";
  const char* placement = "fetch";
  const char* speculation = "fixed(0)";
};
trace::journal::subject about(const specs& s) {
  return {"toy",
          {{"scope", s.scope},
           {"scoring", s.scoring},
           {"eviction", s.eviction},
           {"admission", s.admission},
           {"prediction", s.prediction},
           {"prefetch", s.prefetch},
           {"placement", s.placement},
           {"speculation", s.speculation}}};
}
named_policies policies_of(const trace::journal::subject& s) {
  return {{s.fact("scope") == "layer"},          *scoring::make(s.fact("scoring")),        *eviction::make(s.fact("eviction")),
          *admission::make(s.fact("admission")), *prediction::make(s.fact("prediction")),  *prefetch::make(s.fact("prefetch")),
          *placement::make(s.fact("placement")), *speculation::make(s.fact("speculation"))};
}

/// Proposes a known continuation, every third token of it wrong, and guesses routes for it.
struct hinting_draft {
  std::vector<token_id> truth{};
  std::size_t heard = 0;
  std::size_t proposed = 0;
  std::vector<std::vector<expert_index>> guesses{};
  std::vector<float> weights{0.5F, 0.25F};
  std::vector<hint> said{};

  result<void> committed(std::span<const token_id> tokens) {
    heard += tokens.size();
    proposed = 0;
    return {};
  }
  result<std::optional<drafted_token>> next() {
    const std::size_t at = heard + proposed;
    if (at >= truth.size()) return std::optional<drafted_token>();
    guesses.clear();
    said.clear();
    for (std::uint32_t l = 0; l < 4; ++l) guesses.push_back({static_cast<expert_index>((at + l) % 12), static_cast<expert_index>((3 * at + l + 1) % 12)});
    for (std::uint32_t l = 0; l < 4; ++l)
      for (const provenance from : {provenance::draft_router, provenance::target_gate_on_draft_hidden})
        said.push_back({from, static_cast<layer_index>(l), {static_cast<std::uint32_t>(proposed + 1)}, guesses[l], weights, {}});
    ++proposed;
    const token_id token = at % 3 == 0 ? (truth[at] + 1) % static_cast<token_id>(toy::model::vocabulary) : truth[at];
    return std::optional<drafted_token>(drafted_token{token, 0.9F, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return said; }
};

using slow_link = transports::reordering<transports::failing<transports::simulated<toy::content>>>;
slow_link make_link() {
  // Every fifth transfer is told late: behind the event that waits for something else, or a layer later.
  return slow_link(
      {transports::simulated<toy::content>({.capacity = 5, .overhead = {300}, .rate = {1e8}}), {.how = transports::failure::late, .every = 5, .late_by = 12}},
      {});
}

model_shape shape(bool mixed) {
  const model_shape::layer layers[] = {{12, 3, {64}}, {12, 3, {64}}, {12, 2, {96}}, {12, 3, {64}}};
  model_shape s = *model_shape::of(layers);
  if (mixed)
    for (std::uint32_t e = 0; e < 12; e += 2) s.resize(make_expert(1, e), {40 + e});
  return s;
}

const std::vector<token_id> prompt{3, 14, 15, 9, 26, 5, 35, 8, 58, 9, 7};

/// Decodes with every input a journal can hold: prefill in chunks, a second prompt, windows, hints, budget changes, pumps.
template <class Arena>
file journal_of(const specs& names, std::uint64_t budget, std::uint32_t draft, bool host, counters& count) {
  file out;
  std::optional<writer> to;
  {
    auto opened = writer::open(trace::memory_sink(out), about(names));
    REQUIRE(opened);
    to.emplace(std::move(*opened));
  }
  std::vector<std::byte> memory(budget);
  const model_shape s = shape(!Arena::one_size);
  hinting_draft drafter;
  if (draft != 0)
    for (std::uint32_t i = 0; i < 400; ++i) drafter.truth.push_back(i < prompt.size() ? prompt[i] : static_cast<token_id>(i % 61));
  using runtime = offload_runtime<toy::model, slow_link, watched_policies, hinting_draft, speculation::greedy, Arena>;
  auto run = runtime::create(toy::model(s), make_link(), watched_policies{policies_of(about(names)), {&*to}},
                             {.residency = {.budget = {{budget}, 2}, .memory = memory, .host_possible = host}, .prefill_chunk = 4}, std::move(drafter));
  REQUIRE_MESSAGE(run, (run ? std::string() : std::string(run.error().sentence())));
  REQUIRE(run->prefill(prompt));
  for (std::uint32_t i = 0; i < 60; ++i) {
    run->cache().link().inner().inner().advance({static_cast<std::int64_t>(i % 7) * 100});
    if (i == 20) REQUIRE(run->cache().set_budget({budget - 96}));
    if (i == 25) REQUIRE(run->cache().set_budget({2 * 96}));
    if (i == 30) REQUIRE(run->cache().set_budget({budget}));
    if (i == 40) {
      run->cache().note(seen::sequence{});
      REQUIRE(run->prefill(std::span(prompt).first(6)));
    }
    const auto step = run->step(draft + 1);
    REQUIRE_MESSAGE(step, (step ? std::string() : std::string(step.error().sentence())));
    if (i % 3 == 0) run->cache().pump();
  }
  count = run->cache().count();
  REQUIRE(to->finish(count));
  return out;
}

reader open(const file& bytes) {
  auto opened = reader::open(trace::memory_source("run.journal", bytes));
  REQUIRE_MESSAGE(opened, (opened ? std::string() : std::string(opened.error().sentence())));
  return std::move(*opened);
}

/// The same journal, each record handed through `change`, with or without its decisions.
template <class Change>
file rewritten(const file& original, bool decisions, Change change) {
  reader from = open(original);
  file out;
  auto to = writer::open(trace::memory_sink(out), from.header().about, decisions);
  REQUIRE(to);
  to->note(from.header().as_made());
  for (;;) {
    auto next = from.next();
    REQUIRE_MESSAGE(next, (next ? std::string() : std::string(next.error().sentence())));
    if (!*next) break;
    to->note(change(std::move(**next)));
  }
  REQUIRE(to->close());
  return out;
}
file rewritten(const file& original, bool decisions) {
  return rewritten(original, decisions, [](trace::journal::record r) { return r; });
}

void check_that_it_comes_again(const file& original, const counters& count) {
  CHECK(rewritten(original, true) == original);
  {
    reader from = open(original);
    const auto checked = sim::replay_journal(from, policies_of(from.header().about));
    REQUIRE_MESSAGE(checked, (checked ? std::string() : std::string(checked.error().sentence())));
    CHECK(checked->compared);
    CHECK_FALSE(checked->interrupted);
    CHECK(checked->count == count);
    CHECK(checked->decisions > 500);
  }
  const file stripped = rewritten(original, false);
  CHECK(stripped.size() < original.size());
  reader from = open(stripped);
  file again;
  auto to = writer::open(trace::memory_sink(again), from.header().about);
  REQUIRE(to);
  const auto replayed = sim::replay_journal(from, policies_of(from.header().about), &*to);
  REQUIRE_MESSAGE(replayed, (replayed ? std::string() : std::string(replayed.error().sentence())));
  REQUIRE(to->close());
  CHECK_FALSE(replayed->compared);
  CHECK(again == original);
}

struct run_kind {
  specs names;
  std::uint64_t budget;
  std::uint32_t draft;
  bool host;
  bool exact_rooms;
};
const run_kind kinds[] = {
    {{}, 1'500, 0, false, false},
    {{.eviction = "lrfu(32)", .prediction = "previous_step", .prefetch = "most_useful(in_flight=3)"}, 1'200, 0, false, false},
    {{.scope = "global", .eviction = "lfu", .prediction = "none", .prefetch = "none"}, 2'000, 0, false, true},
    {{.eviction = "lrfu(8)", .admission = "optional", .prediction = "none", .prefetch = "none"}, 1'500, 3, false, false},
    {{.scope = "global", .scoring = "decayed_frequency(8)", .eviction = "least_useful", .speculation = "fixed(4)"}, 1'800, 4, true, true},
    {{.scoring = "decayed_frequency(8)", .eviction = "least_useful", .prediction = "previous_step", .placement = "host", .speculation = "fixed(2)"},
     1'500,
     2,
     true,
     false},
    {{.scope = "global", .eviction = "random(7)", .admission = "staging_only", .speculation = "fixed(3)"}, 900, 3, false, false},
    {{.eviction = "arc"}, 1'500, 0, false, false},
    {{.scope = "global", .eviction = "sieve", .speculation = "fixed(2)"}, 1'500, 2, false, true},
    {{.eviction = "s3_fifo"}, 1'300, 0, false, false},
    {{.eviction = "forecast", .speculation = "fixed(2)"}, 1'300, 2, false, false},
    {{.prediction = "cross_model", .prefetch = "analytic_cutoff", .speculation = "fixed(1)"}, 1'500, 1, false, false},
    {{.scoring = "none", .prediction = "draft_routes", .prefetch = "profiled_cutoff(steps=2)", .speculation = "fixed(3)"}, 1'500, 3, false, false},
    {{.scope = "global",
      .scoring = "hysteresis(up=2)",
      .eviction = "below_threshold",
      .admission = "reaches_threshold",
      .prediction = "none",
      .prefetch = "utility_levels",
      .placement = "balanced_host",
      .speculation = "fixed(8)"},
     1'500,
     8,
     true,
     false},
    {{.scope = "global",
      .scoring = "hysteresis(up=2)",
      .eviction = "below_threshold",
      .admission = "reaches_threshold",
      .prediction = "none",
      .prefetch = "utility_levels",
      .placement = "balanced_host(host=20,device=9000)",
      .speculation = "fixed(4)"},
     1'500,
     4,
     true,
     true},
    {{.scoring = "none",
      .eviction = "protected_lru",
      .prediction = "draft_routes",
      .prefetch = "three_phases(draft_time=1)",
      .speculation = "amortization_roofline(6)"},
     1'500,
     6,
     false,
     false},
    {{.scoring = "none",
      .eviction = "farthest_use",
      .prediction = "draft_routes",
      .prefetch = "three_phases(saturate=0,draft_time=1)",
      .speculation = "amortization_roofline(6,per_step=1,bonus=1,least=0)"},
     1'500,
     6,
     false,
     true},
};
file journal_of(const run_kind& k, counters& count) {
  return k.exact_rooms ? journal_of<extent_arena>(k.names, k.budget, k.draft, k.host, count)
                       : journal_of<uniform_arena>(k.names, k.budget, k.draft, k.host, count);
}
}  // namespace

TEST_CASE("without its decisions, a journal gives them all again: each kind of run") {
  counters sum;
  for (const run_kind& k : kinds) {
    CAPTURE(k.names.eviction);
    CAPTURE(k.budget);
    counters count;
    const file original = journal_of(k, count);
    check_that_it_comes_again(original, count);
    sum.evictions += count.evictions;
    sum.prefetch_used += count.prefetch_used;
    sum.prefetch_late += count.prefetch_late;
    sum.prefetch_wasted += count.prefetch_wasted;
    sum.host += count.host;
    sum.bypasses += count.bypasses;
  }
  // The runs are not all hits: everything that can be decided was.
  CHECK(sum.evictions > 1'000);
  CHECK(sum.prefetch_used > 30);
  CHECK(sum.prefetch_late > 20);
  CHECK(sum.prefetch_wasted > 20);
  CHECK(sum.host > 100);
  CHECK(sum.bypasses > 100);
}

namespace {
/// An engine that calls whatever may be called: two leases at once, whole sets, seats ahead of their arrival, fences, leases
/// given up half way, failing transfers.
template <class Arena>
file random_journal(std::uint64_t seed, const specs& names, counters& count) {
  moesaic_test::splitmix random{seed};
  file out;
  auto to = writer::open(trace::memory_sink(out), about(names));
  REQUIRE(to);
  const model_shape s = shape(!Arena::one_size);
  using residency_type = residency<slow_link, watched_policies, Arena>;
  slow_link link({transports::simulated<toy::content>({.capacity = random.between(1, 6), .overhead = {300}, .rate = {1e8}}),
                  {.how = transports::failure::any, .per_million = 80'000, .seed = seed}},
                 {});
  const std::uint64_t budget = random.between(300, 3'000);
  auto made = residency_type::create(s, std::move(link), watched_policies{policies_of(about(names)), {&*to}},
                                     {.budget = {{budget}, random.between(1, 3)}, .host_possible = random.chance(500)});
  REQUIRE_MESSAGE(made, (made ? std::string() : std::string(made.error().sentence())));
  residency_type core(std::move(*made));
  struct live {
    typename residency_type::lease_type held;
    std::vector<seat> seats;
  };
  std::vector<live> leases;  // at most two; the older in front
  leases.reserve(2);
  std::uint64_t step = 0;
  std::uint64_t fences = 0;
  for (int i = 0; i < 600; ++i) {
    const std::uint32_t what = random.below(100);
    live* const one = leases.empty() ? nullptr : &leases[random.below(static_cast<std::uint32_t>(leases.size()))];
    if (what < 20 && leases.size() < 2) {
      std::vector<expert_index> routes;
      const std::uint32_t tokens = random.between(1, 4);
      for (std::uint32_t r = 0; r < 3 * tokens; ++r) routes.push_back(static_cast<expert_index>(random.below(12)));
      demand_collector collector(12);
      const auto wanted = collector.collect({.tokens = tokens, .experts = routes});
      auto given = core.acquire({{step},
                                 {step},
                                 static_cast<layer_index>(random.below(4)),
                                 phase::decode,
                                 tokens,
                                 wanted,
                                 random.chance(500) ? std::span<const expert_index>(routes) : std::span<const expert_index>{},
                                 {}},
                                random.chance(100) && Arena::one_size ? holding::all : holding::streamed);
      if (given) leases.push_back({std::move(*given), {}});
    } else if (what < 55 && one != nullptr) {
      const std::uint32_t how = random.below(4);
      if (how == 0) {
        if (auto polled = one->held.try_next(); polled && polled->what == poll_result::kind::ready) one->seats.push_back(polled->where);
      } else if (auto next = how == 1 ? one->held.next_ahead() : one->held.next(); next && *next) {
        one->seats.push_back(**next);
      }
    } else if (what < 80 && one != nullptr && !one->seats.empty()) {
      one->held.release(one->seats.back(), random.chance(300) ? fence{++fences} : fence{});
      one->seats.pop_back();
    } else if (what < 86 && one != nullptr && one->seats.empty()) {
      const auto at = leases.begin() + (one - leases.data());
      at->held.end();
      leases.erase(at);
    } else if (what < 90) {
      core.pump();
    } else if (what < 94) {
      const expert_index guess[] = {static_cast<expert_index>(random.below(12)), static_cast<expert_index>(random.below(12))};
      core.hear(hint{provenance::draft_router, static_cast<layer_index>(random.below(4)), {random.below(6)}, guess, {}, {}});
      if (random.chance(300)) core.hear(draft_cut{{random.below(5)}});
      core.hear(token_drafted{{1 + random.below(6)}, {random.below(900)}});
      if (random.chance(200)) core.hear(draft_ended{{random.below(6)}});
      if (random.chance(200)) core.hear(draft_started{{1 + random.below(6)}});
    } else if (what < 97) {
      core.end_step({.step = {step++}, .committed = {1}});
    } else if (leases.empty()) {
      (void)core.set_budget({random.between(0, static_cast<std::uint32_t>(budget) + 100)});
    }
    core.link().inner().inner().advance({random.below(2'000)});
  }
  leases.clear();
  count = core.count();
  REQUIRE(to->finish(count));
  return out;
}
}  // namespace

TEST_CASE("without its decisions, a journal gives them all again: engines that call in any order, transfers that fail") {
  const specs some[] = {
      {.eviction = "lrfu(8)"},
      {.eviction = "lfu", .admission = "optional"},
      {.scope = "global", .scoring = "decayed_frequency(8)", .eviction = "least_useful", .prefetch = "most_useful(in_flight=5)", .placement = "host"},
      {.scoring = "none", .eviction = "protected_lru", .prediction = "draft_routes", .prefetch = "three_phases"}};
  std::uint64_t failed = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    counters count;
    const file original =
        seed % 2 == 0 ? random_journal<uniform_arena>(seed, some[seed % 4], count) : random_journal<extent_arena>(seed, some[seed % 4], count);
    check_that_it_comes_again(original, count);
    failed += count.failed;
  }
  CHECK(failed > 50);
}

TEST_CASE("one decision that was changed is found, at its place") {
  counters count;
  // A shrinking budget has no newcomer, and a policy may refuse to name anybody.
  const auto names_both = [](const seen::victim& v) { return v.newcomer.has_value() && v.chosen.has_value(); };
  const file original = journal_of(kinds[1], count);
  std::uint64_t victims = 0;
  std::uint64_t wishes = 0;
  (void)rewritten(original, true, [&](trace::journal::record r) {
    if (const auto* v = std::get_if<seen::victim>(&r)) victims += std::uint64_t{names_both(*v)};
    wishes += std::holds_alternative<seen::wish>(r);
    return r;
  });
  REQUIRE(victims > 50);
  REQUIRE(wishes > 50);
  for (const std::uint64_t which : {std::uint64_t{1}, victims / 2, victims}) {
    std::uint64_t seen_so_far = 0;
    std::uint64_t step = 0;
    std::uint32_t layer = 0;
    std::string expected;
    const file changed = rewritten(original, true, [&](trace::journal::record r) {
      if (const auto* a = std::get_if<seen::acquire>(&r); a != nullptr && seen_so_far < which) {
        step = a->event.step.count;
        layer = number(a->event.layer);
      }
      if (auto* v = std::get_if<seen::victim>(&r); v != nullptr && names_both(*v) && ++seen_so_far == which) {
        v->chosen = make_expert(number(v->newcomer->layer), (number(v->newcomer->expert) + 1) % 12 == number(v->chosen->expert)
                                                                ? number(v->newcomer->expert)
                                                                : (number(v->newcomer->expert) + 1) % 12);
        expected = "step " + std::to_string(step) + ", MoE layer " + std::to_string(layer) + ")";
      }
      return r;
    });
    REQUIRE(changed != original);
    reader from = open(changed);
    const auto found = sim::replay_journal(from, policies_of(from.header().about));
    REQUIRE_FALSE(found);
    CAPTURE(std::string(found.error().sentence()));
    CHECK(found.error().sentence().find(expected) != std::string_view::npos);
    CHECK(found.error().sentence().find("the policies now decide 'eviction names") != std::string_view::npos);
  }
}

TEST_CASE("other policies, other groups, other answers of the transport: each is said") {
  counters count;
  const file original = journal_of(kinds[1], count);
  const auto sentence_of = [&](const file& bytes, auto change_policies) {
    reader from = open(bytes);
    trace::journal::subject names = from.header().about;
    change_policies(names);
    const auto found = sim::replay_journal(from, policies_of(names));
    return found ? std::string("it fits") : std::string(found.error().sentence());
  };
  const auto as_they_are = [](trace::journal::subject&) {};
  CHECK(sentence_of(original, as_they_are) == "it fits");
  CHECK(sentence_of(original, [](auto& n) { n.facts[2].second = "lru"; }).find("the policies now decide") != std::string::npos);
  CHECK(sentence_of(original, [](auto& n) { n.facts[0].second = "global"; }).find("other eviction groups") != std::string::npos);
  {
    int at = 0;
    const file late = rewritten(original, true, [&](trace::journal::record r) {
      if (auto* c = std::get_if<seen::cancelled>(&r); c != nullptr && at++ == 3) c->withdrawn = !c->withdrawn;
      return r;
    });
    CHECK(sentence_of(late, as_they_are).find("run.journal: byte ") != std::string::npos);
  }
}

TEST_CASE("a journal that was cut anywhere is replayed up to there") {
  counters count;
  const file original = journal_of(kinds[4], count);
  moesaic_test::splitmix random{11};
  std::uint64_t most = 0;
  for (int i = 0; i < 60; ++i) {
    const std::size_t size = random.below(static_cast<std::uint32_t>(original.size()));
    const file cut(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(size));
    auto opened = reader::open(trace::memory_source("run.journal", cut));
    if (!opened) {
      CHECK(size < 400);  // not even the header is there
      continue;
    }
    const auto found = sim::replay_journal(*opened, policies_of(opened->header().about));
    REQUIRE_MESSAGE(found, (found ? std::string() : std::string(found.error().sentence())));
    CHECK(found->interrupted);
    most = std::max(most, found->steps);
  }
  CHECK(most > 30);
}
