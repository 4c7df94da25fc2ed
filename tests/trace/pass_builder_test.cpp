// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/trace/pass_builder.hpp>

using namespace moesaic;
using namespace moesaic::trace;

namespace {

using ids = std::vector<std::uint16_t>;
ids copied(std::span<const std::uint16_t> from) { return {from.begin(), from.end()}; }

TEST_CASE("a pass written layer by layer comes out token by token; what was not filled is not routed") {
  pass_builder pass({2, 9, 2}, true, false);
  CHECK_FALSE(pass.add(10, 0, 0, 5, {1}));
  CHECK_FALSE(pass.add(10, 0, 1, 6, {2}));
  CHECK_FALSE(pass.add(12, 0, 0, 7, {3}));
  CHECK_FALSE(pass.add(12, 1, 0, 8, {4}));
  CHECK_FALSE(pass.add(10, 1, 1, 3, {5}));
  CHECK(pass.tokens() == 2);
  CHECK(pass.first_name() == 10);
  CHECK(pass.last_name() == 12);
  CHECK(pass.has(12));
  CHECK_FALSE(pass.has(11));
  CHECK(pass.filled(0, 0) == 2);
  CHECK(pass.filled(1, 1) == 1);
  CHECK(pass.filled_of(11, 0) == 0);
  const routing_rows rows = pass.rows(3, 40, true, 2);
  CHECK(rows.sequence == 3);
  CHECK(rows.first_token == 40);
  CHECK(rows.prompt_tokens == 2);
  CHECK(rows.batch == 2);
  CHECK(copied(rows.experts) == ids{5, 6, not_routed, 3, 7, not_routed, 8, not_routed});
  CHECK(rows.weights[3] == gate_mass{5});
  CHECK(rows.recorded.empty());
  pass.clear();
  CHECK(pass.empty());
  CHECK_FALSE(pass.add(1, 0, 0, 5));
  CHECK(copied(pass.rows(0, 0, false, 0).experts) == ids{5, not_routed, not_routed, not_routed});
}

TEST_CASE("a choice that cannot be is refused in words") {
  pass_builder pass({1, 9, 2}, false, true);
  CHECK_FALSE(pass.add(4, 0, 0, 5, {}, recorded_resident));
  CHECK(*pass.add(4, 0, 1, 5) == "names an expert that the token has in this layer already");
  CHECK(*pass.add(4, 0, 0, 6) == "fills a place that is taken already");
  CHECK_FALSE(pass.add(6, 0, 0, 5));
  CHECK(*pass.add(5, 0, 0, 6) == "names a token that the pass left out in an earlier layer");
  CHECK(pass.rows(0, 0, false, 0).recorded[0] == recorded_resident);
  CHECK(pass.rows(0, 0, false, 0).recorded[1] == recorded_nothing);
}

TEST_CASE("a pass has an end to its memory") {
  pass_builder pass({65'535, 9, 16}, false, false);
  std::int64_t name = 0;
  while (!pass.add(name, 0, 0, 1)) ++name;
  CHECK(name == static_cast<std::int64_t>(pass_builder::most_ids / (65'535 * 16)));
}

}  // namespace
