// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <moesaic/sim/synthetic_drafter.hpp>
#include <vector>

using namespace moesaic;
using namespace moesaic::sim;

namespace {
using link = transports::simulated<>;

struct bench {
  static constexpr std::uint32_t tokens = 4'000;
  routing_tape tape{{2, 64, 4}};
  machine costs;
  link way{{.rate = {1e9}}};
  lane_times worked;

  bench() {
    std::vector<std::uint16_t> ids;
    for (std::uint32_t i = 0; i < tokens * 8; ++i) ids.push_back(static_cast<std::uint16_t>((i / 8 * 5 + i % 8 * 9) % 64));
    REQUIRE(tape.add({.tokens = tokens, .experts = ids, .weights = {}, .recorded = {}}));
    costs.draft = time_table(nanoseconds{3});
  }
  auto drafter(drafter_quality quality) { return synthetic_drafter<link>(tape, costs, way, worked, quality, {11}); }
};

void commit(synthetic_drafter<link>& draft, token_id last) { REQUIRE(draft.committed(std::vector<token_id>{last})); }
}  // namespace

TEST_CASE("it proposes what follows on the tape, takes its time, and is wrong for good once it is wrong") {
  bench b;
  auto draft = b.drafter({.acceptance = 0.5});
  commit(draft, 100);
  bool wrong = false;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto proposed = draft.next();
    REQUIRE(proposed);
    REQUIRE(*proposed);
    if ((*proposed)->token != static_cast<token_id>(101 + i)) wrong = true;
    if (wrong) CHECK((*proposed)->token == told::wrong(101 + i));
  }
  CHECK(wrong);
  CHECK(b.way.now() == nanoseconds{60});
  CHECK(b.worked.drafting == nanoseconds{60});
}

TEST_CASE("the share of right first tokens is the acceptance it was given") {
  bench b;
  auto draft = b.drafter({.acceptance = 0.7});
  std::uint32_t right = 0;
  for (std::uint32_t t = 0; t < 3'900; ++t) {
    commit(draft, static_cast<token_id>(t));
    right += (**draft.next()).token == static_cast<token_id>(t + 1);
  }
  CHECK(right > 3'900 * 67 / 100);
  CHECK(right < 3'900 * 73 / 100);
}

TEST_CASE("hints tell the row that was run, and their share of right experts is the fidelity") {
  bench b;
  for (const double fidelity : {1.0, 0.6}) {
    auto draft = b.drafter({.acceptance = 1, .fidelity = fidelity});
    std::uint32_t right = 0, told = 0;
    for (std::uint32_t t = 0; t < 1'000; ++t) {
      commit(draft, static_cast<token_id>(t));
      (void)draft.next();
      (void)draft.next();  // row 1: token t + 1
      REQUIRE(draft.hints().size() == 2);
      for (const hint& h : draft.hints()) {
        CHECK(h.at == draft_length{1});
        CHECK(h.from == provenance::draft_router);
        const auto truth = b.tape.routes(t + 1, h.layer);
        for (const expert_index e : h.experts) right += std::find(truth.begin(), truth.end(), e) != truth.end();
        told += 4;
      }
    }
    const double share = static_cast<double>(right) / told;
    if (fidelity == 1.0)
      CHECK(share == 1.0);
    else
      CHECK(share == doctest::Approx(0.6 + 0.4 * 4 / 64).epsilon(0.03));
  }
}

TEST_CASE("a drafter that only proposes tells nothing, and nobody drafts behind the end") {
  bench b;
  auto draft = b.drafter({.routes = false});
  commit(draft, static_cast<token_id>(bench::tokens - 1));
  CHECK(*draft.next());
  CHECK(draft.hints().empty());
  CHECK_FALSE(*draft.next());
}

TEST_CASE("it can tell while it drafts: each layer after its share of the time, what its hints say afterwards") {
  bench b;
  b.costs.draft = time_table(nanoseconds{101});
  auto draft = b.drafter({.acceptance = 1, .from = provenance::target_gate_on_draft_hidden});
  commit(draft, 100);
  std::vector<std::int64_t> when;
  std::vector<expert_index> named;
  const auto proposed = draft.next([&](const hint& told) {
    when.push_back(b.way.now().count);
    CHECK(told.from == provenance::target_gate_on_draft_hidden);
    CHECK(number(told.layer) + 1 == when.size());
    named.insert(named.end(), told.experts.begin(), told.experts.end());
  });
  REQUIRE(proposed);
  CHECK((*proposed)->token == 101);
  CHECK(when == std::vector<std::int64_t>{50, 100});
  CHECK(b.way.now() == nanoseconds{101});
  std::vector<expert_index> afterwards;
  for (const hint& told : draft.hints()) afterwards.insert(afterwards.end(), told.experts.begin(), told.experts.end());
  CHECK(named == afterwards);
}
