// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/concepts/hears.hpp>
#include <moesaic/concepts/scene.hpp>

namespace moesaic::eviction {

/// Uses counted in events: more events first, then the later last one.
struct event_count {
  std::uint64_t events = 0;

  event_count& operator+=(event_count more) noexcept {
    events += more.events;
    return *this;
  }
  [[nodiscard]] utility worth(std::uint64_t last) const noexcept { return ranked(events, last); }
};

/// How often each expert was used, and the key that follows from it. lfu and lrfu differ only in how uses are counted.
///
/// Source: ours. "Perfect" counts: they survive eviction. A prefetch is a promise: as long as it is resident and unused, its
/// key is the one it would have if the running event had used it. Without the promise an expert that was fetched for its first
/// use would be the first to leave, before that use.
/// Mechanism: `Count` is what uses add up to: `+=` another one, and `worth(event)`, its rank after a last use in that event.
/// The keys stand in one array, so that looking for the least reads 4 bytes of members, 1 of flags and 8 of keys each.
/// Cost: use, admit, evict O(1); least O(candidates). 8 bytes (key), Count and 16 bytes more per expert of the model.
/// Ties: equal keys: the lower id is the least. One thread at a time.
template <class Count>
class use_table {
 public:
  use_table() = default;
  explicit use_table(const inventory& all) : keys_(all.space().size()), uses_(all.space().size()) {
    for (utility& k : keys_) k = Count{}.worth(0);
  }

  /// An event starts; each of its uses adds `one`.
  void begin(Count one) noexcept {
    ++now_;
    one_ = one;
  }
  void use(std::uint32_t flat) noexcept { use(flat, one_, now_, uses_.data(), keys_.data()); }
  /// All experts that an event wants.
  void use(const layer_event& event, expert_space space) noexcept {
    const auto flat = space.in(event.layer);
    const Count one = one_;  // what the loop reads again and again is not to be read back from memory each time
    const std::uint64_t now = now_;
    record* const uses = uses_.data();
    utility* const keys = keys_.data();
    for (const demand& d : event.wanted) use(flat(d.expert), one, now, uses, keys);
  }
  void admit(std::uint32_t flat, cause why) noexcept {
    if (why == cause::prefetch) keys_[flat] = entering(flat);
    uses_[flat].resident = true;
  }
  void evict(std::uint32_t flat) noexcept {
    keys_[flat] = uses_[flat].count.worth(uses_[flat].last);
    uses_[flat].resident = false;
  }

  /// Takes back all uses so far, as if the expert had never been heard of.
  void forget(std::uint32_t flat) noexcept {
    keys_[flat] = Count{}.worth(0);
    uses_[flat] = {};
  }
  [[nodiscard]] bool resident(std::uint32_t flat) const noexcept { return uses_[flat].resident; }

  /// An absent expert answers the key it would have if it entered now.
  [[nodiscard]] utility key(std::uint32_t flat) const noexcept { return uses_[flat].resident ? keys_[flat] : entering(flat); }
  /// The candidate with the smallest key; no_victim if there is none. The branch passes over those far from it, which is most
  /// of many; among the near ones nobody can predict who is smaller, so there is none.
  [[nodiscard]] std::uint32_t least(const candidate_view& candidates) const noexcept {
    const utility* const keys = keys_.data();
    utility least = utility::highest();
    std::uint32_t found = no_victim;
    for (const std::uint32_t flat : candidates.members()) {
      const utility its = keys[flat];
      if (its > least) continue;
      const bool less = static_cast<int>(its < least) | (static_cast<int>(its == least) & static_cast<int>(flat < found));
      const bool better = static_cast<int>(less) & static_cast<int>(candidates.eligible(flat));
      least.count = better ? its.count : least.count;
      found = better ? flat : found;
    }
    return found;
  }

 private:
  struct record {
    Count count{};
    std::uint64_t last = 0;  ///< number of the last event that used it; 0: none
    bool resident = false;
  };
  static void use(std::uint32_t flat, const Count& one, std::uint64_t now, record* uses, utility* keys) noexcept {
    record& r = uses[flat];
    r.count += one;
    r.last = now;
    keys[flat] = r.count.worth(now);
  }
  [[nodiscard]] utility entering(std::uint32_t flat) const noexcept {
    Count count = uses_[flat].count;
    if (uses_[flat].last != now_ || now_ == 0) count += one_;
    return count.worth(now_);
  }

  std::vector<utility> keys_;
  std::vector<record> uses_;
  std::uint64_t now_ = 0;  ///< events heard; the running one's number
  Count one_{};
};

}  // namespace moesaic::eviction
