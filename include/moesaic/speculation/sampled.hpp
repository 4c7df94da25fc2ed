// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/acceptance_rule.hpp>

namespace moesaic::speculation {

/// Draws tokens from the model's distribution, and accepts drafted ones so that the law of the output stays that distribution.
///
/// Source: speculative sampling (Leviathan et al., arXiv 2211.17192; Chen et al., arXiv 2302.01318).
/// Mechanism: p = softmax(logits / temperature), cut to the most probable tokens that together hold `top_p` and scaled up again.
/// A token x drawn from q stands with probability min(1, p(x) / q(x)); the first that falls is replaced by a draw from
/// max(0, p - q), scaled up; behind an accepted draft follows a draw from p. A drafter without probabilities counts as certain
/// (q = 1 for its token), which is the rule for greedy drafters and for n-grams. `choose` after a rejection belongs to the row
/// that was rejected.
/// Cost: O(vocabulary) per question, with top_p below 1 a heap on top. Two rows of memory, made when the first row is seen.
/// State and Ties: the generator, and the rest of a rejected row until `choose`. Equal probabilities at the edge of top_p: the
/// lower id stays in. Seeded: equal calls give equal tokens on one platform (exp is the platform's own).
/// Threads: one at a time.
/// Knobs: `temperature`, default 1; 0 or less: the largest logit, as greedy. `top_p`, probability, default 1 (no cut), above 0.
/// `seed`, any number, default 0.
///
///     speculation::sampled rule{.temperature = 0.8F, .top_p = 0.95F, .seed = 7};
struct sampled {
  float temperature = 1;
  float top_p = 1;
  std::uint64_t seed = 0;

  bool accepts(std::span<const float> logits, const drafted_token& drafted) noexcept {
    state_.weigh(logits, temperature, top_p);
    state_.rejected = false;
    const auto token = static_cast<std::size_t>(drafted.token);
    if (drafted.token < 0 || token >= state_.weights.size()) {
      state_.rejected = true;  // no token of this model: as if it had never been drafted
      return false;
    }
    const double p = state_.weights[token] / state_.total;
    const double q = drafted.probabilities.empty() ? 1.0 : probability(drafted.probabilities, token);
    if (state_.uniform(seed) * q < p) return true;
    state_.subtract(drafted.probabilities, token);
    if (!(state_.total > 0)) state_.weigh(logits, temperature, top_p);  // p = q but for rounding
    state_.rejected = true;
    return false;
  }
  token_id choose(std::span<const float> logits) noexcept {
    if (!state_.rejected) state_.weigh(logits, temperature, top_p);
    state_.rejected = false;
    return state_.draw(seed);
  }

  struct memory {
    std::vector<double> weights;       ///< p or its rest, times total
    std::vector<std::uint32_t> order;  ///< a heap of tokens, for top_p
    double total = 0;
    std::uint64_t drawn = 0;
    bool rejected = false;

    void weigh(std::span<const float> logits, float heat, float share) noexcept {
      weights.assign(logits.size(), 0.0);
      total = 0;
      std::size_t best = logits.size();
      for (std::size_t i = 0; i < logits.size(); ++i)
        if (logits[i] == logits[i] && (best == logits.size() || logits[i] > logits[best])) best = i;
      if (best == logits.size()) return;
      if (!(heat > 0) || !std::isfinite(logits[best])) {
        weights[best] = total = 1;
        return;
      }
      for (std::size_t i = 0; i < logits.size(); ++i) {
        if (logits[i] != logits[i]) continue;
        weights[i] = std::exp((static_cast<double>(logits[i]) - static_cast<double>(logits[best])) / static_cast<double>(heat));
        total += weights[i];
      }
      if (share < 1) keep_nucleus(static_cast<double>(share));
    }
    /// Keeps the most probable tokens that together reach `share`, at least one.
    void keep_nucleus(double share) noexcept {
      const auto worse = [&](std::uint32_t a, std::uint32_t b) { return weights[a] != weights[b] ? weights[a] < weights[b] : a > b; };
      order.resize(weights.size());
      for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
      std::make_heap(order.begin(), order.end(), worse);
      double kept = 0;
      auto rest = order.end();
      while (rest != order.begin() && (rest == order.end() || kept < share * total)) {
        std::pop_heap(order.begin(), rest, worse);
        kept += weights[*--rest];
      }
      for (auto it = order.begin(); it != rest; ++it) weights[*it] = 0;
      total = kept;
    }
    void subtract(std::span<const float> q, std::size_t token) noexcept {
      const double scale = total;
      total = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double drafted = q.empty() ? (i == token ? 1.0 : 0.0) : probability(q, i);
        weights[i] = std::max(0.0, weights[i] / scale - drafted);
        total += weights[i];
      }
    }
    [[nodiscard]] token_id draw(std::uint64_t stream) noexcept {
      double left = uniform(stream) * total;
      std::size_t last = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!(weights[i] > 0)) continue;
        last = i;
        if ((left -= weights[i]) < 0) break;
      }
      return static_cast<token_id>(last);
    }
    /// In [0, 1), by SplitMix64 (Steele, Lea, Flood 2014).
    [[nodiscard]] double uniform(std::uint64_t stream) noexcept {
      std::uint64_t x = stream + ++drawn * 0x9E37'79B9'7F4A'7C15U;
      x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
      x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
      return static_cast<double>((x ^ (x >> 31U)) >> 11U) * 0x1p-53;
    }
  };
  memory state_{};  ///< not a knob; public only so that the knobs can be named where the rule is made

 private:
  [[nodiscard]] static double probability(std::span<const float> q, std::size_t token) noexcept {
    return token < q.size() ? static_cast<double>(q[token]) : 0.0;
  }
};

static_assert(acceptance_rule<sampled>, "sampled no longer models acceptance_rule");

}  // namespace moesaic::speculation
