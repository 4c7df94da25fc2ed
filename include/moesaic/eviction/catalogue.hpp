// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/random.hpp>

namespace moesaic::eviction {

/// Any eviction policy of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen policy's behind one switch.
/// Cost: the chosen policy's and a predictable branch. State and Ties: the chosen policy's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event, admitted, evicted>;
  using choices = std::variant<lru, fifo, lfu, lrfu, random, least_useful>;

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
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) noexcept {
    return std::visit([&](auto& policy) { return policy.victim(scene); }, chosen_);
  }
  [[nodiscard]] std::optional<utility> key(expert_id e) const noexcept {
    return std::visit([&](const auto& policy) { return key_of(policy, e); }, chosen_);
  }
  /// Has the chosen policy a key? Optional admission needs one.
  [[nodiscard]] bool keyed() const noexcept {
    return std::visit([]<class P>(const P&) { return keyed_eviction_policy<P>; }, chosen_);
  }

  /// The policy itself, for who would rather switch once than at every call.
  [[nodiscard]] const choices& chosen() const noexcept { return chosen_; }

 private:
  choices chosen_;
};

static_assert(keyed_eviction_policy<any>, "any no longer models keyed_eviction_policy");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"lru", "", "the expert whose last use lies furthest back leaves"},
    entry{"fifo", "", "the expert that came first leaves"},
    entry{"lfu", "", "the expert that the fewest events used leaves; counts survive eviction"},
    entry{"lrfu", "half_life=32", "the smallest use count leaves; counts halve every half_life tokens"},
    entry{"random", "seed=0", "any expert leaves"},
    entry{"least_useful", "", "the expert with the lowest score leaves; wants a scorer"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

/// The policy of a spec: `lru`, `lrfu(32)`, `lrfu(half_life=32)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  const std::string_view name = parsed->name();
  const auto plain = [&]<class P>(P policy) -> result<any> {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return policy;
  };
  if (name == "lru") return plain(lru{});
  if (name == "fifo") return plain(fifo{});
  if (name == "lfu") return plain(lfu{});
  if (name == "least_useful") return plain(least_useful{});
  if (name == "lrfu") {
    if (const result<void> fine = parsed->only(std::array<std::string_view, 1>{"half_life"}, true); !fine) return fine.error();
    const auto half_life = parsed->number("half_life", 32, 1, 65'536, true);
    if (!half_life) return half_life.error();
    return lrfu{.half_life = static_cast<std::uint32_t>(*half_life)};
  }
  if (name == "random") {
    if (const result<void> fine = parsed->only(std::array<std::string_view, 1>{"seed"}, true); !fine) return fine.error();
    const auto seed = parsed->number("seed", 0, 0, ~std::uint64_t{}, true);
    if (!seed) return seed.error();
    return random{.seed = *seed};
  }
  return unknown_name(name, "eviction policy", entries());
}

}  // namespace moesaic::eviction
