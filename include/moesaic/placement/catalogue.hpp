// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/placement_policy.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/knobs.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/placement/balanced_host.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/placement/two_ended.hpp>

namespace moesaic::placement {

/// Any placement policy of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen policy's behind one switch.
/// Cost: the chosen policy's and a predictable branch. State and Ties: the chosen policy's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event>;
  using choices = std::variant<fetch, host, balanced_host, two_ended>;

  template <class Policy>
    requires(!std::same_as<Policy, any> && std::constructible_from<choices, Policy>)
  any(Policy chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& policy) { tell(policy, all); }, chosen_);
  }
  void on(const layer_event& event) noexcept {
    std::visit([&](auto& policy) { tell(policy, event); }, chosen_);
  }
  template <utility_scorer S>
  void place(const scene<S>& now, std::span<const miss> misses, std::span<remedy> remedies) noexcept {
    std::visit([&](auto& policy) { policy.place(now, misses, remedies); }, chosen_);
  }
  [[nodiscard]] utility threshold() const noexcept {
    return std::visit([](const auto& policy) { return policy.threshold(); }, chosen_);
  }

 private:
  choices chosen_;
};

static_assert(placement_policy<any>, "any no longer models placement_policy");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"fetch", "", "every missing expert is moved to fast memory"},
    entry{"host", "least", "every missing expert is computed in slow memory; least: the score that earns fast memory (none if not given)"},
    entry{"balanced_host", "least=1,levels=5,host=0,device=0",
          "the same, but the useful are fetched where both sides' MB/s are given and that is faster; wants a scorer"},
    entry{"two_ended", "host_base=790,host_token=1000,device=500",
          "most tokens first to the device, fewest to the host, whoever is done earlier; microseconds per expert"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

/// The policy of a spec: `fetch`, `host`, `host(least=2)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  if (parsed->name() == "fetch") {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return fetch{};
  }
  if (parsed->name() == "host") {
    if (const result<void> fine = parsed->only(std::array<std::string_view, 1>{"least"}, true); !fine) return fine.error();
    if (parsed->arguments().empty()) return host{};
    const auto least = parsed->number("least", 0, 0, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()), true);
    if (!least) return least.error();
    return host{.least = utility{static_cast<std::int64_t>(*least)}};
  }
  if (parsed->name() == "balanced_host") {
    const auto v = knobs_of(
        *parsed, std::array{knob{"least", 1, 0, 255}, knob{"levels", 5, 1, 255}, knob{"host", 0, 0, 1'000'000'000}, knob{"device", 0, 0, 1'000'000'000}});
    if (!v) return v.error();
    balanced_host made{.host = {static_cast<double>((*v)[2]) * 1e6}, .device = {static_cast<double>((*v)[3]) * 1e6}};
    made.least = static_cast<std::uint32_t>((*v)[0]);
    made.levels = static_cast<std::uint32_t>((*v)[1]);
    return made;
  }
  if (parsed->name() == "two_ended") {
    constexpr std::uint64_t most = 1'000'000'000;
    const auto v = knobs_of(*parsed, std::array{knob{"host_base", 790, 0, most}, knob{"host_token", 1'000, 0, most}, knob{"device", 500, 0, most}});
    if (!v) return v.error();
    return two_ended{
        .host_base = static_cast<std::uint32_t>((*v)[0]), .host_token = static_cast<std::uint32_t>((*v)[1]), .device = static_cast<std::uint32_t>((*v)[2])};
  }
  return unknown_name(parsed->name(), "placement policy", entries());
}

}  // namespace moesaic::placement
