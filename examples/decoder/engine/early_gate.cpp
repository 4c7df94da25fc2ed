// SPDX-License-Identifier: MIT
#include "early_gate.hpp"

#include <algorithm>

namespace moesaic::decoder {

router_options early_gate::asked(const routed_feed_forward& block) noexcept {
  router_options options = block.options;
  options.top_k = std::min(options.experts, 2 * options.top_k);
  options.renormalise = false;
  options.scale = 1;
  return options;
}

void early_gate::ask(thread_team& team, const layer& of, const float* stream, std::int64_t rows, std::int64_t width, std::span<expert_index> experts,
                     std::span<float> weights) {
  const router_options options = asked(*of.routed());
  const auto all = static_cast<std::size_t>(options.experts), k = static_cast<std::size_t>(options.top_k);
  float* const normed = normed_.of(rows * width);
  of.feed_forward_norm.apply(stream, normed, rows);
  input_.assign(normed, rows, width);
  float* const logits = logits_.of(rows * options.experts);
  const std::vector<float>& bias = of.routed()->router_bias;
  const product scores{&of.routed()->router, logits, options.experts, bias.empty() ? nullptr : bias.data()};
  multiply(team, input_, {&scores, 1});
  if (worth_.size() < all) worth_.resize(all);
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
    choose_experts(options, {logits + r * all, all}, experts.subspan(r * k, k), weights.subspan(r * k, k), worth_);
}

}  // namespace moesaic::decoder
