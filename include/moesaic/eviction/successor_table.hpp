// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace moesaic::eviction {

/// 2^24 · log2(v) for v ≥ 1, straight between powers of two as in the layout of a floating-point number (Mitchell 1962): at
/// most 0.086 below the true logarithm, monotone, and the same on every platform.
[[nodiscard]] constexpr std::int64_t log2_in_2_24(std::uint64_t v) noexcept {
  const auto whole = static_cast<std::uint32_t>(std::bit_width(v)) - 1;
  const std::uint64_t below_one = v << (63U - whole) << 1U >> 40U;
  return static_cast<std::int64_t>(std::uint64_t{whole} << 24U | below_one);
}

/// Which experts of a layer follow which: how much likelier an expert is wanted soon because of what its layer wanted last.
///
/// Source: ours. The counts are those of a successor representation (Dayan 1993) between expert sets; the evidence is lift, as
/// in association rules, with imagined uses as in a Dirichlet prior.
/// Mechanism: trace[i] is what is left of the uses of i; each fades by 2^(-1/2) with every further token, from one event of the
/// layer to the next by one token at least (a clock that stands still must not add up) and four at most (a window of tokens is to
/// see what came before it). An event adds the trace, as it stood before, to the row of each expert x that it wants:
/// row[x][i] / uses[i] is how much of x follows a use of i. After the event of the set S, with T events of the layer so far, and
/// z their mean of what the trace would hold for an expert that all of them want:
///
///     p(x) = (uses[x] + 6) / (T + 1)
///     A(x) = sum over i in S of (row[x][i] + p(x)) / (uses[i] + 1)  +  6 |S| z / (T + 1)
///     evidence(x) = 5 log2(A(x) / (|S| z)) - 4 log2 p(x)
///
/// A / (|S| z) is p where nothing depends on anything. The imagined uses (six of x that follow everything alike, one of each
/// i that is followed by everybody at their rate) keep what was seen once or twice from being believed; exponents and
/// imagined uses were chosen on half of six public traces (docs/reference/eviction_experiments.md).
/// After 65,536 events of a layer all its counts are halved: old text fades, and nothing overflows.
/// Cost: observe O(experts of the event x experts of the layer), several additions per nanosecond; evidence O(experts of the
/// layer's last event). 4 bytes x layers x experts of a layer squared (48 x 128: 3 MB; 58 x 256: 15 MB).
/// State: rows, uses, trace, the last set of each layer. Integers only. Ties: none here. Threads: one at a time.
class successor_table {
 public:
  successor_table() = default;
  explicit successor_table(const inventory& all)
      : width_(all.shape.widest_layer()),
        rows_(std::size_t{all.shape.layers()} * width_ * width_),
        uses_(std::size_t{all.shape.layers()} * width_),
        trace_(uses_.size()),
        last_(uses_.size()),
        layers_(all.shape.layers()) {}

  /// Learns from an event, and takes it as what evidence speaks from.
  void observe(const layer_event& event) noexcept {
    const std::size_t first = std::size_t{number(event.layer)} * width_;
    layer_state& layer = layers_[number(event.layer)];
    const std::uint64_t passed = event.first_token.count - layer.token;
    layer.token = event.first_token.count;
    const std::uint32_t left = fading[passed < fading.size() ? passed : fading.size() - 1];
    std::uint32_t* const trace = trace_.data() + first;
    for (std::uint32_t i = 0; i < width_; ++i) trace[i] = trace[i] * left / one_use;
    layer.trace_of_all = layer.trace_of_all * left / one_use;
    for (const demand& d : event.wanted) {
      std::uint32_t* const row = rows_.data() + (first + number(d.expert)) * width_;
      for (std::uint32_t i = 0; i < width_; ++i) row[i] += trace[i];
      ++uses_[first + number(d.expert)];
    }
    layer.followed += layer.trace_of_all;
    for (const demand& d : event.wanted) trace[number(d.expert)] += one_use;
    layer.trace_of_all += one_use;
    if (++layer.events == most_events) halve(layer, first);
    remember(event, layer, first);
  }

  /// 2^24 · evidence; 0 before the layer's first event.
  [[nodiscard]] std::int64_t evidence(expert_id x) const noexcept {
    const layer_state& layer = layers_[number(x.layer)];
    if (layer.size == 0) return 0;
    const std::size_t first = std::size_t{number(x.layer)} * width_;
    const std::uint32_t* const row = rows_.data() + (first + number(x.expert)) * width_;
    const std::uint64_t uses = std::uint64_t{uses_[first + number(x.expert)]} + imagined_uses;
    std::uint64_t sum = uses * layer.by_rate + layer.by_nobody;
    for (const predecessor& of : std::span(last_).subspan(first, layer.size)) sum += std::uint64_t{row[of.expert]} * of.share;
    return 5 * log2_in_2_24(sum) - 4 * log2_in_2_24(uses) + layer.common;
  }

  /// Changes whenever evidence about a layer's experts does.
  [[nodiscard]] std::uint32_t version(std::uint32_t layer) const noexcept { return layers_[layer].version; }

 private:
  static constexpr std::uint32_t one_use = 256;
  static constexpr std::array<std::uint32_t, 5> fading{181, 181, 128, 91, 64};  ///< one_use / 2^(tokens / 2)
  static constexpr std::uint32_t imagined_uses = 6;
  static constexpr std::uint32_t most_events = 1U << 16U;

  /// An expert of the layer's last set, and 2^32 / (uses + 1). A row holds at most 3.5 uses for each of them, so that no product
  /// passes 2^42, and no sum 2^60.
  struct predecessor {
    std::uint32_t expert = 0;
    std::uint32_t share = 0;
  };
  struct layer_state {
    std::uint64_t token = 0;         ///< first of the last event
    std::uint32_t events = 0;
    std::uint32_t version = 0;
    std::uint32_t size = 0;          ///< of the last set
    std::uint32_t trace_of_all = 0;  ///< trace of an expert that every event wants
    std::uint64_t followed = 0;      ///< its row, summed
    std::uint64_t by_rate = 0;       ///< imagined uses in A, times 2^40: for each use of x
    std::uint64_t by_nobody = 0;     ///< and whatever x is
    std::int64_t common = 0;         ///< part of evidence that all experts of the layer share
  };

  void remember(const layer_event& event, layer_state& layer, std::size_t first) noexcept {
    layer.size = 0;
    std::uint64_t shares = 0;
    for (const demand& d : event.wanted) {
      predecessor& of = last_[first + layer.size++];
      of = {number(d.expert), 0xFFFF'FFFFU / (uses_[first + number(d.expert)] + 1)};
      shares += of.share;
    }
    const std::uint64_t events = std::uint64_t{layer.events} + 1;
    const std::uint64_t z = layer.followed / layer.events + 1;  // in 1/256; never 0, so that it has a logarithm
    layer.by_rate = shares * one_use / events;
    layer.by_nobody = (layer.size * z * imagined_uses << 32U) / events;
    layer.common = 4 * log2_in_2_24(events) - 5 * log2_in_2_24(layer.size * z << 32U);
    ++layer.version;
  }
  void halve(layer_state& layer, std::size_t first) noexcept {
    layer.events /= 2;
    layer.followed /= 2;
    for (std::uint32_t& n : std::span(uses_).subspan(first, width_)) n /= 2;
    for (std::uint32_t& n : std::span(rows_).subspan(first * width_, std::size_t{width_} * width_)) n /= 2;
  }

  std::uint32_t width_ = 0;
  std::vector<std::uint32_t> rows_;   ///< [layer][x][i] in 1/256 of a use
  std::vector<std::uint32_t> uses_;   ///< [layer][expert] events that wanted it
  std::vector<std::uint32_t> trace_;  ///< [layer][expert] in 1/256 of a use
  std::vector<predecessor> last_;       ///< [layer][up to `size`]
  std::vector<layer_state> layers_;
};

static_assert(log2_in_2_24(1) == 0 && log2_in_2_24(2) == 1 << 24 && log2_in_2_24(3) == 3 << 23);
static_assert(log2_in_2_24(~std::uint64_t{}) == (std::int64_t{64} << 24) - 1);

}  // namespace moesaic::eviction
