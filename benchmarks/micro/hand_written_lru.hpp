// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/transport/instant.hpp>

/// What an engine writes by hand for one layer: an array LRU with slots, pins, a byte budget, counts, and the copies that its
/// misses need, for one event at a time, one size of expert, one policy, no staging, no failures. The yardstick of the
/// decision benchmarks: touches, evictions, pins, bytes, tickets and completions are those of the residency core, through
/// the same transport, and experts are handed out and given back one by one as an engine uses them.
class hand_written_lru {
 public:
  struct handed {
    std::uint32_t expert;
    std::uint64_t offset;
  };

  hand_written_lru(std::uint32_t experts, std::uint32_t slots, std::uint64_t bytes_each)
      : next_(experts + 1), prev_(experts + 1), slot_(experts, nowhere), pins_(experts), ready_(experts), travels_(16), order_(experts),
        bytes_each_(bytes_each), budget_(slots * bytes_each), link_(16) {
    next_[experts] = prev_[experts] = experts;
    for (std::uint32_t s = slots; s-- > 0;) free_.push_back(s);
  }

  void begin(std::span<const std::uint32_t> wanted) {
    wanted_ = wanted;
    order_end_ = order_next_ = 0;
    for (const std::uint32_t e : wanted) {
      if (slot_[e] == nowhere) continue;
      ++hits;
      unlink(e);
      append(e);
      ++pins_[e];
      order_[order_end_++] = e;
    }
    for (const std::uint32_t e : wanted) {
      if (slot_[e] != nowhere) continue;
      ++misses;
      if (used_ + bytes_each_ > budget_) {
        std::uint32_t victim = next_[head()];
        while (victim != head() && pins_[victim] != 0) victim = next_[victim];
        if (victim == head()) continue;
        unlink(victim);
        free_.push_back(slot_[victim]);
        slot_[victim] = nowhere;
        ready_[victim] = 0;
        used_ -= bytes_each_;
        ++evictions;
      }
      slot_[e] = free_.back();
      free_.pop_back();
      used_ += bytes_each_;
      append(e);
      ++pins_[e];
      travels_[ticket_ & 15U] = e;
      link_.submit({{++ticket_}, {}, nullptr, {bytes_each_}, moesaic::cause::demand, {}});
      ++open_;
    }
  }
  /// False: all have been handed out.
  bool next(handed& out) {
    while (order_next_ == order_end_) {
      if (open_ == 0) return false;
      const std::uint32_t n = link_.wait(done_);
      for (std::uint32_t i = 0; i < n; ++i) {
        const std::uint32_t e = travels_[(done_[i].number.number - 1) & 15U];
        bytes_moved += done_[i].moved.count;
        ready_[e] = 1;
        order_[order_end_++] = e;
      }
      open_ -= n;
    }
    const std::uint32_t e = order_[order_next_++];
    out = {e, slot_[e] * bytes_each_};
    return true;
  }
  void end() {
    for (const std::uint32_t e : wanted_)
      if (pins_[e] != 0) --pins_[e];
  }

  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t bytes_moved = 0;

 private:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{};
  [[nodiscard]] std::uint32_t head() const { return static_cast<std::uint32_t>(next_.size() - 1); }
  void unlink(std::uint32_t e) {
    next_[prev_[e]] = next_[e];
    prev_[next_[e]] = prev_[e];
  }
  void append(std::uint32_t e) {
    prev_[e] = prev_[head()];
    next_[e] = head();
    next_[prev_[e]] = e;
    prev_[head()] = e;
  }
  std::vector<std::uint32_t> next_, prev_, slot_, free_, pins_;
  std::vector<std::uint8_t> ready_;
  std::vector<std::uint32_t> travels_, order_;
  std::span<const std::uint32_t> wanted_;
  std::uint32_t order_next_ = 0, order_end_ = 0;
  std::uint64_t bytes_each_;
  std::uint64_t budget_;
  std::uint64_t used_ = 0;
  std::uint64_t ticket_ = 0;
  std::uint32_t open_ = 0;
  moesaic::completion done_[16];
  moesaic::transports::instant<> link_;
};
