// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/scoring/recency.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/transport/failing.hpp>
#include <moesaic/transport/simulated.hpp>

#include "toy_model.hpp"

using namespace moesaic;

namespace {

struct bundle {
  group_per_layer groups{};
  scoring::recency scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  prediction::previous_step prediction{};
  prefetch::most_useful prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{};
};

/// Proposes the continuation it was given, every `wrong_every`-th token of it wrong, and remembers what it was told.
struct scripted_draft {
  std::vector<token_id> truth;
  std::uint32_t wrong_every = 0;
  std::vector<token_id> heard{};
  std::size_t proposed = 0;

  result<void> committed(std::span<const token_id> tokens) {
    heard.insert(heard.end(), tokens.begin(), tokens.end());
    proposed = 0;
    return {};
  }
  result<std::optional<drafted_token>> next() {
    const std::size_t at = heard.size() + proposed;
    if (at >= truth.size()) return std::optional<drafted_token>();
    ++proposed;
    const bool wrong = wrong_every != 0 && at % wrong_every == 0;
    return std::optional<drafted_token>(drafted_token{wrong ? (truth[at] + 1) % static_cast<token_id>(toy::model::vocabulary) : truth[at], 0.9F, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return {}; }
};

using toy_link = transports::simulated<toy::content>;
const std::vector<token_id> prompt{3, 14, 15, 9, 26, 5, 35, 8, 58};

model_shape shape() { return *model_shape::uniform(5, 16, 3, {64}); }

template <class Draft = speculation::no_draft, class Bundle = bundle>
auto runtime_with(std::vector<std::byte>& memory, std::uint64_t budget, std::uint32_t draft_tokens = 0, Draft draft = {}, Bundle policies = {},
                  std::uint32_t chunk = 4) {
  memory.assign(budget, std::byte{0xEE});
  policies.speculation.length = {draft_tokens};
  runtime_options options{.residency = {.budget = {{budget}, 2}, .memory = memory, .host_possible = true}, .prefill_chunk = chunk};
  return offload_runtime<toy::model, toy_link, Bundle, Draft>::create(toy::model(shape()), toy_link({.capacity = 4}), policies, options, std::move(draft));
}

template <class Runtime>
std::vector<token_id> decode(Runtime& run, std::uint32_t count) {
  std::vector<token_id> out;
  const auto first = run.prefill(prompt);
  REQUIRE(first);
  out.push_back(*first);
  while (out.size() < count) {
    const auto step = run.step(static_cast<std::uint32_t>(count - out.size()));
    REQUIRE(step);
    out.insert(out.end(), step->tokens.begin(), step->tokens.end());
  }
  return out;
}

/// The same model without any library in between: every expert computed from its own definition.
std::vector<token_id> plain(std::uint32_t count) {
  toy::model model(shape());
  std::vector<token_id> out, window = prompt;
  position place{};
  while (out.size() < count) {
    REQUIRE(model.begin({window, place, phase::decode, rows_wanted::last}));
    for (std::uint32_t l = 0; l < 5; ++l) {
      const auto layer = static_cast<layer_index>(l);
      const auto routed = model.route(layer);
      demand_collector collector(16);
      for (const demand& d : collector.collect({.experts = routed->routes})) REQUIRE(model.run({{layer, d.expert}, residence::host}));
      REQUIRE(model.combine(layer));
    }
    const auto logits = model.finish();
    place += position{static_cast<std::uint32_t>(window.size())};
    window.assign(1, speculation::greedy{}.choose(logits->row(0)));
    out.push_back(window.front());
  }
  return out;
}

}  // namespace

TEST_CASE("the loop gives the tokens of the bare model at every budget, the floor included") {
  const auto truth = plain(40);
  for (const std::uint64_t budget : {64U, 128U, 192U, 1000U, 64U * 82U}) {
    std::vector<std::byte> memory;
    auto run = runtime_with(memory, budget);
    REQUIRE(run);
    CHECK(decode(*run, 40) == truth);
    CHECK(run->cache().peak().total.count <= budget);
    const counters& c = run->cache().count();
    CHECK(c.accesses == c.hits + c.prefetch_late + c.misses);
  }
}

TEST_CASE("a draft changes the number of steps, never the tokens") {
  const auto truth = plain(60);
  std::vector<token_id> sequence = prompt;
  sequence.insert(sequence.end(), truth.begin(), truth.end());
  for (const std::uint32_t length : {0U, 1U, 3U, 8U, 63U})
    for (const std::uint32_t wrong_every : {0U, 1U, 2U, 5U}) {
      std::vector<std::byte> memory;
      auto run = runtime_with(memory, 1500, length, scripted_draft{sequence, wrong_every});
      REQUIRE(run);
      CHECK(decode(*run, 60) == truth);
      CHECK(run->model().cached() == prompt.size() + 59);  // the last committed token has not been run
      CHECK(run->drafter().heard == sequence);
    }
}

TEST_CASE("outcomes add up and say what was accepted") {
  const auto truth = plain(30);
  std::vector<token_id> sequence = prompt;
  sequence.insert(sequence.end(), truth.begin(), truth.end());
  std::vector<std::byte> memory;
  auto run = runtime_with(memory, 1500, 4, scripted_draft{sequence, 6});
  REQUIRE(run);
  REQUIRE(run->prefill(prompt));
  std::uint64_t committed = 1;
  while (committed < 30) {
    const auto step = run->step(static_cast<std::uint32_t>(30 - committed));
    REQUIRE(step);
    CHECK(step->outcome.committed.count == step->tokens.size());
    CHECK(step->outcome.committed == step->outcome.accepted + draft_length{1});
    CHECK(step->outcome.accepted <= step->outcome.verified);
    CHECK(step->outcome.verified <= step->outcome.drafted);
    CHECK(step->outcome.drafted.count <= 4);
    committed += step->tokens.size();
  }
  CHECK(committed == 30);
}

TEST_CASE("prefill in any chunks, and again behind what is there") {
  const auto truth = plain(10);
  for (const std::uint32_t chunk : {1U, 2U, 9U, 64U}) {
    std::vector<std::byte> memory;
    auto run = runtime_with(memory, 500, 0, speculation::no_draft{}, bundle{}, chunk);
    REQUIRE(run);
    CHECK(decode(*run, 10) == truth);
  }
  std::vector<std::byte> memory;
  CHECK_FALSE(runtime_with(memory, 500, 0, speculation::no_draft{}, bundle{}, 0));
  auto run = runtime_with(memory, 500);
  CHECK(run->prefill({}).error().code() == error_code::bad_argument);
}

TEST_CASE("an error in the middle of a layer leaves the sequence where it was; the call can be repeated") {
  const auto truth = plain(6);
  std::vector<std::byte> memory;
  auto run = runtime_with(memory, 500);
  REQUIRE(run);
  run->model().fails_at_layer = 2;
  CHECK_FALSE(run->prefill(prompt));
  CHECK(run->model().cached() == 0);
  run->model().fails_at_layer = ~0U;
  REQUIRE(run->prefill(prompt));
  run->model().fails_at_layer = 4;
  CHECK_FALSE(run->step());
  CHECK(run->model().cached() == prompt.size());
  run->model().fails_at_layer = ~0U;
  std::vector<token_id> rest;
  for (int i = 0; i < 5; ++i) rest.push_back(run->step()->tokens.front());
  CHECK(rest == std::vector<token_id>(truth.begin() + 1, truth.end()));
  CHECK(run->cache().in_use() <= bytes{500});
}

TEST_CASE("a step that fails while verifying takes the draft back, so that it can be repeated") {
  const auto truth = plain(20);
  std::vector<token_id> sequence = prompt;
  sequence.insert(sequence.end(), truth.begin(), truth.end());
  std::vector<std::byte> memory;
  auto run = runtime_with(memory, 1500, 4, scripted_draft{sequence, 0});
  REQUIRE(run);
  std::vector<token_id> out{*run->prefill(prompt)};
  while (out.size() < 20) {
    run->model().fails_at_layer = 3;
    CHECK_FALSE(run->step(static_cast<std::uint32_t>(20 - out.size())));
    CHECK(run->drafter().proposed == 0);
    run->model().fails_at_layer = ~0U;
    const auto step = run->step(static_cast<std::uint32_t>(20 - out.size()));
    REQUIRE(step);
    CHECK(step->outcome.accepted == step->outcome.verified);  // every drafted token is right, if drafted at its place
    out.insert(out.end(), step->tokens.begin(), step->tokens.end());
  }
  CHECK(out == truth);
}

namespace {
/// Writes down how a draft is told: b begins, h a hint, t a token, c cut, e ended, v an event of the target; with its number.
struct draft_log {
  using hears = events<draft_started, token_drafted, hint, draft_cut, draft_ended, layer_event>;
  std::string* log = nullptr;
  std::vector<std::int64_t>* took = nullptr;
  forecast nothing{};

  void on(const draft_started& d) noexcept { *log += "b" + std::to_string(d.longest.count); }
  void on(const token_drafted& t) noexcept {
    *log += "t" + std::to_string(t.drafted.count);
    took->push_back(t.took.count);
  }
  void on(const hint& h) noexcept { *log += "h" + std::to_string(h.at.count); }
  void on(const draft_cut& c) noexcept { *log += "c" + std::to_string(c.kept.count); }
  void on(const draft_ended& d) noexcept { *log += "e" + std::to_string(d.verified.count); }
  void on(const layer_event& e) noexcept {
    if (number(e.layer) == 0) *log += "v" + std::to_string(e.tokens) + " ";
  }
  [[nodiscard]] const forecast& expectation() const noexcept { return nothing; }
};
/// Drafts token 1 again and again, each in a microsecond more than the one before; fails or gives up where it is told to.
struct slow_draft {
  std::uint32_t gives_up_at = 63, fails_at = 63;
  toy_link* clock = nullptr;
  std::uint32_t drafted = 0;
  hint told{provenance::draft_router, layer_index{1}, {}, {}, {}, {}};

  result<void> committed(std::span<const token_id>) {
    drafted = 0;
    return {};
  }
  result<std::optional<drafted_token>> next() {
    if (drafted == fails_at) return error(error_code::transfer_failed, "this drafter fails here");
    if (drafted == gives_up_at) return std::optional<drafted_token>();
    told.at = {drafted++};
    clock->advance(microseconds(drafted));
    return std::optional<drafted_token>(drafted_token{1, 0.9F, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return {&told, 1}; }
};
struct half_verified {  // drafts `length` tokens, verifies all but the last two
  using hears = events<>;
  draft_length length{};
  draft_length longest(const auto& scene) const noexcept { return std::min(length, scene.possible); }
  bool keep_drafting(const auto&) const noexcept { return true; }
  draft_length verify(const auto& scene) const noexcept { return {scene.drafted.count - std::min(scene.drafted.count, 2U)}; }
  void observe(const step_outcome&) const noexcept {}
};
struct logging {
  group_per_layer groups{};
  scoring::recency scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  draft_log prediction{};
  prefetch::most_useful prefetch{};
  placement::fetch placement{};
  half_verified speculation{};
};
}  // namespace

TEST_CASE("a draft is told from its beginning to its end, token by token, and its end comes whatever happens") {
  std::string log;
  std::vector<std::int64_t> took;
  const auto told = [&](slow_draft draft, std::uint32_t length) {
    std::vector<std::byte> memory;
    logging policies;
    policies.prediction = {&log, &took, {}};
    auto run = runtime_with(memory, 1500, length, draft, policies);
    REQUIRE(run);
    run->drafter().clock = &run->cache().link();
    REQUIRE(run->prefill(prompt));
    log.clear();
    took.clear();
    (void)run->step();
    return log;
  };
  CHECK(told({}, 4) == "b4h0t1h1t2h2t3h3t4c3e2v3 ");
  CHECK(took == std::vector<std::int64_t>{1'000, 2'000, 3'000, 4'000});
  CHECK(told({.gives_up_at = 3}, 4) == "b4h0t1h1t2h2t3c2e1v2 ");
  CHECK(told({.gives_up_at = 0}, 4) == "b4e0v1 ");
  CHECK(told({}, 2) == "b2h0t1h1t2c1e0v1 ");
  CHECK(told({.fails_at = 1}, 4) == "b4h0t1c0e0");
  CHECK(told({}, 0) == "v1 ");
}

namespace {
struct half_bundle : bundle {
  half_verified speculation{};
};
}  // namespace

TEST_CASE("the first drafted token that was not verified is judged by what the target went on with, where all before it stood") {
  using fate = step_outcome::fate;
  const auto truth = plain(40);
  std::vector<token_id> sequence = prompt;
  sequence.insert(sequence.end(), truth.begin(), truth.end());
  for (const std::uint32_t length : {0U, 1U, 2U, 4U})
    for (const std::uint32_t wrong_every : {0U, 1U, 3U}) {
      CAPTURE(length);
      CAPTURE(wrong_every);
      std::vector<std::byte> memory;
      auto run = runtime_with(memory, 1500, length, scripted_draft{sequence, wrong_every}, half_bundle{});
      REQUIRE(run);
      REQUIRE(run->prefill(prompt));
      for (std::uint32_t committed = 1; committed < 30;) {
        const std::size_t at = prompt.size() + committed;  // of the first drafted token in the sequence
        const auto step = run->step(8);
        REQUIRE(step);
        const step_outcome& o = step->outcome;
        REQUIRE(o.drafted.count == length);
        CHECK(o.verified.count == length - std::min(length, 2U));
        const bool knows = o.accepted == o.verified && length != 0;
        const bool right = wrong_every == 0 || (at + o.verified.count) % wrong_every != 0;
        CHECK(o.beyond == (!knows ? fate::unknown : right ? fate::stood : fate::fell));
        CHECK(o.judged() == o.verified.count + knows);
        committed += o.committed.count;
      }
    }
}

TEST_CASE("a layer to which nothing is routed is no event, and holds nobody up") {
  std::vector<std::byte> memory;
  auto run = runtime_with(memory, 1000);
  REQUIRE(run);
  run->model().routes_nobody_at_layer = 3;
  CHECK(decode(*run, 5).size() == 5);
  const counters& c = run->cache().count();
  CHECK(c.events == (3 + 4) * 4);  // a prompt of 9 in chunks of 4, then 4 steps; 4 of 5 layers
  CHECK(c.accesses == c.hits + c.prefetch_late + c.misses);
}

TEST_CASE("a failing transport is told by expert, and nothing is lost") {
  std::vector<std::byte> memory(500);
  using failing = transports::failing<toy_link>;
  auto run = offload_runtime<toy::model, failing, bundle>::create(toy::model(shape()),
                                                                  failing(toy_link({.capacity = 4}), {.how = transports::failure::read_error, .every = 149}),
                                                                  {}, {.residency = {.budget = {{500}, 2}, .memory = memory}, .prefill_chunk = 4});
  REQUIRE(run);
  const auto truth = plain(12);
  std::vector<token_id> out;
  int failures = 0;
  for (auto first = run->prefill(prompt);; first = run->prefill(prompt)) {
    if (first) {
      out.push_back(*first);
      break;
    }
    CHECK(first.error().code() == error_code::transfer_failed);
    CHECK(first.error().sentence().find("expert (layer") != std::string_view::npos);
    REQUIRE(++failures < 1000);
  }
  while (out.size() < 12) {
    const auto step = run->step();
    if (step)
      out.push_back(step->tokens.front());
    else
      REQUIRE(++failures < 1000);
  }
  CHECK(out == truth);
  CHECK(failures > 0);
}
