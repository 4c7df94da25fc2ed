// SPDX-License-Identifier: MIT
// What policies ask on the way to a decision: forecasts and rooflines.
//
//   forecast/<query>/<layers>/<experts>   8 experts of a layer expected by each of 4 drafted rows, as a drafter with routes tells them
//   roofline/<formula>
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/forecast.hpp>
#include <moesaic/core/roofline.hpp>

using namespace moesaic;

namespace {

constexpr std::uint32_t rows = 4;
constexpr std::uint32_t each_row = 8;

/// A layer's forecast, told row by row; rows share half of their experts with the row before.
void tell(forecast& all, layer_index layer, std::uint32_t experts) {
  for (std::uint32_t r = 0; r < rows; ++r)
    for (std::uint32_t i = 0; i < each_row; ++i)
      all.expect(layer, static_cast<expert_index>((number(layer) * 13 + (r * each_row / 2 + i) * 5) % experts), {r}, utility{static_cast<std::int64_t>(i)});
}

struct told_forecast {
  explicit told_forecast(const benchmark::State& state)
      : layers(static_cast<std::uint32_t>(state.range(0))),
        experts(static_cast<std::uint32_t>(state.range(1))),
        all(expert_space(layers, experts), layers, experts) {
    for (std::uint32_t l = 0; l < layers; ++l) tell(all, static_cast<layer_index>(l), experts);
  }
  /// The layers one after the other, as a step asks about them.
  layer_index next() noexcept {
    if (++at == layers) at = 0;
    return static_cast<layer_index>(at);
  }
  std::uint32_t layers, experts, at = 0;
  forecast all;
};

void retell(benchmark::State& state) {
  told_forecast told(state);
  for (auto _ : state) {
    const layer_index layer = told.next();
    told.all.forget(layer);
    tell(told.all, layer, told.experts);
  }
}
void top(benchmark::State& state) {
  told_forecast told(state);
  std::array<expert_index, each_row> best{};
  for (auto _ : state) benchmark::DoNotOptimize(told.all.top(told.next(), best).data());
}
void distinct(benchmark::State& state) {
  told_forecast told(state);
  for (auto _ : state) benchmark::DoNotOptimize(told.all.distinct(told.next(), {2}));
}
void place(benchmark::State& state) {
  told_forecast told(state);
  for (auto _ : state) {
    const layer_index layer = told.next();
    benchmark::DoNotOptimize(told.all.place({layer, told.all.expected(layer).back(), {}}));
  }
}
/// A cut draft concerns all layers: this is a whole model's.
void keep_rows(benchmark::State& state) {
  told_forecast told(state);
  for (auto _ : state) told.all.keep_rows({rows});
}

void shortest(benchmark::State& state) {
  roofline machine{{1e12}, {1e9}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(machine);
    benchmark::DoNotOptimize(machine.shortest({1e9}, {1'000'000}));
  }
}
void committed(benchmark::State& state) {
  double accepted = 0.8;
  for (auto _ : state) {
    benchmark::DoNotOptimize(accepted);
    benchmark::DoNotOptimize(expected_committed(accepted, {8}));
  }
}
void independent(benchmark::State& state) {
  double experts = 128;
  for (auto _ : state) {
    benchmark::DoNotOptimize(experts);
    benchmark::DoNotOptimize(independent_union(experts, 8, 8));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto sized = [](const char* name, auto* query) { benchmark::RegisterBenchmark(name, query)->Args({12, 64})->Args({12, 1'024})->Args({96, 1'024}); };
  sized("forecast/retell", retell);
  sized("forecast/top", top);
  sized("forecast/distinct", distinct);
  sized("forecast/place", place);
  sized("forecast/keep_rows", keep_rows);
  benchmark::RegisterBenchmark("roofline/shortest", shortest);
  benchmark::RegisterBenchmark("roofline/expected_committed", committed);
  benchmark::RegisterBenchmark("roofline/independent_union", independent);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
