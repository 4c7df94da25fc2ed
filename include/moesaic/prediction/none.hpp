// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/expert_predictor.hpp>

namespace moesaic::prediction {

/// Expects nothing.
///
/// Source: ours. Cost: O(1); an empty forecast. State and Ties: none. Threads: any. No knobs.
class none {
 public:
  using hears = events<>;
  [[nodiscard]] const forecast& expectation() const noexcept { return nothing_; }

 private:
  forecast nothing_;
};

static_assert(expert_predictor<none>, "none no longer models expert_predictor");

}  // namespace moesaic::prediction
