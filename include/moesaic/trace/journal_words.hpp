// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <moesaic/trace/journal_format.hpp>

namespace moesaic::trace::journal {

namespace detail {
inline constexpr std::array<std::string_view, 4> states{"absent", "in flight", "resident", "leased"};
inline constexpr std::array<std::string_view, 3> places{"slot", "frame", "host"};
inline constexpr std::array<std::string_view, 7> fates{"submitted", "already there", "no room", "too late", "arrived", "failed", "withdrawn"};

[[nodiscard]] inline std::string named(expert_id e) { return '(' + std::to_string(number(e.layer)) + ',' + std::to_string(number(e.expert)) + ')'; }
[[nodiscard]] inline std::string_view because(cause why) noexcept { return why == cause::prefetch ? " (prefetch)" : ""; }

struct words {
  std::string operator()(const seen::acquire& a) const {
    return "event of MoE layer " + std::to_string(number(a.event.layer)) + " with " + std::to_string(a.event.wanted.size()) + " experts";
  }
  std::string operator()(const seen::lease_call& c) const {
    static constexpr std::array<std::string_view, 4> kinds{"next", "try_next", "next_ahead", "end"};
    return std::string(kinds[static_cast<std::size_t>(c.what)]) + " of lease " + std::to_string(c.lease);
  }
  std::string operator()(const seen::release& r) const { return "release of entry " + std::to_string(r.entry) + " of lease " + std::to_string(r.lease); }
  std::string operator()(const seen::pump& p) const { return p.until_quiet ? "pump until quiet" : "pump"; }
  std::string operator()(const hint& h) const { return "hint for MoE layer " + std::to_string(number(h.layer)); }
  std::string operator()(const draft_cut& c) const { return "draft cut to " + std::to_string(c.kept.count); }
  std::string operator()(const step_outcome& o) const { return "end of step " + std::to_string(o.step.count); }
  std::string operator()(const seen::budget_change& b) const { return "budget of " + std::to_string(b.total.count) + " bytes"; }
  std::string operator()(const seen::governor_asked&) const { return "question to the governor"; }
  std::string operator()(const seen::governor_told&) const { return "outcome told to the governor"; }
  std::string operator()(const seen::sequence&) const { return "new sequence"; }
  std::string operator()(const draft_started& d) const { return "draft of at most " + std::to_string(d.longest.count) + " tokens begins"; }
  std::string operator()(const token_drafted& t) const {
    return "draft has " + std::to_string(t.drafted.count) + " tokens, the last after " + std::to_string(t.took.count) + " ns";
  }
  std::string operator()(const draft_ended& d) const { return "draft is over, " + std::to_string(d.verified.count) + " tokens to verify"; }
  std::string operator()(const ended&) const { return "end of the journal"; }
  std::string operator()(const seen::clock& c) const { return "clock reads " + std::to_string(c.now.count); }
  std::string operator()(const link_cost&) const { return "cost of the link"; }
  std::string operator()(const seen::completions& c) const {
    return (c.waited ? "wait answers " : "poll answers ") + std::to_string(c.told.size()) + " completions";
  }
  std::string operator()(const seen::cancelled& c) const {
    return "cancel of transfer " + std::to_string(c.number.number) + (c.withdrawn ? ": withdrawn" : ": too late");
  }
  std::string operator()(const seen::leased& l) const { return "lease " + std::to_string(l.lease) + " begins"; }
  std::string operator()(const seen::found& f) const {
    return named(f.expert) + " is " + std::string(states[static_cast<std::size_t>(f.state)]) + (f.unused_prefetch ? ", prefetched" : "");
  }
  std::string operator()(const seen::placed& p) const { return named(p.expert) + (p.how == remedy::host ? " stays on the host" : " is fetched"); }
  std::string operator()(const seen::victim& v) const {
    std::string said = v.chosen ? "eviction names " + named(*v.chosen) : "eviction names nobody";
    if (v.newcomer) said += " for " + named(*v.newcomer);
    said += because(v.why);
    if (v.key_of_chosen) said += ", key " + std::to_string(v.key_of_chosen->count);
    if (v.key_of_newcomer) said += (v.key_of_chosen ? " against " : ", key of the newcomer ") + std::to_string(v.key_of_newcomer->count);
    return said;
  }
  std::string operator()(const seen::judged& j) const {
    std::string said = "admission " + std::string(j.keep ? "keeps " : "refuses ") + named(j.newcomer);
    if (j.displaces) said += " in place of " + named(*j.displaces);
    return said.append(because(j.why));
  }
  std::string operator()(const seen::left& l) const { return named(l.expert) + (l.newcomer ? " leaves for " + named(*l.newcomer) : " loses its room"); }
  std::string operator()(const admitted& a) const { return (named(a.expert) + " is admitted").append(because(a.why)); }
  std::string operator()(const seen::submitted& s) const {
    return (named(s.expert) + " travels to a " + std::string(places[static_cast<std::size_t>(s.to)])).append(because(s.why));
  }
  std::string operator()(const seen::wish& w) const { return "prefetch wants " + named(w.request.expert) + ", worth " + std::to_string(w.request.worth.count); }
  std::string operator()(const seen::held_back&) const { return "the wish waits"; }
  std::string operator()(const seen::fate& f) const { return "prefetch of " + named(f.expert) + ": " + std::string(fates[static_cast<std::size_t>(f.what)]); }
  std::string operator()(const seen::handed_out& h) const {
    return named(h.expert) + " is handed out from " + std::string(places[static_cast<std::size_t>(h.at)]);
  }
  std::string operator()(const seen::failed& f) const { return "the call fails with error " + std::to_string(static_cast<unsigned>(f.code)); }
  std::string operator()(const seen::governor_answered& g) const { return "the governor says " + std::to_string(g.answer); }
  std::string operator()(const counted& c) const {
    return "counters: " + std::to_string(c.count.hits) + " hits of " + std::to_string(c.count.accesses) + ", " + std::to_string(c.count.evictions) +
           " evictions, stalled " + std::to_string(c.count.stall.count) + " ns";
  }
};
}  // namespace detail

/// What a record says, in a few words for people.
[[nodiscard]] inline std::string in_words(const record& what) { return std::visit(detail::words{}, what); }

}  // namespace moesaic::trace::journal
