// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/residency.hpp>

#include "cache/random_policies.hpp"
#include "cache/trickster.hpp"
#include "conformance/allocations.hpp"
#include "support/splitmix.hpp"

// REQUIRE costs a hundred times the check; here are a thousand checks an event.
#define MUST(...)                             \
  do {                                        \
    if (!(__VA_ARGS__)) REQUIRE(__VA_ARGS__); \
  } while (false)

namespace moesaic_test {

/// How one run of the soak is set up, drawn from its seed.
struct soak_setup {
  model_shape shape;
  std::vector<bytes> footprint;
  memory_budget budget;
  bytes everything;      ///< all experts, as the arena would charge them at most
  bool with_memory;
  bool host_possible;
  bool ahead;            ///< the engine is stream-ordered: takes seats whose transfers still travel
  bool displaces_own;    ///< optional admission
  std::uint32_t events;
};

inline soak_setup random_setup(splitmix& random) {
  std::vector<model_shape::layer> layers(random.between(1, 5));
  for (auto& l : layers) {
    l.experts = random.chance(100) ? 1 : random.between(1, random.chance(200) ? 40 : 10);
    l.top_k = random.between(1, l.experts);
    l.each = {random.between(1, 48)};
  }
  soak_setup s{*model_shape::of(layers), {}, {}, {}, random.chance(850), random.chance(500), random.chance(250), false, random.between(20, 120)};
  if (random.chance(600))
    for (std::uint32_t l = 0; l < s.shape.layers(); ++l)
      for (std::uint32_t e = 0; e < s.shape.experts(static_cast<layer_index>(l)); ++e)
        if (random.chance(400)) s.shape.resize(make_expert(l, e), {random.between(1, 64)});
  s.footprint = footprint_of(s.shape, {random.chance(500) ? 1U : random.between(1, 16)});
  bytes largest{}, all{};
  for (const bytes b : s.footprint) largest = std::max(largest, b);
  for (const bytes b : s.footprint)
    if (b.count != 0) all += largest;
  s.budget.frames = random.between(1, 4);
  s.everything = largest * s.budget.frames + all;
  // From the floor (one frame) to everything, the small ones more often.
  const auto span = static_cast<std::uint32_t>((s.everything - largest).count);
  s.budget.total = largest + bytes{random.chance(100) ? 0 : random.below(1 + (random.chance(500) ? span / 4 : span))};
  return s;
}

/// One residency driven by a random engine that checks everything it can see after every call.
template <class Transport, class Arena>
class soak_run {
 public:
  using residency_type = residency<Transport, any_bundle, Arena>;
  using lease_type = typename residency_type::lease_type;

  /// `make_link` makes the transport; `log` is a trickster's, or null.
  template <class MakeLink>
  soak_run(soak_setup setup, any_bundle policies, MakeLink make_link, trickster_log* log, hearsay& said, splitmix random)
      : s_(std::move(setup)), log_(log), said_(said), random_(random) {
    if (s_.with_memory) slab_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(s_.budget.total.count));
    const std::span<std::byte> memory = slab_ ? std::span(slab_.get(), static_cast<std::size_t>(s_.budget.total.count)) : std::span<std::byte>{};
    if (log_ != nullptr) {
      log_->slab = memory;
      log_->untouchable.reserve(256);
    }
    group_of_.resize(s_.footprint.size());
    for (std::uint32_t flat = 0; flat < s_.footprint.size(); ++flat) group_of_[flat] = policies.groups.by_flat[flat];
    auto made = residency_type::create(s_.shape, make_link(), std::move(policies),
                                       {.budget = s_.budget, .footprint = s_.footprint, .memory = memory, .host_possible = s_.host_possible});
    REQUIRE_MESSAGE(made, (made ? std::string() : std::string(made.error().sentence())));
    core_.emplace(std::move(*made));
    budget_ = s_.budget.total;
    if (!Arena::one_size) return;
    slot_.resize(s_.footprint.size());
    for (std::uint32_t a = 0; a < s_.footprint.size(); ++a)
      for (std::uint32_t b = 0; b < s_.footprint.size(); ++b)
        if (s_.footprint[a].count != 0 && s_.footprint[b].count != 0 && group_of_[a] == group_of_[b]) slot_[a] = std::max(slot_[a], s_.footprint[b]);
  }

  /// Returns the events done.
  std::uint32_t run() {
    while (events_ < s_.events) {
      step();
      after_every_call();
    }
    for (auto& l : leases_)
      if (l) end(*l);
    settle_everything();
    return events_;
  }

 private:
  struct held_seat {
    seat where;
    bool released = false;
    bool pinned = false;  ///< a slot that the lease keeps after release, too
  };
  struct live_lease {
    std::optional<lease_type> held;
    layer_index layer{};
    std::uint64_t serial = 0;
    std::vector<demand> wanted;
    std::vector<std::uint8_t> handed;  ///< by position in wanted
    std::vector<held_seat> seats;
    std::uint32_t failures = 0;
    bool finished = false;
  };

  template <class F>
  decltype(auto) quiet(F f) {  // no allocation on the core's paths
    const std::uint64_t before = conformance::allocations();
    if (log_ != nullptr) log_->calls_without_progress = 0;
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      if (conformance::allocations() != before) ++allocating_calls_;
    } else {
      decltype(auto) answer = f();
      if (conformance::allocations() != before) ++allocating_calls_;
      return answer;
    }
  }

  void step() {
    const std::uint32_t what = random_.below(100);
    if (what < 14) {
      acquire();
    } else if (what < 55) {
      if (live_lease* l = any_lease()) take(*l);
    } else if (what < 78) {
      if (live_lease* l = any_lease()) release_one(*l);
    } else if (what < 85) {
      live_lease* l = any_lease();
      if (l != nullptr && (l->finished || random_.chance(80))) end(*l);
    } else if (what < 91) {
      quiet([&] { core_->pump(); });
    } else if (what < 93) {
      const std::array<expert_index, 2> guess{expert_index{0}, expert_index{1}};
      const std::uint32_t longest = random_.between(1, 8);
      quiet([&] { core_->hear(draft_started{{longest}}); });
      for (std::uint32_t t = 1; t <= longest && random_.chance(800); ++t) {
        const hint early{.from = provenance::draft_router, .layer = layer_index{0}, .at = {t - 1}, .experts = guess};
        quiet([&] { core_->hear(early); });
        quiet([&] { core_->hear(token_drafted{{t}, {random_.below(5'000)}}); });
        if (random_.chance(500)) quiet([&] { core_->pump(); });
      }
      quiet([&] { core_->hear(draft_cut{{random_.below(8)}}); });
      quiet([&] { core_->hear(draft_ended{{random_.below(8)}}); });
    } else if (what < 96) {
      ++step_;
      const step_outcome outcome{.step = {step_}, .committed = {1}};
      quiet([&] { core_->end_step(outcome); });
    } else if (what < 98) {
      change_budget();
    } else if constexpr (requires { core_->link().advance(nanoseconds{1}); }) {
      core_->link().advance({random_.below(5'000)});
    }
  }

  live_lease* any_lease() {
    auto& l = leases_[random_.below(2)];
    if (l) return &*l;
    auto& other = leases_[&l == &leases_[0] ? 1 : 0];
    return other ? &*other : nullptr;
  }
  [[nodiscard]] bool is_oldest(const live_lease& l) const {
    for (const auto& other : leases_)
      if (other && other->serial < l.serial) return false;
    return true;
  }

  void acquire() {
    const std::uint32_t layer = random_.below(s_.shape.layers());
    const std::uint32_t experts = s_.shape.experts(static_cast<layer_index>(layer));
    std::vector<demand> wanted;
    const std::uint32_t share = random_.chance(300) ? 1000 : random_.between(50, 700);
    for (std::uint32_t e = 0; e < experts; ++e)
      if (random_.chance(share)) wanted.push_back({static_cast<expert_index>(e), random_.between(1, 4), {}});
    if (wanted.empty()) wanted.push_back({static_cast<expert_index>(random_.below(experts)), 1, {}});
    const layer_event event{.step = {step_},
                            .first_token = {step_},
                            .layer = static_cast<layer_index>(layer),
                            .during = random_.chance(200) ? phase::prefill : phase::decode,
                            .tokens = 1,
                            .wanted = wanted,
                            .routes = {}};
    const bool all = Arena::one_size && random_.chance(150);
    bool busy = leases_[0] && leases_[1];
    for (const auto& l : leases_) busy = busy || (l && l->layer == event.layer);
    const counters before = core_->count();
    std::uint64_t resident = 0, absent = 0;
    for (const demand& d : wanted) {
      const residency_state state = core_->view().of({event.layer, d.expert, {}});
      absent += state == residency_state::absent;
      resident += state == residency_state::resident || state == residency_state::leased;
    }
    const std::uint64_t told = said_.events;
    if (log_ != nullptr) collect_untouchable();
    auto held = quiet([&] { return core_->acquire(event, all ? holding::all : holding::streamed); });
    if (!held) {
      MUST((busy || (all && held.error().code() == error_code::does_not_fit)));
      MUST(said_.events == told);  // no policy has seen it
      MUST(core_->count().events == before.events);
      return;
    }
    MUST(!busy);
    ++events_;
    MUST(said_.events == told + 1);
    const counters now = core_->count().since(before);
    MUST(now.events == 1);
    MUST(now.accesses == wanted.size());
    MUST(now.accesses == now.hits + now.prefetch_late + now.misses);
    MUST(now.hits >= resident);    // what was in flight may have arrived since
    MUST(now.misses >= absent);    // or failed
    MUST(now.bypasses + now.host <= now.misses + now.prefetch_late);
    if (!s_.host_possible || all) MUST(now.host == 0);
    if (all) MUST(now.bypasses == 0);
    auto& place = leases_[leases_[0] ? 1 : 0];
    place.emplace();
    place->held.emplace(std::move(*held));
    place->layer = event.layer;
    place->serial = events_;
    place->handed.resize(wanted.size());
    place->wanted = std::move(wanted);
  }

  void take(live_lease& l) {
    if (log_ != nullptr) collect_untouchable();
    std::optional<seat> given;
    const std::uint32_t how = random_.below(s_.ahead && log_ != nullptr ? 3 : 2);
    const error* why = nullptr;
    std::optional<error> trouble;
    if (how == 1) {
      auto polled = quiet([&] { return l.held->try_next(); });
      if (!polled) {
        trouble = polled.error();
      } else if (polled->what == poll_result::kind::ready) {
        given = polled->where;
      } else if (polled->what == poll_result::kind::all_handed_out) {
        finish(l);
      }
    } else {
      auto next = quiet([&] { return how == 0 ? l.held->next() : l.held->next_ahead(); });
      if (!next)
        trouble = next.error();
      else if (*next)
        given = **next;
      else
        finish(l);
    }
    if (trouble) why = &*trouble;
    if (why != nullptr && why->code() == error_code::release_first) {
      MUST(how != 1);
      // The oldest lease gets that only while it keeps something; a younger one may have to wait for the older one's frames.
      bool keeps = false;
      for (const held_seat& h : l.seats) keeps = keeps || !h.released;
      if (is_oldest(l)) MUST(keeps);
    } else if (why != nullptr) {
      MUST(why->code() == error_code::transfer_failed);
      ++l.failures;
    } else if (given) {
      seat_given(l, *given);
    }
  }

  void seat_given(live_lease& l, const seat& given) {
    MUST(given.expert.layer == l.layer);
    const auto at = std::find_if(l.wanted.begin(), l.wanted.end(), [&](const demand& d) { return d.expert == given.expert.expert; });
    MUST(at != l.wanted.end());
    std::uint8_t& handed = l.handed[static_cast<std::size_t>(at - l.wanted.begin())];
    MUST(handed == 0);
    handed = 1;
    MUST((given.address != nullptr) == (s_.with_memory && given.at != residence::host));
    if (given.at == residence::host) MUST(s_.host_possible);
    const residency_state state = core_->view().of(given.expert);
    if (given.at == residence::slot) MUST((state == residency_state::leased || (given.arrives.number != 0 && state == residency_state::in_flight)));
    if (given.at == residence::frame) MUST(state == residency_state::absent);
    l.seats.push_back({given});
    if (given.arrives.number == 0) verify(l.seats.back());
  }

  /// Everything the lease wanted was handed out or failed.
  void finish(live_lease& l) {
    std::uint32_t failed_ahead = 0;
    for (const held_seat& h : l.seats) failed_ahead += log_ != nullptr && h.where.arrives.number != 0 && log_->failed_to_arrive(h.where.arrives);
    const auto handed = static_cast<std::uint32_t>(std::count(l.handed.begin(), l.handed.end(), std::uint8_t{1}));
    // A seat handed out ahead may still fail: that is told later, on top.
    MUST(handed + l.failures >= l.wanted.size());
    MUST(handed + l.failures <= l.wanted.size() + failed_ahead);
    l.finished = true;
  }

  [[nodiscard]] bool arrived(const held_seat& h) const { return h.where.arrives.number == 0 || (log_ != nullptr && log_->arrived(h.where.arrives)); }
  void verify(const held_seat& h) const {
    if (h.where.address == nullptr || !arrived(h)) return;
    const auto size = static_cast<std::size_t>(s_.shape.size_of(h.where.expert).count);
    MUST(h.where.address >= slab_.get());
    MUST(h.where.address + size <= slab_.get() + s_.budget.total.count);
    if (!transports::holds_pattern(h.where.expert, {h.where.address, size})) FAIL("the wrong bytes in a seat");
  }

  void release_one(live_lease& l) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < l.seats.size(); ++i) {
      const held_seat& h = l.seats[i];
      if (h.released) continue;
      // An engine without a stream waits for the ticket before it gives the room back.
      if (h.where.arrives.number != 0 && !log_->is_reported(h.where.arrives)) continue;
      open.push_back(i);
    }
    if (open.empty()) return;
    held_seat& h = l.seats[open[random_.below(static_cast<std::uint32_t>(open.size()))]];
    verify(h);
    const bool was_there = arrived(h);
    if (log_ != nullptr) {
      h.released = true;  // from here on the room may be written again
      collect_untouchable();
    }
    h.released = true;
    quiet([&] { l.held->release(h.where); });
    if (h.where.at == residence::slot && was_there) {
      h.pinned = core_->view().of(h.where.expert) == residency_state::leased;
      if (!s_.displaces_own) MUST(h.pinned);  // only an heir of its own event takes the room before the lease ends
    }
    if (random_.chance(50)) quiet([&] { l.held->release(h.where); });  // once more: no effect
  }

  void end(live_lease& l) {
    for (const held_seat& h : l.seats)
      if (!h.released || h.pinned) verify(h);
    const std::uint64_t told = said_.leases_ended;
    for (held_seat& h : l.seats) h.released = true, h.pinned = false;
    if (log_ != nullptr) collect_untouchable();
    if (random_.chance(500))
      quiet([&] { l.held->end(); });
    else
      quiet([&] { l.held.reset(); });
    MUST(said_.leases_ended == told + 1);
    const layer_index layer = l.layer;
    const std::vector<demand> wanted = std::move(l.wanted);
    for (auto& place : leases_)
      if (place && &*place == &l) place.reset();
    for (const demand& d : wanted) MUST(core_->view().of({layer, d.expert, {}}) != residency_state::leased);
  }

  void change_budget() {
    const bytes frames = core_->planned().frame * core_->planned().frames;
    const auto most = static_cast<std::uint32_t>((s_.budget.total - frames).count);
    bytes total = frames + bytes{random_.below(most + 1)};
    if (random_.chance(300)) total = s_.budget.total;
    if (random_.chance(100)) total = s_.budget.total + bytes{1};
    if (random_.chance(100)) total = frames - bytes{1};
    const bool alive = leases_[0] || leases_[1];
    auto set = quiet([&] { return core_->set_budget(total); });
    if (alive || total > s_.budget.total || total < frames) {
      MUST(!set);
      MUST(core_->budget() == budget_);
      return;
    }
    MUST(set);
    budget_ = total;
    MUST(core_->budget() == total);
    if (log_ != nullptr) MUST(log_->open == 0);
    MUST(said_.submitted == said_.settled);
  }

  void after_every_call() {
    MUST(core_->in_use() <= core_->budget());
    MUST(core_->peak().total <= s_.budget.total);
    MUST(core_->peak().total >= core_->in_use());
    MUST(allocating_calls_ == 0);  // no decision path took memory
    if (said_.objection != nullptr) FAIL(std::string(said_.objection));
    if (log_ != nullptr && log_->objection != nullptr) FAIL(std::string(log_->objection));
    const counters& c = core_->count();
    MUST(c.accesses == c.hits + c.prefetch_late + c.misses);
    MUST(c.prefetches == said_.submitted);
    MUST(c.prefetch_used + c.prefetch_wasted <= c.prefetches);
    MUST(c.stall.count >= 0);
    if (log_ != nullptr) {
      MUST(c.failed == log_->failed);
      MUST(c.bytes_demanded + c.bytes_prefetched == log_->moved);
    }
    if (random_.chance(200)) look_closely();
  }

  /// The checks that cost more: all rooms, all bytes.
  void look_closely() {
    for (const auto& l : leases_) {
      if (!l) continue;
      for (const held_seat& h : l->seats) {
        if (!h.released || h.pinned) verify(h);
        if (h.pinned) MUST(core_->view().of(h.where.expert) == residency_state::leased);
      }
    }
    bytes owned{};
    std::uint32_t travelling = 0;
    for (std::uint32_t flat = 0; flat < said_.owns_room.size(); ++flat) {
      const residency_state state = core_->view().of(s_.shape.space().id(flat));
      travelling += state == residency_state::in_flight;
      if (said_.owns_room[flat] == 0) {
        // A displaced hit stays in place until its entry is released, nobody else.
        if (!s_.displaces_own) MUST(state == residency_state::absent);
        if (state != residency_state::absent) MUST(state == residency_state::leased);
        continue;
      }
      MUST(state != residency_state::absent);
      owned += Arena::one_size ? slot_[flat] : s_.footprint[flat];
    }
    const bytes frame = core_->planned().frame;
    MUST(core_->in_use() >= owned);
    const bytes in_frames = core_->in_use() - owned;  // to the byte, whatever the arena
    MUST(in_frames.count % frame.count == 0);
    MUST(in_frames <= frame * core_->planned().frames);
    if (!leases_[0] && !leases_[1]) {
      MUST(in_frames == bytes{0});
      if (log_ != nullptr) MUST(travelling == log_->open);  // nobody is in flight without a transfer
    }
  }

  /// Nothing is left over once everything has ended.
  void settle_everything() {
    look_closely();
    const bytes frames = core_->planned().frame * core_->planned().frames;
    MUST(core_->set_budget(frames));
    MUST(core_->in_use() == bytes{0});
    for (const std::uint8_t owns : said_.owns_room) MUST(owns == 0);
    MUST(said_.submitted == said_.settled);
    const counters& c = core_->count();
    MUST(c.prefetches == c.prefetch_used + c.prefetch_wasted);
    if (log_ != nullptr) {
      MUST(log_->open == 0);
      MUST(log_->submitted == log_->reported + log_->cancelled);
    }
    MUST(core_->set_budget(s_.budget.total));
    MUST(core_->in_use() == bytes{0});
  }

  void collect_untouchable() {
    log_->untouchable.clear();
    for (const auto& l : leases_) {
      if (!l) continue;
      for (const held_seat& h : l->seats)
        if (h.where.address != nullptr && (!h.released || h.pinned) && arrived(h))
          log_->untouchable.push_back({h.where.address, static_cast<std::size_t>(s_.footprint[s_.shape.space().flat(h.where.expert)].count)});
    }
  }

  soak_setup s_;
  trickster_log* log_;
  hearsay& said_;
  splitmix random_;
  std::unique_ptr<std::byte[]> slab_;
  std::vector<std::uint32_t> group_of_;
  std::vector<bytes> slot_;
  std::optional<residency_type> core_;
  std::array<std::optional<live_lease>, 2> leases_;
  bytes budget_{};
  std::uint64_t step_ = 0;
  std::uint32_t events_ = 0;
  std::uint32_t allocating_calls_ = 0;
};

}  // namespace moesaic_test

#undef MUST
