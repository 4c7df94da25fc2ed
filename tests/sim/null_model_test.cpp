// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/sim/null_model.hpp>
#include <vector>

using namespace moesaic;
using namespace moesaic::sim;

namespace {
using link = transports::simulated<>;

struct bench {
  routing_tape tape{{2, 8, 2}};
  machine costs;
  link way;
  lane_times worked;
  event_log log;

  bench() {
    // Five tokens, two layers: token t uses t and t + 1 in layer 0, and nobody routes token 3 in layer 1.
    std::vector<std::uint16_t> ids;
    for (std::uint16_t t = 0; t < 5; ++t) {
      ids.insert(ids.end(), {t, static_cast<std::uint16_t>(t + 1)});
      const std::uint16_t other = t == 3 ? trace::not_routed : std::uint16_t{7};
      ids.insert(ids.end(), {other, t == 3 ? other : std::uint16_t{0}});
    }
    REQUIRE(tape.add({.tokens = 5, .experts = ids, .weights = {}, .recorded = {}}));
    costs.name = "paper";
    costs.pass = time_table(nanoseconds{1});
    costs.layer = *time_table::of({{1, {10}}, {2, {12}}});
    costs.context = *time_table::of({{0, {0}}, {100, {100}}});
    costs.expert = {time_table(nanoseconds{100}), {50}};
    costs.links = {{{{}, {1e9}}, {}}};
    way = costs.link();
  }
  null_model<link> model() { return {*model_shape::uniform(2, 8, 2, {50}), tape, costs, way, worked, {}, &log}; }
};
const std::vector<token_id> third_and_wrong{2, told::wrong(3)};
}  // namespace

TEST_CASE("it routes as the tape says, takes its time, and tells the next tokens") {
  bench b;
  auto model = b.model();
  const std::vector<token_id> one{2};
  REQUIRE(model.begin({one, {2}, phase::decode, rows_wanted::last}));
  CHECK(b.way.now() == nanoseconds{1});
  const auto routed = model.route({});
  REQUIRE(routed);
  REQUIRE(routed->routes.size() == 2);
  CHECK(number(routed->routes[0]) == 2);
  CHECK(number(routed->routes[1]) == 3);
  CHECK(b.way.now() == nanoseconds{1 + 10 + 3});  // three tokens of context
  REQUIRE(model.run({make_expert(0, 2), residence::slot}));
  CHECK(b.way.now() == nanoseconds{114});
  REQUIRE(model.combine({}));
  const auto logits = model.finish();
  REQUIRE(logits);
  CHECK(logits->rows() == 1);
  CHECK(told::token_in(logits->row(0)) == 3);
  CHECK(b.worked.device == nanoseconds{114});
}

TEST_CASE("a wrong token routes like an earlier one, and its row still says what comes next") {
  bench b;
  auto model = b.model();
  REQUIRE(model.begin({third_and_wrong, {2}, phase::verify, rows_wanted::all}));
  const auto routed = model.route({});
  REQUIRE(routed);
  REQUIRE(routed->routes.size() == 4);
  CHECK(number(routed->routes[0]) == 2);
  CHECK(number(routed->routes[2]) == fixed_chance{}.stray(3, 0));
  const auto logits = model.finish();
  REQUIRE(logits);
  CHECK(logits->rows() == 2);
  CHECK(told::token_in(logits->row(1)) == 4);
}

TEST_CASE("events are logged as ascending sets, and nothing where nobody is routed") {
  bench b;
  auto model = b.model();
  const std::vector<token_id> two{2, 3};
  REQUIRE(model.begin({two, {2}, phase::prefill, rows_wanted::none}));
  REQUIRE(model.route(layer_index{0}));
  REQUIRE(model.route(layer_index{1}));
  const std::vector<token_id> alone{3};
  REQUIRE(model.begin({alone, {3}, phase::decode, rows_wanted::last}));
  REQUIRE(model.route(layer_index{1}));
  CHECK(b.log.layers == std::vector<std::uint16_t>{0, 1});
  CHECK(b.log.sizes == std::vector<std::uint16_t>{3, 2});
  CHECK(b.log.experts == std::vector<std::uint16_t>{2, 3, 4, 0, 7});
}

TEST_CASE("the tape's end and a missing host lane are said in words") {
  bench b;
  auto model = b.model();
  const std::vector<token_id> beyond{4, 5};
  CHECK(model.begin({beyond, {4}, phase::prefill, rows_wanted::none}).error().code() == error_code::context_full);
  const std::vector<token_id> one{0};
  REQUIRE(model.begin({one, {0}, phase::decode, rows_wanted::last}));
  REQUIRE(model.route({}));
  CHECK(model.run({make_expert(0, 0), residence::host}).error().sentence() == "machine paper has no host lane that could compute an expert in place");
}
