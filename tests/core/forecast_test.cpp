// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <type_traits>
#include <vector>

#include <moesaic/core/forecast.hpp>

#include "support/splitmix.hpp"

namespace {
using namespace moesaic;

static_assert(std::is_nothrow_default_constructible_v<forecast> && std::is_nothrow_move_constructible_v<forecast>);
static_assert(noexcept(std::declval<forecast&>().expect({}, {}, {}, {})) && noexcept(std::declval<forecast&>().keep_rows({})));
static_assert(noexcept(std::declval<const forecast&>().distinct({}, {})) && noexcept(std::declval<const forecast&>().top({}, {})));

constexpr layer_index layer(std::uint32_t l) { return static_cast<layer_index>(l); }
constexpr expert_index expert(std::uint32_t e) { return static_cast<expert_index>(e); }

/// The same with maps and sets: slow, and obviously right.
struct obvious_forecast {
  struct entry {
    std::set<std::uint32_t> rows;
    utility confidence{};
    std::uint64_t named = 0;
  };
  std::vector<std::map<std::uint32_t, entry>> layers;
  std::uint64_t clock = 0;

  explicit obvious_forecast(std::uint32_t n) : layers(n) {}
  void expect(std::uint32_t l, std::uint32_t e, std::uint32_t row, utility confidence) {
    const auto [at, is_new] = layers[l].try_emplace(e);
    if (is_new) at->second = {{}, confidence, ++clock};
    at->second.rows.insert(row);
    at->second.confidence = std::max(at->second.confidence, confidence);
  }
  void keep_rows(std::uint32_t kept) {
    for (auto& l : layers)
      for (auto at = l.begin(); at != l.end();) {
        at->second.rows.erase(at->second.rows.lower_bound(kept), at->second.rows.end());
        at = at->second.rows.empty() ? l.erase(at) : std::next(at);
      }
  }
  static std::uint32_t before(const entry& e, std::uint32_t prefix) {
    return static_cast<std::uint32_t>(std::distance(e.rows.begin(), e.rows.lower_bound(prefix)));
  }
  std::vector<expert_index> expected(std::uint32_t l) const {
    std::vector<std::pair<std::uint64_t, expert_index>> order;
    for (const auto& [e, what] : layers[l]) order.emplace_back(what.named, expert(e));
    std::sort(order.begin(), order.end());
    std::vector<expert_index> out;
    for (const auto& [named, e] : order) out.push_back(e);
    return out;
  }
  std::vector<expert_index> top(std::uint32_t l, std::size_t most) const {
    std::vector<expert_index> out = expected(l);
    std::sort(out.begin(), out.end(), [&](expert_index a, expert_index b) {
      const entry& x = layers[l].at(number(a));
      const entry& y = layers[l].at(number(b));
      if (x.rows.size() != y.rows.size()) return x.rows.size() > y.rows.size();
      if (x.confidence != y.confidence) return x.confidence > y.confidence;
      return a < b;
    });
    out.resize(std::min(out.size(), most));
    return out;
  }
};

bool same(std::span<const expert_index> a, const std::vector<expert_index>& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

void agree(const forecast& f, const obvious_forecast& twin, std::uint32_t l, std::uint32_t width, moesaic_test::splitmix& random) {
  REQUIRE(same(f.expected(layer(l)), twin.expected(l)));
  const std::uint32_t prefix = random.below(70);
  std::uint32_t distinct = 0;
  for (std::uint32_t e = 0; e < width; ++e) {
    const expert_id id = make_expert(l, e);
    const auto found = twin.layers[l].find(e);
    REQUIRE(f.expects(id) == (found != twin.layers[l].end()));
    if (found == twin.layers[l].end()) {
      REQUIRE(f.row_count(id) == 0);
      REQUIRE(f.confidence(id) == utility{});
      continue;
    }
    REQUIRE(f.first_row(id) == draft_length{*found->second.rows.begin()});
    REQUIRE(f.row_count(id) == found->second.rows.size());
    REQUIRE(f.row_count(id, {prefix}) == obvious_forecast::before(found->second, prefix));
    REQUIRE(f.confidence(id) == found->second.confidence);
    distinct += obvious_forecast::before(found->second, prefix) > 0 ? 1 : 0;
  }
  REQUIRE(f.distinct(layer(l), {prefix}) == distinct);
  std::array<expert_index, 16> room{};
  const std::uint32_t most = random.below(17);
  REQUIRE(same(f.top(layer(l), std::span(room).first(most)), twin.top(l, most)));
  const std::vector<expert_index> order = twin.top(l, width);
  for (std::uint32_t i = 0; i < order.size(); ++i) REQUIRE(f.place({layer(l), order[i], {}}) == i);
}

TEST_CASE("a forecast agrees with a map of sets on random operations") {
  moesaic_test::splitmix random{1};
  for (const std::uint32_t width : {1U, 5U, 13U, 64U}) {
    const std::uint32_t layers = 3;
    forecast f(expert_space(layers, width), layers, width);
    obvious_forecast twin(layers);
    for (int i = 0; i < 30'000; ++i) {
      const std::uint32_t l = random.below(layers);
      const std::uint32_t what = random.below(100);
      if (what < 90) {
        const std::uint32_t e = random.below(width);
        const std::uint32_t row = random.chance(500) ? random.below(4) : random.below(64);
        const utility confidence{static_cast<std::int64_t>(random.below(5)) - 2};
        f.expect(layer(l), expert(e), {row}, confidence);
        twin.expect(l, e, row, confidence);
      } else if (what < 94) {
        f.forget(layer(l));
        twin.layers[l].clear();
      } else if (what < 99) {
        const std::uint32_t kept = random.chance(200) ? random.below(70) : random.between(1, 8);
        f.keep_rows({kept});
        twin.keep_rows(kept);
      } else {
        f.forget_all();
        for (auto& one : twin.layers) one.clear();
      }
      agree(f, twin, l, width, random);
      if (i % 64 == 0)
        for (std::uint32_t other = 0; other < layers; ++other) agree(f, twin, other, width, random);
    }
  }
}

TEST_CASE("rows behind the 64th are still expected, as late as can be said") {
  forecast f(expert_space(1, 4), 1, 4);
  f.expect(layer(0), expert(1), {64}, {});
  f.expect(layer(0), expert(2), {1'000'000}, {});
  CHECK(f.first_row(make_expert(0, 1)) == draft_length{63});
  CHECK(f.first_row(make_expert(0, 2)) == draft_length{63});
  CHECK(f.distinct(layer(0), {63}) == 0);
  CHECK(f.distinct(layer(0), {64}) == 2);
  f.keep_rows({63});  // a cut draft takes them along
  CHECK(f.expected(layer(0)).empty());
}

TEST_CASE("prefixes at both ends") {
  forecast f(expert_space(1, 4), 1, 4);
  f.expect(layer(0), expert(3), {0}, {});
  f.expect(layer(0), expert(3), {63}, {});
  CHECK(f.row_count(make_expert(0, 3), {0}) == 0);
  CHECK(f.row_count(make_expert(0, 3), {1}) == 1);
  CHECK(f.row_count(make_expert(0, 3), {63}) == 1);
  CHECK(f.row_count(make_expert(0, 3), {64}) == 2);
  CHECK(f.row_count(make_expert(0, 3), {4'000'000'000}) == 2);
  f.keep_rows({64});
  CHECK(f.row_count(make_expert(0, 3)) == 2);
  f.keep_rows({0});
  CHECK_FALSE(f.expects(make_expert(0, 3)));
}

TEST_CASE("a layer may expect all of its experts") {
  forecast f(expert_space(2, 5), 2, 5);
  for (std::uint32_t round = 0; round < 3; ++round)
    for (std::uint32_t e = 0; e < 5; ++e) f.expect(layer(1), expert(e), {round}, {});
  CHECK(f.expected(layer(1)).size() == 5);
  CHECK(f.expected(layer(0)).empty());
  CHECK(f.row_count(make_expert(1, 4)) == 3);
}

TEST_CASE("a confidence below zero is a confidence, and does not outlive the expectation") {
  forecast f(expert_space(1, 4), 1, 4);
  f.expect(layer(0), expert(0), {0}, {-5});
  CHECK(f.confidence(make_expert(0, 0)) == utility{-5});
  f.expect(layer(0), expert(0), {1}, {-7});
  CHECK(f.confidence(make_expert(0, 0)) == utility{-5});
  f.forget(layer(0));
  f.expect(layer(0), expert(0), {0}, {-9});
  CHECK(f.confidence(make_expert(0, 0)) == utility{-9});
}

TEST_CASE("an empty forecast answers every question with nothing") {
  forecast f;
  CHECK(f.expected(layer(0)).empty());
  CHECK_FALSE(f.expects(make_expert(3, 7)));
  CHECK(f.row_count(make_expert(3, 7)) == 0);
  CHECK(f.distinct(layer(9), {64}) == 0);
  CHECK(f.confidence(make_expert(0, 0)) == utility{});
  std::array<expert_index, 4> room{};
  CHECK(f.top(layer(0), room).empty());
  f.forget(layer(3));
  f.forget_all();
  f.keep_rows({1});
  CHECK(f.expected(layer(3)).empty());
}

TEST_CASE("how many layer events away a layer is") {
  const forecast f(expert_space(24, 8), 24, 8);
  CHECK(f.layers_until(layer(3), layer(4)) == 1);
  CHECK(f.layers_until(layer(3), layer(23)) == 20);
  CHECK(f.layers_until(layer(3), layer(3)) == 24);  // itself: one step later
  CHECK(f.layers_until(layer(3), layer(2)) == 23);
  CHECK(f.layers_until(layer(23), layer(0)) == 1);
  const forecast single(expert_space(1, 8), 1, 8);
  CHECK(single.layers_until(layer(0), layer(0)) == 1);
}

}  // namespace
