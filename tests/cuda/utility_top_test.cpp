// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/cuda/utility_top.hpp>
#include <moesaic/prediction/best_experts.hpp>
#include <moesaic/scoring/hysteresis.hpp>
#include <moesaic/scoring/minus_recent_score.hpp>

#include "support/device_work_checks.hpp"
#include "support/workplaces.hpp"

namespace {
using namespace moesaic;
using namespace moesaic_test;

/// scoring::minus_recent_score as a step, written from its formula: half of before, and half of the mean gate weight, in 2^-32.
struct recent_score {
  std::uint32_t tokens;
  std::uint32_t top_k;
  [[nodiscard]] constexpr utility operator()(utility before, const demand& its) const noexcept {
    const std::uint64_t mass = its.mass.count != 0 ? its.mass.count : (std::uint64_t{its.tokens} << 16U) / top_k;
    return {static_cast<std::int64_t>((static_cast<std::uint64_t>(before.count) >> 1U) + ((mass << 16U) / tokens) / 2)};
  }
};
struct holds_a_vector : mc::hysteresis_of_tokens {
  std::vector<int> much;
};
static_assert(mc::utility_step<recent_score> && mc::utility_step<mc::hysteresis_of_tokens> && !mc::utility_step<holds_a_vector>);

template <class Scorer>
std::vector<utility> scores(const Scorer& scorer, std::uint32_t experts) {
  std::vector<utility> all;
  for (std::uint32_t e = 0; e < experts; ++e) all.push_back(scorer.score(make_expert(0, e)));
  return all;
}

/// A layer's events in a row, told to the scorer and to the step.
template <class Where, class Scorer, class MakeStep>
void follow(const Where& where, Scorer scorer, const std::vector<routing_case>& events, MakeStep&& step_of) {
  const std::uint32_t experts = events.front().experts;
  const auto shape = *model_shape::uniform(1, experts, std::max(1U, std::min(events.front().k, experts)), {1});
  scorer.on(inventory{shape});
  demand_collector collector(experts);
  std::uint64_t token = 0;
  for (const routing_case& one : events) {
    std::vector<expert_index> ids;
    for (const std::uint16_t id : one.ids) ids.push_back(expert_index{id});
    const auto wanted = collector.collect({.tokens = one.tokens, .k = one.k, .experts = ids, .weights = one.weights});
    if (wanted.empty()) continue;
    const auto before = scores(scorer, experts);
    scorer.on(layer_event{.step = {token}, .first_token = {token}, .layer = {}, .during = phase::verify, .tokens = one.tokens, .wanted = wanted});
    if constexpr (requires { scorer.on(lease_ended{}); }) scorer.on(lease_ended{.step = {token}, .layer = {}});
    token += one.tokens;
    host_bench<Where> bench{where};
    check_update(bench, step_of(one), {wanted.begin(), wanted.end()}, before, scores(scorer, experts));
  }
}
template <class Where>
void follow_both(const Where& where, const std::vector<routing_case>& events) {
  follow(where, scoring::hysteresis{.top = 5, .up = 2, .down = 1}, events, [](const routing_case&) { return mc::hysteresis_of_tokens{{5, 2, 1}}; });
  follow(where, scoring::minus_recent_score{}, events,
         [](const routing_case& one) { return recent_score{std::max(one.tokens, 1U), std::max(1U, std::min(one.k, one.experts))}; });
}
std::vector<routing_case> random_events(std::uint32_t experts, std::uint32_t k, int many) {
  splitmix random{experts};
  std::vector<routing_case> events;
  for (int i = 0; i < many; ++i) events.push_back(random_case(random, random.between(1, 12), k, experts));
  return events;
}

TEST_CASE("utilities move as the scorers' do") {
  for (const std::uint32_t experts : {1U, 2U, 63U, 64U, 129U}) {
    follow_both(mc::on_host{}, random_events(experts, std::min(experts, 8U), 60));
    follow_both(out_of_order{}, random_events(experts, std::min(experts, 8U), 20));
  }
  follow_both(in_threads{}, random_events(64, 8, 10));
}

TEST_CASE("utilities over recorded routing") {
  for (const char* name : {"gptoss20b_6x96.bin", "dsv2lite_law_2x128.bin"}) {
    const auto cases = recorded_cases(std::string(MOESAIC_TEST_DATA "/traces/") + name, 4, 600);
    REQUIRE(cases.size() >= 48);
    follow_both(mc::on_host{}, cases);
  }
}

std::vector<utility> random_worth(splitmix& random, std::size_t n) {
  std::vector<utility> all;
  const std::uint32_t kinds = random.between(1, 40);  // few kinds: many ties
  for (std::size_t i = 0; i < n; ++i) all.push_back(random.chance(100) ? utility::lowest() : utility{std::int64_t{random.below(kinds)} - 10});
  return all;
}

TEST_CASE("the best are a stable sort's, ties to the lower id, the worthless left out") {
  splitmix random{7};
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t experts = random.between(1, random.chance(50) ? 1'030 : 90), layers = random.between(1, 4);
    const auto worth = random_worth(random, std::size_t{experts} * layers);
    const std::uint32_t most = random.chance(100) ? experts : random.below(experts + 1);
    host_bench<mc::on_host> bench;
    check_top(bench, worth, layers, most);
    host_bench<out_of_order> other{{static_cast<std::uint64_t>(round)}};
    check_top(other, worth, layers, most);
  }
  host_bench<in_threads> threads;
  check_top(threads, random_worth(random, 256), 2, 16);
  host_bench<mc::on_host> bench;
  check_top(bench, std::vector<utility>(9, utility{3}), 1, 4);             // all equal: 0 1 2 3
  check_top(bench, std::vector<utility>(9, utility::lowest()), 1, 9);      // nobody at all
  check_top(bench, {utility::highest(), utility::lowest(), {0}}, 1, 3);
}

TEST_CASE("the best are those that best_experts expects") {
  splitmix random{9};
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t experts = random.between(1, 130), most = random.between(1, experts);
    const auto shape = *model_shape::uniform(1, experts, 1, {1});
    prediction::best_experts sorter(inventory{shape});
    forecast chosen(shape.space(), 1, experts);
    std::vector<std::int32_t> scores;
    std::vector<utility> worth;
    for (std::uint32_t e = 0; e < experts; ++e) {
      scores.push_back(random.chance(100) ? prediction::best_experts::nobody : static_cast<std::int32_t>(random.below(30)) - 15);
      worth.push_back(scores.back() == prediction::best_experts::nobody ? utility::lowest() : utility{scores.back()});
    }
    sorter.expect(chosen, layer_index{}, scores, most);
    std::vector<expert_index> best(most);
    REQUIRE(mc::utility_top(mc::on_host{}, worth, 1, best));
    const auto theirs = chosen.expected(layer_index{});
    for (std::size_t i = 0; i < best.size(); ++i) {
      const expert_index expected = i < theirs.size() ? theirs[i] : mc::nobody;
      REQUIRE(best[i] == expected);
    }
  }
}

TEST_CASE("what does not fit is said before anything runs") {
  std::uint32_t launches = 0;
  const refusing where{1'000, launches};
  const std::vector<demand> wanted(3);
  const std::uint32_t count = 3;
  std::vector<utility> worth(6);
  std::vector<expert_index> best(4);
  const auto said = [](const result<void>& ran, std::string_view part) {
    REQUIRE(!ran);
    CHECK(ran.error().code() == error_code::bad_argument);
    CHECK(std::string(ran.error().sentence()).find(part) != std::string::npos);
  };
  said(mc::utility_update(where, mc::hysteresis_of_tokens{}, wanted, nullptr, worth), "the address of the count is null");
  said(mc::utility_update(where, mc::hysteresis_of_tokens{}, wanted, &count, {}), "1 to 65535 experts");
  said(mc::utility_top(where, worth, 0, best), "0 layers");
  said(mc::utility_top(where, worth, 4, best), "the utilities");
  said(mc::utility_top(where, worth, 3, best), "room for the best");
  said(mc::utility_top(where, {}, 1, {}), "1 to 65535 experts");
  said(mc::utility_top(where, std::span(worth).first(3), 1, best), "room for the best");
  const std::span<const utility> wide{worth.data(), 65'536};  // never read
  said(mc::utility_top(where, wide, 1, best), "65536 were given");
  CHECK(launches == 0);
  launches = 0;
  const result<void> refused = mc::utility_top(refusing{0, launches}, worth, 2, best);
  REQUIRE(!refused);
  CHECK(refused.error().sentence() == "refused");
}

}  // namespace
