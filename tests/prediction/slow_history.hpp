// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/prediction/learning.hpp>

#include "conformance/policy_world.hpp"

/// What the slow twins of predictors are made of: everything is kept, by name, and looked up when it is asked for.
namespace moesaic_test {

using namespace moesaic;
using expert_set = std::vector<std::uint32_t>;
using ranking = std::vector<std::pair<std::uint32_t, std::int64_t>>;  ///< expert, confidence; best first

/// All events, by their place in time.
struct slow_history {
  const model_shape* shape = nullptr;
  std::map<std::uint64_t, std::pair<std::uint32_t, expert_set>> events;
  std::uint64_t now = 0;
  std::uint32_t running = 0;

  void begin(std::uint32_t layer) {
    now += events.empty() ? 1'000 : layer > running ? layer - running : shape->layers() - running + layer;
    running = layer;
  }
  void keep(expert_set wanted) { events[now] = {running, std::move(wanted)}; }
  [[nodiscard]] expert_set at(std::uint64_t place) const {
    const auto found = events.find(place);
    return found == events.end() ? expert_set{} : found->second.second;
  }
  [[nodiscard]] expert_set ago(std::uint32_t n) const { return at(now - n); }
  [[nodiscard]] std::uint32_t layer_ago(std::uint32_t n) const { return (running + 100 * shape->layers() - n) % shape->layers(); }
  [[nodiscard]] bool narrow(std::uint32_t layer, std::size_t n) const {
    const auto l = static_cast<layer_index>(layer);
    return 2 * n <= shape->experts(l) || n <= shape->top_k(l);
  }
  [[nodiscard]] std::size_t how_many(std::uint32_t due, std::uint32_t most, std::size_t wanted) const {
    return most != 0 ? most : std::max<std::size_t>(shape->top_k(static_cast<layer_index>(due)), wanted);
  }
};

/// Pairs by (distance, layer, a, b) and uses by (distance, layer, a).
struct slow_pairs {
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, std::int64_t> pairs;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::int64_t> uses;

  void learn(const slow_history& past, std::uint32_t distance, const expert_set& wanted) {
    const expert_set before = past.ago(distance);
    if (!past.narrow(past.running, wanted.size()) || !past.narrow(past.layer_ago(distance), before.size())) return;
    for (const std::uint32_t a : before) {
      ++uses[{distance, past.running, a}];
      for (const std::uint32_t b : wanted) ++pairs[{distance, past.running, a, b}];
    }
  }
  [[nodiscard]] std::int64_t together(std::uint32_t d, std::uint32_t layer, std::uint32_t a, std::uint32_t b) const {
    const auto found = pairs.find({d, layer, a, b});
    return found == pairs.end() ? 0 : found->second;
  }
  [[nodiscard]] std::int64_t used(std::uint32_t d, std::uint32_t layer, std::uint32_t a) const {
    const auto found = uses.find({d, layer, a});
    return found == uses.end() ? 0 : found->second;
  }
  /// The sum of shares over the experts of a set, in 2^-15.
  [[nodiscard]] std::int64_t odds(std::uint32_t d, std::uint32_t layer, const expert_set& set, std::uint32_t b) const {
    std::int64_t sum = 0;
    for (const std::uint32_t a : set)
      if (const std::int64_t n = used(d, layer, a); n != 0) sum += together(d, layer, a, b) * ((std::int64_t{1} << 30) / n) / 32'768;
    return sum;
  }
};

[[nodiscard]] inline ranking best_of(ranking all, std::size_t most) {
  std::sort(all.begin(), all.end(), [](auto x, auto y) { return x.second != y.second ? x.second > y.second : x.first < y.first; });
  if (all.size() > most) all.resize(most);
  return all;
}

/// Lets a predictor and its twin hear random worlds, with learning switched off and on, and compares every forecast after every
/// event. `make(dice)` gives the pair. The twin: `begin(shape)`, `on(learning)`, `on(event)`, `forecast` by layer.
template <class Make>
void agrees_with_its_twin(Make make, std::uint32_t worlds = 350, std::uint32_t length = 300) {
  std::uint64_t events_heard = 0, wrong = 0, expected = 0;
  for (std::uint64_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = conformance::policy_world::random(dice);
    auto [predictor, twin] = make(dice);
    const auto hear = [&, &predictor = predictor, &twin = twin](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      if constexpr (std::same_as<event_type, inventory>) twin.begin(w->shape);
      if constexpr (std::same_as<event_type, layer_event>) {
        if (dice.chance(20)) {
          const prediction::learning l{dice.chance(700)};
          tell(predictor, l);
          twin.on(l);
        }
      }
      tell(predictor, event);
      if constexpr (std::same_as<event_type, layer_event>) {
        twin.on(event);
        ++events_heard;
        for (std::uint32_t l = 0; l < w->shape.layers(); ++l) {
          const auto said = std::as_const(predictor).expectation().expected(static_cast<layer_index>(l));
          const ranking& should = twin.forecast[l];
          wrong += said.size() != should.size();
          for (std::size_t i = 0; i < std::min(said.size(), should.size()); ++i) {
            wrong += number(said[i]) != should[i].first ||
                     std::as_const(predictor).expectation().confidence({static_cast<layer_index>(l), said[i], {}}).count != should[i].second;
            ++expected;
          }
        }
      }
    };
    conformance::play(*w, dice, length, hear, [](auto&&...) { return std::optional<expert_id>(); });
  }
  CHECK(wrong == 0);
  CHECK(events_heard >= 100'000);
  CHECK(expected >= 500'000);
}

/// The experts of an event.
[[nodiscard]] inline expert_set wanted_by(const layer_event& event) {
  expert_set wanted;
  for (const demand& d : event.wanted) wanted.push_back(number(d.expert));
  return wanted;
}

/// What most twins share.
struct slow_twin {
  slow_history past;
  std::map<std::uint32_t, ranking> forecast;
  bool learns = true;

  void begin(const model_shape& shape) { past.shape = &shape; }
  void on(const prediction::learning& l) { learns = l.on; }
  [[nodiscard]] std::uint32_t width(std::uint32_t layer) const { return past.shape->experts(static_cast<layer_index>(layer)); }
  [[nodiscard]] std::uint32_t layers() const { return past.shape->layers(); }
};

}  // namespace moesaic_test
