// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/trace/journal_rows.hpp>

#include "journal_run.hpp"

using namespace moesaic;
using namespace moesaic::trace;

namespace {
using file = std::vector<std::byte>;

/// Tells a journal of an event; experts by row.
struct engine {
  file out;
  std::optional<journal_run::writer> to;
  demand_collector collector{6};

  engine() {
    to.emplace(*journal_run::writer::open(memory_sink(out), journal_run::about()));
    journal_run::begin(*to);
  }
  void event(std::uint64_t step, std::uint64_t first, phase during, std::uint32_t tokens, std::uint32_t layer, const std::vector<std::uint32_t>& experts,
             const std::vector<float>& weights = {}, std::uint32_t resident = 99) {
    std::vector<expert_index> routes;
    for (const std::uint32_t e : experts) routes.push_back(static_cast<expert_index>(e));
    const auto wanted = collector.collect({.tokens = tokens, .experts = routes, .weights = weights});
    to->note(seen::acquire{{{step}, {first}, static_cast<layer_index>(layer), during, tokens, wanted, routes, weights}, false});
    for (const demand& d : wanted)
      to->note(seen::found{make_expert(layer, number(d.expert)), number(d.expert) == resident ? residency_state::resident : residency_state::absent, false});
  }
  void end_step() { to->note(step_outcome{}); }
  file done() {
    REQUIRE(to->finish({}));
    return out;
  }
};
using rows = journal_rows<memory_source>;
using ids = std::vector<std::uint16_t>;
ids of(std::span<const std::uint16_t> s) { return {s.begin(), s.end()}; }
std::string sentence(const file& f) {
  auto from = rows::open(memory_source("j", f));
  while (from) {
    const auto next = from->next();
    if (!next) return std::string(next.error().sentence());
    if (!*next) return {};
  }
  return std::string(from.error().sentence());
}
}  // namespace

TEST_CASE("a prompt, a token and a window come as steps, with what was resident") {
  engine e;
  e.event(0, 0, phase::prefill, 2, 0, {3, 1, 0, 1}, {0.5F, 0.25F, 1, 0});
  e.event(0, 0, phase::prefill, 2, 1, {5, 4, 3, 2, 1, 0});
  e.end_step();
  e.event(1, 2, phase::decode, 1, 0, {3, 2}, {}, 3);
  e.event(1, 2, phase::decode, 1, 1, {5, 65'535, 0});
  e.end_step();
  e.to->note(seen::sequence{});
  e.event(2, 3, phase::verify, 2, 0, {0, 1, 2, 3});
  e.end_step();  // the second layer routed nobody
  const file f = e.done();

  auto from = rows::open(memory_source("j", f));
  REQUIRE_MESSAGE(from, (from ? std::string() : std::string(from.error().sentence())));
  CHECK(from->facts().format == "moesaic journal");
  CHECK(from->facts().shape == dimensions{2, 6, 3});
  CHECK(from->facts().weights);
  CHECK(from->facts().bytes_of(1, 5) == bytes{70});
  CHECK(from->facts().bytes_of(0, 5) == bytes{});
  constexpr std::uint16_t none = not_routed;

  auto got = from->next();
  REQUIRE(got);
  REQUIRE(*got);
  routing_rows r = **got;
  CHECK((r.sequence == 0 && r.first_token == 0 && r.prompt_tokens == 2 && r.tokens == 2 && r.batch == 1));
  CHECK(of(r.experts) == ids{3, 1, none, 5, 4, 3, 0, 1, none, 2, 1, 0});
  CHECK(r.weights[1] == gate_mass{16'384});
  CHECK(r.recorded[0] == recorded_absent);
  CHECK(r.recorded[2] == recorded_nothing);

  got = from->next();
  REQUIRE(*got);
  r = **got;
  CHECK((r.first_token == 2 && r.prompt_tokens == 0 && r.tokens == 1 && r.batch == 0));
  CHECK(of(r.experts) == ids{3, 2, none, 5, none, 0});
  CHECK(r.recorded[0] == recorded_resident);
  CHECK(r.recorded[1] == recorded_absent);

  got = from->next();
  REQUIRE(*got);
  r = **got;
  CHECK((r.sequence == 1 && r.first_token == 3 && r.tokens == 2 && r.batch == 2));
  CHECK(of(r.experts) == ids{0, 1, none, none, none, none, 2, 3, none, none, none, none});
  got = from->next();
  REQUIRE(got);
  CHECK_FALSE(*got);
}

TEST_CASE("a step that was tried again is there twice; the one in which a run broke off is not there") {
  for (const bool finished : {true, false}) {
    engine e;
    e.event(0, 0, phase::decode, 1, 0, {0, 1});
    e.event(0, 0, phase::decode, 1, 0, {0, 1});
    e.event(0, 0, phase::decode, 1, 1, {0, 1, 2});
    e.end_step();
    e.event(1, 1, phase::decode, 1, 0, {2, 3});
    REQUIRE((finished ? e.to->finish({}) : e.to->close()));
    auto from = rows::open(memory_source("j", e.out));
    REQUIRE(from);
    std::vector<ids> all;
    for (;;) {
      const auto got = from->next();
      REQUIRE(got);
      if (!*got) break;
      CHECK((*got)->first_token == all.size());
      all.push_back(of((*got)->experts));
    }
    REQUIRE(all.size() == (finished ? 3 : 2));
    CHECK(all[0][3] == not_routed);
    CHECK(all[1][3] == 0);
  }
}

TEST_CASE("what is no routing trace is said with its place") {
  {
    engine e;
    const std::vector<demand> wanted{{expert_index{1}, 1, {}}};
    e.to->note(seen::acquire{{{0}, {0}, layer_index{0}, phase::decode, 1, wanted, {}, {}}, false});
    e.end_step();
    CHECK(sentence(e.done()).find("without saying which token wanted which") != std::string::npos);
  }
  {
    engine e;
    e.event(0, 0, phase::decode, 1, 0, {1, 2, 3});
    e.end_step();
    CHECK(sentence(e.done()).find("has not top-k routes for each of its tokens") != std::string::npos);
  }
  {
    engine e;
    e.event(0, 0, phase::decode, 1, 0, {1, 1});
    e.end_step();
    CHECK(sentence(e.done()).find("routes a token to one expert twice") != std::string::npos);
  }
}
