// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <cub/block/block_scan.cuh>
#include <cuda/atomic>

#include <moesaic/cuda/distinct_experts.hpp>
#include <moesaic/cuda/on_stream.cuh>

namespace moesaic::cuda::fused {

/// A block's tallies lie in its shared memory, of which every device gives 48 KiB unasked, and the scan wants some too.
inline constexpr std::uint32_t most_distinct_experts = 3'584;

namespace detail {
namespace words = moesaic::cuda::detail;

inline constexpr std::uint32_t distinct_threads = 512;
inline constexpr std::uint32_t ids_a_block = 8 * distinct_threads;
[[nodiscard]] constexpr std::uint32_t distinct_blocks(std::uint64_t ids) noexcept {
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>((ids + ids_a_block - 1) / ids_a_block, 1, 128));
}

/// Where blocks meet, if there are several. All of it begins as zeros.
struct meeting {
  std::uint64_t* mass;
  std::uint32_t* tokens;
  std::uint32_t* done;  ///< blocks whose tallies are in

  constexpr meeting(words::pieces& from, std::uint32_t experts) noexcept
      : mass(from.take<std::uint64_t>(experts)), tokens(from.take<std::uint32_t>(experts)), done(from.take<std::uint32_t>(1)) {}
};

template <class T>
using in_block = ::cuda::atomic_ref<T, ::cuda::thread_scope_block>;

template <routed_id Id>
__global__ void __launch_bounds__(distinct_threads)
    find_distinct(const Id* ids, const float* weights, std::uint32_t count, std::uint32_t experts, meeting all, demand* wanted, std::uint32_t* found) {
  extern __shared__ std::uint64_t tallies[];
  std::uint64_t* const mass = tallies;
  std::uint32_t* const tokens = reinterpret_cast<std::uint32_t*>(mass + experts);
  for (std::uint32_t e = threadIdx.x; e < experts; e += distinct_threads) mass[e] = 0, tokens[e] = 0;
  __syncthreads();
  for (std::uint64_t i = std::uint64_t{blockIdx.x} * distinct_threads + threadIdx.x; i < count; i += std::uint64_t{gridDim.x} * distinct_threads) {
    const std::uint32_t e = words::expert_of(ids[i], experts);
    if (e == no_expert) continue;
    in_block<std::uint32_t>(tokens[e]).fetch_add(1, words::in_any_order);
    if (weights != nullptr) in_block<std::uint64_t>(mass[e]).fetch_add(demand_collector::in_mass(weights[i]).count, words::in_any_order);
  }
  __syncthreads();

  if (gridDim.x > 1) {  // the last block to come has everybody's
    for (std::uint32_t e = threadIdx.x; e < experts; e += distinct_threads) {
      if (tokens[e] == 0) continue;
      words::met_by_all<std::uint32_t>(all.tokens[e]).fetch_add(tokens[e], words::in_any_order);
      words::met_by_all<std::uint64_t>(all.mass[e]).fetch_add(mass[e], words::in_any_order);
    }
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) last = words::met_by_all<std::uint32_t>(*all.done).fetch_add(1, ::cuda::memory_order_acq_rel) == gridDim.x - 1;
    __syncthreads();
    if (!last) return;
    __threadfence();
    for (std::uint32_t e = threadIdx.x; e < experts; e += distinct_threads) {
      tokens[e] = words::met_by_all<std::uint32_t>(all.tokens[e]).load(words::in_any_order);
      mass[e] = words::met_by_all<std::uint64_t>(all.mass[e]).load(words::in_any_order);
    }
    __syncthreads();
  }

  using scan = cub::BlockScan<std::uint32_t, distinct_threads, cub::BLOCK_SCAN_WARP_SCANS>;
  __shared__ typename scan::TempStorage scratch;
  static_assert(sizeof(scratch) + 64 + most_distinct_experts * (sizeof(std::uint64_t) + sizeof(std::uint32_t)) <= 49'152, "more than a block may share");
  std::uint32_t before = 0;
  for (std::uint32_t first = 0; first < experts; first += distinct_threads) {
    const std::uint32_t e = first + threadIdx.x;
    const bool used = e < experts && tokens[e] != 0;
    std::uint32_t place = 0;
    std::uint32_t many = 0;
    scan(scratch).ExclusiveSum(used ? 1U : 0U, place, many);
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    if (used) wanted[before + place] = {static_cast<expert_index>(e), tokens[e], {static_cast<std::uint32_t>(mass[e] < most ? mass[e] : most)}};
    before += many;
    __syncthreads();  // `scratch` is used again
  }
  if (threadIdx.x == 0) *found = before;
}

}  // namespace detail

/// Bytes of workspace that `fused::distinct_experts` needs; none for up to 4,096 ids.
[[nodiscard]] constexpr std::size_t distinct_experts_workspace(std::uint32_t tokens, std::uint32_t k, std::uint32_t experts) noexcept {
  if (detail::distinct_blocks(std::uint64_t{tokens} * k) == 1) return 0;
  moesaic::cuda::detail::pieces counted;
  (void)detail::meeting(counted, experts);
  return counted.taken();
}

/// `distinct_experts` in one kernel. Not yet run on a device: nothing of the library depends on it.
///
/// Source: ours, with CUB's block scan. Mechanism: tallies in shared memory; where there are more than 4,096 ids several blocks add theirs
/// up in the workspace, and the last of them goes on; a scan over the experts puts the used ones in order. One launch; with several
/// blocks a clearing before it.
/// Shapes: as `distinct_experts`; at most 3,584 experts. Workspace: `fused::distinct_experts_workspace(tokens, k, experts)`.
/// Cost: O(tokens × k + blocks × experts) work, O(tokens × k / (512 × blocks) + experts / 512) in one thread. Ties: none, experts are ascending.
template <routed_id Id>
[[nodiscard]] result<void> distinct_experts(const on_stream& where, const routed<Id>& from, std::uint32_t experts, std::span<std::byte> workspace,
                                            const distinct_output& out) {
  namespace plain = moesaic::cuda::detail;
  if (const result<void> fine = plain::distinct_fits(from, experts, out); !fine) return fine;
  if (experts > most_distinct_experts)
    return error(error_code::bad_argument, "fused::distinct_experts takes at most ", most_distinct_experts, " experts of a layer, but got ", experts,
                 "; please use distinct_experts");
  const std::size_t needed = distinct_experts_workspace(from.tokens, from.k, experts);
  if (needed != 0)
    if (const result<void> fine = plain::workspace_fits("fused::distinct_experts", needed, workspace); !fine) return fine;
  plain::pieces rest(needed == 0 ? std::span<std::byte>{} : workspace);
  const detail::meeting all(rest, experts);
  if (needed != 0)
    if (const result<void> done = where.clear(workspace.first(needed)); !done) return done;
  const auto ids = static_cast<std::uint32_t>(from.experts.size());
  const float* const weights = from.weights.empty() ? nullptr : from.weights.data();
  const std::size_t tallies = std::size_t{experts} * (sizeof(std::uint64_t) + sizeof(std::uint32_t));
  return where.launch(&detail::find_distinct<Id>, detail::distinct_blocks(ids), detail::distinct_threads, tallies, from.experts.data(), weights, ids, experts,
                      all, out.wanted.data(), out.count);
}

}  // namespace moesaic::cuda::fused
