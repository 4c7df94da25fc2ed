// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>

#include "key_value_cache.hpp"
#include "workbench.hpp"

namespace moesaic::decoder {

/// What a query does with the positions before it.
struct look_back_options {
  float scale = 1;          ///< of the scores
  std::int64_t window = 0;  ///< positions seen, its own included; 0: all
  float sink = -std::numeric_limits<float>::infinity();  ///< a score that takes its share of the attention and brings no value
};

/// out = the values of positions [0, count), weighted by a softmax over the scores of one query (cache.key_width floats; the last
/// position is its own). Depends on those positions and on nothing else, so a row has the same bits in every window of tokens.
void look_back(const key_value_cache& cache, workbench::member_scratch& mine, const look_back_options& how, const float* query, std::int64_t head,
               std::int64_t count, float* out);

}  // namespace moesaic::decoder
