// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include <moesaic/core/counters.hpp>

#include "../engine/ggml_model.hpp"
#include "evidence.hpp"
#include "tapped_model.hpp"
#include "token_choice.hpp"

namespace moesaic::decoder {

/// Decodes a model without routed experts: nothing to offload, so no residency and no policies, just one pass after another.
class dense_loop {
 public:
  dense_loop(tapped_model<ggml_model> model, token_choice rule) : model_(std::move(model)), rule_(std::move(rule)) {}

  struct step_report {
    std::span<const token_id> tokens;
  };

  result<token_id> prefill(std::span<const token_id> prompt) {
    const std::size_t chunk = model_.inner().longest_window();
    for (std::size_t done = 0; done < prompt.size(); done += chunk) {
      const auto part = prompt.subspan(done, std::min(chunk, prompt.size() - done));
      const bool at_end = done + part.size() == prompt.size();
      const auto logits = run(part, phase::prefill, at_end ? rows_wanted::last : rows_wanted::none);
      if (!logits) return logits.error();
      if (at_end) last_ = rule_.choose(logits->row(0));
    }
    return last_;
  }
  result<step_report> step(std::uint32_t) {
    const auto logits = evaluate_last();
    if (!logits) return logits.error();
    last_ = rule_.choose(logits->row(0));
    return step_report{{&last_, 1}};
  }
  result<logits_view> evaluate_last() { return run({&last_, 1}, phase::decode, rows_wanted::last); }
  void forget(position p) noexcept { model_.keep(p); }
  [[nodiscard]] counters count() const noexcept { return {}; }

 private:
  result<logits_view> run(std::span<const token_id> tokens, phase during, rows_wanted rows) {
    if (auto begun = model_.begin({tokens, place_, during, rows}); !begun) return begun.error();
    auto logits = model_.finish();
    if (logits) place_ += position{static_cast<std::uint32_t>(tokens.size())};
    return logits;
  }

  tapped_model<ggml_model> model_;
  token_choice rule_;
  token_id last_ = 0;
  position place_{};
};

}  // namespace moesaic::decoder
