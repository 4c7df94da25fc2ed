// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/transport/instant.hpp>

/// How a hand-written LRU finds the oldest resident.
/// `scanned`: an array of last uses, searched over the slots: what engines usually have.
class scanned_order {
 public:
  scanned_order(std::uint32_t experts, std::uint32_t slots) : last_use_(experts), holds_(slots, nobody) {}
  void touch(std::uint32_t e) { last_use_[e] = ++now_; }
  void enter(std::uint32_t e, std::uint32_t slot) {
    holds_[slot] = e;
    touch(e);
  }
  [[nodiscard]] std::uint32_t oldest(std::span<const std::uint32_t> pins) const {
    std::uint32_t best = nobody;
    for (const std::uint32_t e : holds_)
      if (e != nobody && pins[e] == 0 && (best == nobody || last_use_[e] < last_use_[best])) best = e;
    return best;
  }
  void leave(std::uint32_t, std::uint32_t slot) { holds_[slot] = nobody; }
  static constexpr std::uint32_t nobody = ~std::uint32_t{};

 private:
  std::vector<std::uint64_t> last_use_;
  std::vector<std::uint32_t> holds_;
  std::uint64_t now_ = 0;
};

/// `linked`: a list through arrays, O(1). Faster where slots are many, and the least that LRU can cost.
class linked_order {
 public:
  linked_order(std::uint32_t experts, std::uint32_t) : next_(experts + 1), prev_(experts + 1), head_(experts) { next_[head_] = prev_[head_] = head_; }
  void touch(std::uint32_t e) {
    unlink(e);
    append(e);
  }
  void enter(std::uint32_t e, std::uint32_t) { append(e); }
  [[nodiscard]] std::uint32_t oldest(std::span<const std::uint32_t> pins) const {
    std::uint32_t e = next_[head_];
    while (e != head_ && pins[e] != 0) e = next_[e];
    return e == head_ ? scanned_order::nobody : e;
  }
  void leave(std::uint32_t e, std::uint32_t) { unlink(e); }

 private:
  void unlink(std::uint32_t e) {
    next_[prev_[e]] = next_[e];
    prev_[next_[e]] = prev_[e];
  }
  void append(std::uint32_t e) {
    prev_[e] = prev_[head_];
    next_[e] = head_;
    next_[prev_[e]] = e;
    prev_[head_] = e;
  }
  std::vector<std::uint32_t> next_, prev_;
  std::uint32_t head_;
};

/// What an engine writes by hand for one layer: an array LRU with pins, a byte budget, counts, and the copies its misses need;
/// one event at a time, one size of expert, one policy, no staging, no failures. The yardstick of the decision benchmarks:
/// touches, evictions, pins, bytes, tickets and completions are those of the residency core, through the same transport; an
/// event is checked before it is believed; experts are handed out and given back one by one, as an engine uses them.
template <class Order>
class hand_written_lru {
 public:
  struct handed {
    std::uint32_t expert;
    std::uint32_t entry;
    std::uint64_t offset;
  };

  hand_written_lru(std::uint32_t experts, std::uint32_t slots, std::uint64_t bytes_each)
      : order_(experts, slots),
        slot_(experts, nowhere),
        pins_(experts),
        travels_(16),
        queue_(experts),
        given_back_(experts),
        bytes_each_(bytes_each),
        budget_(slots * bytes_each),
        link_(16) {
    for (std::uint32_t s = slots; s-- > 0;) free_.push_back(s);
  }

  /// False: the event is none (ids ascending, distinct, in range), and nothing has changed.
  bool begin(std::span<const std::uint32_t> wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i] >= slot_.size() || (i > 0 && wanted[i] <= wanted[i - 1])) return false;
    wanted_ = wanted;
    queue_end_ = queue_next_ = 0;
    ++events;
    accesses += wanted.size();
    for (const std::uint32_t e : wanted) {
      if (slot_[e] == nowhere) continue;
      ++hits;
      order_.touch(e);
      ++pins_[e];
      queue_[queue_end_++] = e;
    }
    for (const std::uint32_t e : wanted) {
      if (slot_[e] != nowhere) continue;
      ++misses;
      if (used_ + bytes_each_ > budget_) {
        const std::uint32_t victim = order_.oldest(pins_);
        if (victim == scanned_order::nobody) continue;
        order_.leave(victim, slot_[victim]);
        free_.push_back(slot_[victim]);
        slot_[victim] = nowhere;
        used_ -= bytes_each_;
        ++evictions;
      }
      slot_[e] = free_.back();
      free_.pop_back();
      used_ += bytes_each_;
      order_.enter(e, slot_[e]);
      ++pins_[e];
      travels_[ticket_ & 15U] = e;
      link_.submit({{++ticket_}, {}, nullptr, {bytes_each_}, moesaic::cause::demand, {}});
      ++open_;
    }
    return true;
  }
  /// False: all have been handed out.
  bool next(handed& out) {
    while (queue_next_ == queue_end_) {
      if (open_ == 0) return false;
      const std::uint32_t n = link_.wait(done_);
      for (std::uint32_t i = 0; i < n; ++i) {
        bytes_moved += done_[i].moved.count;
        queue_[queue_end_++] = travels_[(done_[i].number.number - 1) & 15U];
      }
      open_ -= n;
    }
    const std::uint32_t e = queue_[queue_next_];
    given_back_[queue_next_] = 0;
    out = {e, queue_next_++, slot_[e] * bytes_each_};
    return true;
  }
  void give_back(const handed& done) {
    if (done.entry < queue_end_) given_back_[done.entry] = 1;
  }
  void end() {
    for (const std::uint32_t e : wanted_)
      if (pins_[e] != 0) --pins_[e];
  }

  std::uint64_t events = 0;
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t bytes_moved = 0;

 private:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{};
  Order order_;
  std::vector<std::uint32_t> slot_, free_, pins_, travels_, queue_;
  std::vector<std::uint8_t> given_back_;
  std::span<const std::uint32_t> wanted_;
  std::uint32_t queue_next_ = 0, queue_end_ = 0;
  std::uint64_t bytes_each_;
  std::uint64_t budget_;
  std::uint64_t used_ = 0;
  std::uint64_t ticket_ = 0;
  std::uint32_t open_ = 0;
  moesaic::completion done_[16];
  moesaic::transports::instant<> link_;
};
