// SPDX-License-Identifier: MIT
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/moesaic.hpp>

/// A bundle of one eviction policy and nothing else that costs. `Case` only tells bundles apart: two users of one residency type
/// share its functions, and g++ inlines what has one caller; that alone is worth 100 ns an event.
template <class Eviction, class Groups = moesaic::one_group, int Case = 0>
struct bench_bundle {
  Groups groups{};
  moesaic::scoring::none scoring{};
  Eviction eviction{};
  moesaic::admission::forced admission{};
  moesaic::prediction::none prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::fetch placement{};
};

/// A bundle for policies that read scores and forecasts: the cheapest that has both.
template <class Eviction, class Groups = moesaic::one_group>
struct knowing_bundle {
  Groups groups{};
  moesaic::scoring::recency scoring{};
  Eviction eviction{};
  moesaic::admission::forced admission{};
  moesaic::prediction::previous_step prediction{};
  moesaic::prefetch::none prefetch{};
  moesaic::placement::fetch placement{};
};

inline constexpr std::uint64_t bench_expert_bytes = 1000;

/// A cycle of events that are told again and again: equally many wanted experts each.
class event_cycle {
 public:
  /// `wants` hold the events one after the other, each ascending.
  event_cycle(std::vector<moesaic::demand> wants, std::uint32_t each) : wants_(std::move(wants)), each_(each) {}

  /// Half of an event stays, the other half is of a rotation that, with `misses`, is one longer than the slots hold: an LRU misses it all.
  static event_cycle rotating(std::uint32_t wanted, std::uint32_t slots, bool misses) {
    std::vector<moesaic::demand> wants;
    const std::uint32_t half = wanted / 2, all = misses ? (slots / half + 1) * half : half;
    for (std::uint32_t from = 0; from < all; from += half)
      for (std::uint32_t i = 0; i < wanted; ++i) wants.push_back({static_cast<moesaic::expert_index>(i < half ? i : i + from), 1, {}});
    return {std::move(wants), wanted};
  }
  /// As routing is: half of the picks fall on an eighth of the experts, the others anywhere. The same share of slots then misses
  /// about equally often in a layer of 64 experts and in one of 1,024.
  static event_cycle skewed(std::uint32_t wanted, std::uint32_t experts, std::uint32_t events) {
    std::vector<moesaic::demand> wants;
    std::uint64_t state = 1;
    const auto below = [&](std::uint32_t n) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      return static_cast<std::uint32_t>((state >> 33U) % n);
    };
    std::vector<std::uint32_t> chosen;
    for (std::uint32_t i = 0; i < events; ++i) {
      chosen.clear();
      while (chosen.size() < wanted) {
        const std::uint32_t e = below(below(2) == 0 ? std::max(experts / 8, wanted) : experts);
        if (std::find(chosen.begin(), chosen.end(), e) == chosen.end()) chosen.push_back(e);
      }
      std::sort(chosen.begin(), chosen.end());
      for (const std::uint32_t e : chosen) wants.push_back({static_cast<moesaic::expert_index>(e), 1, {}});
    }
    return {std::move(wants), wanted};
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const moesaic::demand> operator[](std::size_t i) const noexcept { return std::span(wants_).subspan(i * each_, each_); }
  /// The next event of a model with so many layers; one layer stands for a model of 32. No division: it would be measured.
  [[nodiscard]] const moesaic::layer_event& next(std::uint32_t layers) noexcept {
    if (++at_ == size_) at_ = 0;
    event_.wanted = (*this)[at_];
    if (++asked_ >= (layers == 1 ? 32 : layers)) {
      asked_ = 0;
      ++event_.step.count;
      ++event_.first_token.count;
    }
    event_.layer = static_cast<moesaic::layer_index>(layers == 1 ? 0 : asked_);
    return event_;
  }

 private:
  std::vector<moesaic::demand> wants_;
  std::uint32_t each_;
  std::size_t size_ = wants_.size() / each_;
  std::size_t at_ = 0;
  std::uint32_t asked_ = 0;
  moesaic::layer_event event_{};
};

/// One event as an engine has it: acquire, take every seat, give it back, end.
template <class Residency>
void serve(Residency& core, const moesaic::layer_event& event) {
  auto held = core.acquire(event);
  for (;;) {
    const auto next = held->next();
    if (!*next) break;
    benchmark::DoNotOptimize((**next).entry);
    held->release(**next);
  }
}

/// Serves a cycle three times until its cache is in its usual state, then measures. `count()` answers {events, misses, evictions} so far.
template <class Serve, class Count>
void measure_events(benchmark::State& state, std::uint64_t cycle, Serve serve_next, Count count) {
  for (std::uint64_t i = 0; i < 3 * cycle; ++i) serve_next();
  const std::array<std::uint64_t, 3> before = count();
  for (auto _ : state) serve_next();
  const std::array<std::uint64_t, 3> after = count();
  const auto events = static_cast<double>(after[0] - before[0]);
  state.counters["misses_per_event"] = static_cast<double>(after[1] - before[1]) / events;
  state.counters["evictions_per_event"] = static_cast<double>(after[2] - before[2]) / events;
}

/// Events on a residency core with a link that costs nothing.
template <class Bundle>
void residency_events(benchmark::State& state, const moesaic::model_shape& shape, std::uint32_t slots, event_cycle cycle, Bundle policies = {},
                      moesaic::published<moesaic::counters>* published = nullptr) {
  using namespace moesaic;
  auto made =
      residency<transports::instant<>, Bundle>::create(shape, transports::instant<>(16), std::move(policies),
                                                       {.budget = {{(slots + std::uint64_t{2}) * bench_expert_bytes}, 2}, .published_counters = published});
  if (!made) return state.SkipWithError(std::string(made.error().sentence()).c_str());
  measure_events(
      state, cycle.size() * shape.layers(), [&, layers = shape.layers()] { serve(*made, cycle.next(layers)); },
      [&]() -> std::array<std::uint64_t, 3> { return {made->count().events, made->count().misses, made->count().evictions}; });
}
