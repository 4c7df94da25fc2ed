// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/cache/extent_arena.hpp>
#include <moesaic/cache/residency.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/sim/journal_script.hpp>

namespace moesaic::sim {

/// What a replay of a journal found.
struct journal_replayed {
  std::uint64_t steps = 0;      ///< that were ended
  std::uint64_t events = 0;
  std::uint64_t decisions = 0;  ///< made again; each equals the journal's, if it has them
  bool compared = false;        ///< the journal has decisions
  bool interrupted = false;     ///< the journal's run broke off; everything before that was replayed
  counters count{};
};

namespace detail {

/// Passes on everything to `to`, decisions after they have been held against the script.
template <class Reader, class Out>
struct replay_witness {
  journal_script<Reader>* script;
  Out* to;

  void note(const seen::made& made) const {
    if (to != nullptr) to->note(made);
  }
  template <class Seen>
  void note(const Seen& what) const noexcept {
    if constexpr (trace::journal::is_decision<Seen>) script->check(what);
    if (to != nullptr && script->live()) to->note(what);
  }
};

/// Whoever wants no copy.
struct nobody {
  template <class Seen>
  void note(const Seen&) noexcept {}
};

/// Plays the engine's part of a journal to a residency.
template <class Reader, class Bundle, class Arena, class Out>
class journal_engine {
 public:
  struct watched : Bundle {
    replay_witness<Reader, Out> witness;
  };
  using residency_type = residency<scripted_link<Reader>, watched, Arena>;

  journal_engine(Reader& from, Out* to) : from_(from), script_(from), to_(to) {}

  result<journal_replayed> run(Bundle policies) {
    const trace::journal::header& h = script_.header();
    auto made = residency_type::create(*h.shape, scripted_link<Reader>(script_), watched{std::move(policies), {&script_, to_}},
                                       {.budget = {h.budget, h.frames}, .footprint = h.footprint, .memory = {}, .host_possible = h.host_possible});
    if (script_.trouble()) return *script_.trouble();
    if (!made) return error(error_code::bad_file, from_.name(), ": its header describes no residency that could be: ", made.error().sentence());
    core_.emplace(std::move(*made));
    while (const trace::journal::record* const next = script_.peek()) {
      if (std::holds_alternative<trace::journal::counted>(*next)) {
        core_->note(trace::journal::counted{core_->count()});
        continue;
      }
      trace::journal::record call = *next;
      keep_spans(call);
      script_.pass();
      std::visit([this](const auto& c) { this->perform(c); }, call);
    }
    done_.decisions = script_.decisions();
    done_.compared = h.decisions;
    done_.interrupted = from_.interrupted();
    done_.count = core_->count();
    script_.close();  // what follows is clearing up
    for (auto& l : leases_) l.reset();
    core_.reset();
    if (script_.trouble()) return *script_.trouble();
    return done_;
  }

 private:
  /// What a call refers to lies in the reader, which reads on while the call is performed.
  void keep_spans(trace::journal::record& call) {
    if (auto* const a = std::get_if<seen::acquire>(&call)) {
      wanted_.assign(a->event.wanted.begin(), a->event.wanted.end());
      ids_.assign(a->event.routes.begin(), a->event.routes.end());
      weights_.assign(a->event.weights.begin(), a->event.weights.end());
      a->event.wanted = wanted_;
      a->event.routes = ids_;
      a->event.weights = weights_;
    } else if (auto* const h = std::get_if<hint>(&call)) {
      ids_.assign(h->experts.begin(), h->experts.end());
      weights_.assign(h->weights.begin(), h->weights.end());
      hidden_.assign(h->hidden.begin(), h->hidden.end());
      h->experts = ids_;
      h->weights = weights_;
      h->hidden = hidden_;
    }
  }

  void perform(const seen::acquire& a) {
    auto given = core_->acquire(a.event, a.whole_set ? holding::all : holding::streamed);
    ++done_.events;
    if (given)
      (leases_[0] ? leases_[1] : leases_[0]).emplace(std::move(*given));
    else if (given.error().code() != error_code::does_not_fit)
      script_.object("has an event that a residency refuses: ", given.error().sentence());
  }
  void perform(const seen::lease_call& c) {
    using kind = seen::lease_call::kind;
    auto& lease = leases_[c.lease];
    if (!lease) return script_.object("calls a lease that is not alive");
    if (c.what == kind::next) (void)lease->next();  // what they answer has been noted, errors too
    if (c.what == kind::try_next) (void)lease->try_next();
    if (c.what == kind::next_ahead) (void)lease->next_ahead();
    if (c.what == kind::end) lease.reset();
  }
  void perform(const seen::release& r) {
    if (!leases_[r.lease]) return script_.object("releases something of a lease that is not alive");
    seat done;
    done.entry = r.entry;
    leases_[r.lease]->release(done, r.last_use);
  }
  void perform(const seen::pump& p) { p.until_quiet ? core_->pump_until_quiet() : core_->pump(); }
  void perform(const hint& h) { core_->hear(h); }
  void perform(const draft_cut& c) { core_->hear(c); }
  void perform(const draft_started& d) { core_->hear(d); }
  void perform(const token_drafted& t) { core_->hear(t); }
  void perform(const draft_ended& d) { core_->hear(d); }
  void perform(const step_outcome& o) {
    core_->end_step(o);
    ++done_.steps;
  }
  void perform(const seen::budget_change& b) {
    if (const result<void> changed = core_->set_budget(b.total); !changed)
      script_.object("changes the budget to what a residency refuses: ", changed.error().sentence());
  }
  void perform(const seen::governor_asked& g) {
    core_->note(g);
    if constexpr (requires(Bundle& b) { b.speculation; }) {
      auto& governor = core_->policies().speculation;
      const speculation_scene<decltype(Bundle::scoring)> scene{core_->look(), g.drafted, g.last_probability, g.possible, g.time_limit};
      using question = seen::governor_asked::question;
      const std::uint32_t answer = g.what == question::longest         ? governor.longest(scene).count
                                   : g.what == question::keep_drafting ? std::uint32_t{governor.keep_drafting(scene)}
                                                                       : governor.verify(scene).count;
      core_->note(seen::governor_answered{answer});
    } else {
      script_.object("asks a governor, and these policies have none");
    }
  }
  void perform(const seen::governor_told& g) {
    core_->note(g);
    if constexpr (requires(Bundle& b) { b.speculation; })
      core_->policies().speculation.observe(g.outcome);
    else
      script_.object("tells a governor, and these policies have none");
  }
  void perform(const seen::sequence& s) { core_->note(s); }
  void perform(const trace::journal::ended& e) {
    if (!script_.header().decisions) core_->note(trace::journal::counted{core_->count()});
    core_->note(e);
    script_.close();
  }
  template <class Other>
  void perform(const Other& what) {
    script_.object("has '", trace::journal::in_words(trace::journal::record(what)), "', which does not happen now");
  }

  Reader& from_;
  journal_script<Reader> script_;
  Out* to_;
  std::optional<residency_type> core_;
  std::array<std::optional<typename residency_type::lease_type>, 2> leases_;
  journal_replayed done_;
  std::vector<demand> wanted_;
  std::vector<expert_index> ids_;
  std::vector<float> weights_, hidden_;
};
}  // namespace detail

/// Makes a journal's run again: a residency with fresh `policies` gets the engine's calls and the transport's answers from
/// the journal. Where the journal has decisions, each has to come out as it was, with its keys; the first that does not is the
/// error, with its place. `to` (may be null) is told everything like the witness of the first run: a journal_writer there
/// writes the same journal, decisions included.
/// Cost: what the decisions cost the first time, and O(record) for each. Files and devices are not needed.
template <class Reader, residency_bundle Bundle, class Out>
[[nodiscard]] result<journal_replayed> replay_journal(Reader& from, Bundle policies, Out* to) {
  static_assert(!is_watched<Bundle>, "replay_journal watches the policies itself; hand in a bundle without a member  witness");
  const trace::journal::header& h = from.header();
  const model_shape& shape = *h.shape;
  bool same = policies.groups.count(shape) == h.groups;
  for (std::uint32_t l = 0; same && l < shape.layers(); ++l)
    for (std::uint32_t e = 0; e < shape.experts(static_cast<layer_index>(l)); ++e)
      same = same && policies.groups.group_of(shape, make_expert(l, e)) == h.group_of[shape.space().flat(make_expert(l, e))];
  if (!same)
    return error(error_code::bad_argument, from.name(), ": was written with other eviction groups than these policies have; replay it with its own scope");
  if (h.equal_rooms) return detail::journal_engine<Reader, Bundle, uniform_arena, Out>(from, to).run(std::move(policies));
  return detail::journal_engine<Reader, Bundle, extent_arena, Out>(from, to).run(std::move(policies));
}

/// The same when nobody wants a copy.
template <class Reader, residency_bundle Bundle>
[[nodiscard]] result<journal_replayed> replay_journal(Reader& from, Bundle policies) {
  return replay_journal(from, std::move(policies), static_cast<detail::nobody*>(nullptr));
}

}  // namespace moesaic::sim
