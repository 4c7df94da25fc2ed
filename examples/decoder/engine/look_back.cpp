// SPDX-License-Identifier: MIT
#include "look_back.hpp"

#include <algorithm>

#include "row_math.hpp"

namespace moesaic::decoder {

void look_back(const key_value_cache& cache, workbench::member_scratch& mine, const look_back_options& how, const float* query, std::int64_t head,
               std::int64_t count, float* out) {
  constexpr float never = -std::numeric_limits<float>::infinity();
  // The weighted sum runs over whole vector registers: weights behind the last position are 0, and the cache has room for them.
  // A window starts at a whole register, too: what it leaves out is added as 0 or not at all, and both give the same bits.
  const std::int64_t seen = how.window == 0 ? 0 : std::max<std::int64_t>(0, count - how.window);
  const std::int64_t first = seen / key_value_cache::step * key_value_cache::step;
  const std::int64_t end = key_value_cache::padded(count);
  float* scores = mine.scores.of(key_value_cache::padded(cache.context()));
  const void* asked = query;
  const void* weights = scores;
  const auto convert = ggml_get_type_traits_cpu(cache.type())->from_float;
  if (cache.type() != GGML_TYPE_F32) {
    const auto needed = static_cast<std::size_t>(std::max(key_value_cache::padded(cache.context()), cache.key_width())) * sizeof(float);
    if (mine.converted.size() < needed) mine.converted.resize(needed);
    asked = weights = mine.converted.data();
    convert(query, mine.converted.data(), cache.key_width());
  }
  std::fill(scores, scores + (seen - first), never);
  cache.score(head, asked, seen, count, scores + (seen - first));
  std::fill(scores + (count - first), scores + (end - first), never);
  softmax(scores, end - first, how.scale, how.sink);
  if (cache.type() != GGML_TYPE_F32) convert(scores, mine.converted.data(), end - first);
  cache.mix(head, weights, first, end, out);
}

}  // namespace moesaic::decoder
