// SPDX-License-Identifier: MIT
#include "router.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "row_math.hpp"

namespace moesaic::decoder {

namespace {

constexpr float least = -std::numeric_limits<float>::infinity();

/// The worth of each group is that of its two best experts together.
void leave_out_groups(const router_options& o, std::span<float> worth) noexcept {
  const auto size = static_cast<std::size_t>(o.experts / o.groups);
  const auto pair_of = [&](std::size_t group) {
    float best = least, second = least;
    for (const float w : worth.subspan(group * size, size)) {
      second = std::max(second, std::min(best, w));
      best = std::max(best, w);
    }
    return size < 2 ? best : best + second;
  };
  const auto groups = static_cast<std::size_t>(o.groups);
  const auto before = [&](std::size_t a, std::size_t b) {  // a comes before b
    const float of_a = pair_of(a), of_b = pair_of(b);
    return of_a > of_b || (!(of_a < of_b) && a < b);
  };
  // Few groups, and no memory to remember their worth in: each is compared with all others.
  std::uint64_t out = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    std::int64_t better = 0;
    for (std::size_t other = 0; other < groups; ++other) better += other != g && before(other, g) ? 1 : 0;
    if (better >= o.groups_used) out |= std::uint64_t{1} << g;
  }
  for (std::size_t e = 0; e < worth.size(); ++e)
    if ((out >> (e / size) & 1U) != 0) worth[e] = least;
}

}  // namespace

void choose_experts(const router_options& options, std::span<float> logits, std::span<expert_index> chosen, std::span<float> weights,
                    std::span<float> worth_of) noexcept {
  if (options.by == gating::softmax) softmax(logits.data(), options.experts, 1.0F);
  if (options.by == gating::sigmoid)
    for (float& l : logits) l = 1.0F / (1.0F + std::exp(-l));
  const auto k = static_cast<std::size_t>(options.top_k);
  std::span<const float> worths = logits;
  const bool apart = !options.choice_bias.empty() || options.groups > 1;
  if (apart) {
    for (std::size_t e = 0; e < logits.size(); ++e) worth_of[e] = logits[e] + (options.choice_bias.empty() ? 0.0F : options.choice_bias[e]);
    for (float& w : worth_of.first(logits.size())) w = std::isnan(w) ? least : w;
    if (options.groups > 1) leave_out_groups(options, worth_of.first(logits.size()));
    worths = worth_of.first(logits.size());
  }
  const auto worth = [&](std::size_t e) { return std::isnan(worths[e]) ? least : worths[e]; };
  std::size_t held = 0;  // a list of the best so far, in rank order; k is small, so insertion is the quickest
  for (std::size_t e = 0; e < logits.size(); ++e) {
    if (held == k && !(worth(e) > worth(number(chosen[k - 1])))) continue;
    std::size_t at = held < k ? held++ : k - 1;
    for (; at > 0 && worth(e) > worth(number(chosen[at - 1])); --at) chosen[at] = chosen[at - 1];
    chosen[at] = static_cast<expert_index>(e);
  }
  for (std::size_t i = 0; i < k; ++i) weights[i] = logits[number(chosen[i])];
  if (options.by == gating::softmax_of_chosen) softmax(weights.data(), options.top_k, 1.0F);
  double added = 0;
  for (std::size_t i = 0; i < k; ++i) added += static_cast<double>(weights[i]);
  const auto sum = static_cast<float>(added);
  constexpr float least_sum = 6.103515625e-5F;  // the smallest normal half-precision number: what the reference divides by at least
  const float divide = options.renormalise ? std::max(sum, least_sum) : 1.0F;
  for (std::size_t i = 0; i < k; ++i) weights[i] = weights[i] / divide * options.scale;
}

}  // namespace moesaic::decoder
