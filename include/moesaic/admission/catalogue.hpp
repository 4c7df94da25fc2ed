// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/admission/by_union.hpp>
#include <moesaic/admission/forced.hpp>
#include <moesaic/admission/frequency_contest.hpp>
#include <moesaic/admission/optional.hpp>
#include <moesaic/admission/reaches_threshold.hpp>
#include <moesaic/admission/staging_only.hpp>
#include <moesaic/concepts/admission_policy.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/spec.hpp>

namespace moesaic::admission {

/// Any admission policy of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen policy's behind one switch.
/// Cost: the chosen policy's and a predictable branch. State and Ties: the chosen policy's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;
  using choices = std::variant<forced, optional, staging_only, frequency_contest, by_union, reaches_threshold>;

  template <class Policy>
    requires(!std::same_as<Policy, any> && std::constructible_from<choices, Policy>)
  any(Policy chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& policy) { tell(policy, all); }, chosen_);
  }
  template <class Event>
    requires(!std::same_as<Event, inventory> && hears::template include<Event>)
  void on(const Event& event) noexcept {
    std::visit([&](auto& policy) { tell(policy, event); }, chosen_);
  }
  template <utility_scorer S>
  [[nodiscard]] verdict admit(const admission_scene<S>& scene) noexcept {
    return std::visit([&](auto& policy) { return policy.admit(scene); }, chosen_);
  }
  [[nodiscard]] bool displaces_own_event() const noexcept {
    return std::visit([](const auto& policy) { return policy.displaces_own_event(); }, chosen_);
  }

  /// The policy itself, for who would rather switch once than at every call.
  [[nodiscard]] const choices& chosen() const noexcept { return chosen_; }

 private:
  choices chosen_;
};

static_assert(admission_policy<any>, "any no longer models admission_policy");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"forced", "", "every miss and every prefetch takes a slot"},
    entry{"optional", "", "a newcomer is kept if its key is above that of who would leave"},
    entry{"staging_only", "", "misses are streamed and forgotten; only prefetches take slots"},
    entry{"frequency_contest", "half_life=32", "a miss stays away if who would leave was used more often of late"},
    entry{"by_union", "percent=50,fresh=110", "forced while events fit easily into the pool, optional above"},
    entry{"reaches_threshold", "", "a newcomer is kept if its score reaches the placement's threshold; wants a scorer"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }
/// Whether the policy of that name decides by the scores of a scorer.
[[nodiscard]] constexpr bool reads_scores(std::string_view name) noexcept { return name == "reaches_threshold"; }

/// The policy of a spec: `forced`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  const auto plain = [&]<class P>(P policy) -> result<any> {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return policy;
  };
  if (parsed->name() == "forced") return plain(forced{});
  if (parsed->name() == "optional") return plain(optional{});
  if (parsed->name() == "staging_only") return plain(staging_only{});
  if (parsed->name() == "reaches_threshold") return plain(reaches_threshold{});
  if (parsed->name() == "frequency_contest") {
    if (const result<void> fine = parsed->only(std::array<std::string_view, 1>{"half_life"}, true); !fine) return fine.error();
    const auto half_life = parsed->number("half_life", 32, 1, 65'536, true);
    if (!half_life) return half_life.error();
    return frequency_contest{.half_life = static_cast<std::uint32_t>(*half_life)};
  }
  if (parsed->name() == "by_union") {
    if (const result<void> fine = parsed->only(std::array<std::string_view, 2>{"percent", "fresh"}, true); !fine) return fine.error();
    const auto percent = parsed->number("percent", 50, 1, 10'000, true), fresh = parsed->number("fresh", 110, 0, 10'000);
    if (!percent) return percent.error();
    if (!fresh) return fresh.error();
    return by_union{.percent = static_cast<std::uint32_t>(*percent), .fresh = static_cast<std::uint32_t>(*fresh)};
  }
  return unknown_name(parsed->name(), "admission policy", entries());
}

}  // namespace moesaic::admission
