// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include <moesaic/core/event.hpp>
#include <moesaic/core/expert_space.hpp>
#include <moesaic/cuda/device_work.hpp>
#include <moesaic/cuda/slot_map.hpp>

namespace moesaic::cuda {

/// Which of an event's experts are there. Both lists follow `wanted`, so the missing ones are ascending.
struct lookup_output {
  std::span<std::uint64_t> slots{};        ///< [wanted]: the table's entry for each wanted expert, `absent_slot` where it is not there
  std::span<expert_index> missing{};       ///< [wanted]: `missing_count` of them are written
  std::uint32_t* missing_count = nullptr;  ///< 0: the layer can run without asking the host
};

namespace detail {

/// The wanted expert's entry in the table. What is outside of it is absent.
struct slot_table {
  const std::uint64_t* slots;
  std::uint32_t entries;
  expert_space::layer_range flat_of;
  [[nodiscard]] __host__ __device__ std::uint64_t of(expert_index e) const noexcept {
    const std::uint32_t flat = flat_of(e);
    return flat < entries ? slots[flat] : absent_slot;
  }
};

struct look_up {
  slot_table table;
  const demand* wanted;
  const std::uint32_t* count;
  std::uint32_t most;  ///< demands there is room for
  std::uint64_t* slots;
  expert_index* missing;
  std::uint32_t* missing_count;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    const std::uint32_t all = *count < most ? *count : most;
    if (i == 0 && all == 0) *missing_count = 0;
    if (i >= all) return;
    const std::uint64_t slot = table.of(wanted[i].expert);
    slots[i] = slot;
    const bool gone = slot == absent_slot;
    if (!gone && i != all - 1) return;
    std::uint32_t before = 0;
    for (std::uint32_t other = 0; other < i; ++other) before += table.of(wanted[other].expert) == absent_slot ? 1U : 0U;
    if (gone) missing[before] = wanted[i].expert;
    if (i == all - 1) *missing_count = before + (gone ? 1U : 0U);
  }
};

}  // namespace detail

/// An event's demand -> where each expert lies, and who is not there: `distinct_experts`' answer and a slot_map's table, both on the device.
/// A captured graph asks so whether it may run the layer as it stands. The answer is about the moment when the stream comes to it: what
/// the table is to say by then has to be published on this stream, or waited for by it.
///
/// Source: ours. Mechanism: each wanted expert reads the table, and a missing one counts those missing before it. One launch, no
/// workspace.
/// Shapes: `table` by flat index of `space`; `wanted` as it was given to distinct_experts, `count` [1]; `slots` and `missing` as
/// many as `wanted`, `missing_count` [1]. What lies behind `count` is left as it was; a `count`
/// above `wanted` is taken for all of them.
/// Cost: O(distinct + missing × distinct) work, O(distinct) in one thread. Ties: none.
template <workplace Where>
[[nodiscard]] result<void> resident_lookup(const Where& where, std::span<const std::uint64_t> table, const expert_space& space, layer_index layer,
                                           std::span<const demand> wanted, const std::uint32_t* count, const lookup_output& out) {
  constexpr std::string_view me = "resident_lookup";
  if (const result<void> fine = detail::output_fits(me, "the table", space.size(), table.size()); !fine) return fine;
  if (space.flat(layer, {}) >= space.size())
    return error(error_code::bad_argument, me, ": the table has no layer ", number(layer), "; please give the event's layer, counted from 0");
  if (const result<void> fine = detail::is_given(me, "the count", count); !fine) return fine;
  if (const result<void> fine = detail::is_given(me, "the count of missing experts", out.missing_count); !fine) return fine;
  if (const result<void> fine = detail::output_fits(me, "room for the slots", wanted.size(), out.slots.size()); !fine) return fine;
  if (const result<void> fine = detail::output_fits(me, "room for the missing", wanted.size(), out.missing.size()); !fine) return fine;
  if (wanted.size() > most_experts)
    return error(error_code::bad_argument, me, ": one layer has at most ", most_experts, " demands, but ", wanted.size(),
                 " were given; please give what distinct_experts wrote for this layer");
  const detail::slot_table entries{table.data(), space.size(), space.in(layer)};
  const auto most = static_cast<std::uint32_t>(wanted.size());
  const std::uint32_t threads = std::max(1U, most);  // one has to say that nothing is missing
  return where.each(threads, detail::look_up{entries, wanted.data(), count, most, out.slots.data(), out.missing.data(), out.missing_count});
}

}  // namespace moesaic::cuda
