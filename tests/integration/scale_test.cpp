// SPDX-License-Identifier: MIT
// What a decision costs as a model grows, counted in instructions so that no clock has a say: an event of 4 hits and 4 misses, from acquire to
// the end of the lease, with a quarter of each layer's experts in slots.
#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <moesaic/moesaic.hpp>
#include <moesaic/systems/adapmoe.hpp>
#include <moesaic/systems/moe_infinity.hpp>
#include <moesaic/systems/on_demand.hpp>
#include <moesaic/systems/prefetching.hpp>

#include "support/instructions.hpp"
#include "support/splitmix.hpp"

using namespace moesaic;
using moesaic_test::instructions_of;
using moesaic_test::splitmix;

namespace {

struct scale {
  std::uint32_t layers, experts;
  std::uint32_t wanted = 8;  ///< of an event, half of them resident
};

template <class Eviction, class Groups = group_per_layer>
struct plain_bundle {
  Groups groups{};
  scoring::recency scoring{};
  Eviction eviction{};
  admission::forced admission{};
  prediction::previous_step prediction{};
  prefetch::none prefetch{};
  placement::fetch placement{};
};

/// A residency whose events are chosen by what it holds, so that each has as many misses as the next, whatever the policy.
template <class Bundle>
class grown_model {
 public:
  explicit grown_model(scale of)
      : of_(of),
        core_(*residency<transports::instant<>, Bundle>::create(*model_shape::uniform(of.layers, of.experts, of.wanted, {1}), transports::instant<>(256), {},
                                                                {.budget = {{std::uint64_t{of.layers} * (of.experts / 4) + 2}, 2}})) {
    wanted_.reserve(of.wanted);
  }

  /// One event of each layer, `counted` of them (the first ones) between marks.
  void step(std::uint32_t counted) {
    for (std::uint32_t l = 0; l < of_.layers; ++l) {
      choose(static_cast<layer_index>(l));
      const layer_event event{
          .step = {step_}, .first_token = {step_}, .layer = static_cast<layer_index>(l), .during = phase::decode, .tokens = 1, .wanted = wanted_, .routes = {}};
      if (l < counted) moesaic_test::mark();
      serve(event);
      if (l < counted) moesaic_test::mark();
    }
    if (counted > of_.layers) moesaic_test::mark();  // the step's end, too
    core_.end_step({.step = {step_}, .committed = {1}});
    core_.pump();
    if (counted > of_.layers) moesaic_test::mark();
    ++step_;
  }

 private:
  void serve(const layer_event& event) {
    auto held = core_.acquire(event);
    for (;;) {
      const auto next = held->next();
      if (!next || !*next) break;
      held->release(**next);
    }
  }
  void choose(layer_index layer) {
    std::uint32_t hits = 0, misses = 0;
    wanted_.clear();
    chosen_.assign(of_.experts, 0);
    for (std::uint32_t tried = 0; hits + misses < of_.wanted && tried < 64 * of_.experts; ++tried) {
      const std::uint32_t e = random_.below(of_.experts);
      const bool absent = core_.view().absent(make_expert(number(layer), e));
      std::uint32_t& kind = absent ? misses : hits;
      if (chosen_[e] != 0 || kind == of_.wanted / 2) continue;
      ++kind;
      chosen_[e] = 1;
    }
    for (std::uint32_t e = 0; e < of_.experts; ++e)
      if (chosen_[e] != 0) wanted_.push_back({static_cast<expert_index>(e), 1, {}});
  }
  scale of_;
  residency<transports::instant<>, Bundle> core_;
  splitmix random_{7};
  std::vector<demand> wanted_;
  std::vector<std::uint8_t> chosen_;
  std::uint64_t step_ = 0;
};

/// Instructions of an event, the mean over some of one step after `warm` others.
template <class Bundle>
std::optional<double> cost(scale of) {
  constexpr std::uint32_t counted = 2;  // a microsecond for each instruction
  const auto all = instructions_of([of] {
    grown_model<Bundle> model(of);
    const std::uint32_t until_full = of.experts / 4 / (of.wanted / 2);
    for (std::uint32_t i = 0; i < 3 * until_full + 8; ++i) model.step(0);
    model.step(counted);
  });
  if (!all) return std::nullopt;
  return static_cast<double>(*all) / counted;
}

/// Instructions of a whole step with its end, for each of its events.
template <class Bundle>
std::optional<double> cost_in_step(scale of) {
  const auto all = instructions_of([of] {
    grown_model<Bundle> model(of);
    for (std::uint32_t i = 0; i < 24; ++i) model.step(0);
    model.step(of.layers + 1);
  });
  if (!all) return std::nullopt;
  return static_cast<double>(*all) / of.layers;
}

/// What a policy may look at for a victim.
enum class looks_at { few, candidates };

template <class Bundle>
void grows_no_faster(const std::string& name, looks_at what) {
  constexpr bool one_pool = std::same_as<decltype(Bundle::groups), one_group>;
  CAPTURE(name);
  const auto small = cost<Bundle>({12, 64}), wide = cost<Bundle>({12, 1'024}), deep = cost<Bundle>({96, 64});
  if (!small || !wide || !deep) {
    MESSAGE("skipped: instructions cannot be counted here");
    return;
  }
  MESSAGE(name, ": ", *small, " instructions with 64 experts in 12 layers, ", *wide, " with 1024, ", *deep, " with 96 layers");
  REQUIRE(*small > 500);
  // 16 times the experts: 16 times the candidates, and an event as large as before.
  CHECK(*wide < *small * (what == looks_at::few ? 1.25 : 16));
  // 8 times the layers: as many candidates as before, unless all layers share one pool.
  CHECK(*deep < *small * (one_pool && what == looks_at::candidates ? 8 : 1.1));
}

}  // namespace

TEST_CASE("instructions are counted, and only between marks") {
  const auto loop = [](std::uint32_t rounds) {
    return instructions_of([rounds] {
      volatile std::uint32_t sum = 0;
      for (std::uint32_t i = 0; i < 1'000; ++i) sum = sum + i;
      moesaic_test::mark();
      for (std::uint32_t i = 0; i < rounds; ++i) sum = sum + i;
      moesaic_test::mark();
    });
  };
  const auto few = loop(100), many = loop(1'100), again = loop(1'100);
  if (!few) {
    MESSAGE("skipped: instructions cannot be counted here");
    return;
  }
  CHECK(*many == *again);
  CHECK(*many - *few >= 3'000);
  CHECK(*many - *few <= 30'000);
}

TEST_CASE("policies that keep an order: a victim among 1024 experts costs what it costs among 64") {
  grows_no_faster<plain_bundle<eviction::lru>>("lru", looks_at::few);
  grows_no_faster<plain_bundle<eviction::fifo>>("fifo", looks_at::few);
  grows_no_faster<plain_bundle<eviction::class_lru>>("class_lru", looks_at::few);
  grows_no_faster<plain_bundle<eviction::arc>>("arc", looks_at::few);
  grows_no_faster<plain_bundle<eviction::sieve>>("sieve", looks_at::few);
  grows_no_faster<plain_bundle<eviction::s3_fifo>>("s3_fifo", looks_at::few);
  grows_no_faster<plain_bundle<eviction::never>>("never", looks_at::few);
  grows_no_faster<plain_bundle<eviction::lru, one_group>>("lru, one pool", looks_at::few);
}

TEST_CASE("policies that look at all who may leave: no more than proportional to those") {
  grows_no_faster<plain_bundle<eviction::lfu>>("lfu", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::lfu_in_cache>>("lfu_in_cache", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::lrfu>>("lrfu", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::random>>("random", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::gdsf>>("gdsf", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::successor>>("successor", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::least_useful>>("least_useful", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::below_threshold>>("below_threshold", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::forecast>>("forecast", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::look_ahead>>("look_ahead", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::farthest_use>>("farthest_use", looks_at::candidates);
  grows_no_faster<plain_bundle<eviction::protected_lru>>("protected_lru", looks_at::candidates);
}

TEST_CASE("whole systems: predicting and prefetching grow no faster than a layer either") {
  grows_no_faster<systems::on_demand>("on_demand", looks_at::candidates);
  grows_no_faster<systems::prefetching>("prefetching", looks_at::candidates);
  grows_no_faster<systems::moe_infinity>("moe_infinity", looks_at::candidates);
  grows_no_faster<systems::adapmoe>("adapmoe", looks_at::candidates);
}

TEST_CASE("an event's cost is proportional to its set") {
  const auto eight = cost<plain_bundle<eviction::lru>>({12, 1'024, 8}), all = cost<plain_bundle<eviction::lru>>({12, 1'024, 128});
  if (!eight || !all) {
    MESSAGE("skipped: instructions cannot be counted here");
    return;
  }
  MESSAGE("lru: ", *eight, " instructions for 8 wanted experts, ", *all, " for 128");
  CHECK(*all < *eight * 16);
}

TEST_CASE("a step with its end: each event costs the same in 12 layers and in 96") {
  const auto shallow = cost_in_step<systems::prefetching>({12, 16}), deep = cost_in_step<systems::prefetching>({96, 16});
  if (!shallow || !deep) {
    MESSAGE("skipped: instructions cannot be counted here");
    return;
  }
  MESSAGE("prefetching: ", *shallow, " instructions for each event in 12 layers, ", *deep, " in 96");
  CHECK(*deep < *shallow * 1.1);
}
