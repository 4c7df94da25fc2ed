// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

#include <moesaic/concepts/hears.hpp>
#include <moesaic/concepts/placement_policy.hpp>
#include <moesaic/concepts/prefetch_scheduler.hpp>
#include <moesaic/concepts/transport.hpp>
#include <moesaic/core/counters.hpp>
#include <moesaic/core/error.hpp>
#include <moesaic/core/event.hpp>
#include <moesaic/core/step_outcome.hpp>

/// What a residency does, piece by piece and in order: what the engine calls, what the transport answers, what is decided.
/// The first two determine the third: who repeats them with fresh policies gets the same decisions.
namespace moesaic::seen {

// ---- once, before anything else ----

struct made {
  const model_shape& shape;
  std::span<const bytes> footprint;         ///< by flat index; 0 where there is no expert
  std::span<const std::uint16_t> group_of;  ///< by flat index
  std::uint32_t groups = 1;
  bytes budget{};
  std::uint32_t frames = 0;                 ///< as asked for
  bool host_possible = false;
  bool equal_rooms = true;                  ///< the arena gives rooms of one size (uniform_arena), or exact ones (extent_arena)
  std::uint32_t link_capacity = 1;
};

// ---- calls of the engine; also hint, draft_started, token_drafted, draft_cut, draft_ended
// and step_outcome as they are ----

struct acquire {
  layer_event event;
  bool whole_set = false;  ///< holding::all
};
struct lease_call {
  enum class kind : std::uint8_t { next, try_next, next_ahead, end };
  kind what{};
  std::uint32_t lease = 0;  ///< 0 or 1
};
struct release {
  std::uint32_t lease = 0;
  std::uint32_t entry = 0;
  fence last_use{};
};
struct pump {
  bool until_quiet = false;  ///< the engine waited for all that the scheduler asked for
};
struct budget_change {
  bytes total{};
};
/// A further sequence begins with the next event. Said by the engine to whoever keeps a journal; the residency knows none.
struct sequence {};
struct governor_asked {
  enum class question : std::uint8_t { longest, keep_drafting, verify };
  question what{};
  draft_length drafted{};
  float last_probability = 1;
  draft_length possible{};
  nanoseconds time_limit{};
};
struct governor_told {
  step_outcome outcome{};
};

// ---- answers of the transport; also link_cost as it is ----

struct clock {
  nanoseconds now{};
};
/// What one `poll` or `wait` reported.
struct completions {
  bool waited = false;
  std::span<const completion> told{};
};
struct cancelled {
  ticket number{};
  bool withdrawn = false;
};

// ---- decisions, and what follows from them ----

struct leased {
  std::uint32_t lease = 0;
};
/// How the event that has begun found one of its experts; told for each, ascending.
struct found {
  expert_id expert{};
  residency_state state{};        ///< absent, in_flight or resident
  bool unused_prefetch = false;   ///< was prefetched and had not been wanted before
};
struct placed {
  expert_id expert{};
  remedy how{};
};
/// Answer of the eviction policy.
struct victim {
  std::optional<expert_id> newcomer{};  ///< nobody: the budget shrinks
  cause why{};
  std::uint16_t group = 0;
  std::optional<expert_id> chosen{};    ///< as the policy said it, eligible or not
  std::optional<utility> key_of_chosen{};
  std::optional<utility> key_of_newcomer{};
};
/// Answer of the admission policy.
struct judged {
  expert_id newcomer{};
  cause why{};
  std::optional<expert_id> displaces{};
  bool keep = false;
};
/// An expert lost its room: to a newcomer, or because its bytes did not come, it was withdrawn or the budget shrank.
struct left {
  expert_id expert{};
  std::optional<expert_id> newcomer{};
};
struct submitted {
  expert_id expert{};
  bytes size{};
  cause why{};
  residence to{};  ///< slot or frame
};
/// Answer of the prefetch scheduler that wants something. That it wants nothing is not told: one that never does is not asked.
struct wish {
  prefetch_request request{};
};
/// The wish stays open: the link has enough to do until the engine's next call.
struct held_back {};
struct fate {
  expert_id expert{};
  prefetch_fate what{};
};
struct handed_out {
  std::uint32_t lease = 0;
  std::uint32_t entry = 0;
  expert_id expert{};
  residence at{};
  ticket arrives{};  ///< 0: is there
};
struct failed {
  error_code code{};
};
struct governor_answered {
  std::uint32_t answer = 0;
};

}  // namespace moesaic::seen

namespace moesaic {

/// Watches a residency: is told everything, asked nothing, and changes nothing. A bundle with a member `witness` has one; in
/// a bundle without it nothing of this is compiled.
///
/// Contract. `note` is told each thing when it happens, in the order of this list within one call of the engine: the call,
/// then the transport's answers and decisions as they come. Spans live during the call. `made` is the moment to allocate.
/// Cost: on the decision path, so it should be small. One thread at a time.
template <class W>
concept witness =
    requires(W w, const seen::made& made, const seen::acquire& a, const seen::lease_call& b, const seen::release& c, const seen::pump& d,
             const seen::budget_change& e, const seen::governor_asked& f, const seen::governor_told& g, const hint& h, const draft_cut& i,
             const step_outcome& j, const seen::clock& k, const seen::completions& l, const seen::cancelled& m, const link_cost& n, const seen::leased& o,
             const seen::found& p, const seen::placed& q, const seen::victim& r, const seen::judged& s, const seen::left& t, const admitted& u,
             const seen::submitted& v, const seen::wish& x, const seen::held_back& y, const seen::fate& z, const seen::handed_out& aa, const seen::failed& ab,
             const seen::governor_answered& ac, const draft_started& ad, const token_drafted& ae, const draft_ended& af) {
      { w.note(made) } -> std::same_as<void>;
      { w.note(a) } noexcept;
      { w.note(b) } noexcept;
      { w.note(c) } noexcept;
      { w.note(d) } noexcept;
      { w.note(e) } noexcept;
      { w.note(f) } noexcept;
      { w.note(g) } noexcept;
      { w.note(h) } noexcept;
      { w.note(i) } noexcept;
      { w.note(j) } noexcept;
      { w.note(k) } noexcept;
      { w.note(l) } noexcept;
      { w.note(m) } noexcept;
      { w.note(n) } noexcept;
      { w.note(o) } noexcept;
      { w.note(p) } noexcept;
      { w.note(q) } noexcept;
      { w.note(r) } noexcept;
      { w.note(s) } noexcept;
      { w.note(t) } noexcept;
      { w.note(u) } noexcept;
      { w.note(v) } noexcept;
      { w.note(x) } noexcept;
      { w.note(y) } noexcept;
      { w.note(z) } noexcept;
      { w.note(aa) } noexcept;
      { w.note(ab) } noexcept;
      { w.note(ac) } noexcept;
      { w.note(ad) } noexcept;
      { w.note(ae) } noexcept;
      { w.note(af) } noexcept;
    };

namespace archetype {
struct watcher {
  void note(const seen::made&);
  template <class Seen>
  void note(const Seen&) noexcept;
};
}  // namespace archetype
static_assert(witness<archetype::watcher>);

/// Compiles if `W` models witness; else stops with a sentence that names what is missing.
template <class W>
consteval bool explain_witness() {
  constexpr bool made = requires(W w, const seen::made& m) { w.note(m); };
  static_assert(made, "witness lacks  void note(const seen::made&)");
  constexpr bool notes = requires(W w, const seen::found& f, const seen::clock& c, const step_outcome& o) {
    w.note(f);
    w.note(c);
    w.note(o);
  };
  static_assert(notes, "witness lacks  void note(const Seen&) noexcept  for each thing of concepts/witness.hpp");
  static_assert(!(made && notes) || witness<W>, "witness has note, but not for everything in concepts/witness.hpp, or not noexcept");
  return witness<W>;
}

/// A witness somewhere else, or none: what a bundle holds where it is decided at run time whether anybody watches. `to` has to
/// outlive the residency. Cost: one comparison with null for each thing.
template <witness W>
struct watched_by {
  W* to = nullptr;

  void note(const seen::made& made) const {
    if (to != nullptr) to->note(made);
  }
  template <class Seen>
  void note(const Seen& what) const noexcept {
    if (to != nullptr) to->note(what);
  }
};
static_assert(witness<watched_by<archetype::watcher>>);

/// Whether a bundle has a witness.
template <class Bundle>
inline constexpr bool is_watched = requires(Bundle& b) { b.witness; };

}  // namespace moesaic
