// SPDX-License-Identifier: MIT
#include "router.hpp"

#include <algorithm>
#include <cmath>

#include "row_math.hpp"

namespace moesaic::decoder {

void choose_experts(const router_options& options, std::span<float> logits, std::span<expert_index> chosen,
                    std::span<float> weights) noexcept {
  softmax(logits.data(), options.experts, 1.0F);
  const auto k = static_cast<std::size_t>(options.top_k);
  const auto worth = [&](std::size_t e) { return std::isnan(logits[e]) ? -1.0F : logits[e]; };
  std::size_t held = 0;  // a list of the best so far, in rank order; k is small, so insertion is the quickest
  for (std::size_t e = 0; e < logits.size(); ++e) {
    if (held == k && !(worth(e) > worth(number(chosen[k - 1])))) continue;
    std::size_t at = held < k ? held++ : k - 1;
    for (; at > 0 && worth(e) > worth(number(chosen[at - 1])); --at) chosen[at] = chosen[at - 1];
    chosen[at] = static_cast<expert_index>(e);
  }
  double added = 0;
  for (std::size_t i = 0; i < k; ++i) added += static_cast<double>(weights[i] = logits[number(chosen[i])]);
  const auto sum = static_cast<float>(added);
  constexpr float least_sum =
      6.103515625e-5F;  // the smallest normal half-precision number: what the reference divides by at least
  const float divide = options.renormalise ? std::max(sum, least_sum) : 1.0F;
  for (std::size_t i = 0; i < k; ++i) weights[i] = weights[i] / divide * options.scale;
}

}  // namespace moesaic::decoder
