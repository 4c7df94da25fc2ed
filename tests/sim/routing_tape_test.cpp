// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/sim/routing_tape.hpp>
#include <vector>

using namespace moesaic;
using namespace moesaic::sim;

namespace {
trace::routing_rows rows_of(const std::vector<std::uint16_t>& ids, std::uint32_t tokens, std::uint32_t sequence, std::uint32_t batch = 0) {
  return {.sequence = sequence, .tokens = tokens, .experts = ids, .weights = {}, .batch = batch, .recorded = {}};
}
}  // namespace

TEST_CASE("parts: a sequence, a batch inside one, and rows that come in pieces") {
  routing_tape tape({1, 8, 2});
  const std::vector<std::uint16_t> two{0, 1, 2, 3}, one{4, 65'535};
  REQUIRE(tape.add(rows_of(two, 2, 0, 1)));
  REQUIRE(tape.add(rows_of(one, 1, 0, 1)));  // the same batch goes on
  REQUIRE(tape.add(rows_of(one, 1, 0)));
  REQUIRE(tape.add(rows_of(one, 1, 0)));
  REQUIRE(tape.add(rows_of(two, 2, 1)));
  CHECK(tape.tokens() == 7);
  REQUIRE(tape.parts().size() == 3);
  const auto same = [](const tape_part& a, const tape_part& b) {
    return a.first == b.first && a.tokens == b.tokens && a.begins == b.begins && a.in_one_pass == b.in_one_pass;
  };
  CHECK(same(tape.parts()[0], {0, 3, 0, true}));
  CHECK(same(tape.parts()[1], {3, 2, 0, false}));
  CHECK(same(tape.parts()[2], {5, 2, 5, false}));
  CHECK(number(tape.routes(1, {})[1]) == 3);
  CHECK(number(tape.routes(2, {})[1]) == 65'535);
  CHECK_FALSE(tape.has_weights());
}

TEST_CASE("two batches in a row are two passes") {
  routing_tape tape({1, 8, 2});
  const std::vector<std::uint16_t> two{0, 1, 2, 3};
  REQUIRE(tape.add(rows_of(two, 2, 0, 1)));
  REQUIRE(tape.add(rows_of(two, 2, 0, 2)));
  CHECK(tape.parts().size() == 2);
}

TEST_CASE("weights come back as the router gave them") {
  routing_tape tape({2, 8, 1}, true);
  const std::vector<std::uint16_t> ids{3, 5};
  const std::vector<gate_mass> weights{{65'536}, {16'384}};
  trace::routing_rows rows = rows_of(ids, 1, 0);
  rows.weights = weights;
  REQUIRE(tape.add(rows));
  REQUIRE(tape.has_weights());
  CHECK(tape.weights(0, {})[0] == 1.0F);
  CHECK(tape.weights(0, static_cast<layer_index>(1))[0] == 0.25F);
}
