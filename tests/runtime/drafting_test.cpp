// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/runtime/drafting.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/sim/simulation.hpp>
#include <moesaic/systems/sp_moe.hpp>

using namespace moesaic;

namespace {

/// Reveals two layers and then proposes token 7; `tells` while it drafts, or only afterwards.
struct two_layers {
  std::vector<expert_index> named{expert_index{3}, expert_index{1}};
  std::vector<hint> said{};
  std::string* log = nullptr;
  bool empty = false;

  result<void> committed(std::span<const token_id>) { return {}; }
  result<std::optional<drafted_token>> next() {
    return next([](const hint&) noexcept {});
  }
  template <class Told>
  result<std::optional<drafted_token>> next(Told&& told) {
    said.clear();
    for (std::uint32_t l = 0; l < 2; ++l) {
      *log += "layer ";
      said.push_back({provenance::draft_router, static_cast<layer_index>(l), {0}, named, {}, {}});
      told(said.back());
    }
    *log += "token ";
    if (empty) return std::optional<drafted_token>();
    return std::optional(drafted_token{7, 1, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return said; }
};
static_assert(telling_drafter<two_layers>);

/// The same, without a listener.
struct silent {
  two_layers inner;
  result<void> committed(std::span<const token_id> tokens) { return inner.committed(tokens); }
  result<std::optional<drafted_token>> next() { return inner.next(); }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return inner.hints(); }
};
static_assert(drafter<silent> && !telling_drafter<silent>);
static_assert(!telling_drafter<speculation::no_draft>);

struct cache {
  std::string log;
  void hear(const hint& early) noexcept { log += "hear" + std::to_string(number(early.layer)) + " "; }
  void pump() noexcept { log += "pump "; }
};

TEST_CASE("a drafter that can tells while it drafts, and the link moves at once; another is asked afterwards") {
  cache c;
  two_layers tells;
  tells.log = &c.log;
  CHECK((*propose(tells, c))->token == 7);
  CHECK(c.log == "layer hear0 pump layer hear1 pump token ");
  c.log.clear();
  silent asked{tells};
  CHECK((*propose(asked, c))->token == 7);
  CHECK(c.log == "layer layer token hear0 hear1 ");
  c.log.clear();
  asked.inner.empty = true;  // nothing to offer, nothing revealed
  CHECK_FALSE(propose(asked, c)->has_value());
  CHECK(c.log == "layer layer token ");
}

TEST_CASE("drawn tokens have to be verified, those that follow from their prefix need not be") {
  const std::vector<float> chances{1.0F};
  const drafted_token followed{1, 1, {}}, by_chance{1, 1, chances};
  CHECK(drawn(std::vector<drafted_token>{}) == draft_length{0});
  CHECK(drawn(std::vector{followed, followed}) == draft_length{0});
  CHECK(drawn(std::vector{followed, by_chance, followed}) == draft_length{2});
  CHECK(drawn(std::vector{by_chance, by_chance}) == draft_length{2});
}

/// As its inner drafter, but it tells only when its token is there.
template <class Inner>
struct late {
  Inner inner;
  result<void> committed(std::span<const token_id> tokens) { return inner.committed(tokens); }
  result<std::optional<drafted_token>> next() { return inner.next(); }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return inner.hints(); }
};

struct outcome {
  nanoseconds took;
  counters count;
};

/// SP-MoE on a tape whose tokens use new experts every time: only the draft says which. 100 us of drafting, 10 us an expert.
template <template <class> class As>
outcome sp_moe_with() {
  using link = transports::simulated<>;
  using model = sim::null_model<link>;
  using draft = As<sim::synthetic_drafter<link>>;
  sim::routing_tape tape({4, 32, 2});
  std::vector<std::uint16_t> ids;
  for (std::uint32_t i = 0; i < 200 * 8; ++i) ids.push_back(static_cast<std::uint16_t>((i / 8 * 7 + i % 8 * 13) % 32));
  REQUIRE(tape.add({.tokens = 200, .experts = ids, .weights = {}, .recorded = {}}));
  sim::machine m;
  m.layer = sim::time_table(microseconds(1));
  m.expert = {sim::time_table(microseconds(1)), {1'000}};
  m.draft = sim::time_table(microseconds(100));
  m.links = {{{{100}, {1e8}}, {true, {}}}};
  link way = m.link();
  sim::lane_times worked;
  const sim::fixed_chance chance{3};
  const model_shape shape = *model_shape::uniform(4, 32, 2, {1'000});
  runtime_options how;
  how.residency.budget = {{2'000 + 4 * 8'000}, 2};
  auto made = offload_runtime<model, transports::borrowed<link>, systems::sp_moe, draft, sim::told_tokens>::create(
      model(shape, tape, m, way, worked, chance), transports::borrowed<link>(way), systems::sp_moe{}, how,
      draft{{tape, m, way, worked, {.acceptance = 1, .fidelity = 1, .from = provenance::target_gate_on_draft_hidden}, chance}});
  REQUIRE(made);
  const std::vector<token_id> first{0};
  REQUIRE(made->prefill(first));
  while (made->length().count < 190) REQUIRE(made->step());
  return {way.now(), made->cache().count()};
}
template <class Inner>
struct as_it_is : Inner {
  using Inner::Inner;
  explicit as_it_is(const Inner& from) : Inner(from) {}
};

TEST_CASE("SP-MoE: what is told while the draft is made travels behind it") {
  const outcome told = sp_moe_with<as_it_is>(), asked = sp_moe_with<late>();
  CHECK(told.count.prefetch_used > 300);
  CHECK(told.count.stall < asked.count.stall);
  CHECK(told.took.count * 100 < asked.took.count * 95);
}

}  // namespace
