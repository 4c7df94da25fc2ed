// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/concepts/scene.hpp>
#include <moesaic/concepts/witness.hpp>

namespace moesaic {

/// The policies, what they are told, and what they see when they are asked. Asks nothing by itself.
template <class Bundle>
class policy_desk {
 public:
  using scores = decltype(Bundle::scoring);

  static constexpr bool watched = is_watched<Bundle>;

  explicit policy_desk(Bundle bundle) : policies(std::move(bundle)) {}

  /// Tells the witness, where there is one.
  template <class Seen>
  void note(const Seen& what) noexcept {
    if constexpr (watched) policies.witness.note(what);
  }

  /// Tells every policy that listens, scorer and predictor first, so that whoever is asked next sees them up to date.
  template <class Event>
  void tell(const Event& event) noexcept(!std::same_as<Event, inventory>) {
    moesaic::tell(policies.scoring, event);
    moesaic::tell(policies.prediction, event);
    moesaic::tell(policies.eviction, event);
    moesaic::tell(policies.admission, event);
    moesaic::tell(policies.prefetch, event);
    moesaic::tell(policies.placement, event);
    if constexpr (requires { policies.speculation; }) moesaic::tell(policies.speculation, event);
  }

  [[nodiscard]] scene<scores> look(const residency_view& residency) const noexcept {
    return {policies.scoring, policies.prediction.expectation(), residency, link, layer, token, now, layer_time, policies.placement.threshold()};
  }
  [[nodiscard]] std::optional<expert_id> victim(const residency_view& residency, const candidate_view& candidates, std::uint16_t group,
                                                std::optional<expert_id> newcomer, cause why) noexcept {
    const std::optional<expert_id> chosen =
        policies.eviction.victim(eviction_scene<scores>{look(residency), candidates, group, newcomer.value_or(expert_id{}), why});
    if constexpr (watched) {
      seen::victim told{newcomer, why, group, chosen, {}, {}};
      if (chosen && candidates.contains(*chosen)) told.key_of_chosen = key_of(policies.eviction, *chosen);
      if (newcomer) told.key_of_newcomer = key_of(policies.eviction, *newcomer);
      note(told);
    }
    return chosen;
  }
  [[nodiscard]] verdict admit(const residency_view& residency, expert_id newcomer, cause why, phase during, std::optional<expert_id> displaces) noexcept {
    admission_scene<scores> asked{look(residency), newcomer, why, during, displaces, {}, {}};
    if (policies.admission.displaces_own_event() && displaces) {
      asked.newcomer_key = key_of(policies.eviction, newcomer);
      asked.displaced_key = key_of(policies.eviction, *displaces);
    }
    const verdict answer = policies.admission.admit(asked);
    note(seen::judged{newcomer, why, displaces, answer == verdict::keep});
    return answer;
  }

  Bundle policies;
  link_view link{};
  layer_index layer{};
  token_index token{};
  nanoseconds now{};
  nanoseconds layer_time{};
};

}  // namespace moesaic
