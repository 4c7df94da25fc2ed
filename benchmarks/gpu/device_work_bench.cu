// SPDX-License-Identifier: MIT
// What the device work of a layer costs, by the device's own clock.
//
//   device_work/<algorithm>/<experts>/<tokens>   8 random experts a token; time of one call on an otherwise idle stream.
//                                                device_us: that time; host_us: what the calling thread spends on giving it to the stream
//
// `fused` ones are CUB kernels, the others Thrust. Twenty calls stand between two events, because one is shorter than what events resolve.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <cuda_runtime.h>

#include <moesaic/cuda/distinct_experts.cuh>
#include <moesaic/cuda/expert_permutation.cuh>
#include <moesaic/cuda/resident_lookup.hpp>
#include <moesaic/cuda/utility_top.hpp>
#include <moesaic/cuda/window_forecast.hpp>

#include "device_bench.cuh"

namespace {
using namespace moesaic;
namespace mc = moesaic::cuda;
using device_bench::went;

constexpr std::uint32_t k = 8;
constexpr int calls = 20;

/// A stream, and memory that lives as long as one benchmark runs.
class bench {
 public:
  bench() : stream_(api_.make_stream(mc::stream_priority::urgent).value), where{api_, stream_} {}
  ~bench() {
    (void)api_.finish(stream_);
    for (std::byte* const one : held_) api_.device_free(one);
    api_.end_stream(stream_);
  }
  bench(const bench&) = delete;
  bench& operator=(const bench&) = delete;

  template <class T>
  std::span<T> room(std::size_t n) {
    const auto made = api_.device_allocate(bytes{std::max<std::size_t>(n, 1) * sizeof(T)});
    fine_ = fine_ && made.code.ok();
    if (!made.code.ok()) return {};
    held_.push_back(made.value);
    return {reinterpret_cast<T*>(made.value), n};
  }
  template <class T>
  std::span<T> put(const std::vector<T>& from) {
    const std::span<T> to = room<T>(from.size());
    if (fine_) fine_ = cudaMemcpy(to.data(), from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice) == cudaSuccess;
    return to;
  }

  /// Runs a benchmark's loop over a call that answers result<void>.
  template <class Call>
  void measure(benchmark::State& state, const Call& call) {
    if (!fine_) return state.SkipWithError("the device has no memory for this shape");
    const cudaStream_t stream = where.native();
    device_bench::stopwatch watch;
    device_bench::spread device_us, host_us;
    for (auto _ : state) {
      watch.start(stream);
      const auto began = std::chrono::steady_clock::now();
      for (int i = 0; i < calls; ++i)
        if (!went(state, call(where))) return;
      const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - began;
      watch.stop(stream);
      if (!went(state, cudaStreamSynchronize(stream))) return;
      const double seconds = watch.seconds() / calls;
      state.SetIterationTime(seconds);
      device_us.add(seconds * 1e6);
      host_us.add(spent.count() / calls);
    }
    device_us.report(state, "device_us");
    host_us.report(state, "host_us");
  }

 private:
  mc::runtime_api& api_ = device_bench::device();
  mc::stream_handle stream_;
  std::vector<std::byte*> held_{};
  bool fine_ = true;

 public:
  const mc::on_stream where;
};

struct shape {
  explicit shape(const benchmark::State& state) : experts(static_cast<std::uint32_t>(state.range(0))), tokens(static_cast<std::uint32_t>(state.range(1))) {}
  std::uint32_t experts;
  std::uint32_t tokens;
};

std::vector<std::int32_t> random_ids(const shape& of) {
  std::vector<std::int32_t> ids;
  std::uint64_t state = 1;
  for (std::uint32_t i = 0; i < of.tokens * k; ++i) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    ids.push_back(static_cast<std::int32_t>((state >> 33U) % of.experts));
  }
  return ids;
}

/// What the layer's router left on the device.
struct router_output {
  router_output(bench& here, const shape& of)
      : ids(here.put(random_ids(of))),
        weights(here.put(std::vector<float>(ids.size(), 0.125F))),
        all{of.tokens, k, ids, weights},
        wanted{here.room<demand>(std::min<std::size_t>(of.experts, ids.size())), here.room<std::uint32_t>(1).data()} {}
  std::span<std::int32_t> ids;
  std::span<float> weights;
  mc::routed<std::int32_t> all;
  mc::distinct_output wanted;
};

void distinct(benchmark::State& state) {
  bench here;
  const shape of(state);
  const router_output router(here, of);
  const auto workspace = here.room<std::byte>(mc::distinct_experts_workspace(of.experts));
  here.measure(state, [&](const mc::on_stream& where) { return mc::distinct_experts(where, router.all, of.experts, workspace, router.wanted); });
}
void fused_distinct(benchmark::State& state) {
  bench here;
  const shape of(state);
  const router_output router(here, of);
  const auto workspace = here.room<std::byte>(mc::fused::distinct_experts_workspace(of.tokens, k, of.experts));
  here.measure(state, [&](const mc::on_stream& where) { return mc::fused::distinct_experts(where, router.all, of.experts, workspace, router.wanted); });
}

mc::permutation_output groups_for(bench& here, const shape& of) {
  return {here.room<std::uint32_t>(of.experts + 1), here.room<std::uint32_t>(of.tokens * k), here.room<std::uint32_t>(of.tokens * k)};
}
void permutation(benchmark::State& state) {
  bench here;
  const shape of(state);
  const router_output router(here, of);
  const auto groups = groups_for(here, of);
  const auto workspace = here.room<std::byte>(mc::expert_permutation_workspace(of.tokens, k, of.experts));
  here.measure(state, [&](const mc::on_stream& where) { return mc::expert_permutation(where, router.all, of.experts, workspace, groups); });
}
void fused_permutation(benchmark::State& state) {
  bench here;
  const shape of(state);
  const router_output router(here, of);
  const auto groups = groups_for(here, of);
  const auto bytes = mc::fused::expert_permutation_workspace(here.where, of.tokens, k, of.experts);
  if (!went(state, bytes)) return;
  const auto workspace = here.room<std::byte>(*bytes);
  here.measure(state, [&](const mc::on_stream& where) { return mc::fused::expert_permutation(where, router.all, of.experts, workspace, groups); });
}

/// The tokens are the rows of one layer's window.
void window(benchmark::State& state) {
  bench here;
  const shape of(state);
  const router_output router(here, of);
  const mc::window_output out{here.room<mc::expected_expert>(mc::window_width(of.tokens, k, of.experts)), here.room<std::uint32_t>(1)};
  const auto workspace = here.room<std::byte>(mc::window_forecast_workspace(of.tokens, 1, k, of.experts));
  const mc::drafted_routes<std::int32_t> drafted{of.tokens, 1, k, router.ids, router.weights};
  here.measure(state, [&](const mc::on_stream& where) { return mc::window_forecast(where, drafted, of.experts, workspace, out); });
}

/// Demand, utilities, the best 8, and who is missing: what a layer's decision reads, one after the other.
void layer(benchmark::State& state) {
  bench here;
  const shape of(state);
  const router_output router(here, of);
  const auto workspace = here.room<std::byte>(mc::distinct_experts_workspace(of.experts));
  const auto worth = here.put(std::vector<utility>(of.experts));
  const auto best = here.room<expert_index>(k);
  const expert_space space(1, of.experts);
  const auto table = here.put(std::vector<std::uint64_t>(space.size(), mc::absent_slot));
  const mc::lookup_output found{here.room<std::uint64_t>(router.wanted.wanted.size()), here.room<expert_index>(router.wanted.wanted.size()),
                                here.room<std::uint32_t>(1).data()};
  here.measure(state, [&](const mc::on_stream& where) -> result<void> {
    if (const result<void> done = mc::distinct_experts(where, router.all, of.experts, workspace, router.wanted); !done) return done;
    if (const result<void> done = mc::utility_update(where, mc::hysteresis_of_tokens{}, router.wanted.wanted, router.wanted.count, worth); !done) return done;
    if (const result<void> done = mc::utility_top(where, worth, 1, best); !done) return done;
    return mc::resident_lookup(where, table, space, layer_index{}, router.wanted.wanted, router.wanted.count, found);
  });
}

void shapes(benchmark::internal::Benchmark* b) {
  b->ArgsProduct({{64, 128, 256, 512, 1'024}, {1, 8, 64, 512, 4'096}})->UseManualTime()->Unit(benchmark::kMicrosecond);
}
void windows(benchmark::internal::Benchmark* b) { b->ArgsProduct({{64, 128, 256, 512, 1'024}, {1, 8, 64}})->UseManualTime()->Unit(benchmark::kMicrosecond); }

BENCHMARK(distinct)->Name("device_work/distinct_experts")->Apply(shapes);
BENCHMARK(fused_distinct)->Name("device_work/fused_distinct_experts")->Apply(shapes);
BENCHMARK(permutation)->Name("device_work/expert_permutation")->Apply(shapes);
BENCHMARK(fused_permutation)->Name("device_work/fused_expert_permutation")->Apply(shapes);
BENCHMARK(window)->Name("device_work/window_forecast")->Apply(windows);
BENCHMARK(layer)->Name("device_work/whole_layer")->Apply(shapes);

}  // namespace
