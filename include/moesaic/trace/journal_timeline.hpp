// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <moesaic/trace/decision_words.hpp>
#include <moesaic/trace/link_use.hpp>
#include <moesaic/trace/timeline_json.hpp>

namespace moesaic::trace {

/// Draws what a residency does as a timeline for Perfetto: a track for steps, one for decisions (decision_words), one for drafts
/// where there are any, one for the link (link_use) and one for each layer's events. On a track nothing overlaps. Models witness, for
/// a run that is watched; a journal's records draw the same.
///
/// Times are the core's own clock readings: at every event and around every wait. What happens between two is drawn at the
/// reading before it, and an event ends at the first reading behind its lease. The file is whole after each step. The subject's
/// facts `eviction` and `link` name tracks.
/// Cost: text for each event, transfer and decision; allocates, so a run that is drawn is not one to measure.
template <byte_sink Sink>
class journal_timeline {
 public:
  journal_timeline(Sink to, journal::subject about) : json_(std::move(to)), about_(std::move(about)), words_(about_.fact("eviction")) {}

  void note(const seen::made& made) {
    json_.track(0, about_.model.empty() ? std::string_view("moesaic") : std::string_view(about_.model));
    json_.track(steps, "steps");
    json_.track(decisions, "decisions: " + std::string(about_.fact("eviction")));
    json_.track(link, about_.fact("link").empty() ? std::string("link") : "link: " + std::string(about_.fact("link")));
    for (std::uint32_t l = 0; l < made.shape.layers(); ++l) json_.track(first_layer + l, "MoE layer " + std::to_string(l));
    live_ = true;
  }
  template <class Seen>
  void note(const Seen& what) noexcept {
    if (!live_) return;
    draw(what);
    if (const std::optional<decision_words::said> said = words_.of(what)) json_.mark(decisions, now_, said->text, said->numbers);
  }
  /// The same for one that was read.
  void note(const journal::record& what) noexcept {
    std::visit([this](const auto& one) { this->note(one); }, what);
  }
  /// Errors: the first write that failed.
  result<void> finish() {
    settle();
    end_step();
    live_ = false;
    return json_.finish();
  }

 private:
  static constexpr std::uint32_t steps = 1, decisions = 2, drafts = 3, link = 10, first_layer = 100;

  struct running {
    bool live = false;
    bool over = false;  // waits for the next reading of the clock
    layer_event event;
    nanoseconds since{};
    std::array<std::uint32_t, 3> found{};  // absent, in flight, resident
  };

  struct drafting {
    bool live = false;
    bool over = false;  // waits for the next reading of the clock
    nanoseconds since{};
    std::uint32_t longest = 0, drafted = 0, verified = 0;
  };

  void draw(const seen::clock& c) {
    if (!began_) first_ = c.now;
    began_ = true;
    now_ = c.now - first_;
    settle();
  }
  void draw(const seen::acquire& a) {
    asked_ = a.event;
    if (step_open_ && (a.event.step != step_.step || a.event.during != step_.during)) end_step();
    step_begins_ = !step_open_;
  }
  void draw(const seen::leased& l) {
    if (step_begins_) {
      step_ = asked_;
      step_since_ = now_;
      step_open_ = true;
      step_begins_ = false;
    }
    events_[l.lease] = {true, false, asked_, now_, {}};
    latest_ = l.lease;
  }
  void draw(const seen::found& f) { ++events_[latest_].found[static_cast<std::size_t>(f.state)]; }
  void draw(const seen::lease_call& c) {
    if (c.what == seen::lease_call::kind::end) events_[c.lease].over = true;
  }
  void draw(const step_outcome& o) {
    outcome_ = o;
    step_over_ = true;
    json_.flush();
  }
  void draw(const seen::submitted& s) { on_link_.submit(s, now_); }
  /// What a poll reports while an event begins gets the reading that follows; a wait is followed by one, too.
  void draw(const seen::completions& c) { on_link_.report(c); }
  void draw(const seen::cancelled& c) {
    if (!c.withdrawn) return;
    if (const auto gone = on_link_.withdraw(c.number)) json_.mark(link, now_, named(gone->what) + " withdrawn", numbers_of(*gone, now_, {}));
  }
  void draw(const draft_started& d) { draft_ = {true, false, now_, d.longest.count, 0, 0}; }
  void draw(const token_drafted& d) { draft_.drafted = d.drafted.count; }
  void draw(const draft_ended& d) {
    draft_.verified = d.verified.count;
    draft_.over = true;
  }
  template <class Other>
  void draw(const Other&) {}

  /// Draws what has ended, now that the time is known.
  void settle() {
    for (const link_use::share& had : on_link_.settle(now_))
      json_.slice(link, had.from, had.until, named(had.of.what) + (had.how == transfer_status::arrived ? "" : ", failed"),
                  numbers_of(had.of, had.from, had.moved));
    for (std::size_t i = 0; i < events_.size(); ++i) {
      running& e = events_[i];
      if (!e.live || !e.over) continue;
      e.live = false;
      const auto [absent, in_flight, resident] = e.found;
      json_.slice(first_layer + number(e.event.layer), e.since, now_, std::to_string(resident) + " hits, " + std::to_string(absent + in_flight) + " misses",
                  "{\"step\":" + std::to_string(e.event.step.count) + ",\"tokens\":" + std::to_string(e.event.tokens) +
                      ",\"hits\":" + std::to_string(resident) + ",\"in_flight\":" + std::to_string(in_flight) + ",\"misses\":" + std::to_string(absent) + "}");
    }
    if (draft_.live && draft_.over) end_draft();
    if (step_over_) end_step();
  }
  void end_step() {
    static constexpr std::array<std::string_view, 4> phases{"prefill", "decode", "draft", "verify"};
    if (step_open_)
      json_.slice(steps, step_since_, now_, std::string(phases[static_cast<std::size_t>(step_.during)]) + " " + std::to_string(step_.step.count),
                  "{\"tokens\":" + std::to_string(step_.tokens) + (step_over_ ? outcome_in_numbers() : std::string()) + "}");
    step_open_ = step_over_ = false;
  }
  [[nodiscard]] std::string outcome_in_numbers() const {
    return ",\"drafted\":" + std::to_string(outcome_.drafted.count) + ",\"accepted\":" + std::to_string(outcome_.accepted.count) +
           ",\"committed\":" + std::to_string(outcome_.committed.count);
  }
  void end_draft() {
    if (!drafts_named_) json_.track(drafts, "drafts");
    drafts_named_ = true;
    json_.slice(drafts, draft_.since, now_, std::to_string(draft_.drafted) + " drafted, " + std::to_string(draft_.verified) + " to verify",
                "{\"longest\":" + std::to_string(draft_.longest) + "}");
    draft_ = {};
  }
  [[nodiscard]] static std::string named(const seen::submitted& s) {
    return (s.why == cause::prefetch ? "prefetch (" : "demand (") + std::to_string(number(s.expert.layer)) + "," + std::to_string(number(s.expert.expert)) +
           ")";
  }
  [[nodiscard]] static std::string numbers_of(const link_use::open_transfer& t, nanoseconds until, bytes moved) {
    return "{\"bytes\":" + std::to_string(moved.count) + ",\"to\":\"" + (t.what.to == residence::frame ? "frame" : "slot") +
           "\",\"waited_us\":" + std::to_string((until - t.since).count / 1'000) + "}";
  }

  timeline_json<Sink> json_;
  journal::subject about_;
  bool live_ = false;
  bool began_ = false;
  nanoseconds first_{}, now_{};
  layer_event asked_, step_;  // without their spans
  nanoseconds step_since_{};
  bool step_open_ = false, step_begins_ = false, step_over_ = false;
  step_outcome outcome_;
  bool drafts_named_ = false;
  std::array<running, 2> events_;
  std::uint32_t latest_ = 0;
  link_use on_link_;
  decision_words words_;
  drafting draft_;
};
static_assert(witness<journal_timeline<memory_sink>>);

}  // namespace moesaic::trace
