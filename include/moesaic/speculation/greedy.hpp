// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include <moesaic/concepts/acceptance_rule.hpp>

namespace moesaic::speculation {

/// Takes the token with the largest logit; a drafted token stands if it is that token.
///
/// Source: textbook; lossless verification of a greedy target (arXiv 2211.17192, appendix A.5 with temperature 0).
/// Cost: O(vocabulary) per question, no state.
/// State and Ties: equal logits: the lower id. A logit that is not a number is never chosen, unless all are: then token 0.
/// Threads: any. No knobs.
struct greedy {
  bool accepts(std::span<const float> logits, const drafted_token& drafted) const noexcept { return !logits.empty() && choose(logits) == drafted.token; }
  token_id choose(std::span<const float> logits) const noexcept {
    std::size_t best = 0;
    while (best < logits.size() && logits[best] != logits[best]) ++best;  // past what is not a number
    if (best == logits.size()) return 0;
    for (std::size_t i = best + 1; i < logits.size(); ++i)
      if (logits[i] > logits[best]) best = i;
    return static_cast<token_id>(best);
  }
};

static_assert(acceptance_rule<greedy>, "greedy no longer models acceptance_rule");

}  // namespace moesaic::speculation
