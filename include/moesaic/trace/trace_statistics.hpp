// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::trace {

/// What a trace's routing is like, as means over layers unless said otherwise.
struct trace_summary {
  static constexpr std::array<std::uint32_t, 7> windows{1, 2, 3, 4, 5, 8, 16};

  std::uint64_t tokens = 0, sequences = 0, prompt_tokens = 0;
  std::uint64_t routed_rows = 0, not_routed_rows = 0;            ///< (token, layer)
  double reuse = 0, least_reuse = 0, most_reuse = 0;             ///< share of a token's experts that the token before used too; over layers
  double reuse_at_8 = 0;                                         ///< the same for the token eight before
  double random = 0;                                             ///< what reuse were if routing was random: top-k / experts
  double distinct = 0;                                           ///< experts used, per layer and sequence
  double entropy = 0, entropy_most = 0;                          ///< bits of the shares of a layer's experts; if all were used alike
  double hottest_quarter = 0;                                    ///< share of uses that the most used quarter of a layer's experts has
  std::array<double, windows.size()> distinct_in_window{};       ///< experts that a layer uses for so many tokens in a row: mean over windows
};

/// Counts them in one pass.
///
/// Tokens are compared within a sequence; a token that was not routed in a layer is compared with nobody there. Windows do
/// not overlap and begin with the sequence; a last one that is shorter, or in which a layer is not routed throughout, does
/// not count there. Cost: O(1) per id; memory of 100 bytes per expert of the model. One thread at a time.
class trace_statistics {
 public:
  explicit trace_statistics(const dimensions& shape) : shape_(shape), experts_(std::size_t{shape.layers} * shape.experts), layers_(shape.layers) {}

  void add(const routing_rows& rows) {
    for (std::uint32_t t = 0; t < rows.tokens; ++t) {
      if (total_.tokens == 0 || rows.sequence != sequence_) begin_sequence(rows.sequence);
      total_.prompt_tokens += t < rows.prompt_tokens ? 1 : 0;
      for (std::uint32_t l = 0; l < shape_.layers; ++l) add_row(l, rows.experts.data() + t * shape_.row() + std::size_t{l} * shape_.top_k);
      ++total_.tokens;
      ++clock_;
      ++in_sequence_;
    }
  }

  [[nodiscard]] trace_summary finish() {
    close_sequence();
    trace_summary s = total_;
    const double layers = shape_.layers;
    s.random = static_cast<double>(shape_.top_k) / shape_.experts;
    s.least_reuse = 1;
    for (std::uint32_t l = 0; l < shape_.layers; ++l) {
      const layer_count& c = layers_[l];
      const double reuse = share(c.again, c.compared);
      s.reuse += reuse / layers;
      s.least_reuse = std::min(s.least_reuse, reuse);
      s.most_reuse = std::max(s.most_reuse, reuse);
      s.reuse_at_8 += share(c.again_at_8, c.compared_at_8) / layers;
      s.distinct += share(c.distinct, s.sequences) / layers;
      add_shares(l, s);
    }
    for (std::size_t w = 0; w < trace_summary::windows.size(); ++w) {
      std::uint64_t distinct = 0, windows = 0;
      for (const layer_count& c : layers_) {
        distinct += c.in_windows[w];
        windows += c.windows[w];
      }
      s.distinct_in_window[w] = share(distinct, windows);
    }
    s.entropy_most = std::log2(static_cast<double>(shape_.experts));
    return s;
  }

 private:
  struct expert_count {
    std::uint64_t uses = 0;
    std::uint64_t last = 0;          ///< clock of the last use
    std::uint32_t history = 0;       ///< bit i: used by the token i before the last use
    std::uint32_t sequence = 0;      ///< the last one that used it, from 1
    std::array<std::uint64_t, trace_summary::windows.size()> window{};  ///< the last one that used it, from 1
  };
  struct layer_count {
    std::uint64_t again = 0, compared = 0, again_at_8 = 0, compared_at_8 = 0, distinct = 0, uses = 0;
    std::uint32_t routed = 0;        ///< bit i: the token i before this one was routed
    std::array<std::uint64_t, trace_summary::windows.size()> in_windows{}, windows{};  ///< experts, and windows that count
    std::array<std::uint32_t, trace_summary::windows.size()> open{}, rows{};           ///< of the window that is being filled
  };
  [[nodiscard]] static double share(std::uint64_t part, std::uint64_t of) noexcept { return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of); }

  void begin_sequence(std::uint32_t sequence) {
    close_sequence();
    sequence_ = sequence;
    ++total_.sequences;
    clock_ += 64;  // further than history reaches
    in_sequence_ = 0;
    for (layer_count& c : layers_) c.routed = 0;
  }
  void close_sequence() {
    for (layer_count& c : layers_) {
      c.open.fill(0);
      c.rows.fill(0);
    }
    ++epoch_;
  }

  void add_row(std::uint32_t layer, const std::uint16_t* ids) {
    layer_count& c = layers_[layer];
    const bool after_1 = (c.routed & 1U) != 0, after_8 = (c.routed & 0x80U) != 0;
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < shape_.top_k; ++i) {
      if (ids[i] == not_routed) continue;
      ++used;
      expert_count& e = experts_[std::size_t{layer} * shape_.experts + ids[i]];
      const std::uint64_t since = clock_ - e.last;
      const std::uint32_t before = e.uses == 0 || since > 31 ? 0 : e.history << since;  // bit i: used i tokens ago
      c.again += after_1 && (before & 2U) != 0 ? 1 : 0;
      c.again_at_8 += after_8 && (before & 0x100U) != 0 ? 1 : 0;
      e.history = before | 1U;
      e.last = clock_;
      ++e.uses;
      if (e.sequence != total_.sequences) {
        e.sequence = static_cast<std::uint32_t>(total_.sequences);
        ++c.distinct;
      }
      for (std::size_t w = 0; w < trace_summary::windows.size(); ++w) {
        const std::uint64_t window = epoch_ << 32U | (in_sequence_ / trace_summary::windows[w] + 1);
        if (e.window[w] == window) continue;
        e.window[w] = window;
        ++c.open[w];
      }
    }
    c.compared += after_1 ? used : 0;
    c.compared_at_8 += after_8 ? used : 0;
    c.uses += used;
    c.routed = c.routed << 1U | (used > 0 ? 1U : 0U);
    ++(used > 0 ? total_.routed_rows : total_.not_routed_rows);
    for (std::size_t w = 0; w < trace_summary::windows.size(); ++w) {
      c.rows[w] += used > 0 ? 1 : 0;
      if ((in_sequence_ + 1) % trace_summary::windows[w] != 0) continue;
      if (c.rows[w] == trace_summary::windows[w]) {
        c.in_windows[w] += c.open[w];
        ++c.windows[w];
      }
      c.open[w] = 0;
      c.rows[w] = 0;
    }
  }

  /// Entropy and the share of the hottest quarter of one layer.
  void add_shares(std::uint32_t layer, trace_summary& s) {
    sorted_.clear();
    for (std::uint32_t e = 0; e < shape_.experts; ++e) sorted_.push_back(experts_[std::size_t{layer} * shape_.experts + e].uses);
    std::sort(sorted_.begin(), sorted_.end(), std::greater<>());
    std::uint64_t hot = 0;
    const std::size_t quarter = std::max<std::size_t>(1, shape_.experts / 4);
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      if (i < quarter) hot += sorted_[i];
      const double p = share(sorted_[i], layers_[layer].uses);
      if (p > 0) s.entropy -= p * std::log2(p) / shape_.layers;
    }
    s.hottest_quarter += share(hot, layers_[layer].uses) / shape_.layers;
  }

  dimensions shape_;
  trace_summary total_;
  std::vector<expert_count> experts_;   ///< [layers][experts]
  std::vector<layer_count> layers_;
  std::vector<std::uint64_t> sorted_;
  std::uint32_t sequence_ = 0;
  std::uint64_t clock_ = 0, in_sequence_ = 0, epoch_ = 0;
};

}  // namespace moesaic::trace
