// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <cub/block/block_radix_sort.cuh>
#include <cub/device/device_radix_sort.cuh>

#include <moesaic/cuda/expert_permutation.hpp>
#include <moesaic/cuda/on_stream.cuh>

namespace moesaic::cuda::fused {

namespace detail {
namespace words = moesaic::cuda::detail;

inline constexpr std::uint32_t sort_threads = 256;
inline constexpr std::uint32_t ids_a_thread = 8;
/// So many ids one block sorts by itself: a decoding batch.
inline constexpr std::uint32_t ids_of_a_block = sort_threads * ids_a_thread;

/// What ids are sorted by: the expert, and behind all of them what is not routed.
template <routed_id Id>
[[nodiscard]] __host__ __device__ std::uint16_t key_of(Id id, std::uint32_t experts) noexcept {
  const std::uint32_t e = words::expert_of(id, experts);
  return static_cast<std::uint16_t>(e == no_expert ? experts : e);
}
[[nodiscard]] constexpr int key_bits(std::uint32_t experts) noexcept { return static_cast<int>(std::bit_width(experts)); }

/// The first place whose key is `e` or above.
[[nodiscard]] __host__ __device__ inline std::uint32_t first_of(const std::uint16_t* keys, std::uint32_t count, std::uint32_t e) noexcept {
  std::uint32_t first = 0;
  for (std::uint32_t last = count; first < last;) {
    const std::uint32_t middle = first + (last - first) / 2;
    if (keys[middle] < e)
      first = middle + 1;
    else
      last = middle;
  }
  return first;
}

template <routed_id Id>
__global__ void __launch_bounds__(sort_threads)
    sort_in_a_block(const Id* ids, std::uint32_t count, std::uint32_t experts, std::uint32_t* offsets, std::uint32_t* order, std::uint32_t* places) {
  using sorter = cub::BlockRadixSort<std::uint16_t, sort_threads, ids_a_thread, std::uint32_t>;
  __shared__ union {
    typename sorter::TempStorage scratch;
    std::uint16_t sorted[ids_of_a_block];
  } shared;
  std::uint16_t keys[ids_a_thread];
  std::uint32_t from[ids_a_thread];
  for (std::uint32_t i = 0; i < ids_a_thread; ++i) {
    from[i] = threadIdx.x * ids_a_thread + i;
    keys[i] = from[i] < count ? key_of(ids[from[i]], experts) : static_cast<std::uint16_t>(experts);
  }
  sorter(shared.scratch).Sort(keys, from, 0, key_bits(experts));
  __syncthreads();
  for (std::uint32_t i = 0; i < ids_a_thread; ++i) shared.sorted[threadIdx.x * ids_a_thread + i] = keys[i];
  __syncthreads();
  for (std::uint32_t i = 0; i < ids_a_thread; ++i) {
    const std::uint32_t place = threadIdx.x * ids_a_thread + i;
    if (from[i] >= count) continue;  // filled up
    if (keys[i] < experts) order[place] = from[i];
    if (places != nullptr) places[from[i]] = keys[i] < experts ? place : no_place;
  }
  for (std::uint32_t e = threadIdx.x; e <= experts; e += sort_threads) offsets[e] = first_of(shared.sorted, count, e);
}

template <routed_id Id>
struct write_keys {
  const Id* ids;
  std::uint32_t experts;
  std::uint16_t* keys;
  std::uint32_t* numbers;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    keys[i] = key_of(ids[i], experts);
    numbers[i] = i;
  }
};

struct write_groups {
  const std::uint16_t* keys;  ///< sorted
  std::uint32_t count;
  std::uint32_t experts;
  std::uint32_t* offsets;
  const std::uint32_t* order;
  std::uint32_t* places;  ///< null where nobody wants them
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    if (i <= experts) offsets[i] = first_of(keys, count, i);
    if (i < count && places != nullptr) places[order[i]] = keys[i] < experts ? i : no_place;
  }
};

struct sort_memory {
  std::uint16_t* keys;
  std::uint16_t* sorted;
  std::uint32_t* numbers;
  std::byte* scratch;

  constexpr sort_memory(words::pieces& from, std::uint32_t ids, std::size_t for_cub) noexcept
      : keys(from.take<std::uint16_t>(ids)),
        sorted(from.take<std::uint16_t>(ids)),
        numbers(from.take<std::uint32_t>(ids)),
        scratch(from.take<std::byte>((for_cub + 255) / 256 * 256 + 256)) {}
  /// CUB aligns inside what it is given.
  [[nodiscard]] cudaError_t sort(std::size_t for_cub, std::uint32_t ids, std::uint32_t experts, std::uint32_t* order, cudaStream_t stream) const {
    return cub::DeviceRadixSort::SortPairs(scratch, for_cub, keys, sorted, numbers, order, ids, 0, key_bits(experts), stream);
  }
};

[[nodiscard]] inline cudaError_t bytes_for_cub(std::uint32_t ids, std::uint32_t experts, std::size_t& bytes) {
  const std::uint16_t* keys = nullptr;
  const std::uint32_t* numbers = nullptr;
  return cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, static_cast<std::uint16_t*>(nullptr), numbers, static_cast<std::uint32_t*>(nullptr), ids, 0,
                                         key_bits(experts));
}

}  // namespace detail

/// Bytes of workspace that `fused::expert_permutation` needs on this thread's device; none for up to 2,048 ids. CUB is asked, so without
/// a device there is no answer.
[[nodiscard]] inline result<std::size_t> expert_permutation_workspace(const on_stream& where, std::uint32_t tokens, std::uint32_t k, std::uint32_t experts) {
  namespace plain = moesaic::cuda::detail;
  constexpr std::string_view me = "fused::expert_permutation_workspace";
  if (const result<void> fine = plain::experts_fit(me, experts); !fine) return fine.error();
  if (const result<void> fine = plain::ids_fit(me, tokens, k); !fine) return fine.error();
  const std::uint64_t ids = std::uint64_t{tokens} * k;
  if (ids <= detail::ids_of_a_block) return std::size_t{0};
  if (const result<void> fine = plain::nothing_before(); !fine) return fine.error();  // CUB would clear it
  std::size_t for_cub = 0;
  const cudaError_t code = detail::bytes_for_cub(static_cast<std::uint32_t>(ids), experts, for_cub);
  if (const result<void> asked = where.said(code, "asked CUB what sorting ", ids, " ids takes"); !asked) return asked.error();
  plain::pieces counted;
  (void)detail::sort_memory(counted, static_cast<std::uint32_t>(ids), for_cub);
  return counted.taken();
}

/// `expert_permutation` by radix sort. Not yet run on a device: nothing of the library depends on it.
///
/// Source: ours, with CUB's block and device radix sorts, which are stable. Mechanism: up to 2,048 ids one block reads, sorts and writes in one
/// launch; more are sorted by the device sort between a kernel that writes keys and one that writes groups. An expert's offset is
/// found by bisection in the sorted keys.
/// Shapes: as `expert_permutation`. Workspace: `fused::expert_permutation_workspace(where, tokens, k, experts)`: 8 bytes per id and
/// what CUB asks for.
/// Cost: O(tokens × k × log(experts) / 8) work for the sort, O(log(tokens × k)) for each offset. Ties: ids of one expert stay in their order.
template <routed_id Id>
[[nodiscard]] result<void> expert_permutation(const on_stream& where, const routed<Id>& from, std::uint32_t experts, std::span<std::byte> workspace,
                                              const permutation_output& out) {
  namespace plain = moesaic::cuda::detail;
  if (const result<void> fine = plain::permutation_fits(from, experts, out); !fine) return fine;
  const auto ids = static_cast<std::uint32_t>(from.experts.size());
  std::uint32_t* const places = out.places.empty() ? nullptr : out.places.data();
  if (ids <= detail::ids_of_a_block)
    return where.launch(&detail::sort_in_a_block<Id>, 1, detail::sort_threads, 0, from.experts.data(), ids, experts, out.offsets.data(), out.order.data(),
                        places);
  if (const result<void> fine = plain::nothing_before(); !fine) return fine;  // CUB would clear it
  std::size_t for_cub = 0;
  if (const result<void> asked = where.said(detail::bytes_for_cub(ids, experts, for_cub), "asked CUB what sorting ", ids, " ids takes"); !asked) return asked;
  plain::pieces counted;
  (void)detail::sort_memory(counted, ids, for_cub);
  if (const result<void> fine = plain::workspace_fits("fused::expert_permutation", counted.taken(), workspace); !fine) return fine;
  plain::pieces rest(workspace);
  const detail::sort_memory memory(rest, ids, for_cub);
  if (const result<void> done = where.each(ids, detail::write_keys<Id>{from.experts.data(), experts, memory.keys, memory.numbers}); !done) return done;
  const cudaError_t sorted = memory.sort(for_cub, ids, experts, out.order.data(), where.native());
  if (const result<void> done = where.said(sorted, "sorting ", ids, " ids on the device"); !done) return done;
  return where.each(std::max(ids, experts + 1), detail::write_groups{memory.sorted, ids, experts, out.offsets.data(), out.order.data(), places});
}

}  // namespace moesaic::cuda::fused
