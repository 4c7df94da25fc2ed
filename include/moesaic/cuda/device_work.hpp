// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <cuda_runtime_api.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/cpp/execution_policy.h>
#include <cuda/atomic>

#include <moesaic/core/event.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/cuda/error.hpp>

#if defined(__CUDACC__) && !defined(__CUDACC_RELAXED_CONSTEXPR__)
#error "moesaic's device work calls the library's constexpr functions in kernels: give nvcc --expt-relaxed-constexpr (the target moesaic::cuda does)"
#endif

namespace moesaic::cuda {

/// Where device work runs, and the words its algorithms share.
///
/// An algorithm here is a fixed number of `each(n, body)`: n calls of a body, in any order or all at once, each `each` after the one
/// before. They are Thrust's for_each_n, because that asks for no memory and tells the host nothing: Thrust's sorts, scans
/// and compactions allocate, and its searches wait for an answer, so neither could be captured into a graph. What threads add up
/// together they add up in integers, so that every order gives the same answer.
///
/// Rules for all of them:
///   memory     every span is memory of where it runs (device memory for a stream), and is not read by the host
///   workspace  `NAME_workspace(shape)` bytes at least, aligned to 16 as allocators do; what it holds before and after means nothing. One
///              workspace serves any number of calls on one stream, one after the other
///   stream     work is put onto the stream and not waited for; all of it can be captured into a graph
///   errors     shapes that do not match, a workspace too small, a launch that the device refused: a value, before or instead of
///              work. What goes wrong on the device later is told by the call that waits for the stream
///   threads    no state of its own: any number at once, each with its own workspace and outputs
/// Cost: a launch for each `each`; what they do is said with each algorithm.

/// The calling thread and ordinary memory: Thrust's sequential back end. What tests run; engines have `on_stream`.
struct on_host {
  template <class Body>
  [[nodiscard]] result<void> each(std::uint32_t n, const Body& body) const noexcept {
    thrust::for_each_n(thrust::cpp::par, thrust::counting_iterator<std::uint32_t>(0), n, body);
    return {};
  }
};

namespace detail {
struct any_body {
  void operator()(std::uint32_t) const;
};
}  // namespace detail
template <class W>
concept workplace = requires(const W& where, std::uint32_t n, const detail::any_body& body) {
  { where.each(n, body) } -> std::same_as<result<void>>;
};

/// How routers write an expert's number: ours, or what their top-k kernel writes. Negative, or not below the layer's
/// experts: not routed, left out.
template <class Id>
concept routed_id = std::same_as<Id, expert_index> || std::same_as<Id, std::int32_t> || std::same_as<Id, std::uint32_t> || std::same_as<Id, std::int64_t>;

/// A router's output: `tokens` × `k` ids in rank order without gaps, and their gate weights, or none. At most 2^31 - 1 ids.
template <routed_id Id>
struct routed {
  std::uint32_t tokens = 0;
  std::uint32_t k = 0;
  std::span<const Id> experts{};
  std::span<const float> weights{};
};

/// So many experts a layer has at most: 65,535 means "not routed".
inline constexpr std::uint32_t most_experts = 65'535;
inline constexpr std::uint32_t no_expert = std::numeric_limits<std::uint32_t>::max();
/// So many ids one call takes at most. For more, workspace functions answer the largest number: no memory would do.
inline constexpr std::uint64_t most_ids = std::numeric_limits<std::int32_t>::max();

namespace detail {

template <routed_id Id>
[[nodiscard]] __host__ __device__ constexpr std::uint32_t expert_of(Id id, std::uint32_t experts) noexcept {
  const auto e = static_cast<std::int64_t>(id);
  return e >= 0 && e < std::int64_t{experts} ? static_cast<std::uint32_t>(e) : no_expert;
}

template <class T>
using met_by_all = ::cuda::atomic_ref<T, ::cuda::thread_scope_device>;
inline constexpr ::cuda::memory_order in_any_order = ::cuda::memory_order_relaxed;

/// A set of small numbers, one bit each, and how many of it lie below one of them. A rank is what puts the members into
/// ascending order without a sort: O(words) to ask, no memory, and every thread can ask for its own.
struct bit_set {
  std::uint64_t* words;

  [[nodiscard]] static constexpr std::uint32_t words_for(std::uint32_t bits) noexcept { return bits / 64 + (bits % 64 != 0); }
  __host__ __device__ void insert(std::uint32_t bit) const noexcept {
    met_by_all<std::uint64_t>(words[bit / 64]).fetch_or(std::uint64_t{1} << bit % 64, in_any_order);
  }
  [[nodiscard]] __host__ __device__ std::uint32_t below(std::uint32_t bit) const noexcept {
    std::uint32_t n = 0;
    for (std::uint32_t w = 0; w < bit / 64; ++w) n += static_cast<std::uint32_t>(std::popcount(words[w]));
    if (bit % 64 != 0) n += static_cast<std::uint32_t>(std::popcount(words[bit / 64] & ((std::uint64_t{1} << bit % 64) - 1)));
    return n;
  }
};

/// Hands out pieces of a workspace, each aligned to 16 bytes. With null it only counts.
class pieces {
 public:
  static constexpr std::size_t alignment = 16;

  constexpr pieces() noexcept = default;
  explicit pieces(std::span<std::byte> all) noexcept : all_(all.data()) {}
  template <class T>
  [[nodiscard]] constexpr T* take(std::size_t n) noexcept {
    const std::size_t at = taken_;
    taken_ += (n * sizeof(T) + alignment - 1) / alignment * alignment;
    return all_ == nullptr ? nullptr : reinterpret_cast<T*>(all_ + at);
  }
  [[nodiscard]] constexpr std::size_t taken() const noexcept { return taken_; }

 private:
  std::byte* all_ = nullptr;
  std::size_t taken_ = 0;
};

[[nodiscard]] inline result<void> experts_fit(std::string_view where, std::size_t experts) noexcept {
  if (experts == 0 || experts > most_experts)
    return error(error_code::bad_argument, where, ": a layer has 1 to ", most_experts, " experts, but ", experts,
                 " were given; please give the router's width");
  return {};
}
[[nodiscard]] inline result<void> ids_fit(std::string_view where, std::uint32_t tokens, std::uint32_t k) noexcept {
  if (std::uint64_t{tokens} * k > most_ids)
    return error(error_code::bad_argument, where, ": at most ", most_ids, " ids fit one call, but ", tokens, " tokens of ", k,
                 " were given; please split the tokens");
  return {};
}
template <routed_id Id>
[[nodiscard]] result<void> fits(std::string_view where, const routed<Id>& from, std::uint32_t experts) noexcept {
  if (const result<void> fine = experts_fit(where, experts); !fine) return fine;
  if (const result<void> fine = ids_fit(where, from.tokens, from.k); !fine) return fine;
  const std::uint64_t ids = std::uint64_t{from.tokens} * from.k;
  if (from.experts.size() != ids) return mismatched(where, "the router's ids", ids, from.experts.size());
  if (!from.weights.empty() && from.weights.size() != ids) return mismatched(where, "the router's weights", ids, from.weights.size());
  return {};
}
[[nodiscard]] inline result<void> workspace_fits(std::string_view where, std::size_t needed, std::span<const std::byte> given) noexcept {
  if (given.size() < needed) return small_workspace(where, needed, given.size());
  if (reinterpret_cast<std::uintptr_t>(given.data()) % pieces::alignment != 0)
    return error(error_code::bad_argument, where, ": the workspace has to begin at a multiple of ", pieces::alignment, " bytes; please align it");
  return {};
}
/// Room may be more than what is written.
[[nodiscard]] inline result<void> output_fits(std::string_view where, std::string_view what, std::uint64_t wanted, std::uint64_t given) noexcept {
  if (given >= wanted) return {};
  return error(error_code::bad_argument, where, ": ", what, " has to have at least ", wanted, " entries and has ", given,
               "; please give spans of one event's tokens, experts and layer");
}
[[nodiscard]] inline result<void> is_given(std::string_view where, std::string_view what, const void* memory) noexcept {
  if (memory != nullptr) return {};
  return error(error_code::bad_argument, where, ": the address of ", what, " is null; please give memory of where the work runs");
}

}  // namespace detail
}  // namespace moesaic::cuda
