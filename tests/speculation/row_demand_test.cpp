// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <vector>

#include <moesaic/speculation/row_demand.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;
using speculation::row_demand;

struct heard {
  model_shape shape = *model_shape::uniform(2, 16, 2, {100});
  row_demand rows;
  std::uint64_t step = 0;
  heard() { rows.on(inventory{shape}); }
  void event(std::uint32_t layer, const std::vector<std::uint16_t>& ids, std::uint32_t tokens, phase during = phase::verify, bool with_routes = true) {
    std::vector<expert_index> routes;
    std::set<std::uint16_t> distinct;
    for (const std::uint16_t e : ids) {
      routes.push_back(static_cast<expert_index>(e));
      distinct.insert(e);
    }
    std::vector<demand> wanted;
    for (const std::uint16_t e : distinct) wanted.push_back({static_cast<expert_index>(e), 1, {}});
    rows.on(layer_event{{step},
                        {},
                        static_cast<layer_index>(layer),
                        during,
                        tokens,
                        wanted,
                        with_routes ? std::span<const expert_index>(routes) : std::span<const expert_index>(),
                        {}});
  }
};

/// Rows 0 to `last`, all of which stand.
double waits(const row_demand& rows, std::uint32_t last, row_demand::unmeasured are = row_demand::unmeasured::alike) {
  row_demand::row_price row = rows.first_row();
  double sum = row.right;
  while (row.row < last) sum += (row = rows.behind_row(row, are)).right;
  return sum;
}

TEST_CASE("row demand: an expert belongs to the first row that wants it, a resident one is not missing") {
  heard h;
  h.rows.on(admitted{make_expert(0, 3), cause::demand});
  h.event(0, {1, 3, 1, 4, 5, 6}, 3);  // rows {1, 3}, {1, 4}, {5, 6}
  CHECK(h.rows.missed_by(1) == 100);
  CHECK(h.rows.missed_by(2) == 200);
  CHECK(h.rows.missed_by(3) == 400);
  CHECK(h.rows.widened(1) == 0.5);
  CHECK(h.rows.widened(2) == 1.5);
  h.event(1, {1, 2, 1, 2, 1, 2}, 3);  // the layers add up
  CHECK(h.rows.missed_by(3) == 600);
  CHECK(h.rows.widened(2) == 0.75);
}

TEST_CASE("row demand: what was brought ahead had to move for the row that needs it first, and only once") {
  heard h;
  h.rows.on(admitted{make_expert(0, 3), cause::prefetch});
  h.event(0, {1, 3, 3, 4}, 2);
  CHECK(h.rows.missed_by(1) == 200);
  h.rows.end_step(1, 1, 0);
  h.rows.on(admitted{make_expert(0, 1), cause::demand});
  h.rows.on(admitted{make_expert(0, 4), cause::demand});
  ++h.step;
  h.event(0, {1, 3, 3, 4}, 2);
  CHECK(h.rows.missed_by(2) == 0);

  h.rows.on(admitted{make_expert(1, 5), cause::prefetch});
  ++h.step;
  h.event(1, {5, 5}, 2, phase::verify, false);  // in equal parts, too
  CHECK(h.rows.missed_by(1) == 50);
  CHECK(h.rows.missed_by(2) == 100);
}

TEST_CASE("row demand: prompts teach nothing, events without routes count in equal parts") {
  heard h;
  h.event(0, {1, 2, 3, 4}, 2, phase::prefill);
  CHECK(h.rows.missed_by(64) == 0);
  h.event(0, {1, 2, 3, 4}, 2, phase::verify, false);
  CHECK(h.rows.missed_by(1) == 200);
  CHECK(h.rows.missed_by(2) == 400);
}

TEST_CASE("row demand: windows that are alike are foretold, unknown rows like the last known") {
  heard h;
  for (; h.step < 200; ++h.step) {
    h.event(0, {1, 2, 2, 3, 3, 4}, 3);  // 2, 1 and 1 new ones a row, nobody ever resident
    h.rows.end_step(2, 2, 800);         // 400 bytes cost 800 ns: 2 ns each
  }
  CHECK(h.rows.waiting_in_window() == doctest::Approx(2));
  CHECK(h.rows.first_row().right == doctest::Approx(400).epsilon(0.01));
  CHECK(waits(h.rows, 2) == doctest::Approx(800).epsilon(0.02));
  CHECK(waits(h.rows, 4) == doctest::Approx(1'180).epsilon(0.03));  // unknown rows: the last known, a little narrower
  CHECK(waits(h.rows, 4, row_demand::unmeasured::free) < 820);
  CHECK(h.rows.widening(2) == doctest::Approx(1).epsilon(0.05));
  CHECK(h.rows.widening(3) < 1.55);
}

TEST_CASE("row demand: a row that falls is priced by its bytes, one that stands as a share of what plain steps miss") {
  heard h;
  const auto plain = [&](bool missing) {
    ++h.step;
    h.event(missing ? 1 : 0, {1, 2}, 1, phase::decode);
    h.rows.end_step(0, 0, missing ? 200 : 0);
  };
  h.rows.on(admitted{make_expert(0, 1), cause::demand});
  h.rows.on(admitted{make_expert(0, 2), cause::demand});
  CHECK(h.rows.first_row().waste == 0);
  plain(true);
  CHECK(h.rows.first_row().waste == doctest::Approx(200 * 30.0 / 32));  // has never fallen: as many as are absent
  for (int i = 0; i < 40; ++i) {
    ++h.step;
    h.event(1, {1, 2, 3, 4, 5, 6}, 3);  // the first two rows stand, the third falls
    h.rows.end_step(2, 1, 600);
  }
  const auto two = h.rows.behind_row(h.rows.behind_row(h.rows.first_row()));
  CHECK(two.right == doctest::Approx(200).epsilon(0.1));
  CHECK(two.wrong == doctest::Approx(200).epsilon(0.01));
  for (int i = 0; i < 200; ++i) plain(false);  // nothing is missing any more: what stands costs nothing, what falls what it did
  const auto later = h.rows.behind_row(h.rows.behind_row(h.rows.first_row()));
  CHECK(h.rows.plainly_exposed() < 1);
  CHECK(later.right < 1);
  CHECK(later.wrong == doctest::Approx(200).epsilon(0.01));
}

TEST_CASE("row demand: waiting that windows hide is known apart from what plain steps wait") {
  heard h;
  for (int i = 0; i < 20; ++i) {
    ++h.step;
    h.event(0, {1, 2}, 1, phase::decode);
    h.rows.end_step(0, 0, 600);
    ++h.step;
    h.event(0, {1, 2, 3, 4}, 2);
    h.rows.end_step(1, 1, 100);
  }
  CHECK(h.rows.waiting_per_byte() == doctest::Approx(3));
  CHECK(h.rows.waiting_in_window() == doctest::Approx(0.25));
}

TEST_CASE("row demand: agrees with sets on random windows") {
  moesaic_test::splitmix dice{7};
  heard h;
  std::set<std::uint16_t> resident;
  for (; h.step < 3'000; ++h.step) {
    const std::uint32_t tokens = dice.between(1, 9);
    std::vector<std::uint16_t> ids;
    for (std::uint32_t i = 0; i < tokens * 2; ++i) ids.push_back(static_cast<std::uint16_t>(dice.below(18)));  // 16 and 17 do not exist
    h.event(0, ids, tokens);
    std::set<std::uint16_t> seen;
    for (std::uint32_t r = 0; r < tokens; ++r) {
      seen.insert({ids[r * 2], ids[r * 2 + 1]});
      std::uint32_t missing = 0;
      for (const std::uint16_t e : seen) missing += e < 16 && !resident.contains(e);
      REQUIRE(h.rows.missed_by(r + 1) == 100 * missing);
    }
    const auto e = static_cast<std::uint16_t>(dice.below(16));
    if (resident.contains(e)) {
      resident.erase(e);
      h.rows.on(evicted{make_expert(0, e)});
    } else {
      resident.insert(e);
      h.rows.on(admitted{make_expert(0, e), cause::demand});
    }
    h.rows.end_step(tokens - 1, dice.below(tokens), 0);
    CHECK(waits(h.rows, 5) == 0);
  }
  CHECK(h.rows.full());
}

}  // namespace
