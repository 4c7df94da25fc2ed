// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <moesaic/core/forecast.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/cuda/device_work.hpp>

namespace moesaic::cuda {

/// An expert that a drafted window will use in one layer.
struct expected_expert {
  std::uint64_t rows = 0;   ///< bit r: row r of the window uses it; rows behind the 64th count as the 64th
  gate_mass confidence{};   ///< the largest of its gate weights; 1 where the source has none
  expert_index expert{};

  /// Its first use: the row that waits for it.
  [[nodiscard]] constexpr draft_length first_row() const noexcept { return {static_cast<std::uint32_t>(std::countr_zero(rows))}; }
  friend constexpr bool operator==(const expected_expert&, const expected_expert&) = default;
};

/// What a drafter routed: `rows` tokens of `layers` layers, `k` ids each in rank order, as drafting appends them.
template <routed_id Id>
struct drafted_routes {
  std::uint32_t rows = 0;
  std::uint32_t layers = 0;
  std::uint32_t k = 0;
  std::span<const Id> experts{};       ///< [rows][layers][k]
  std::span<const float> weights{};    ///< the same, or none
};

/// For each layer the experts expected there, in the order in which the window first names them: sorted by their deadline.
struct window_output {
  std::span<expected_expert> expected{};  ///< [layers][width], width = min(experts, rows × k)
  std::span<std::uint32_t> counts{};      ///< [layers]: how many of a layer's are written
};

[[nodiscard]] constexpr std::uint32_t window_width(std::uint32_t rows, std::uint32_t k, std::uint32_t experts) noexcept {
  return static_cast<std::uint32_t>(std::min(std::uint64_t{experts}, std::uint64_t{rows} * k));
}

namespace detail {

struct window_tallies {
  std::uint64_t* rows;        ///< [layer][expert]
  std::uint32_t* first;       ///< [layer][expert]: where the layer's ids name it first
  std::uint32_t* confidence;  ///< [layer][expert]
  std::uint64_t* firsts;      ///< [layer]: a bit_set of those
  std::uint32_t layers;
  std::uint32_t experts;
  std::uint32_t words;  ///< of a layer's set

  constexpr window_tallies(pieces& from, std::uint32_t height, std::uint32_t width, std::uint32_t ids) noexcept
      : rows(from.take<std::uint64_t>(std::size_t{height} * width)),
        first(from.take<std::uint32_t>(std::size_t{height} * width)),
        confidence(from.take<std::uint32_t>(std::size_t{height} * width)),
        firsts(from.take<std::uint64_t>(std::size_t{height} * bit_set::words_for(ids))),
        layers(height),
        experts(width),
        words(bit_set::words_for(ids)) {}
  [[nodiscard]] __host__ __device__ bit_set of(std::uint32_t layer) const noexcept { return {firsts + std::size_t{layer} * words}; }
};

struct clear_window {
  window_tallies all;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    if (i < all.layers * all.experts) {
      all.rows[i] = 0;
      all.first[i] = no_expert;
      all.confidence[i] = 0;
    }
    if (i < all.layers * all.words) all.firsts[i] = 0;
  }
};

/// One drafted id: where it stands, and which entry of the tallies is its expert's.
template <routed_id Id>
struct drafted_ids {
  window_tallies all;
  const Id* ids;
  const float* weights;  ///< null where there are none
  std::uint32_t k;

  struct place {
    std::uint32_t row;
    std::uint32_t layer;
    std::uint32_t at;     ///< among the layer's ids, row by row
    std::uint32_t entry;  ///< or no_expert
  };
  [[nodiscard]] __host__ __device__ place find(std::uint32_t i) const noexcept {
    const std::uint32_t row = i / k / all.layers;
    const std::uint32_t layer = i / k % all.layers;
    const std::uint32_t e = expert_of(ids[i], all.experts);
    return {row, layer, row * k + i % k, e == no_expert ? no_expert : layer * all.experts + e};
  }
};

template <routed_id Id>
struct tally_draft {
  drafted_ids<Id> drafted;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    const auto its = drafted.find(i);
    if (its.entry == no_expert) return;
    const window_tallies& all = drafted.all;
    const std::uint32_t bit = its.row < forecast::longest_window ? its.row : forecast::longest_window - 1;
    met_by_all<std::uint64_t>(all.rows[its.entry]).fetch_or(std::uint64_t{1} << bit, in_any_order);
    met_by_all<std::uint32_t>(all.first[its.entry]).fetch_min(its.at, in_any_order);
    const std::uint32_t sure = drafted.weights == nullptr ? 1U << 16U : demand_collector::in_mass(drafted.weights[i]).count;
    met_by_all<std::uint32_t>(all.confidence[its.entry]).fetch_max(sure, in_any_order);
  }
};

template <routed_id Id>
struct mark_firsts {
  drafted_ids<Id> drafted;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    const auto its = drafted.find(i);
    if (its.entry != no_expert && drafted.all.first[its.entry] == its.at) drafted.all.of(its.layer).insert(its.at);
  }
};

template <routed_id Id>
struct write_window {
  drafted_ids<Id> drafted;
  std::uint32_t last;  ///< of a layer's ids
  std::uint32_t width;
  expected_expert* expected;
  std::uint32_t* counts;
  __host__ __device__ void operator()(std::uint32_t i) const noexcept {
    const auto its = drafted.find(i);
    const window_tallies& all = drafted.all;
    const bool first = its.entry != no_expert && all.first[its.entry] == its.at;
    if (!first && its.at != last) return;
    const std::uint32_t before = all.of(its.layer).below(its.at);
    if (first)
      expected[std::size_t{its.layer} * width + before] = {
          all.rows[its.entry], {all.confidence[its.entry]}, static_cast<expert_index>(its.entry - its.layer * all.experts)};
    if (its.at == last) counts[its.layer] = before + (first ? 1U : 0U);
  }
};

struct clear_counts {
  std::uint32_t* counts;
  __host__ __device__ void operator()(std::uint32_t layer) const noexcept { counts[layer] = 0; }
};

template <routed_id Id>
[[nodiscard]] result<void> window_fits(const drafted_routes<Id>& from, std::uint32_t experts, const window_output& out) noexcept {
  constexpr std::string_view where = "window_forecast";
  const std::uint64_t drafted = std::uint64_t{from.rows} * from.layers;
  if (from.layers == 0 || drafted > most_ids || std::uint64_t{from.layers} * experts > most_ids)
    return error(error_code::bad_argument, where, ": ", from.rows, " rows of ", from.layers, " layers of ", experts,
                 " experts do not fit one call (at least 1 layer, at most 2147483647 in all); please give a window of one model");
  const routed<Id> flat{static_cast<std::uint32_t>(drafted), from.k, from.experts, from.weights};
  if (const result<void> fine = fits(where, flat, experts); !fine) return fine;
  if (const result<void> fine = output_fits(where, "the counts", from.layers, out.counts.size()); !fine) return fine;
  return output_fits(where, "room for the expected", std::uint64_t{from.layers} * window_width(from.rows, from.k, experts), out.expected.size());
}

}  // namespace detail

/// Bytes of workspace that `window_forecast` needs for a window of so many rows.
[[nodiscard]] constexpr std::size_t window_forecast_workspace(std::uint32_t rows, std::uint32_t layers, std::uint32_t k, std::uint32_t experts) noexcept {
  if (std::uint64_t{rows} * k > most_ids) return std::numeric_limits<std::size_t>::max();
  detail::pieces counted;
  (void)detail::window_tallies(counted, layers, experts, rows * k);
  return counted.taken();
}

/// A draft's routes -> who will be used in each layer, from which row on, by which rows, how surely: what `forecast` answers
/// when the same routes are told row by row with draft_routes, in the same order of experts. `expect` takes it over on the host.
///
/// Source: the Expert Lookahead Buffer of MoE-SpeQ (arXiv 2511.14102, 3.3.1), as core/forecast.hpp has it. Mechanism: by atomic or, min
/// and max a mask of rows, a first place and a confidence for each (layer, expert); a bit for each first place; an expert's place
/// in the answer is the number of bits before its own. Four launches; one where there are no rows.
/// Shapes: ids and weights [rows][layers][k], `expected` [layers][min(experts, rows × k)], `counts` [layers].
/// Workspace: `window_forecast_workspace(rows, layers, k, experts)`, 16 bytes per expert of the model and little more.
/// Cost: O(rows × layers × k × (1 + rows × k / 64) + layers × experts) work, O(rows × k / 64) in one thread. Ties: none, places differ.
template <workplace Where, routed_id Id>
[[nodiscard]] result<void> window_forecast(const Where& where, const drafted_routes<Id>& from, std::uint32_t experts, std::span<std::byte> workspace,
                                           const window_output& out) {
  if (const result<void> fine = detail::window_fits(from, experts, out); !fine) return fine;
  const std::size_t needed = window_forecast_workspace(from.rows, from.layers, from.k, experts);
  if (const result<void> fine = detail::workspace_fits("window_forecast", needed, workspace); !fine) return fine;
  const auto ids = static_cast<std::uint32_t>(from.experts.size());
  if (ids == 0) return where.each(from.layers, detail::clear_counts{out.counts.data()});
  detail::pieces rest(workspace);
  const detail::window_tallies all(rest, from.layers, experts, from.rows * from.k);
  if (const result<void> done = where.each(from.layers * std::max(experts, all.words), detail::clear_window{all}); !done) return done;
  const detail::drafted_ids<Id> drafted{all, from.experts.data(), from.weights.empty() ? nullptr : from.weights.data(), from.k};
  if (const result<void> done = where.each(ids, detail::tally_draft<Id>{drafted}); !done) return done;
  if (const result<void> done = where.each(ids, detail::mark_firsts<Id>{drafted}); !done) return done;
  const std::uint32_t width = window_width(from.rows, from.k, experts);
  return where.each(ids, detail::write_window<Id>{drafted, from.rows * from.k - 1, width, out.expected.data(), out.counts.data()});
}

/// Tells a forecast on the host what a window expects of a layer: the written part of its entries, copied back.
/// O(experts × rows that use them). The layer and the experts have to exist in the forecast.
inline void expect(forecast& into, layer_index layer, std::span<const expected_expert> those) noexcept {
  for (const expected_expert& one : those)
    for (std::uint64_t rows = one.rows; rows != 0; rows &= rows - 1)
      into.expect(layer, one.expert, {static_cast<std::uint32_t>(std::countr_zero(rows))}, utility{std::int64_t{one.confidence.count}});
}

}  // namespace moesaic::cuda
