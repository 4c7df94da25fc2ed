// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/trace/event_table.hpp>

namespace moesaic::trace {

/// Stands for "never used again".
inline constexpr std::uint32_t no_next_use = 0xFFFF'FFFF;

/// For every access of a table the number of the next event that uses the same expert, or no_next_use: what a clairvoyant
/// policy is told. With `within_sequence` a use in a later sequence does not count (the cache is emptied between them).
///
/// A table of numbers would be larger than the trace. So one pass from the end notes, at the end of every block of steps, what
/// each expert is used for next; a reader then works out the block it stands in. `future` is only read after that and may be
/// shared by readers in several threads.
/// Cost: O(accesses) at construction and again for each reader; 4 bytes per expert and block, and a reader's block of 65,536
/// accesses or 8 times the model's experts, whichever is more. The table stays where it is.
class future {
 public:
  explicit future(const event_table& table, bool within_sequence = false) : table_(&table), within_sequence_(within_sequence) {
    const std::size_t experts = std::size_t{table.shape.layers} * table.shape.experts;
    const std::uint64_t each = std::max<std::uint64_t>(least_block, 8 * experts);
    for (std::size_t s = 0; s < table.steps.size(); ++s)
      if (s == 0 || table.steps[s].first_access - table.steps[starts_.back()].first_access >= each) starts_.push_back(s);
    ends_.resize(starts_.size() * experts);
    std::vector<std::uint32_t> upcoming(experts, no_next_use);
    for (std::size_t b = starts_.size(); b-- > 0;) {
      std::copy(upcoming.begin(), upcoming.end(), ends_.begin() + static_cast<std::ptrdiff_t>(b * experts));
      walk_back(b, upcoming, [](std::uint64_t, std::uint32_t) {});
    }
  }
  future(const event_table&&, bool = false) = delete;

  /// Gives the next uses step by step. Steps are best asked for in order: another block has to be worked out anew.
  class reader {
   public:
    explicit reader(const future& all) : all_(&all) {}
    /// For each access of the step, event by event. Valid until the next call.
    [[nodiscard]] std::span<const std::uint32_t> of(std::size_t step) {
      if (step < from_ || step >= to_) load(step);
      const event_table& table = *all_->table_;
      const std::uint64_t first = table.steps[step].first_access;
      const std::uint64_t last = step + 1 < table.steps.size() ? table.steps[step + 1].first_access : table.accesses();
      return {uses_.data() + (first - base_), static_cast<std::size_t>(last - first)};
    }

   private:
    void load(std::size_t step) {
      const auto& starts = all_->starts_;
      const auto block = static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), step) - starts.begin()) - 1;
      from_ = starts[block];
      to_ = all_->end_of(block);
      base_ = all_->table_->steps[from_].first_access;
      uses_.resize(static_cast<std::size_t>(all_->access_after(to_) - base_));
      const std::size_t experts = std::size_t{all_->table_->shape.layers} * all_->table_->shape.experts;
      const auto at = all_->ends_.begin() + static_cast<std::ptrdiff_t>(block * experts);
      upcoming_.assign(at, at + static_cast<std::ptrdiff_t>(experts));
      all_->walk_back(block, upcoming_, [&](std::uint64_t access, std::uint32_t next) { uses_[static_cast<std::size_t>(access - base_)] = next; });
    }
    const future* all_;
    std::size_t from_ = 0, to_ = 0;  ///< steps of the block
    std::uint64_t base_ = 0;         ///< its first access
    std::vector<std::uint32_t> uses_;
    std::vector<std::uint32_t> upcoming_;
  };

 private:
  static constexpr std::uint64_t least_block = 65'536;

  [[nodiscard]] std::size_t end_of(std::size_t block) const noexcept { return block + 1 < starts_.size() ? starts_[block + 1] : table_->steps.size(); }
  [[nodiscard]] std::uint64_t access_after(std::size_t step) const noexcept {
    return step < table_->steps.size() ? table_->steps[step].first_access : table_->accesses();
  }
  /// From the block's last access to its first: `visit(access, its next use)`. `upcoming`: next uses after the block, then before.
  template <class Visit>
  void walk_back(std::size_t block, std::vector<std::uint32_t>& upcoming, Visit&& visit) const {
    std::uint64_t access = access_after(end_of(block));
    for (std::size_t step = end_of(block); step-- > starts_[block];) {
      const bool last_of_sequence = step + 1 == table_->steps.size() || table_->steps[step + 1].sequence != table_->steps[step].sequence;
      if (within_sequence_ && last_of_sequence) upcoming.assign(upcoming.size(), no_next_use);
      for (std::size_t e = table_->end_of(step); e-- > table_->steps[step].first_event;) {
        std::uint32_t* const of_layer = upcoming.data() + std::size_t{table_->layers[e]} * table_->shape.experts;
        for (std::uint32_t i = table_->sizes[e]; i-- > 0;) {
          --access;
          visit(access, std::exchange(of_layer[table_->experts[static_cast<std::size_t>(access)]], static_cast<std::uint32_t>(e)));
        }
      }
    }
  }

  const event_table* table_;
  bool within_sequence_;
  std::vector<std::size_t> starts_;  ///< [blocks] first step
  std::vector<std::uint32_t> ends_;  ///< [blocks][layers][experts] next use after the block
};

/// All of them at once, for tables that are small.
[[nodiscard]] inline std::vector<std::uint32_t> next_uses(const event_table& table, bool within_sequence = false) {
  const future all(table, within_sequence);
  future::reader reader(all);
  std::vector<std::uint32_t> uses;
  for (std::size_t s = 0; s < table.steps.size(); ++s) {
    const std::span<const std::uint32_t> of_step = reader.of(s);
    uses.insert(uses.end(), of_step.begin(), of_step.end());
  }
  return uses;
}

}  // namespace moesaic::trace
