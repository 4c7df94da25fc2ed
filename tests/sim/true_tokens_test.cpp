// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <vector>

#include <moesaic/sim/true_tokens.hpp>
#include <moesaic/trace/windows.hpp>

using namespace moesaic;

namespace {

/// Token t of sequence 0 (five tokens) and 1 (three) is routed to t and t + 10 in layer 0 and to t + 20 in layer 1, where the
/// second place is not routed.
trace::event_table counting(std::uint32_t window) {
  trace::window_builder builder({2, 40, 2}, {.window = window, .keep_routes = true});
  for (std::uint16_t t = 0; t < 8; ++t) {
    const std::vector<std::uint16_t> ids{t, static_cast<std::uint16_t>(t + 10), static_cast<std::uint16_t>(t + 20), trace::not_routed};
    builder.add({.sequence = t / 5U, .first_token = t, .tokens = 1, .experts = ids, .weights = {}, .recorded = {}});
  }
  return builder.finish();
}
std::set<std::uint32_t> expected(const forecast& f, std::uint32_t layer, std::uint32_t row) {
  std::set<std::uint32_t> all;
  for (const expert_index e : f.expected(static_cast<layer_index>(layer)))
    if (f.first_row(make_expert(layer, number(e))).count == row) all.insert(number(e));
  return all;
}
using set = std::set<std::uint32_t>;

TEST_CASE("the tokens to come are told by row, within their sequence, layer by layer") {
  const trace::event_table table = counting(1);
  sim::true_tokens told(table, {.tokens = 3});
  forecast f(expert_space(2, 40), 2, 40);
  told.move_to(0);
  told.tell(layer_index{0}, f);
  CHECK(expected(f, 0, 0) == set{1, 11});
  CHECK(expected(f, 0, 1) == set{2, 12});
  CHECK(expected(f, 0, 2) == set{3, 13});
  CHECK(f.expected(layer_index{0}).size() == 6);
  CHECK(f.expected(layer_index{1}).empty());
  told.tell(layer_index{1}, f);
  CHECK(expected(f, 1, 2) == set{23});
  told.move_to(3);
  told.tell(layer_index{0}, f);
  CHECK(expected(f, 0, 0) == set{4, 14});
  CHECK(f.expected(layer_index{0}).size() == 2);  // the sequence ends there
  CHECK(expected(f, 1, 2) == set{23});            // and the other layer keeps what it was told
  told.move_to(7);
  told.tell(layer_index{0}, f);
  CHECK(f.expected(layer_index{0}).empty());
}

TEST_CASE("behind a window come the tokens of the next ones") {
  const trace::event_table table = counting(2);
  sim::true_tokens told(table, {.tokens = 3});
  forecast f(expert_space(2, 40), 2, 40);
  told.move_to(0);
  told.tell(layer_index{0}, f);
  CHECK(expected(f, 0, 0) == set{2, 12});
  CHECK(expected(f, 0, 1) == set{3, 13});
  CHECK(expected(f, 0, 2) == set{4, 14});
}

TEST_CASE("a token is right with the probability it was given, and after a wrong one none is") {
  trace::window_builder builder({2, 64, 2}, {.keep_routes = true});
  for (std::uint32_t t = 0; t < 20'000; ++t) {
    const std::vector<std::uint16_t> ids{0, 1, 0, 1};
    builder.add({.first_token = t, .tokens = 1, .experts = ids, .weights = {}, .recorded = {}});
  }
  const trace::event_table table = builder.finish();
  sim::true_tokens told(table, {.tokens = 3, .survival = 0.6, .seed = 4}), again(table, {.tokens = 3, .survival = 0.6, .seed = 4});
  forecast f(expert_space(2, 64), 2, 64), g = f;
  std::uint64_t right[3] = {}, broken = 0, layers_differ = 0, runs_differ = 0, random_hits = 0;
  for (std::size_t s = 0; s + 3 < table.steps.size(); ++s) {
    told.move_to(s);
    again.move_to(s);
    bool before = true;
    for (std::uint32_t l = 0; l < 2; ++l) told.tell(static_cast<layer_index>(l), f), again.tell(static_cast<layer_index>(l), g);
    for (std::uint32_t row = 0; row < 3; ++row) {
      const auto says = [&](const forecast& which, std::uint32_t l, std::uint32_t e) {
        return which.row_count(make_expert(l, e), {row + 1}) > which.row_count(make_expert(l, e), {row});
      };
      const bool now = says(f, 0, 0) && says(f, 0, 1);
      right[row] += now;
      broken += now && !before;
      layers_differ += now != (says(f, 1, 0) && says(f, 1, 1));
      random_hits += !now && says(f, 0, 0);
      for (std::uint32_t e = 0; e < 64; ++e) runs_differ += says(f, 0, e) != says(g, 0, e);
      before = now;
    }
  }
  const double n = 19'997;
  CHECK(static_cast<double>(right[0]) / n == doctest::Approx(.6).epsilon(.02));
  CHECK(static_cast<double>(right[1]) / n == doctest::Approx(.36).epsilon(.03));
  CHECK(static_cast<double>(right[2]) / n == doctest::Approx(.216).epsilon(.05));
  CHECK(runs_differ == 0);
  CHECK(broken < 20);         // a random row names both by chance: 1 in 2016
  CHECK(layers_differ < 40);
  CHECK(static_cast<double>(random_hits) / (3 * n - static_cast<double>(right[0] + right[1] + right[2])) == doctest::Approx(2. / 64).epsilon(.1));
  CHECK(f.confidence(make_expert(0, 0)) <= utility{600'000});
}

}  // namespace
