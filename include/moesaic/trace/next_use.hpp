// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <moesaic/trace/event_table.hpp>

namespace moesaic::trace {

/// Stands for "never used again".
inline constexpr std::uint32_t no_next_use = 0xFFFF'FFFF;

/// For every access of a table the number of the next event that uses the same expert, or no_next_use: what a clairvoyant
/// policy is told. With `within_sequence` a use in a later sequence does not count (the cache is emptied between them).
/// Cost: one pass from the end, O(accesses); 4 bytes per access.
[[nodiscard]] inline std::vector<std::uint32_t> next_uses(const event_table& table, bool within_sequence = false) {
  std::vector<std::uint32_t> next(table.accesses());
  std::vector<std::uint32_t> upcoming(std::size_t{table.shape.layers} * table.shape.experts, no_next_use);
  std::size_t access = next.size();
  for (std::size_t step = table.steps.size(); step-- > 0;) {
    const bool last_of_sequence = step + 1 == table.steps.size() || table.steps[step + 1].sequence != table.steps[step].sequence;
    if (within_sequence && last_of_sequence) upcoming.assign(upcoming.size(), no_next_use);
    for (std::size_t e = table.end_of(step); e-- > table.steps[step].first_event;) {
      std::uint32_t* const of_layer = upcoming.data() + std::size_t{table.layers[e]} * table.shape.experts;
      for (std::uint32_t i = table.sizes[e]; i-- > 0;) {
        --access;
        std::uint32_t& known = of_layer[table.experts[access]];
        next[access] = known;
        known = static_cast<std::uint32_t>(e);
      }
    }
  }
  return next;
}

}  // namespace moesaic::trace
