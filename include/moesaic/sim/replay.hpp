// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/admission_policy.hpp>
#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/core/counters.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/sim/resident_set.hpp>

namespace moesaic::sim {

/// Plays events to the policies of the residency core, without a core: same types, same scenes, same order of telling and
/// asking, but transfers take no time. What a policy is worth here is what it is worth there.
///
/// An event: the policies hear it; hits are counted against the state at its start; then each miss, in ascending id, is
/// kept in free room, or in the place of the victims that eviction names and admission lets go, or bypasses. Victims leave
/// only if the newcomer then fits. The event's own experts are no victims, unless admission displaces its own event.
/// Threads: one at a time. Cost: O(experts of the event) and the policies'; no allocation after construction.
/// Source: ours; event semantics of arXiv 2608.07911.
template <eviction_policy Eviction, admission_policy Admission, utility_scorer Scoring = scoring::none>
class replay {
 public:
  replay(resident_set empty, Eviction eviction, Admission admission, Scoring scoring = {})
      : residents_(std::move(empty)),
        fresh_{std::move(scoring), std::move(eviction), std::move(admission)},
        policies_(fresh_),
        expectation_(residents_.shape().space(), residents_.shape().layers(), residents_.shape().widest_layer()),
        wanted_(residents_.shape().widest_layer()),
        missing_(residents_.shape().widest_layer()),
        misses_of_layer_(residents_.shape().layers()),
        choice_{here(), residents_.candidates(0, pin), 0, {}, cause::demand},
        question_{here(), {}, cause::demand, phase::decode, {}, {}, {}} {
    victims_.reserve(residents_.shape().expert_count());
    introduce();
  }
  replay(const replay&) = delete;  // policies look into the resident set
  replay& operator=(const replay&) = delete;

  /// One event. `next_use`: for each wanted expert the number of the next event that uses it, for clairvoyant policies.
  void hear(const layer_event& event, std::span<const std::uint32_t> next_use = {}) noexcept {
    resident_set::sorter wanted = begin(event.layer);
    for (const demand& d : event.wanted) wanted(d.expert);
    hear(event, wanted, next_use);
  }
  /// The same in two steps, for who names the experts of an event one by one anyway: `begin`, then each of them to what it
  /// answers, in the event's order, then this. Nothing may be heard between.
  [[nodiscard]] resident_set::sorter begin(layer_index layer) noexcept { return {residents_, layer, pin, wanted_.data(), missing_.data()}; }
  void hear(const layer_event& event, const resident_set::sorter& wanted, std::span<const std::uint32_t> next_use) noexcept {
    announce(event, wanted.all());
    if constexpr (Eviction::hears::template include<eviction::foretold>) policies_.eviction.on(eviction::foretold{event.layer, event.wanted, next_use});
    missed_ = wanted.absent();
    ++count_.events;
    count_.accesses += event.wanted.size();
    count_.hits += event.wanted.size() - missed_.size();
    count_.misses += missed_.size();
    if (!missed_.empty()) {
      misses_of_layer_[number(event.layer)] += missed_.size();
      serve(event, wanted.absent());
    }
    residents_.unmark(wanted.all(), pin);
    announce(lease_ended{event.step, event.layer});
  }
  void hear(const step_outcome& outcome) noexcept { announce(outcome); }

  /// Empties the pools and gives the policies back their first state. Counters go on.
  void forget() {
    residents_.clear();
    expectation_.forget_all();
    policies_ = fresh_;
    introduce();
  }

  [[nodiscard]] const counters& count() const noexcept { return count_; }
  [[nodiscard]] const resident_set& residents() const noexcept { return residents_; }
  /// Misses by layer, since construction.
  [[nodiscard]] std::span<const std::uint64_t> misses_of_layers() const noexcept { return misses_of_layer_; }
  /// The last event's misses by flat index, ascending. Valid until the next event.
  [[nodiscard]] std::span<const std::uint32_t> missed() const noexcept { return missed_; }
  /// What policies are shown as expected: nothing, unless a driver writes it here before the event.
  [[nodiscard]] forecast& expectation() noexcept { return expectation_; }

 private:
  struct policies {
    Scoring scoring;
    Eviction eviction;
    Admission admission;
  };
  static constexpr std::uint8_t pin = residency_flag::pinned_by_first;

  template <class Event>
  void announce(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    tell(policies_.scoring, event);
    tell(policies_.eviction, event);
    tell(policies_.admission, event);
  }
  template <class Event, class Flats>
  void announce(const Event& event, const Flats& flats) noexcept {
    tell(policies_.scoring, event, flats);
    tell(policies_.eviction, event, flats);
    tell(policies_.admission, event, flats);
  }
  void introduce() { announce(residents_.all()); }

  [[nodiscard]] scene<Scoring> here() const noexcept { return {policies_.scoring, expectation_, residents_.view(), {}, {}, {}, {}, {}, utility::lowest()}; }

  void serve(const layer_event& event, std::span<const std::uint32_t> missing) noexcept {
    const bool own_may_leave = !admits_everyone<Admission> && policies_.admission.displaces_own_event();
    choice_.layer = event.layer;
    choice_.token = event.first_token;
    if constexpr (!admits_everyone<Admission>) {
      question_.layer = event.layer;
      question_.token = event.first_token;
      question_.during = event.during;
    }
    const std::uint32_t group = residents_.group_of(event.layer);
    if (group != resident_set::several_groups) look_at(group, own_may_leave);
    if constexpr (admits_everyone<Admission>)
      if (group != resident_set::several_groups && residents_.full_of_equals(group)) return exchange(missing);
    for (const std::uint32_t flat : missing) {
      if (group == resident_set::several_groups) look_at(residents_.group_of(flat), own_may_leave);
      count_.bytes_demanded += residents_.size_of(flat);
      if (take_in(flat, own_may_leave, missing))
        announce(admitted{residents_.id_of(flat), cause::demand}, flat);
      else
        ++count_.bypasses;
    }
  }
  /// The same for a full pool of equals that everybody may enter, which is what most replays do most of the time.
  void exchange(std::span<const std::uint32_t> missing) noexcept {
    std::size_t kept = 0;
    for (const std::uint32_t flat : missing) {
      count_.bytes_demanded += residents_.size_of(flat);
      choice_.newcomer = residents_.id_of(flat);
      const std::uint32_t victim = victim_of(policies_.eviction, choice_);
      if (!choice_.candidates.contains(victim)) continue;
      ++kept;
      residents_.replace(victim, flat);
      announce(evicted{residents_.id_of(victim)}, victim);
      announce(admitted{choice_.newcomer, cause::demand}, flat);
    }
    count_.evictions += kept;
    count_.bypasses += missing.size() - kept;
  }
  void look_at(std::uint32_t group, bool own_may_leave) noexcept {
    choice_.group = static_cast<std::uint16_t>(group);
    residents_.show(choice_.candidates, choice_.group, own_may_leave ? std::uint8_t{} : pin);
  }

  /// True: the newcomer is resident. False: everything is as it was.
  [[nodiscard]] bool take_in(std::uint32_t flat, bool own_may_leave, std::span<const std::uint32_t> missing) noexcept {
    const std::uint64_t room = residents_.room(choice_.group), used = residents_.used(choice_.group) + residents_.charge_of(flat);
    if constexpr (!admits_everyone<Admission>) question_.newcomer = residents_.id_of(flat);
    if (used <= room) {
      if (!admits(no_victim, own_may_leave)) return false;
      residents_.enter(flat);
      look_at(choice_.group, own_may_leave);  // there is one more member
      return true;
    }
    choice_.newcomer = residents_.id_of(flat);
    const std::uint32_t victim = victim_of(policies_.eviction, choice_);
    if (!choice_.candidates.contains(victim) || !admits(victim, own_may_leave)) return false;
    if (residents_.equal_charge() == 0) return take_room_of_several(flat, victim, used - room, own_may_leave, missing);
    residents_.replace(victim, flat);
    announce_leaving(victim, own_may_leave, missing);
    return true;
  }

  /// The same where sizes differ, so that it may take several to free what is `needed`.
  [[nodiscard]] bool take_room_of_several(std::uint32_t flat, std::uint32_t first, std::uint64_t needed, bool own_may_leave,
                                          std::span<const std::uint32_t> missing) noexcept {
    residents_.show(choice_.candidates, choice_.group, static_cast<std::uint8_t>(residency_flag::leaving | (own_may_leave ? 0 : pin)));
    victims_.clear();
    std::uint64_t freed = 0;
    for (std::uint32_t v = first; choice_.candidates.contains(v) && (v == first || admits(v, own_may_leave));
         v = victim_of(policies_.eviction, std::as_const(choice_))) {
      residents_.mark(v, residency_flag::leaving);
      victims_.push_back(v);
      freed += residents_.charge_of(v);
      if (freed >= needed) break;
    }
    for (const std::uint32_t v : victims_) residents_.unmark(v, residency_flag::leaving);
    if (freed >= needed) {
      for (const std::uint32_t v : victims_) {
        residents_.leave(v);
        announce_leaving(v, own_may_leave, missing);
      }
      residents_.enter(flat);
    }
    look_at(choice_.group, own_may_leave);
    return freed >= needed;
  }

  void announce_leaving(std::uint32_t v, bool own_may_leave, std::span<const std::uint32_t> missing) noexcept {
    // A newcomer of this very event that has to go again was never more than streamed.
    ++(own_may_leave && std::binary_search(missing.begin(), missing.end(), v) ? count_.bypasses : count_.evictions);
    announce(evicted{residents_.id_of(v)}, v);
  }

  /// May the newcomer in question take the victim's room, or free room where there is no victim?
  [[nodiscard]] bool admits(std::uint32_t victim, bool own_may_leave) noexcept {
    if constexpr (admits_everyone<Admission>) return true;
    question_.displaces.reset();
    if (victim != no_victim) question_.displaces = residents_.id_of(victim);
    if (own_may_leave && victim != no_victim) {
      question_.newcomer_key = key_of(policies_.eviction, question_.newcomer);
      question_.displaced_key = key_of(policies_.eviction, *question_.displaces);
    }
    return policies_.admission.admit(std::as_const(question_)) == verdict::keep;
  }

  resident_set residents_;
  const policies fresh_;
  policies policies_;
  counters count_;
  forecast expectation_;
  std::vector<std::uint32_t> wanted_;   ///< room for any event
  std::vector<std::uint32_t> missing_;  ///< room for the misses of any event
  std::span<const std::uint32_t> missed_;
  std::vector<std::uint64_t> misses_of_layer_;
  std::vector<std::uint32_t> victims_;
  eviction_scene<Scoring> choice_;
  admission_scene<Scoring> question_;
};

}  // namespace moesaic::sim
