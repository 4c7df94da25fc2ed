// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// The whole replay once more, written from its counting rules with sets and maps, slow and obvious. It shares nothing with
/// the library: not its windows, not its policies, not its idea of time.
namespace obvious {

using id = std::pair<std::uint32_t, std::uint32_t>;  ///< (layer, expert): ordered like every tie

struct routing {
  std::uint32_t layers = 1, experts = 1;
  /// sequence, token, layer -> experts in router order; empty: not routed.
  std::vector<std::vector<std::vector<std::vector<std::uint32_t>>>> sequences{};
};

enum class key_kind { lru, lru_by_rank, fifo, lfu, lrfu, belady };

struct setting {
  key_kind key = key_kind::lru;
  std::uint32_t half_life = 32;
  bool keep_the_best = false;  ///< optional admission
  bool one_pool = false;
  bool reset = false;
  std::uint32_t window = 1;
  std::map<id, std::uint64_t> size{};                 ///< what an expert takes; counted in experts: 1 each
  std::map<std::uint32_t, std::uint64_t> capacity{};  ///< by pool
};

struct counts {
  std::uint64_t events = 0, accesses = 0, hits = 0, misses = 0, evictions = 0, bypasses = 0, bytes_missed = 0, compulsory = 0;
  friend bool operator==(const counts&, const counts&) = default;
};

struct event {
  std::uint64_t number = 0, first_token = 0;
  std::uint32_t layer = 0;
  std::size_t sequence = 0;
  std::set<id> wanted{};
  std::map<id, std::uint64_t> place{};  ///< of the last mention in router order
};

inline std::vector<event> events_of(const routing& r, std::uint32_t window) {
  std::vector<event> all;
  std::uint64_t token = 0;
  for (std::size_t s = 0; s < r.sequences.size(); ++s) {
    const auto& tokens = r.sequences[s];
    for (std::size_t from = 0; from < tokens.size(); from += window) {
      const std::size_t to = std::min<std::size_t>(tokens.size(), from + window);
      for (std::uint32_t l = 0; l < r.layers; ++l) {
        event e{all.size(), token + from, l, s, {}, {}};
        std::uint64_t place = 0;
        for (std::size_t t = from; t < to; ++t)
          for (const std::uint32_t expert : tokens[t][l]) {
            e.wanted.insert({l, expert});
            e.place[{l, expert}] = ++place;
          }
        if (!e.wanted.empty()) all.push_back(e);
      }
    }
    token += tokens.size();
  }
  return all;
}

class replay {
 public:
  replay(const routing& r, setting how) : how_(std::move(how)), events_(events_of(r, how_.window)) {
    for (const event& e : events_)
      for (const id& x : e.wanted) uses_[x].push_back(&e);
  }

  [[nodiscard]] const std::vector<event>& events() const { return events_; }
  [[nodiscard]] const std::set<id>& residents() const { return residents_; }
  [[nodiscard]] const counts& count() const { return count_; }

  void hear(const event& e) {
    if (how_.reset && e.number > 0 && events_[e.number - 1].sequence != e.sequence) residents_.clear(), history_.clear();
    ++count_.events;
    std::set<id> missing;
    for (const id& x : e.wanted) {
      ++count_.accesses;
      if (residents_.count(x) == 1)
        ++count_.hits;
      else
        ++count_.misses, count_.bytes_missed += how_.size.at(x), missing.insert(x);
      if (ever_.insert(x).second) ++count_.compulsory;
      state& s = history_[x];
      ++s.uses;
      s.last = e.number;
      s.place = e.place.at(x);
      s.decayed += std::exp2l(static_cast<long double>(e.first_token) / how_.half_life);
    }
    const std::set<id> before = residents_;
    if (how_.keep_the_best)
      keep_best(e, missing);
    else
      force_in(e, missing);
    for (const id& x : before) count_.evictions += residents_.count(x) == 0;
    for (const id& x : missing) {
      count_.bypasses += residents_.count(x) == 0;
      if (residents_.count(x) == 1) history_[x].entered = e.number;
    }
  }

 private:
  struct state {
    std::uint64_t uses = 0, last = 0, place = 0, entered = 0;
    long double decayed = 0;  ///< as of token 0
  };
  using rank = std::tuple<long double, long double, id>;  ///< smallest leaves first

  [[nodiscard]] std::uint32_t pool_of(const id& x) const { return how_.one_pool ? 0 : x.first; }
  [[nodiscard]] std::uint64_t used(std::uint32_t pool) const {
    std::uint64_t sum = 0;
    for (const id& x : residents_) sum += pool_of(x) == pool ? how_.size.at(x) : 0;
    return sum;
  }
  [[nodiscard]] rank rank_of(const id& x, const event& now) const {
    const state& s = history_.at(x);
    switch (how_.key) {
      case key_kind::lru: return {s.last, 0, x};
      case key_kind::lru_by_rank: return {s.last, s.place, x};
      case key_kind::fifo: return {residents_.count(x) == 1 ? s.entered : now.number, 0, x};
      case key_kind::lfu: return {s.uses, s.last, x};
      case key_kind::lrfu: {  // compared with 40 bits behind the leading one, as far as a utility goes
        int exponent = 0;
        const long double mantissa = std::frexp(s.decayed, &exponent);
        return {exponent, std::floor(std::ldexp(mantissa, 41)), x};
      }
      case key_kind::belady: break;
    }
    for (const event* use : uses_.at(x))
      if (use->number > now.number && (!how_.reset || use->sequence == now.sequence)) return {-static_cast<long double>(use->number), 0, x};
    return {-1e18L, 0, x};
  }
  [[nodiscard]] std::set<rank> ranked(std::uint32_t pool, const event& now, const std::set<id>& without) const {
    std::set<rank> all;
    for (const id& x : residents_)
      if (pool_of(x) == pool && without.count(x) == 0) all.insert(rank_of(x, now));
    return all;
  }

  void force_in(const event& e, const std::set<id>& missing) {
    for (const id& x : missing) {
      const std::uint32_t pool = pool_of(x);
      std::uint64_t after = used(pool) + how_.size.at(x);
      std::set<id> leaving;
      for (const rank& r : ranked(pool, e, e.wanted)) {
        if (after <= how_.capacity.at(pool)) break;
        leaving.insert(std::get<id>(r));
        after -= how_.size.at(std::get<id>(r));
      }
      if (after > how_.capacity.at(pool)) continue;
      for (const id& v : leaving) residents_.erase(v);
      residents_.insert(x);
      history_[x].entered = e.number;
    }
  }

  void keep_best(const event& e, const std::set<id>& missing) {
    bool equal = true;
    for (const auto& [x, size] : how_.size) equal = equal && size == 1;
    if (equal) {  // by the letter: the best of residents and set, however they came
      std::set<rank> all = ranked(pool_of(*e.wanted.begin()), e, {});
      for (const id& x : missing) all.insert(rank_of(x, e));
      const std::uint64_t room = how_.capacity.at(pool_of(*e.wanted.begin()));
      for (; all.size() > room; all.erase(all.begin())) residents_.erase(std::get<id>(*all.begin()));
      for (const rank& r : all) residents_.insert(std::get<id>(r));
      return;
    }
    for (const id& x : missing) {  // sizes differ: one by one, each only in the place of those that are worth less
      const std::uint32_t pool = pool_of(x);
      const rank its = rank_of(x, e);
      std::uint64_t after = used(pool) + how_.size.at(x);
      std::set<id> leaving;
      for (const rank& r : ranked(pool, e, {})) {
        if (after <= how_.capacity.at(pool) || its < r) break;
        leaving.insert(std::get<id>(r));
        after -= how_.size.at(std::get<id>(r));
      }
      if (after > how_.capacity.at(pool)) continue;
      for (const id& v : leaving) residents_.erase(v);
      residents_.insert(x);
      history_[x].entered = e.number;
    }
  }

  setting how_;
  std::vector<event> events_;
  std::map<id, std::vector<const event*>> uses_;
  std::set<id> residents_, ever_;
  std::map<id, state> history_;
  counts count_;
};

}  // namespace obvious
