// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <moesaic/concepts/admission_policy.hpp>
#include <moesaic/concepts/eviction_groups.hpp>
#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/concepts/placement_policy.hpp>
#include <moesaic/concepts/prefetch_scheduler.hpp>
#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/concepts/utility_scorer.hpp>
#include <moesaic/concepts/witness.hpp>

namespace moesaic {

/// A plain struct of policies, one member per slot, so that symbols and errors carry its short name:
///
///     struct chat_on_one_gpu {
///       one_group groups;
///       scoring::recency scoring;
///       eviction::lrfu eviction{.half_life = 32};
///       ...
///     };
///
/// The residency core needs groups, scoring, eviction, admission, prediction, prefetch and placement; the library's own loop
/// also speculation. A member `witness`, if there is one, is told everything that happens. Policies are held by value; who wants to watch one hands in a type
/// that refers to it.
template <class B>
concept residency_bundle = std::movable<B> && requires(B& b) {
  requires eviction_groups<std::remove_cvref_t<decltype(b.groups)>>;
  requires utility_scorer<std::remove_cvref_t<decltype(b.scoring)>>;
  requires eviction_policy<std::remove_cvref_t<decltype(b.eviction)>>;
  requires admission_policy<std::remove_cvref_t<decltype(b.admission)>>;
  requires expert_predictor<std::remove_cvref_t<decltype(b.prediction)>>;
  requires prefetch_scheduler<std::remove_cvref_t<decltype(b.prefetch)>>;
  requires placement_policy<std::remove_cvref_t<decltype(b.placement)>>;
};

template <class B>
concept policy_bundle = residency_bundle<B> && requires(B& b) { requires speculation_governor<std::remove_cvref_t<decltype(b.speculation)>>; };

/// Compiles if `B` models residency_bundle; else stops with a sentence that names the slot and what it lacks.
template <class B>
consteval bool explain_residency_bundle() {
  constexpr bool groups = requires(B& b) { b.groups; };
  constexpr bool scoring = requires(B& b) { b.scoring; };
  constexpr bool eviction = requires(B& b) { b.eviction; };
  constexpr bool admission = requires(B& b) { b.admission; };
  constexpr bool prediction = requires(B& b) { b.prediction; };
  constexpr bool prefetch = requires(B& b) { b.prefetch; };
  constexpr bool placement = requires(B& b) { b.placement; };
  static_assert(groups, "policy bundle lacks a member  groups  (group_per_layer, one_group, ...)");
  static_assert(scoring, "policy bundle lacks a member  scoring");
  static_assert(eviction, "policy bundle lacks a member  eviction");
  static_assert(admission, "policy bundle lacks a member  admission");
  static_assert(prediction, "policy bundle lacks a member  prediction");
  static_assert(prefetch, "policy bundle lacks a member  prefetch");
  static_assert(placement, "policy bundle lacks a member  placement");
  if constexpr (is_watched<B>) static_assert(explain_witness<decltype(B::witness)>());
  static_assert(std::movable<B>, "policy bundle cannot be moved and assigned; residency owns it, and it its policies, by value");
  if constexpr (std::movable<B> && groups && scoring && eviction && admission && prediction && prefetch && placement)
    return explain_eviction_groups<decltype(B::groups)>() && explain_utility_scorer<decltype(B::scoring)>() &&
           explain_eviction_policy<decltype(B::eviction)>() && explain_admission_policy<decltype(B::admission)>() &&
           explain_expert_predictor<decltype(B::prediction)>() && explain_prefetch_scheduler<decltype(B::prefetch)>() &&
           explain_placement_policy<decltype(B::placement)>();
  else
    return false;
}

/// The same for the library's own loop, which also needs a governor.
template <class B>
consteval bool explain_policy_bundle() {
  constexpr bool speculation = requires(B& b) { b.speculation; };
  static_assert(speculation, "policy bundle lacks a member  speculation");
  if constexpr (speculation)
    return explain_residency_bundle<B>() && explain_speculation_governor<decltype(B::speculation)>();
  else
    return false;
}

}  // namespace moesaic
