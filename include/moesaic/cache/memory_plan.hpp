// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic {

/// How much fast memory may hold expert weights: slots, transfers in flight and staging frames, padding included.
struct memory_budget {
  bytes total{};
  /// Staging frames of the largest expert, at least 1. With 1 the link idles while the engine computes from it (time over
  /// the faster of link and compute was 1.25 to 2.00 in a prototype), with 2 hardly (1.01 to 1.04).
  std::uint32_t frames = 2;
};

/// What a budget is good for, known from the shape alone, before anything is loaded.
struct memory_plan {
  bytes floor{};          ///< with one frame: below it nothing can run
  bytes recommended{};    ///< two frames, and room for the experts of one token in every layer
  bytes everything{};     ///< the budget's frames and a slot of its layer's largest for every expert: nothing travels twice
  std::uint32_t frames = 0;          ///< as asked for, or fewer where the budget holds only these
  bytes frame{};                     ///< bytes of one: the largest expert
  bytes slots{};                     ///< what is left for residents
  std::uint32_t resident_experts = 0;///< how many of the smallest-first experts that holds
};

/// Bytes that each expert is charged for, by flat index: parts with alignment and padding as the transport lays them out.
/// The default is the model's own sizes rounded up to `alignment`.
[[nodiscard]] inline std::vector<bytes> footprint_of(const model_shape& shape, bytes alignment = {1}) {
  std::vector<bytes> charges(shape.space().size());
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e) {
      const std::uint32_t flat = shape.space().flat(make_expert(l, e));
      charges[flat] = rounded_up(shape.size_of(flat), alignment);
    }
  return charges;
}

/// Says what a budget allows, or names the floor it misses. Cost: O(experts · log experts).
[[nodiscard]] inline result<memory_plan> plan(const model_shape& shape, std::span<const bytes> footprint, memory_budget budget) {
  if (footprint.size() != shape.space().size())
    return error(error_code::bad_argument, "a footprint needs one entry per flat index, ", shape.space().size(), ", got ", footprint.size());
  if (budget.frames == 0) return error(error_code::bad_argument, "a budget needs at least 1 staging frame");
  memory_plan p;
  bytes all{};
  bytes one_token{};
  std::vector<bytes> sizes;
  sizes.reserve(shape.expert_count());
  for (std::uint32_t l = 0; l < shape.layers(); ++l) {
    const auto layer = static_cast<layer_index>(l);
    bytes largest{};
    for (std::uint32_t e = 0; e < shape.experts(layer); ++e) {
      const bytes charge = footprint[shape.space().flat(make_expert(l, e))];
      if (charge < shape.size_of(make_expert(l, e)))
        return error(error_code::bad_argument, "expert (layer ", l, ", expert ", e, ") has ", shape.size_of(make_expert(l, e)).count, " bytes but is charged ",
                     charge.count);
      sizes.push_back(charge);
      largest = std::max(largest, charge);
    }
    p.frame = std::max(p.frame, largest);
    one_token += largest * shape.top_k(layer);
    all += largest * shape.experts(layer);
  }
  p.floor = p.frame;
  p.recommended = p.frame * 2U + one_token;
  p.everything = p.frame * budget.frames + all;
  if (budget.total < p.floor)
    return error(error_code::below_floor, "a budget of ", budget.total.count, " bytes for experts is below the floor of ", p.floor.count,
                 " bytes (one staging frame of the largest expert); recommended are ", p.recommended.count, " bytes");
  p.frames = static_cast<std::uint32_t>(std::min<std::uint64_t>(budget.frames, budget.total.count / p.frame.count));
  p.slots = budget.total - p.frame * p.frames;
  std::sort(sizes.begin(), sizes.end());
  bytes filled{};
  for (const bytes s : sizes) {
    if (filled + s > p.slots) break;
    filled += s;
    ++p.resident_experts;
  }
  return p;
}

}  // namespace moesaic
