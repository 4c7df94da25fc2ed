// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <moesaic/core/routing.hpp>
#include <moesaic/trace/journal_format.hpp>

namespace moesaic::trace::journal {

/// Turns what a witness is told into the bytes of a journal's records. `Out` takes them: `void put(std::byte) noexcept`.
/// Cost: about one byte a field; an event O(routes + experts). Allocates in `begin` only. One thread at a time.
template <class Out>
class encoder {
 public:
  explicit encoder(Out out) : out_(std::move(out)) {}
  [[nodiscard]] Out& out() noexcept { return out_; }

  /// The header's record.
  void begin(const subject& about, const seen::made& made, bool decisions) {
    demands_.emplace(made.shape.widest_layer());
    start(tag::header);
    number((decisions ? 1U : 0U) | (made.host_possible ? 2U : 0U) | (made.equal_rooms ? 4U : 0U));
    text(about.model);
    number(about.facts.size());
    for (const auto& [key, value] : about.facts) {
      text(key);
      text(value);
    }
    number(made.shape.layers());
    const expert_space& space = made.shape.space();
    for (std::uint32_t l = 0; l < made.shape.layers(); ++l) {
      const auto layer = static_cast<layer_index>(l);
      const std::uint32_t first = space.flat(layer, expert_index{}), experts = made.shape.experts(layer);
      number(experts);
      number(made.shape.top_k(layer));
      runs(experts, [&](std::uint32_t e) { return made.shape.size_of(first + e).count; });
      runs(experts, [&](std::uint32_t e) { return made.footprint[first + e].count; });
      runs(experts, [&](std::uint32_t e) { return std::uint64_t{made.group_of[first + e]}; });
    }
    number(made.groups);
    number(made.budget.count);
    number(made.frames);
    number(made.link_capacity);
  }

  void put(const seen::acquire& a) noexcept {
    const layer_event& e = a.event;
    if (!begun_ || e.step != step_ || e.first_token != first_token_ || e.during != during_ || e.tokens != tokens_) {
      begun_ = true;
      step_ = e.step;
      first_token_ = e.first_token;
      during_ = e.during;
      tokens_ = e.tokens;
      start(tag::step, e.step.count, e.first_token.count, static_cast<unsigned>(e.during), e.tokens);
    }
    const bool weighed = !e.weights.empty() && e.weights.size() == e.routes.size();
    const std::span<const float> weights = weighed ? e.weights : std::span<const float>{};
    const auto derived = demands_->collect({.tokens = e.tokens, .experts = e.routes, .weights = weights});
    const bool same = std::equal(derived.begin(), derived.end(), e.wanted.begin(), e.wanted.end(),
                                 [](const demand& x, const demand& y) { return x.expert == y.expert && x.tokens == y.tokens && x.mass == y.mass; });
    start(tag::event, moesaic::number(e.layer), (a.whole_set ? 1U : 0U) | (same ? 0U : 2U) | (weighed ? 4U : 0U), e.routes.size());
    for (const expert_index r : e.routes) number(moesaic::number(r));
    for (const float w : weights) real(w);
    if (same) return;
    number(e.wanted.size());
    for (const demand& d : e.wanted) numbers(moesaic::number(d.expert), d.tokens, d.mass.count);
  }
  void put(const seen::lease_call& c) noexcept {
    using kind = seen::lease_call::kind;
    start(c.what == kind::next         ? tag::next
          : c.what == kind::try_next   ? tag::try_next
          : c.what == kind::next_ahead ? tag::next_ahead
                                       : tag::end_of_lease,
          c.lease);
  }
  void put(const seen::release& r) noexcept { start(tag::release, r.lease, r.entry, r.last_use.number); }
  void put(const seen::pump& p) noexcept { start(p.until_quiet ? tag::pump_until_quiet : tag::pump); }
  void put(const hint& h) noexcept {
    start(tag::hint, static_cast<unsigned>(h.from), moesaic::number(h.layer), h.at.count, h.experts.size());
    for (const expert_index e : h.experts) number(moesaic::number(e));
    number(h.weights.size());
    for (const float w : h.weights) real(w);
    number(h.hidden.size());
    for (const float x : h.hidden) real(x);
  }
  void put(const draft_cut& c) noexcept { start(tag::draft_cut, c.kept.count); }
  void put(const step_outcome& o) noexcept {
    start(tag::end_of_step);
    outcome(o);
  }
  void put(const seen::budget_change& b) noexcept { start(tag::budget, b.total.count); }
  void put(const seen::governor_asked& g) noexcept {
    start(tag::governor_asked, static_cast<unsigned>(g.what), g.drafted.count);
    real(g.last_probability);
    number(g.possible.count);
    signed_number(g.time_limit.count);
  }
  void put(const seen::governor_told& g) noexcept {
    const bool knows = g.outcome.beyond != step_outcome::fate::unknown;
    start(knows ? tag::governor_told_beyond : tag::governor_told);
    outcome(g.outcome);
    if (knows) number(static_cast<unsigned>(g.outcome.beyond));
  }
  void put(const seen::sequence&) noexcept { start(tag::sequence); }
  void put(const draft_started& d) noexcept { start(tag::draft_started, d.longest.count); }
  void put(const token_drafted& t) noexcept {
    start(tag::token_drafted, t.drafted.count);
    signed_number(t.took.count);
  }
  void put(const draft_ended& d) noexcept { start(tag::draft_ended, d.verified.count); }
  void put(const ended&) noexcept { start(tag::end); }

  void put(const seen::clock& c) noexcept {
    start(tag::clock);
    signed_number((c.now - now_).count);
    now_ = c.now;
  }
  void put(const link_cost& c) noexcept {
    start(tag::cost);
    signed_number(c.overhead.count);
    bits(std::bit_cast<std::uint64_t>(c.rate.count), 8);
  }
  void put(const seen::completions& c) noexcept {
    if (c.told.empty() && !c.waited) return start(tag::polled_nothing);
    start(c.waited ? tag::waited : tag::polled, c.told.size());
    for (const completion& one : c.told) {
      numbers(one.number.number, static_cast<unsigned>(one.status), one.moved.count);
      signed_number(one.system_error);
    }
  }
  void put(const seen::cancelled& c) noexcept { start(tag::cancelled, c.number.number, c.withdrawn ? 1U : 0U); }

  void put(const seen::leased& l) noexcept { start(tag::leased, l.lease); }
  void put(const seen::found& f) noexcept {
    start(tag::found);
    expert(f.expert);
    number(static_cast<unsigned>(f.state) | (f.unused_prefetch ? 4U : 0U));
  }
  void put(const seen::placed& p) noexcept {
    start(tag::placed);
    expert(p.expert);
    number(static_cast<unsigned>(p.how));
  }
  void put(const seen::victim& v) noexcept {
    start(tag::victim,
          (v.newcomer ? 1U : 0U) | (v.why == cause::prefetch ? 2U : 0U) | (v.chosen ? 4U : 0U) | (v.key_of_chosen ? 8U : 0U) | (v.key_of_newcomer ? 16U : 0U),
          v.group);
    if (v.newcomer) expert(*v.newcomer);
    if (v.chosen) expert(*v.chosen);
    if (v.key_of_chosen) signed_number(v.key_of_chosen.value_or(utility{}).count);  // value_or: else g++ 12 fears for it
    if (v.key_of_newcomer) signed_number(v.key_of_newcomer.value_or(utility{}).count);
  }
  void put(const seen::judged& j) noexcept {
    start(tag::judged, (j.keep ? 1U : 0U) | (j.why == cause::prefetch ? 2U : 0U) | (j.displaces ? 4U : 0U));
    expert(j.newcomer);
    if (j.displaces) expert(*j.displaces);
  }
  void put(const seen::left& l) noexcept {
    start(tag::left, l.newcomer ? 1U : 0U);
    expert(l.expert);
    if (l.newcomer) expert(*l.newcomer);
  }
  void put(const admitted& a) noexcept {
    start(tag::admitted);
    expert(a.expert);
    number(static_cast<unsigned>(a.why));
  }
  void put(const seen::submitted& s) noexcept {
    start(tag::submitted, (s.why == cause::prefetch ? 1U : 0U) | (s.to == residence::frame ? 2U : 0U));
    expert(s.expert);
    number(s.size.count);
  }
  void put(const seen::wish& w) noexcept {
    start(tag::wish);
    expert(w.request.expert);
    signed_number(w.request.worth.count);
  }
  void put(const seen::held_back&) noexcept { start(tag::held_back); }
  void put(const seen::fate& f) noexcept {
    start(tag::fate);
    expert(f.expert);
    number(static_cast<unsigned>(f.what));
  }
  void put(const seen::handed_out& h) noexcept {
    start(tag::handed_out, h.lease, h.entry);
    expert(h.expert);
    numbers(static_cast<unsigned>(h.at), h.arrives.number);
  }
  void put(const seen::failed& f) noexcept { start(tag::failed, static_cast<unsigned>(f.code)); }
  void put(const seen::governor_answered& g) noexcept { start(tag::governor_answered, g.answer); }
  void put(const counted& of) noexcept {
    const counters& c = of.count;
    start(tag::counted, c.events, c.accesses, c.hits, c.misses, c.evictions, c.bypasses, c.host, c.prefetches, c.prefetch_used, c.prefetch_late,
          c.prefetch_wasted, c.failed, c.bytes_demanded.count, c.bytes_prefetched.count, c.bytes_host.count);
    signed_number(c.stall.count);
  }

 private:
  template <class... Fields>
  void start(tag what, Fields... fields) noexcept {
    out_.put(static_cast<std::byte>(what));
    numbers(fields...);
  }
  template <class... Fields>
  void numbers(Fields... fields) noexcept {
    (number(static_cast<std::uint64_t>(fields)), ...);
  }
  /// Seven bits a byte, low ones first, the eighth bit says that more follow.
  void number(std::uint64_t n) noexcept {
    for (; n >= 0x80U; n >>= 7U) out_.put(static_cast<std::byte>(n | 0x80U));
    out_.put(static_cast<std::byte>(n));
  }
  /// 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
  void signed_number(std::int64_t n) noexcept { number(static_cast<std::uint64_t>(n) << 1U ^ static_cast<std::uint64_t>(n >> 63U)); }
  void bits(std::uint64_t n, unsigned bytes) noexcept {
    for (unsigned i = 0; i < bytes; ++i) out_.put(static_cast<std::byte>(n >> (8U * i)));
  }
  void real(float x) noexcept { bits(std::bit_cast<std::uint32_t>(x), 4); }
  void text(std::string_view t) noexcept {
    number(t.size());
    for (const char c : t) out_.put(static_cast<std::byte>(c));
  }
  void expert(expert_id e) noexcept { numbers(moesaic::number(e.layer), moesaic::number(e.expert)); }
  void outcome(const step_outcome& o) noexcept {
    numbers(o.step.count, o.drafted.count, o.verified.count, o.accepted.count, o.committed.count);
    for (const nanoseconds t : {o.drafting, o.verifying, o.stalled}) signed_number(t.count);
    numbers(o.demanded.count, o.prefetched.count);
  }
  template <class Value>
  void runs(std::uint32_t experts, Value value) noexcept {
    for (std::uint32_t e = 0; e < experts;) {
      std::uint32_t next = e + 1;
      while (next < experts && value(next) == value(e)) ++next;
      numbers(next - e, value(e));
      e = next;
    }
  }

  Out out_;
  std::optional<demand_collector> demands_;
  nanoseconds now_{};
  step_index step_{};
  token_index first_token_{};
  std::uint32_t tokens_ = 0;
  phase during_{};
  bool begun_ = false;
};

}  // namespace moesaic::trace::journal
