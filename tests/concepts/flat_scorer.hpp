// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic/concepts/utility_scorer.hpp>

namespace moesaic_test {

/// Everybody is worth the same.
struct flat_scorer {
  using hears = moesaic::events<>;
  moesaic::utility worth{};
  [[nodiscard]] moesaic::utility score(moesaic::expert_id) const noexcept { return worth; }
};

}  // namespace moesaic_test
