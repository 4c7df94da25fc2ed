// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <moesaic/prediction/transition_counts.hpp>

#include "conformance/policy_world.hpp"
#include "prediction/forecast_check.hpp"

namespace {
using namespace moesaic;
using namespace moesaic::conformance;
using moesaic_test::expected_in;
using prediction::transition_counts;
using experts = std::vector<std::uint32_t>;

struct bench {
  explicit bench(transition_counts p, std::uint32_t layers, std::uint32_t width, std::uint32_t top_k)
      : predictor(std::move(p)), w(*model_shape::uniform(layers, width, top_k, {1}), std::vector<std::uint16_t>(expert_space(layers, width).size()), 1) {
    tell(predictor, w.all());
  }
  void use(std::uint32_t layer, experts wanted) {
    owned_event event(0, 0, layer, std::move(wanted));
    tell(predictor, event.get());
  }
  [[nodiscard]] experts expects(std::uint32_t layer) const { return expected_in(predictor.expectation(), layer); }
  [[nodiscard]] std::int64_t odds(std::uint32_t layer, std::uint32_t e) const { return predictor.expectation().confidence(make_expert(layer, e)).count; }

  transition_counts predictor;
  policy_world w;
};

TEST_CASE("transition_counts: what followed once follows again, for two layers ahead and round the end") {
  bench b(transition_counts{}, 3, 8, 1);
  b.use(0, {1});
  b.use(1, {4});
  b.use(2, {7});
  CHECK(b.expects(0).empty());  // nobody has seen what follows the last layer
  b.use(0, {1});
  CHECK(b.expects(1) == experts{4});
  CHECK(b.expects(2) == experts{7});
  CHECK(b.odds(1, 4) == 32'768);  // 1 of 1, in 2^-15
  CHECK(b.odds(2, 7) == 32'768);
  b.use(1, {4});
  CHECK(b.expects(1).empty());  // used up
  CHECK(b.expects(2) == experts{7});
  CHECK(b.expects(0) == experts{1});  // layer 0 of the next step
}

TEST_CASE("transition_counts: above 256 MiB it expects nothing") {
  for (const std::uint32_t width : {1'024U, 6'690U}) {  // 3 layers: 6.3 MB, and 256.1 MiB
    bench b(transition_counts{}, 3, width, 1);
    for (int step = 0; step < 2; ++step)
      for (const std::uint32_t l : {0U, 1U, 2U}) b.use(l, {l + 1});
    CHECK(b.expects(0) == (width == 1'024 ? experts{1} : experts{}));
    CHECK(b.expects(1) == (width == 1'024 ? experts{2} : experts{}));
  }
}

TEST_CASE("transition_counts: odds are shares, added up over the event's experts") {
  bench b(transition_counts{.most = 3, .horizon = 1}, 2, 8, 2);
  // After expert 0: 5 three times of four, 6 once. After expert 1: 6 always (twice).
  for (const std::uint32_t next : {5U, 5U, 6U, 5U}) {
    b.use(0, {0});
    b.use(1, {next});
  }
  for (int i = 0; i < 2; ++i) {
    b.use(0, {1});
    b.use(1, {6});
  }
  b.use(0, {0, 1});
  CHECK(b.expects(1) == experts{5, 6});
  CHECK(b.odds(1, 5) == 24'576);           // 3/4
  CHECK(b.odds(1, 6) == 8'192 + 32'768);   // 1/4 + 1
  CHECK(number(b.predictor.expectation().expected(layer_index{1})[0]) == 6);  // best first
}

TEST_CASE("transition_counts: `most` and `horizon` limit the forecast; equal odds name the lower id") {
  bench b(transition_counts{.most = 2, .horizon = 1}, 3, 8, 2);
  b.use(0, {0});
  b.use(1, {2, 5, 7});
  b.use(2, {1});
  b.use(0, {0});
  CHECK(b.expects(1) == experts{2, 5});
  CHECK(b.expects(2).empty());
}

TEST_CASE("transition_counts: an event of more than half a layer, or out of turn, teaches nothing") {
  bench b(transition_counts{.most = 8}, 2, 8, 2);
  b.use(0, {0, 1, 2, 3, 4});
  b.use(1, {3});
  b.use(0, {0});
  CHECK(b.expects(1).empty());
  b.use(0, {0});  // layer 0 again: no layer between
  b.use(0, {1});
  CHECK(b.expects(0).empty());
  b.use(1, {6});
  b.use(0, {1});
  CHECK(b.expects(1) == experts{6});
}

TEST_CASE("transition_counts: old text fades") {
  bench b(transition_counts{.most = 1, .horizon = 1}, 2, 4, 1);
  const auto teach = [&](std::uint32_t next, int times) {
    for (int i = 0; i < times; ++i) {
      b.use(0, {0});
      b.use(1, {next});
    }
    b.use(0, {0});
    return b.expects(1);
  };
  CHECK(teach(1, 5'000) == experts{1});
  CHECK(teach(2, 400) == experts{1});
  CHECK(teach(2, 1'100) == experts{2});  // without fading it would take 5,000
}

/// The same, with maps instead of arrays, and counts of pairs kept by name.
struct slow_counts {
  std::uint32_t most, horizon;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint64_t> pairs;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> uses;
  std::optional<std::uint32_t> last_layer;
  experts last;
  std::map<std::uint32_t, std::map<std::uint32_t, std::uint64_t>> forecast;  ///< layer -> expert -> odds

  void hear(const model_shape& shape, const layer_event& event) {
    const std::uint32_t layer = number(event.layer), layers = shape.layers();
    experts wanted;
    for (const demand& d : event.wanted) wanted.push_back(number(d.expert));
    const auto says = [&](std::uint32_t l, std::size_t n) { return 2 * n <= shape.experts(layer_index(l)) || n <= shape.top_k(layer_index(l)); };
    if (last_layer && (*last_layer + 1) % layers == layer && says(*last_layer, last.size()) && says(layer, wanted.size()))
      for (const std::uint32_t a : last) {
        for (const std::uint32_t b : wanted) ++pairs[{layer, a, b}];
        if (++uses[{layer, a}] == 1'024) {
          uses[{layer, a}] = 512;
          for (auto& [key, n] : pairs)
            if (std::get<0>(key) == layer && std::get<1>(key) == a) n /= 2;
        }
      }
    last_layer = layer;
    last = wanted;

    forecast[layer].clear();
    std::map<std::uint32_t, std::uint64_t> sources;
    for (const std::uint32_t e : wanted) sources[e] = 32'768;
    for (std::uint32_t ahead = 1; ahead <= horizon && ahead <= layers; ++ahead) {
      const std::uint32_t due = (layer + ahead) % layers;
      std::vector<std::pair<std::uint64_t, std::uint32_t>> found;  // (odds, id)
      for (std::uint32_t b = 0; b < shape.widest_layer(); ++b) {
        std::uint64_t odds = 0;
        for (const auto& [a, weight] : sources)
          if (const auto n = uses.find({due, a}); n != uses.end())
            if (const auto c = pairs.find({due, a, b}); c != pairs.end()) odds += c->second * (weight * 32'768 / n->second) / 32'768;
        if (odds > 0) found.emplace_back(odds, b);
      }
      std::sort(found.begin(), found.end(), [](auto x, auto y) { return x.first != y.first ? x.first > y.first : x.second < y.second; });
      const std::size_t limit = most != 0 ? most : std::max<std::size_t>(shape.top_k(layer_index(due)), wanted.size());
      if (found.size() > limit) found.resize(limit);
      forecast[due].clear();
      sources.clear();
      for (const auto& [odds, b] : found) {
        forecast[due][b] = odds;
        sources[b] = std::min<std::uint64_t>(odds, 32'768);
      }
    }
  }
};

TEST_CASE("transition_counts: agrees with its slow twin") {
  std::uint64_t events = 0, wrong = 0, expected = 0;
  const auto run = [&](std::uint64_t seed, std::uint32_t length) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    const std::uint32_t most = dice.below(4), horizon = dice.between(1, 4);
    transition_counts predictor{.most = most, .horizon = horizon};
    slow_counts twin{most, horizon, {}, {}, {}, {}, {}};
    const auto hear = [&](const auto& event) {
      tell(predictor, event);
      if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, layer_event>) {
        twin.hear(w->shape, event);
        ++events;
        for (std::uint32_t l = 0; l < w->shape.layers(); ++l) {
          const auto named = predictor.expectation().expected(layer_index(l));
          wrong += named.size() != twin.forecast[l].size();
          for (const expert_index e : named) {
            const auto its = twin.forecast[l].find(number(e));
            wrong +=
                its == twin.forecast[l].end() || predictor.expectation().confidence({layer_index(l), e, {}}).count != static_cast<std::int64_t>(its->second);
            ++expected;
          }
        }
      }
    };
    play(*w, dice, length, hear, [](auto&&...) { return std::optional<expert_id>(); });
  };
  for (std::uint64_t seed = 0; seed < 300; ++seed) run(seed, 200);
  for (std::uint64_t seed = 300; seed < 305; ++seed) run(seed, 10'000);  // long enough for rows to be halved
  CHECK(wrong == 0);
  CHECK(events >= 100'000);
  CHECK(expected >= 500'000);
}

}  // namespace
