// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <moesaic/core/result.hpp>
#include <moesaic/sim/routing_tape.hpp>
#include <moesaic/trace/routing_rows.hpp>
#include <moesaic/transport/dice.hpp>

namespace moesaic::sim {

/// How routing without a trace behaves. The defaults lie between published traces of gpt-oss-20b, DeepSeek-V2-Lite, Qwen3-30B
/// and OLMoE. In those a token uses .26 to .44 of its predecessor's experts again, and least recently used with room for a
/// quarter of the experts hits .50 to .78; made up in the same shapes it is .31 to .42 and .59 to .62.
struct locality {
  double again = 0.25;       ///< share of a token's experts taken over from the token before
  double topical = 0.5;      ///< of the others, the share drawn from the experts of the present topic
  double topic_size = 0.25;  ///< experts of a layer that belong to a topic, as a share
  std::uint32_t topic_length = 256;  ///< tokens that a topic lasts
  std::uint64_t seed = 1;
};

/// Routing with locality, made up: one text in which each token takes over some experts, draws some from its topic and the rest
/// from all. For questions asked before there is a trace; a real trace is always better. Deterministic.
/// Cost: O(tokens × layers × experts).
[[nodiscard]] inline result<routing_tape> synthetic_routing(const trace::dimensions& shape, std::uint32_t tokens, const locality& like = {}) {
  if (shape.layers == 0 || shape.top_k == 0 || shape.top_k > shape.experts || shape.experts >= trace::not_routed)
    return error(error_code::bad_argument, "routing to ", shape.top_k, " of ", shape.experts, " experts in ", shape.layers, " layers cannot be made up");
  transports::dice dice(like.seed);
  const auto chance = [&](double p) { return static_cast<double>(dice.next() >> 11U) < p * 9'007'199'254'740'992.0; };
  const auto topic_size = std::clamp(static_cast<std::uint32_t>(like.topic_size * shape.experts + 0.5), shape.top_k, shape.experts);
  std::vector<std::vector<std::uint16_t>> topics(shape.layers);
  std::vector<std::uint16_t> row(shape.row()), before;
  std::vector<bool> used(shape.experts);
  routing_tape tape(shape);
  for (std::uint32_t t = 0; t < tokens; ++t) {
    before = row;
    for (std::uint32_t l = 0; l < shape.layers; ++l) {
      std::vector<std::uint16_t>& topic = topics[l];
      if (t % std::max(like.topic_length, 1U) == 0) {  // a new topic: the first of a shuffled layer
        topic.resize(shape.experts);
        for (std::uint32_t e = 0; e < shape.experts; ++e) topic[e] = static_cast<std::uint16_t>(e);
        for (std::uint32_t e = 0; e < topic_size; ++e) std::swap(topic[e], topic[e + dice.below(shape.experts - e)]);
      }
      std::fill(used.begin(), used.end(), false);
      std::uint16_t* const mine = row.data() + std::size_t{l} * shape.top_k;
      std::uint32_t filled = 0;
      const auto take = [&](std::uint16_t e) {
        if (used[e]) return;
        used[e] = true;
        mine[filled++] = e;
      };
      for (std::uint32_t i = 0; t > 0 && i < shape.top_k; ++i)
        if (chance(like.again)) take(before[std::size_t{l} * shape.top_k + i]);
      while (filled < shape.top_k) take(chance(like.topical) ? topic[dice.below(topic_size)] : static_cast<std::uint16_t>(dice.below(shape.experts)));
    }
    if (const result<void> added = tape.add({.tokens = 1, .experts = row, .weights = {}, .recorded = {}}); !added) return added.error();
  }
  return tape;
}

}  // namespace moesaic::sim
