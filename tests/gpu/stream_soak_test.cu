// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/cuda/runtime_api.hpp>

#include "cuda/stream_soak.hpp"
#include "support/device_bench.cuh"

namespace {
using namespace moesaic_test;
namespace mc = moesaic::cuda;

struct tally {
  unsigned long long kernels, wrong_bytes, wrong_map;
};
/// An expert's room as it has to look: bytes, and which of them are the expert's.
struct image {
  const std::uint8_t* bytes = nullptr;
  const std::uint8_t* counts = nullptr;
  std::uint64_t size = 0;
};

/// One block. It looks, lets time pass, and looks again: a copy that does not wait for it is seen too.
__global__ void look_at(image right, const std::uint8_t* at, const std::uint64_t* in_map, std::uint64_t offset, long long cycles, tally* all) {
  bool bad = false;
  for (int turn = 0; turn < 2; ++turn) {
    for (std::uint64_t i = threadIdx.x; i < right.size; i += blockDim.x)
      bad = bad || (right.counts[i] != 0 && static_cast<const volatile std::uint8_t*>(at)[i] != right.bytes[i]);
    if (turn == 0)
      for (const long long begin = clock64(); clock64() - begin < cycles;) {}
  }
  const bool any = __syncthreads_or(bad ? 1 : 0) != 0;
  if (threadIdx.x != 0) return;
  atomicAdd(&all->kernels, 1ULL);
  if (any) atomicAdd(&all->wrong_bytes, 1ULL);
  if (*static_cast<const volatile std::uint64_t*>(in_map) != offset) atomicAdd(&all->wrong_map, 1ULL);
}
/// A copy behind this one is late.
__global__ void dawdle(long long cycles) {
  for (const long long begin = clock64(); clock64() - begin < cycles;) {}
}

/// The runtime with what a soak asks beside it. Like the double it may forget to let streams wait.
class device : public mc::runtime_api {
 public:
  using what = forgetful::what;
  device(const mc::runtime_api& api, what forgets) : mc::runtime_api(api), forgets_(forgets) {
    REQUIRE(cudaMalloc(&tally_, sizeof(tally)) == cudaSuccess);
    REQUIRE(cudaMemset(tally_, 0, sizeof(tally)) == cudaSuccess);
    run_all();
  }
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  ~device() {
    run_all();
    for (void* const one : images_memory_) (void)cudaFree(one);
    for (void* const one : host_memory_) (void)cudaFreeHost(one);
    (void)cudaFree(tally_);
  }

  mc::answered<std::byte*> device_allocate(bytes size) noexcept { return taken(mc::runtime_api::device_allocate(size), size, device_); }
  void device_free(std::byte* memory) noexcept {
    device_.erase(memory);
    mc::runtime_api::device_free(memory);
  }
  mc::answered<std::byte*> pinned_allocate(bytes size) noexcept { return taken(mc::runtime_api::pinned_allocate(size), size, pinned_); }
  void pinned_free(std::byte* memory) noexcept {
    pinned_.erase(memory);
    mc::runtime_api::pinned_free(memory);
  }
  mc::api_code wait(mc::stream_handle stream, mc::event_handle event) noexcept {
    if (forgets_ == (is_engine(stream) ? what::arrivals : what::last_uses)) return {};
    return mc::runtime_api::wait(stream, event);
  }
  mc::api_code copy(const mc::copy_piece& piece, mc::stream_handle stream) noexcept {
    delay(stream);
    return mc::runtime_api::copy(piece, stream);
  }
  mc::api_code copy_batch(std::span<const mc::copy_piece> pieces, mc::stream_handle stream) noexcept {
    delay(stream);
    return mc::runtime_api::copy_batch(pieces, stream);
  }

  /// The model in pinned memory, and its rooms' images on the device.
  transports::memory_source source_of(const host_experts& far) {
    const transports::memory_source plain = far.source();
    transports::memory_source pinned(far.space());
    for (const expert_id e : far.ids()) {
      const std::size_t room = plain.room(e).count;
      std::vector<std::uint8_t> both(2 * room);
      std::byte* own = nullptr;
      REQUIRE(cudaHostAlloc(&own, room, cudaHostAllocPortable) == cudaSuccess);
      host_memory_.push_back(own);
      for (const transports::memory_part& p : plain.parts(e)) {
        std::memcpy(own + p.offset_in_slot, p.from, p.size.count);
        std::memcpy(both.data() + p.offset_in_slot, p.from, p.size.count);
        std::fill_n(both.begin() + static_cast<std::ptrdiff_t>(room + p.offset_in_slot), p.size.count, std::uint8_t{1});
        pinned.add(e, {own + p.offset_in_slot, p.size, p.offset_in_slot});
      }
      std::uint8_t* there = nullptr;
      REQUIRE(cudaMalloc(&there, both.size()) == cudaSuccess);
      images_memory_.push_back(there);
      REQUIRE(cudaMemcpy(there, both.data(), both.size(), cudaMemcpyHostToDevice) == cudaSuccess);
      images_[far.space().flat(e)] = {there, there + room, room};
    }
    run_all();
    return pinned;
  }
  void look(mc::stream_handle stream, const soak_look& seen, const host_experts& far, soak_report&) {
    look_at<<<1, 256, 0, native(stream)>>>(images_.at(far.space().flat(seen.who)), reinterpret_cast<const std::uint8_t*>(seen.at), seen.in_map, seen.offset,
                                           a_while, tally_);
    const bool launched = cudaGetLastError() == cudaSuccess;
    CHECK(launched);
  }
  void run(std::uint32_t) {}  // time passes by itself
  void run_all() {
    const bool done = cudaDeviceSynchronize() == cudaSuccess;
    CHECK(done);
  }
  [[nodiscard]] bool idle() const {
    return std::all_of(engine_streams.begin(), engine_streams.end(), [](mc::stream_handle s) { return cudaStreamQuery(native(s)) == cudaSuccess; });
  }
  [[nodiscard]] std::uint64_t device_bytes() const { return held(device_); }
  [[nodiscard]] std::uint64_t pinned_bytes() const { return held(pinned_); }
  [[nodiscard]] std::uint64_t pinned_peak() const { return pinned_peak_; }
  [[nodiscard]] tally counted() {
    tally back{};
    REQUIRE(cudaMemcpy(&back, tally_, sizeof(back), cudaMemcpyDeviceToHost) == cudaSuccess);
    return back;
  }
  std::vector<mc::stream_handle> engine_streams;

 private:
  static constexpr long long a_while = 200'000;  ///< cycles, 0.1 ms: decisions are faster
  using memories = std::map<std::byte*, std::uint64_t>;
  mc::answered<std::byte*> taken(mc::answered<std::byte*> got, bytes size, memories& of_kind) {
    if (got.code.ok()) of_kind.emplace(got.value, size.count);
    pinned_peak_ = std::max(pinned_peak_, held(pinned_));
    return got;
  }
  static std::uint64_t held(const memories& all) {
    std::uint64_t sum = 0;
    for (const auto& one : all) sum += one.second;
    return sum;
  }
  [[nodiscard]] bool is_engine(mc::stream_handle stream) const {
    return std::find(engine_streams.begin(), engine_streams.end(), stream) != engine_streams.end();
  }
  /// Who forgets arrivals reads before them for certain.
  void delay(mc::stream_handle stream) {
    if (forgets_ != what::arrivals || is_engine(stream)) return;
    dawdle<<<1, 1, 0, native(stream)>>>(10 * a_while);
    (void)cudaGetLastError();
  }

  what forgets_;
  tally* tally_ = nullptr;
  memories device_, pinned_;
  std::uint64_t pinned_peak_ = 0;
  std::map<std::uint32_t, image> images_;
  std::vector<void*> images_memory_, host_memory_;
};

/// Runs of a hundred events, half of them through staging, some with reads that fail. Nothing where there is no device.
std::optional<soak_report> run_on_device(std::uint64_t runs, device::what forgets = device::what::nothing) {
  const auto bench = device_bench::open();
  if (!bench) return std::nullopt;
  soak_report all;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    CAPTURE(seed);
    const soak_plan plan{
        .seed = seed, .events = 100, .by_staging = seed % 4 >= 2, .bad_copies = seed % 3 == 0 ? 40U : 0U, .scale = seed % 2 == 0 ? 4'096U : 64U};
    const std::uint64_t refused = all.refused_calls;
    device api(bench->where.api, forgets);
    const bool ran = seed % 3 == 0 ? soak<device, soak_bundle<admission::forced, eviction::random>>(api, plan, all).run()
                                   : soak<device, soak_bundle<admission::optional, eviction::lru>>(api, plan, all).run();
    REQUIRE(ran);
    REQUIRE(all.broken == "");
    if (plan.bad_copies == 0) CHECK(all.refused_calls == refused);  // else arrivals that failed are refused
    CHECK(api.device_bytes() == 0);
    CHECK(api.pinned_bytes() == 0);
    const tally seen = api.counted();
    all.kernels += seen.kernels;
    all.wrong_bytes += seen.wrong_bytes;
    all.wrong_map += seen.wrong_map;
  }
  return all;
}

TEST_CASE("on a device every kernel finds its expert's bytes, and no transfer is lost") {
  const auto all = run_on_device(12);
  if (!all) return;
  CHECK(all->wrong_bytes == 0);
  CHECK(all->wrong_map == 0);
  // It was not an idle run.
  CHECK(all->kernels > 2'000);
  CHECK(all->transfers > 1'000);
  CHECK(all->failed_transfers > 0);
}

TEST_SUITE_BEGIN("wrong on purpose");  // sanitize.sh leaves it out

// That the checks above see what they are for.
TEST_CASE("on a device whoever forgets to wait for the last use is found out") {
  if (const auto all = run_on_device(4, device::what::last_uses)) CHECK(all->wrong_bytes > 0);
}
TEST_CASE("on a device whoever forgets to wait for the arrival is found out") {
  if (const auto all = run_on_device(4, device::what::arrivals)) CHECK(all->wrong_bytes > 0);
}

TEST_SUITE_END();

}  // namespace
