// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "journal_run.hpp"

using namespace moesaic;

namespace {
template <class Seen>
Seen read_one(journal_run::reader& from) {
  auto got = from.next();
  REQUIRE_MESSAGE(got, (got ? std::string() : std::string(got.error().sentence())));
  REQUIRE(*got);
  const Seen* const one = std::get_if<Seen>(&**got);
  REQUIRE(one != nullptr);
  return *one;
}
}  // namespace

TEST_CASE("what is written is read, thing by thing") {
  std::vector<std::byte> file;
  const model_shape shape = journal_run::shape();
  auto made = journal_run::writer::open(trace::memory_sink(file), journal_run::about());
  REQUIRE(made);
  journal_run::begin(*made);

  const std::vector<expert_index> routes{expert_index{4}, expert_index{1}, expert_index{0}, expert_index{65'535}, expert_index{1}, expert_index{5}};
  const std::vector<float> weights{0.5F, 0.25F, 0.125F, 0, 0.75F, 1e-9F};
  demand_collector collector(6);
  const auto derived = collector.collect({.tokens = 2, .experts = routes, .weights = weights});
  const std::vector<demand> wanted(derived.begin(), derived.end());
  const layer_event event{{7}, {300}, layer_index{1}, phase::prefill, 2, wanted, routes, weights};
  const std::vector<demand> others{{expert_index{2}, 9, {77}}};
  const layer_event bare{{7}, {300}, layer_index{0}, phase::prefill, 2, others, {}, {}};
  const std::vector<completion> told{{{41}, transfer_status::arrived, {50}, 0}, {{42}, transfer_status::read_error, {3}, -5}};
  const step_outcome outcome{{7}, {5}, {4}, {3}, {4}, {-1}, {1'000'000'000'000}, {12}, {99}, {98}};
  const std::vector<float> hidden{1.5F, -2.25F};

  made->note(link_cost{{1'234}, {7.5e9}});
  made->note(seen::clock{{1'000'000}});
  made->note(seen::acquire{event, true});
  made->note(seen::acquire{bare, false});
  made->note(seen::clock{{1'000'007}});
  for (const auto kind : {seen::lease_call::kind::next, seen::lease_call::kind::try_next, seen::lease_call::kind::next_ahead, seen::lease_call::kind::end})
    made->note(seen::lease_call{kind, 1});
  made->note(seen::release{1, 5, {1'234'567}});
  made->note(seen::pump{});
  made->note(seen::pump{true});
  made->note(hint{provenance::draft_router, layer_index{1}, {3}, std::span(routes).first(2), std::span(weights).first(2), hidden});
  made->note(draft_cut{{2}});
  made->note(draft_started{{63}});
  made->note(token_drafted{{1}, {-7}});
  made->note(draft_ended{{200}});
  made->note(outcome);
  made->note(seen::budget_change{{512}});
  made->note(seen::governor_asked{seen::governor_asked::question::verify, {4}, 0.875F, {8}, {-3}});
  made->note(seen::governor_told{outcome});
  for (const auto fate : {step_outcome::fate::fell, step_outcome::fate::stood}) {
    step_outcome drafted = outcome;
    drafted.beyond = fate;
    made->note(seen::governor_told{drafted});
  }
  made->note(seen::sequence{});
  made->note(seen::completions{});
  made->note(seen::completions{false, told});
  made->note(seen::completions{true, {}});
  made->note(seen::cancelled{{43}, true});
  made->note(seen::leased{1});
  made->note(seen::found{make_expert(1, 5), residency_state::resident, true});
  made->note(seen::placed{make_expert(0, 3), remedy::host});
  made->note(seen::victim{make_expert(1, 2), cause::prefetch, 1, make_expert(1, 4), utility{-5}, utility::highest()});
  made->note(seen::victim{{}, cause::demand, 0, {}, {}, {}});
  made->note(seen::judged{make_expert(1, 2), cause::prefetch, make_expert(1, 4), true});
  made->note(seen::left{make_expert(1, 4), make_expert(1, 2)});
  made->note(admitted{make_expert(1, 2), cause::prefetch});
  made->note(seen::submitted{make_expert(1, 2), {64}, cause::prefetch, residence::frame});
  made->note(seen::wish{{make_expert(0, 1), utility::lowest()}});
  made->note(seen::held_back{});
  made->note(seen::fate{make_expert(0, 1), prefetch_fate::withdrawn});
  made->note(seen::handed_out{1, 2, make_expert(1, 1), residence::host, {44}});
  made->note(seen::failed{error_code::release_first});
  made->note(seen::governor_answered{6});
  counters count;
  count.events = 11;
  count.bytes_host = {1ULL << 40U};
  count.stall = {-7};
  REQUIRE(made->finish(count));

  auto opened = journal_run::reader::open(trace::memory_source("a journal", file));
  REQUIRE_MESSAGE(opened, (opened ? std::string() : std::string(opened.error().sentence())));
  const trace::journal::header& h = opened->header();
  CHECK(h.about.model == "a model");
  CHECK(h.about.fact("eviction") == "lrfu(32)");
  CHECK(h.about.fact("nothing").empty());
  CHECK(h.decisions);
  CHECK(h.shape->layers() == 2);
  CHECK(h.shape->experts(layer_index{1}) == 6);
  CHECK(h.shape->top_k(layer_index{1}) == 3);
  CHECK(h.shape->size_of(make_expert(1, 5)) == bytes{70});
  CHECK(h.shape->size_of(make_expert(1, 4)) == bytes{50});
  CHECK(h.footprint[shape.space().flat(make_expert(1, 5))] == bytes{96});
  CHECK(h.group_of[shape.space().flat(make_expert(1, 5))] == 1);
  CHECK(h.groups == 2);
  CHECK(h.budget == bytes{1'000});
  CHECK(h.frames == 2);
  CHECK(h.host_possible);
  CHECK_FALSE(h.equal_rooms);
  CHECK(h.link_capacity == 3);

  auto& from = *opened;
  const auto cost = read_one<link_cost>(from);
  CHECK(cost.overhead == nanoseconds{1'234});
  CHECK(cost.rate.count == 7.5e9);
  CHECK(read_one<seen::clock>(from).now == nanoseconds{1'000'000});
  {
    const auto a = read_one<seen::acquire>(from);
    CHECK(a.whole_set);
    CHECK(a.event.step == step_index{7});
    CHECK(a.event.first_token == token_index{300});
    CHECK(a.event.layer == layer_index{1});
    CHECK(a.event.during == phase::prefill);
    CHECK(a.event.tokens == 2);
    CHECK(std::vector<expert_index>(a.event.routes.begin(), a.event.routes.end()) == routes);
    CHECK(std::vector<float>(a.event.weights.begin(), a.event.weights.end()) == weights);
    REQUIRE(a.event.wanted.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CHECK(a.event.wanted[i].expert == wanted[i].expert);
      CHECK(a.event.wanted[i].tokens == wanted[i].tokens);
      CHECK(a.event.wanted[i].mass == wanted[i].mass);
    }
  }
  {
    const auto a = read_one<seen::acquire>(from);
    CHECK_FALSE(a.whole_set);
    CHECK(a.event.tokens == 2);
    CHECK(a.event.routes.empty());
    REQUIRE(a.event.wanted.size() == 1);
    CHECK(a.event.wanted[0].tokens == 9);
    CHECK(a.event.wanted[0].mass == gate_mass{77});
  }
  CHECK(read_one<seen::clock>(from).now == nanoseconds{1'000'007});
  for (const auto kind : {seen::lease_call::kind::next, seen::lease_call::kind::try_next, seen::lease_call::kind::next_ahead, seen::lease_call::kind::end}) {
    const auto c = read_one<seen::lease_call>(from);
    CHECK(c.what == kind);
    CHECK(c.lease == 1);
  }
  const auto r = read_one<seen::release>(from);
  CHECK((r.lease == 1 && r.entry == 5 && r.last_use == fence{1'234'567}));
  CHECK_FALSE(read_one<seen::pump>(from).until_quiet);
  CHECK(read_one<seen::pump>(from).until_quiet);
  {
    const auto e = read_one<hint>(from);
    CHECK((e.from == provenance::draft_router && e.layer == layer_index{1} && e.at == draft_length{3}));
    CHECK(e.experts.size() == 2);
    CHECK(e.weights[1] == 0.25F);
    CHECK(e.hidden[1] == -2.25F);
  }
  CHECK(read_one<draft_cut>(from).kept == draft_length{2});
  CHECK(read_one<draft_started>(from).longest == draft_length{63});
  const auto token = read_one<token_drafted>(from);
  CHECK(token.drafted == draft_length{1});
  CHECK(token.took == nanoseconds{-7});
  CHECK(read_one<draft_ended>(from).verified == draft_length{200});
  const auto same = [&](const step_outcome& o) {
    return o.step == outcome.step && o.drafted == outcome.drafted && o.verified == outcome.verified && o.accepted == outcome.accepted &&
           o.committed == outcome.committed && o.drafting == outcome.drafting && o.verifying == outcome.verifying && o.stalled == outcome.stalled &&
           o.demanded == outcome.demanded && o.prefetched == outcome.prefetched;
  };
  CHECK(same(read_one<step_outcome>(from)));
  CHECK(read_one<seen::budget_change>(from).total == bytes{512});
  const auto g = read_one<seen::governor_asked>(from);
  CHECK((g.what == seen::governor_asked::question::verify && g.drafted.count == 4 && g.last_probability == 0.875F && g.possible.count == 8));
  CHECK(g.time_limit == nanoseconds{-3});
  for (const auto fate : {step_outcome::fate::unknown, step_outcome::fate::fell, step_outcome::fate::stood}) {
    const step_outcome heard = read_one<seen::governor_told>(from).outcome;
    CHECK(same(heard));
    CHECK(heard.beyond == fate);
  }
  (void)read_one<seen::sequence>(from);
  CHECK(read_one<seen::completions>(from).told.empty());
  {
    const auto c = read_one<seen::completions>(from);
    CHECK_FALSE(c.waited);
    REQUIRE(c.told.size() == 2);
    CHECK(c.told[1].status == transfer_status::read_error);
    CHECK(c.told[1].system_error == -5);
    CHECK(c.told[1].moved == bytes{3});
  }
  CHECK(read_one<seen::completions>(from).waited);
  CHECK(read_one<seen::cancelled>(from).withdrawn);
  CHECK(read_one<seen::leased>(from).lease == 1);
  const auto f = read_one<seen::found>(from);
  CHECK((f.expert == make_expert(1, 5) && f.state == residency_state::resident && f.unused_prefetch));
  CHECK(read_one<seen::placed>(from).how == remedy::host);
  const auto v = read_one<seen::victim>(from);
  CHECK((v.newcomer == make_expert(1, 2) && v.why == cause::prefetch && v.group == 1 && v.chosen == make_expert(1, 4)));
  CHECK((v.key_of_chosen == utility{-5} && v.key_of_newcomer == utility::highest()));
  const auto nobody = read_one<seen::victim>(from);
  CHECK((!nobody.newcomer && !nobody.chosen && !nobody.key_of_chosen));
  const auto j = read_one<seen::judged>(from);
  CHECK((j.keep && j.displaces == make_expert(1, 4) && j.why == cause::prefetch));
  CHECK(read_one<seen::left>(from).newcomer == make_expert(1, 2));
  CHECK(read_one<admitted>(from).why == cause::prefetch);
  const auto s = read_one<seen::submitted>(from);
  CHECK((s.size == bytes{64} && s.to == residence::frame && s.why == cause::prefetch));
  CHECK(read_one<seen::wish>(from).request.worth == utility::lowest());
  (void)read_one<seen::held_back>(from);
  CHECK(read_one<seen::fate>(from).what == prefetch_fate::withdrawn);
  const auto out = read_one<seen::handed_out>(from);
  CHECK((out.lease == 1 && out.entry == 2 && out.at == residence::host && out.arrives == ticket{44}));
  CHECK(read_one<seen::failed>(from).code == error_code::release_first);
  CHECK(read_one<seen::governor_answered>(from).answer == 6);
  CHECK(read_one<trace::journal::counted>(from).count == count);
  (void)read_one<trace::journal::ended>(from);
  auto beyond = from.next();
  REQUIRE(beyond);
  CHECK_FALSE(*beyond);
  CHECK_FALSE(from.interrupted());
}

TEST_CASE("decisions can be left out; what a replay needs stays") {
  std::vector<std::byte> file;
  auto made = journal_run::writer::open(trace::memory_sink(file), journal_run::about(), false);
  REQUIRE(made);
  made->note(seen::pump{});  // nobody has said what the journal is about: nothing is written
  journal_run::begin(*made);
  made->note(seen::pump{});
  made->note(seen::held_back{});
  made->note(trace::journal::record(seen::clock{{5}}));
  REQUIRE(made->finish({}));
  made->note(seen::pump{});  // too late
  auto from = journal_run::reader::open(trace::memory_source("a journal", file));
  REQUIRE(from);
  CHECK_FALSE(from->header().decisions);
  (void)read_one<seen::pump>(*from);
  CHECK(read_one<seen::clock>(*from).now == nanoseconds{5});
  (void)read_one<trace::journal::ended>(*from);
}

TEST_CASE("each step is in the file when it has ended") {
  std::vector<std::byte> file;
  auto made = journal_run::writer::open(trace::memory_sink(file), journal_run::about());
  REQUIRE(made);
  journal_run::begin(*made);
  const std::size_t before = file.size();
  made->note(seen::pump{});
  CHECK(file.size() == before);
  made->note(step_outcome{});
  CHECK(file.size() > before);
}
