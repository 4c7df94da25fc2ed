// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/eviction_policy.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/eviction/arc.hpp>
#include <moesaic/eviction/below_threshold.hpp>
#include <moesaic/eviction/class_lru.hpp>
#include <moesaic/eviction/erased.hpp>
#include <moesaic/eviction/farthest_use.hpp>
#include <moesaic/eviction/fifo.hpp>
#include <moesaic/eviction/forecast.hpp>
#include <moesaic/eviction/gdsf.hpp>
#include <moesaic/eviction/least_useful.hpp>
#include <moesaic/eviction/lfu.hpp>
#include <moesaic/eviction/lfu_in_cache.hpp>
#include <moesaic/eviction/look_ahead.hpp>
#include <moesaic/eviction/lrfu.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/eviction/never.hpp>
#include <moesaic/eviction/protected_lru.hpp>
#include <moesaic/eviction/random.hpp>
#include <moesaic/eviction/s3_fifo.hpp>
#include <moesaic/eviction/sieve.hpp>
#include <moesaic/eviction/successor.hpp>

namespace moesaic::eviction {

/// Any eviction policy of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen policy's behind one switch.
/// Cost: the chosen policy's and a predictable branch. State and Ties: the chosen policy's. Threads: one at a time.
class any {
 public:
  using hears = erased::hears;  // what a policy out of a library may listen to
  using choices = std::variant<lru, fifo, lfu, lrfu, random, least_useful, lfu_in_cache, class_lru, arc, sieve, s3_fifo, gdsf, forecast, look_ahead, successor,
                               below_threshold, farthest_use, protected_lru, never, erased>;

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
    return std::visit(
        []<class P>(const P& policy) {
          if constexpr (std::same_as<P, erased>)
            return policy.keyed();
          else
            return keyed_eviction_policy<P>;
        },
        chosen_);
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
    entry{"lfu_in_cache", "", "the expert that the fewest events used since it came in leaves"},
    entry{"class_lru", "half_life=128", "lrfu by eight recency lists, as llama.cpp has it"},
    entry{"arc", "", "two recency lists, used once and used again, that share the room as misses ask for"},
    entry{"sieve", "", "a hand walks from old to new and takes the first unused one"},
    entry{"s3_fifo", "small=10,least=1,promote=2", "a small queue tries newcomers, a large one keeps those used again"},
    entry{"gdsf", "bytes=0", "the fewest uses per byte leave, with ageing; for mixed sizes"},
    entry{"forecast", "half_life=32", "who is not expected leaves, then who is expected last; wants a forecast"},
    entry{"look_ahead", "tokens=16", "whom the fewest of the next tokens are expected to use leaves; wants a forecast"},
    entry{"successor", "half_life=32", "lrfu's count, weighted by how well the expert follows what its layer wanted last"},
    entry{"below_threshold", "", "the lowest score leaves if it is below the placement's threshold, else nobody; wants a scorer"},
    entry{"farthest_use", "", "who is not expected leaves, then who is expected last; remembers nothing; wants a forecast"},
    entry{"protected_lru", "slots=0", "lru, except for who is among the slots most expected of a layer; slots=0: what the group holds; wants a forecast"},
    entry{"never", "", "nobody leaves: who came first stays, what does not fit passes through"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }
/// Whether the policy of that name decides by the scores of a scorer.
[[nodiscard]] constexpr bool reads_scores(std::string_view name) noexcept { return name == "least_useful" || name == "below_threshold"; }

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
  if (name == "below_threshold") return plain(below_threshold{});
  if (name == "lfu_in_cache") return plain(lfu_in_cache{});
  if (name == "arc") return plain(arc{});
  if (name == "sieve") return plain(sieve{});
  if (name == "never") return plain(never{});
  if (name == "farthest_use") return plain(farthest_use{});
  // A policy of numbers: each knob's name, default and range; the first may be given without its name.
  struct knob {
    std::string_view key;
    std::uint64_t usual, least, most;
  };
  const auto with = [&]<std::size_t n, class Build>(const std::array<knob, n>& knobs, Build build) -> result<any> {
    std::array<std::string_view, n> keys{};
    std::array<std::uint64_t, n> values{};
    for (std::size_t i = 0; i < n; ++i) keys[i] = knobs[i].key;
    if (const result<void> fine = parsed->only(keys, true); !fine) return fine.error();
    for (std::size_t i = 0; i < n; ++i) {
      const auto value = parsed->number(knobs[i].key, knobs[i].usual, knobs[i].least, knobs[i].most, i == 0);
      if (!value) return value.error();
      values[i] = *value;
    }
    return build(values);
  };
  const auto small = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  if (name == "lrfu") return with(std::array{knob{"half_life", 32, 1, 65'536}}, [&](const auto& v) { return lrfu{.half_life = small(v[0])}; });
  if (name == "random") return with(std::array{knob{"seed", 0, 0, ~std::uint64_t{}}}, [](const auto& v) { return random{.seed = v[0]}; });
  if (name == "class_lru") return with(std::array{knob{"half_life", 128, 1, 65'536}}, [&](const auto& v) { return class_lru{.half_life = small(v[0])}; });
  if (name == "s3_fifo")
    return with(std::array{knob{"small", 10, 1, 90}, knob{"least", 1, 1, 65'535}, knob{"promote", 2, 1, 3}},
                [&](const auto& v) { return s3_fifo{.small = small(v[0]), .least = small(v[1]), .promote = small(v[2])}; });
  if (name == "gdsf") return with(std::array{knob{"bytes", 0, 0, 1}}, [&](const auto& v) { return gdsf{.bytes = small(v[0])}; });
  if (name == "forecast") return with(std::array{knob{"half_life", 32, 1, 65'536}}, [&](const auto& v) { return forecast{.half_life = small(v[0])}; });
  if (name == "look_ahead") return with(std::array{knob{"tokens", 16, 1, 64}}, [&](const auto& v) { return look_ahead{.tokens = small(v[0])}; });
  if (name == "successor") return with(std::array{knob{"half_life", 32, 1, 65'536}}, [&](const auto& v) { return successor{.half_life = small(v[0])}; });
  if (name == "protected_lru") return with(std::array{knob{"slots", 0, 0, 65'535}}, [&](const auto& v) { return protected_lru{.slots = small(v[0])}; });
  return unknown_name(name, "eviction policy", entries());
}

}  // namespace moesaic::eviction
