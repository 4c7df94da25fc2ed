// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/core/forecast.hpp>

namespace moesaic_test {

/// Who a forecast expects in a layer, ascending.
inline std::vector<std::uint32_t> expected_in(const moesaic::forecast& f, std::uint32_t layer) {
  std::vector<std::uint32_t> experts;
  for (const moesaic::expert_index e : f.expected(static_cast<moesaic::layer_index>(layer))) experts.push_back(number(e));
  std::sort(experts.begin(), experts.end());
  return experts;
}

}  // namespace moesaic_test
