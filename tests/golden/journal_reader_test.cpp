// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/journal_reader.hpp>

/// Kept journals, record by record, against listings by journal_reader.py, which was written from the page that describes the
/// format and shares no line with the library.
namespace {
using namespace moesaic;

std::string n(auto value) { return std::to_string(value); }
std::string at(expert_id e) { return "(" + n(number(e.layer)) + "," + n(number(e.expert)) + ")"; }
std::string decimals(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}
std::string ids(std::span<const expert_index> of) {
  std::string out;
  for (const expert_index e : of) out += (out.empty() ? "" : " ") + n(number(e));
  return out;
}
std::string outcome(const step_outcome& o) {
  std::string out;
  for (const std::uint64_t u :
       {o.step.count, std::uint64_t{o.drafted.count}, std::uint64_t{o.verified.count}, std::uint64_t{o.accepted.count}, std::uint64_t{o.committed.count}})
    out += n(u) + " ";
  for (const nanoseconds t : {o.drafting, o.verifying, o.stalled}) out += n(t.count) + " ";
  return out + n(o.demanded.count) + " " + n(o.prefetched.count);
}
const char* cause_name(cause why) { return why == cause::prefetch ? "prefetch" : "demand"; }
constexpr std::array places{"slot", "frame", "host"};

struct listing {
  std::string operator()(const seen::acquire& a) const {
    static constexpr std::array phases{"prefill", "decode", "draft", "verify"};
    const layer_event& e = a.event;
    std::string wanted;
    for (const demand& d : e.wanted) wanted += (wanted.empty() ? "" : " ") + n(number(d.expert)) + ":" + n(d.tokens) + ":" + n(d.mass.count);
    return "event step " + n(e.step.count) + " first " + n(e.first_token.count) + " " + phases[static_cast<std::size_t>(e.during)] + " tokens " + n(e.tokens) +
           " layer " + n(number(e.layer)) + " whole " + n(int{a.whole_set}) + " routes [" + ids(e.routes) + "] wanted [" + wanted + "]";
  }
  std::string operator()(const seen::lease_call& c) const {
    static constexpr std::array kinds{"next", "try_next", "next_ahead", "end_of_lease"};
    return kinds[static_cast<std::size_t>(c.what)] + (" " + n(c.lease));
  }
  std::string operator()(const seen::release& r) const { return "release " + n(r.lease) + " " + n(r.entry) + " fence " + n(r.last_use.number); }
  std::string operator()(const seen::pump& p) const { return p.until_quiet ? "pump_until_quiet" : "pump"; }
  std::string operator()(const hint& h) const {
    return "hint " + n(static_cast<int>(h.from)) + " layer " + n(number(h.layer)) + " row " + n(h.at.count) + " experts [" + ids(h.experts) + "] weights " +
           n(h.weights.size()) + " hidden " + n(h.hidden.size());
  }
  std::string operator()(const draft_cut& c) const { return "draft_cut " + n(c.kept.count); }
  std::string operator()(const draft_started& d) const { return "draft_started " + n(d.longest.count); }
  std::string operator()(const token_drafted& t) const { return "token_drafted " + n(t.drafted.count) + " took " + n(t.took.count); }
  std::string operator()(const draft_ended& d) const { return "draft_ended " + n(d.verified.count); }
  std::string operator()(const step_outcome& o) const { return "end_of_step " + outcome(o); }
  std::string operator()(const seen::budget_change& b) const { return "budget " + n(b.total.count); }
  std::string operator()(const seen::governor_asked& g) const {
    return "governor_asked " + n(static_cast<int>(g.what)) + " drafted " + n(g.drafted.count) + " probability " +
           decimals("%.6f", static_cast<double>(g.last_probability)) + " possible " + n(g.possible.count) + " limit " + n(g.time_limit.count);
  }
  std::string operator()(const seen::governor_told& g) const {
    const auto beyond = static_cast<int>(g.outcome.beyond);
    return "governor_told " + outcome(g.outcome) + (beyond == 0 ? "" : " beyond " + n(beyond));
  }
  std::string operator()(const seen::sequence&) const { return "sequence"; }
  std::string operator()(const trace::journal::ended&) const { return "end"; }
  std::string operator()(const seen::clock& c) const { return "clock " + n(c.now.count); }
  std::string operator()(const link_cost& c) const { return "cost " + n(c.overhead.count) + " rate " + decimals("%.3f", c.rate.count); }
  std::string operator()(const seen::completions& c) const {
    std::string told;
    for (const completion& one : c.told)
      told += (told.empty() ? "" : "; ") + n(one.number.number) + " status " + n(static_cast<int>(one.status)) + " moved " + n(one.moved.count) + " error " +
              n(one.system_error);
    return (c.waited ? "waited [" : "polled [") + told + "]";
  }
  std::string operator()(const seen::cancelled& c) const { return "cancelled " + n(c.number.number) + " withdrawn " + n(int{c.withdrawn}); }
  std::string operator()(const seen::leased& l) const { return "leased " + n(l.lease); }
  std::string operator()(const seen::found& f) const {
    static constexpr std::array states{"absent", "in_flight", "resident", "leased"};
    return "found " + at(f.expert) + " " + states[static_cast<std::size_t>(f.state)] + " prefetched " + n(int{f.unused_prefetch});
  }
  std::string operator()(const seen::placed& p) const { return "placed " + at(p.expert) + (p.how == remedy::host ? " host" : " fetch"); }
  std::string operator()(const seen::victim& v) const {
    std::string said = "victim group " + n(v.group) + " prefetch " + n(int{v.why == cause::prefetch});
    if (v.newcomer) said += " newcomer " + at(*v.newcomer);
    if (v.chosen) said += " named " + at(*v.chosen);
    if (v.key_of_chosen) said += " key " + n(v.key_of_chosen.value_or(utility{}).count);
    if (v.key_of_newcomer) said += " newcomer_key " + n(v.key_of_newcomer.value_or(utility{}).count);
    return said;
  }
  std::string operator()(const seen::judged& j) const {
    return "judged " + at(j.newcomer) + " keep " + n(int{j.keep}) + " prefetch " + n(int{j.why == cause::prefetch}) +
           (j.displaces ? " displaces " + at(*j.displaces) : std::string());
  }
  std::string operator()(const seen::left& l) const { return "left " + at(l.expert) + (l.newcomer ? " for " + at(*l.newcomer) : std::string()); }
  std::string operator()(const admitted& a) const { return "admitted " + at(a.expert) + " " + cause_name(a.why); }
  std::string operator()(const seen::submitted& s) const {
    return "submitted " + at(s.expert) + " bytes " + n(s.size.count) + " " + cause_name(s.why) + " to " + places[static_cast<std::size_t>(s.to)];
  }
  std::string operator()(const seen::wish& w) const { return "wish " + at(w.request.expert) + " worth " + n(w.request.worth.count); }
  std::string operator()(const seen::held_back&) const { return "held_back"; }
  std::string operator()(const seen::fate& f) const { return "fate " + at(f.expert) + " " + n(static_cast<int>(f.what)); }
  std::string operator()(const seen::handed_out& h) const {
    return "handed_out " + n(h.lease) + " " + n(h.entry) + " " + at(h.expert) + " " + places[static_cast<std::size_t>(h.at)] + " waits " + n(h.arrives.number);
  }
  std::string operator()(const seen::failed& f) const { return "failed " + n(static_cast<int>(f.code)); }
  std::string operator()(const seen::governor_answered& g) const { return "governor_answered " + n(g.answer); }
  std::string operator()(const trace::journal::counted& of) const {
    const counters& c = of.count;
    std::string out = "counted";
    for (const std::uint64_t u : {c.events, c.accesses, c.hits, c.misses, c.evictions, c.bypasses, c.host, c.prefetches, c.prefetch_used, c.prefetch_late,
                                  c.prefetch_wasted, c.failed, c.bytes_demanded.count, c.bytes_prefetched.count, c.bytes_host.count})
      out += " " + n(u);
    return out + " " + n(c.stall.count);
  }
};

std::vector<std::string> header_lines(const trace::journal::header& h) {
  std::vector<std::string> out{"header flags " + n((h.decisions ? 1 : 0) | (h.host_possible ? 2 : 0) | (h.equal_rooms ? 4 : 0)) + " model " + h.about.model};
  for (const auto& [name, value] : h.about.facts) out.push_back("fact " + name + " = " + value);
  for (std::uint32_t l = 0; l < h.shape->layers(); ++l) {
    const auto layer = static_cast<layer_index>(l);
    std::string sizes, charges, groups;
    for (std::uint32_t e = 0; e < h.shape->experts(layer); ++e) {
      const std::uint32_t flat = h.shape->space().flat(make_expert(l, e));
      sizes += " " + n(h.shape->size_of(flat).count);
      charges += " " + n(h.footprint[flat].count);
      groups += " " + n(h.group_of[flat]);
    }
    out.push_back("layer " + n(l) + ": " + n(h.shape->experts(layer)) + " top " + n(h.shape->top_k(layer)) + " sizes" + sizes + " charges" + charges +
                  " groups" + groups);
  }
  out.push_back("groups " + n(h.groups) + " budget " + n(h.budget.count) + " frames " + n(h.frames) + " capacity " + n(h.link_capacity));
  return out;
}
}  // namespace

TEST_CASE("a reader written from the page reads what the library reads") {
  for (const std::string name : {"decoder", "loop_broken_off", "engine"}) {
    const std::string path = MOESAIC_TEST_DATA "/journals/" + name;
    auto file = trace::file_source::open(path + ".journal");
    REQUIRE(file);
    auto from = trace::journal_reader<trace::file_source>::open(*std::move(file));
    REQUIRE_MESSAGE(from, (from ? std::string() : std::string(from.error().sentence())));
    std::vector<std::string> mine = header_lines(from->header());
    for (;;) {
      const auto next = from->next();
      REQUIRE_MESSAGE(next, (next ? std::string() : std::string(next.error().sentence())));
      if (!*next) break;
      mine.push_back(std::visit(listing{}, **next));
    }
    if (from->interrupted()) mine.emplace_back("broken off");
    std::ifstream listed(path + ".listing");
    std::size_t line = 0;
    for (std::string theirs; std::getline(listed, theirs); ++line) {
      REQUIRE(line < mine.size());
      REQUIRE(mine[line] == theirs);
    }
    CHECK(line == mine.size());
    CHECK(line > 200);
  }
}
