// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/speculation_governor.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/knobs.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/speculation/amortization_roofline.hpp>
#include <moesaic/speculation/fixed.hpp>
#include <moesaic/speculation/goodput.hpp>
#include <moesaic/speculation/test_and_set.hpp>
#include <moesaic/speculation/verification_prefix.hpp>
#include <moesaic/speculation/working_set.hpp>

namespace moesaic::speculation {

/// Any governor of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen governor's behind one switch.
/// Cost: the chosen governor's and a predictable branch. State and Ties: the chosen governor's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event, admitted, evicted, hint, draft_started, token_drafted, draft_cut, draft_ended, step_outcome>;
  using choices = std::variant<fixed, amortization_roofline, test_and_set, goodput, verification_prefix, working_set>;

  template <class Governor>
    requires(!std::same_as<Governor, any> && std::constructible_from<choices, Governor>)
  any(Governor chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& governor) { tell(governor, all); }, chosen_);
  }
  template <class Event>
    requires(!std::same_as<Event, inventory> && hears::template include<Event>)
  void on(const Event& event) noexcept {
    std::visit([&](auto& governor) { tell(governor, event); }, chosen_);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length longest(const speculation_scene<S>& scene) noexcept {
    return std::visit([&](auto& governor) { return governor.longest(scene); }, chosen_);
  }
  template <utility_scorer S>
  [[nodiscard]] bool keep_drafting(const speculation_scene<S>& scene) noexcept {
    return std::visit([&](auto& governor) { return governor.keep_drafting(scene); }, chosen_);
  }
  template <utility_scorer S>
  [[nodiscard]] draft_length verify(const speculation_scene<S>& scene) noexcept {
    return std::visit([&](auto& governor) { return governor.verify(scene); }, chosen_);
  }
  void observe(const step_outcome& outcome) noexcept {
    std::visit([&](auto& governor) { governor.observe(outcome); }, chosen_);
  }

  /// The governor itself.
  [[nodiscard]] const choices& chosen() const noexcept { return chosen_; }

 private:
  choices chosen_;
};

static_assert(speculation_governor<any>, "any no longer models speculation_governor");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"fixed", "length=0,stop_below=0", "drafts length tokens (0: none), or up to one less probable than stop_below percent"},
    entry{"amortization_roofline", "most=16,least=1,smoothing=10,prior=90,per_step=0,bonus=0",
          "the length that promises most accepted tokens per time, missing experts included"},
    entry{"test_and_set", "length=4,refresh=100", "tries lengths for four steps each, then keeps the best for a while"},
    entry{"goodput", "length=8,retry=32", "the length that promises most committed tokens per time, by moving averages"},
    entry{"verification_prefix", "length=8,residency=1", "always drafts length tokens, and verifies the prefix that pays"},
    entry{"working_set", "length=8,loss=2,allowance=12", "goes on while a row brings more than its experts cost; loses a bounded time against not speculating"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }
/// Whether the governor of that name heeds the scene's `time_limit`; the others draft as if there were none.
[[nodiscard]] constexpr bool reads_time_limit(std::string_view name) noexcept {
  return name == "amortization_roofline" || name == "goodput" || name == "working_set";
}

/// The governor of a spec: `fixed(8)`, `fixed(8,stop_below=75)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  const auto with = [&]<std::size_t n, class Build>(const std::array<knob, n>& knobs, Build build) -> result<any> {
    const auto values = knobs_of(*parsed, knobs);
    if (!values) return values.error();
    return build(*values);
  };
  constexpr auto small = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  constexpr std::uint64_t longest = 63;
  if (parsed->name() == "fixed")
    return with(std::array{knob{"length", 0, 0, longest}, knob{"stop_below", 0, 0, 100}},
                [&](const auto& v) { return fixed{.length = {small(v[0])}, .stop_below = static_cast<float>(v[1]) / 100.0F}; });
  if (parsed->name() == "amortization_roofline")
    return with(std::array{knob{"most", 16, 1, longest}, knob{"least", 1, 0, longest}, knob{"smoothing", 10, 1, 100}, knob{"prior", 90, 1, 100},
                           knob{"per_step", 0, 0, 1}, knob{"bonus", 0, 0, 1}},
                [&](const auto& v) {
                  return amortization_roofline{
                      .most = small(v[0]), .least = small(v[1]), .smoothing = small(v[2]), .prior = small(v[3]), .per_step = small(v[4]), .bonus = small(v[5])};
                });
  if (parsed->name() == "test_and_set")
    return with(std::array{knob{"length", 4, 1, longest}, knob{"refresh", 100, 8, 1'000'000}},
                [&](const auto& v) { return test_and_set{.length = small(v[0]), .refresh = small(v[1])}; });
  if (parsed->name() == "goodput")
    return with(std::array{knob{"length", 8, 1, longest}, knob{"retry", 32, 1, 1'000'000}},
                [&](const auto& v) { return goodput{.length = small(v[0]), .retry = small(v[1])}; });
  if (parsed->name() == "verification_prefix")
    return with(std::array{knob{"length", 8, 1, longest}, knob{"residency", 1, 0, 1}},
                [&](const auto& v) { return verification_prefix{.length = small(v[0]), .residency = small(v[1])}; });
  if (parsed->name() == "working_set")
    return with(std::array{knob{"length", 8, 1, longest}, knob{"loss", 2, 0, 100}, knob{"allowance", 12, 1, 10'000}},
                [&](const auto& v) { return working_set{.length = small(v[0]), .loss = small(v[1]), .allowance = small(v[2])}; });
  return unknown_name(parsed->name(), "speculation governor", entries());
}

}  // namespace moesaic::speculation
