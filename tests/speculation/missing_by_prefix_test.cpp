// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <moesaic/scoring/none.hpp>
#include <moesaic/speculation/missing_by_prefix.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

TEST_CASE("missing_by_prefix: an expert counts from the first row that wants it, unless it is there or on its way") {
  const model_shape shape = *model_shape::uniform(2, 8, 2, {100});
  forecast f(shape.space(), 2, 8);
  const auto expect = [&](std::uint32_t l, std::uint32_t e, std::uint32_t row) { f.expect(layer_index(l), expert_index(e), {row}, {}); };
  expect(0, 1, 0);
  expect(0, 2, 1);
  expect(1, 3, 2);
  expect(1, 3, 1);
  expect(1, 5, 63);
  std::vector<std::uint8_t> flags(16);
  flags[shape.space().flat(make_expert(0, 1))] = residency_flag::resident;
  const scoring::none scores;
  speculation::missing_by_prefix missing;
  const auto measure = [&] { missing.measure(scene<scoring::none>{scores, f, residency_view(shape, flags), {}, {}, {}, {}, {}}, 2); };
  measure();
  CHECK(missing.size(0) == bytes{0});
  CHECK(missing.size(1) == bytes{0});
  CHECK(missing.size(2) == bytes{200});
  CHECK(missing.size(63) == bytes{200});
  CHECK(missing.size(64) == bytes{300});
  CHECK(missing.size(1'000) == bytes{300});
  CHECK(missing.experts(3) == 2);
  flags[shape.space().flat(make_expert(1, 3))] = residency_flag::in_flight;
  measure();
  CHECK(missing.size(3) == bytes{100});
  CHECK(missing.experts(64) == 2);
}

TEST_CASE("missing_by_prefix: agrees with a set for each prefix") {
  moesaic_test::splitmix dice{3};
  model_shape shape = *model_shape::uniform(3, 16, 2, {100});
  for (std::uint32_t e = 0; e < 16; ++e) shape.resize(make_expert(1, e), {50 + e});
  const scoring::none scores;
  std::uint64_t wrong = 0, asked = 0;
  for (int run = 0; run < 2'000; ++run) {
    forecast f(shape.space(), 3, 16);
    std::vector<std::uint8_t> flags(shape.space().size());
    for (auto& flag : flags) flag = dice.chance(300) ? residency_flag::resident : dice.chance(100) ? residency_flag::in_flight : std::uint8_t{0};
    std::vector<std::pair<std::uint32_t, expert_id>> said;
    for (std::uint32_t i = dice.below(60); i > 0; --i) {
      const std::uint32_t row = dice.below(64);
      const expert_id e = make_expert(dice.below(3), dice.below(16));
      f.expect(e.layer, e.expert, {row}, {});
      said.emplace_back(row, e);
    }
    speculation::missing_by_prefix missing;
    missing.measure(scene<scoring::none>{scores, f, residency_view(shape, flags), {}, {}, {}, {}, {}}, 3);
    for (std::uint32_t rows = 0; rows <= 64; ++rows, ++asked) {
      std::set<std::uint32_t> absent;
      std::uint64_t size = 0;
      for (const auto& [row, e] : said)
        if (row < rows && flags[shape.space().flat(e)] == 0 && absent.insert(shape.space().flat(e)).second) size += shape.size_of(e).count;
      wrong += missing.size(rows).count != size || missing.experts(rows) != absent.size();
    }
  }
  CHECK(wrong == 0);
  CHECK(asked >= 100'000);
}

}  // namespace
