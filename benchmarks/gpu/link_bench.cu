// SPDX-License-Identifier: MIT
// The link from pinned host memory to the device, through stream_transport and by plain cudaMemcpyAsync.
//
//   bandwidth/<KiB>/<parts>   experts of that size, back to back. plain, demand and prefetch in bytes/s; share: demand of plain, which should
//                             be 0.95 or more from 4 MB on; prefetch_share: the same of what is brought ahead, in chunks. 3 parts are
//                             gate, up and down; 96 are so small that the transport sends them in batches
//   demand_behind_prefetch/<KiB>   a demand while experts of 256 MB are brought ahead: microseconds until it is there, alone and behind them
//   overlap/<KiB>             the same experts beside a kernel that takes as long as they do. hidden: the part of the copies' time that the
//                             whole did not take longer for, which should be 0.95 or more
//
// The arms of one benchmark take turns in one run; each number is the middle of them, with its first and last tenth.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/cuda/device_memory.hpp>
#include <moesaic/cuda/handles.hpp>
#include <moesaic/cuda/pinned_memory.hpp>
#include <moesaic/cuda/stream_transport.hpp>
#include <moesaic/transport/memory_copy.hpp>

#include "device_bench.cuh"

namespace {

namespace mc = moesaic::cuda;
using device_bench::went;
using link_type = mc::stream_transport<mc::runtime_api, moesaic::transports::memory_source>;

/// Keeps one multiprocessor busy, and no memory, for so many of the device's nanoseconds.
__global__ void busy(std::uint64_t nanoseconds) {
  std::uint64_t begun = 0, now = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begun));
  do asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (now - begun < nanoseconds);
}

/// Experts of one size in pinned memory, rooms for them on the device, and the transport between.
class experts {
 public:
  static moesaic::result<experts> make(std::uint64_t size, std::uint32_t parts) {
    mc::runtime_api& api = device_bench::device();
    const auto count = static_cast<std::uint32_t>(std::clamp<std::uint64_t>((std::uint64_t{256} << 20U) / size, 4, 64));
    auto pinned = mc::pinned_memory<mc::runtime_api>::create(api, {size * count}, "for experts");
    if (!pinned) return pinned.error();
    auto rooms = mc::device_memory<mc::runtime_api>::create(api, {size * count});
    if (!rooms) return rooms.error();
    auto stream = mc::owned_stream<mc::runtime_api>::make(api, mc::stream_priority::urgent);
    if (!stream) return stream.error();
    moesaic::transports::memory_source source(moesaic::expert_space(1, count));
    const std::uint64_t piece = size / parts;
    for (std::uint32_t e = 0; e < count; ++e)
      for (std::uint32_t p = 0; p < parts; ++p) {
        const std::uint64_t at = p * piece, length = p + 1 == parts ? size - at : piece;
        source.add(moesaic::make_expert(0, e), {.from = pinned->memory().data() + e * size + at, .size = {length}, .offset_in_slot = at});
      }
    auto link = link_type::create(api, nullptr, std::move(source), {.capacity = count});
    if (!link) return link.error();
    return experts(std::move(*pinned), std::move(*rooms), std::move(*stream), std::move(*link), size, count);
  }
  [[nodiscard]] cudaStream_t stream() const { return mc::runtime_api::native(stream_.get()); }
  [[nodiscard]] double bytes() const { return static_cast<double>(size_) * count_; }

  /// All of them by the runtime alone, on the stream.
  cudaError_t plain() {
    for (std::uint32_t e = 0; e < count_; ++e)
      if (const cudaError_t code =
              cudaMemcpyAsync(rooms_.memory().data() + e * size_, pinned_.memory().data() + e * size_, size_, cudaMemcpyHostToDevice, stream());
          code != cudaSuccess)
        return code;
    return cudaSuccess;
  }
  /// All of them by the transport; the stream waits for each. Prefetches go chunk by chunk, and the host keeps them going.
  moesaic::result<void> by_transport(moesaic::cause why = moesaic::cause::demand) {
    const std::uint64_t first = last_ + 1;
    for (std::uint32_t e = 0; e < count_; ++e) submit(e, why);
    if (why == moesaic::cause::prefetch) return settle();  // asked one by one they would be given whole
    for (std::uint64_t t = first; t <= last_; ++t)
      if (auto told = link_.arrives_on({t}, stream_.get()); !told) return told;
    return {};
  }
  /// One of them; the stream does not wait.
  moesaic::ticket submit(std::uint32_t e, moesaic::cause why) {
    link_.submit({{++last_}, moesaic::make_expert(0, e), rooms_.memory().data() + e * size_, {size_}, why, {}});
    return {last_};
  }
  moesaic::result<void> stream_waits_for(moesaic::ticket which) { return link_.arrives_on(which, stream_.get()); }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  /// Takes in the completions, so that the transport is empty again.
  moesaic::result<void> settle() {
    std::array<moesaic::completion, 16> some;
    while (const std::uint32_t n = link_.wait(some))
      for (std::uint32_t i = 0; i < n; ++i)
        if (some[i].status != moesaic::transfer_status::arrived)
          return link_.explain(moesaic::make_expert(0, 0), some[i]).value_or(moesaic::error(moesaic::error_code::transfer_failed, "an expert did not arrive"));
    return {};
  }

 private:
  experts(mc::pinned_memory<mc::runtime_api>&& pinned, mc::device_memory<mc::runtime_api>&& rooms, mc::owned_stream<mc::runtime_api>&& stream, link_type&& link,
          std::uint64_t size, std::uint32_t count)
      : pinned_(std::move(pinned)), rooms_(std::move(rooms)), stream_(std::move(stream)), link_(std::move(link)), size_(size), count_(count) {}

  mc::pinned_memory<mc::runtime_api> pinned_;
  mc::device_memory<mc::runtime_api> rooms_;
  mc::owned_stream<mc::runtime_api> stream_;
  link_type link_;
  std::uint64_t size_;
  std::uint32_t count_;
  std::uint64_t last_ = 0;
};

void bandwidth(benchmark::State& state) {
  auto all = experts::make(static_cast<std::uint64_t>(state.range(0)) << 10U, static_cast<std::uint32_t>(state.range(1)));
  if (!went(state, all)) return;
  device_bench::stopwatch watch;
  device_bench::spread plain, demand, prefetch, share, prefetch_share;
  for (auto _ : state) {
    watch.start(all->stream());
    if (!went(state, all->plain())) return;
    watch.stop(all->stream());
    const double by_itself = watch.seconds();
    watch.start(all->stream());
    if (!went(state, all->by_transport())) return;
    watch.stop(all->stream());
    const double seconds = watch.seconds();
    if (!went(state, all->settle())) return;
    watch.start(all->stream());
    if (!went(state, all->by_transport(moesaic::cause::prefetch))) return;  // all have arrived when it comes back
    watch.stop(all->stream());
    const double ahead = watch.seconds();
    if (!went(state, watch.failed())) return;
    plain.add(all->bytes() / by_itself);
    demand.add(all->bytes() / seconds);
    prefetch.add(all->bytes() / ahead);
    share.add(by_itself / seconds);
    prefetch_share.add(by_itself / ahead);
    state.SetIterationTime(seconds);
  }
  plain.report(state, "plain");
  demand.report(state, "demand");
  prefetch.report(state, "prefetch");
  share.report(state, "share");
  prefetch_share.report(state, "prefetch_share");
}
BENCHMARK(bandwidth)
    ->ArgNames({"KiB", "parts"})
    ->ArgsProduct({{1 << 10, 2 << 10, 4 << 10, 10 << 10, 40 << 10, 100 << 10, 350 << 10}, {1, 3, 96}})
    ->Iterations(30)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

void demand_behind_prefetch(benchmark::State& state) {
  auto all = experts::make(static_cast<std::uint64_t>(state.range(0)) << 10U, 3);
  if (!went(state, all)) return;
  device_bench::stopwatch watch;
  device_bench::spread alone, behind;
  const auto demanded = [&] {  // when it is there, in microseconds
    watch.start(all->stream());
    const moesaic::ticket one = all->submit(0, moesaic::cause::demand);
    if (!went(state, all->stream_waits_for(one))) return -1.0;
    watch.stop(all->stream());
    return watch.seconds() * 1e6;
  };
  for (auto _ : state) {
    const double by_itself = demanded();
    if (by_itself < 0 || !went(state, all->settle())) return;
    for (std::uint32_t e = 1; e < all->count(); ++e) (void)all->submit(e, moesaic::cause::prefetch);
    const double later = demanded();
    if (later < 0 || !went(state, all->settle()) || !went(state, watch.failed())) return;
    alone.add(by_itself);
    behind.add(later);
    state.SetIterationTime(later / 1e6);
  }
  alone.report(state, "alone_us");
  behind.report(state, "behind_us");
}
BENCHMARK(demand_behind_prefetch)
    ->ArgNames({"KiB"})
    ->ArgsProduct({{1 << 10, 4 << 10, 20 << 10}})
    ->Iterations(30)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

void overlap(benchmark::State& state) {
  auto all = experts::make(static_cast<std::uint64_t>(state.range(0)) << 10U, 3);
  if (!went(state, all)) return;
  auto compute = mc::owned_stream<mc::runtime_api>::make(device_bench::device(), mc::stream_priority::urgent);
  if (!went(state, compute)) return;
  const cudaStream_t kernels = mc::runtime_api::native(compute->get());
  device_bench::stopwatch watch;
  device_bench::spread hidden, share;
  for (auto _ : state) {
    watch.start(all->stream());
    if (!went(state, all->by_transport())) return;
    watch.stop(all->stream());
    const double copies = watch.seconds();
    if (!went(state, all->settle())) return;

    const auto as_long = static_cast<std::uint64_t>(copies * 1e9);
    watch.start(kernels);
    busy<<<1, 1, 0, kernels>>>(as_long);
    if (!went(state, cudaGetLastError())) return;
    watch.stop(kernels);
    const double kernel = watch.seconds();

    watch.start(kernels);
    busy<<<1, 1, 0, kernels>>>(as_long);
    if (!went(state, cudaGetLastError()) || !went(state, all->by_transport())) return;
    device_bench::stopwatch arrived;
    arrived.stop(all->stream());
    if (!went(state, cudaStreamWaitEvent(kernels, arrived.ended(), 0))) return;
    watch.stop(kernels);
    const double both = watch.seconds();
    if (!went(state, all->settle()) || !went(state, watch.failed())) return;
    hidden.add((copies + kernel - both) / copies);
    share.add(std::max(copies, kernel) / both);
    state.SetIterationTime(both);
  }
  hidden.report(state, "hidden");
  share.report(state, "of_the_longer");
}
BENCHMARK(overlap)->ArgNames({"KiB"})->ArgsProduct({{1 << 10, 4 << 10, 40 << 10, 350 << 10}})->Iterations(30)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
