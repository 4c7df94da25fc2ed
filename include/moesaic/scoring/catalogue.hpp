// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/utility_scorer.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/knobs.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/scoring/decayed_frequency.hpp>
#include <moesaic/scoring/hysteresis.hpp>
#include <moesaic/scoring/minus_recent_score.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/scoring/recency.hpp>

namespace moesaic::scoring {

/// Any scorer of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen scorer's behind one switch.
/// Cost: the chosen scorer's and a predictable branch. State and Ties: the chosen scorer's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event, lease_ended>;
  using choices = std::variant<none, recency, decayed_frequency, hysteresis, minus_recent_score>;

  template <class Scorer>
    requires(!std::same_as<Scorer, any> && std::constructible_from<choices, Scorer>)
  any(Scorer chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& scorer) { tell(scorer, all); }, chosen_);
  }
  void on(const layer_event& event) noexcept { pass_on(event); }
  void on(const lease_ended& done) noexcept { pass_on(done); }
  [[nodiscard]] utility score(expert_id e) const noexcept {
    return std::visit([&](const auto& scorer) { return scorer.score(e); }, chosen_);
  }

 private:
  template <class Event>
  void pass_on(const Event& event) noexcept {
    std::visit([&](auto& scorer) { tell(scorer, event); }, chosen_);
  }
  choices chosen_;
};

static_assert(utility_scorer<any>, "any no longer models utility_scorer");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"none", "", "every expert is worth the same"},
    entry{"recency", "", "worth the more the later it was used"},
    entry{"decayed_frequency", "half_life=32", "worth its uses, each counting half every half_life tokens"},
    entry{"hysteresis", "top=5,up=5,down=1", "worth 0 to top, one up or down with each window, after how many of its tokens used it"},
    entry{"minus_recent_score", "", "worth the gate's recent weights for it, each event counting half of all before"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

/// The scorer of a spec: `recency`, `decayed_frequency(32)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  const auto plain = [&]<class P>(P scorer) -> result<any> {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return scorer;
  };
  if (parsed->name() == "none") return plain(none{});
  if (parsed->name() == "recency") return plain(recency{});
  if (parsed->name() == "minus_recent_score") return plain(minus_recent_score{});
  if (parsed->name() == "decayed_frequency") {
    if (const result<void> fine = parsed->only(std::array<std::string_view, 1>{"half_life"}, true); !fine) return fine.error();
    const auto half_life = parsed->number("half_life", 32, 1, 65'536, true);
    if (!half_life) return half_life.error();
    return decayed_frequency{.half_life = static_cast<std::uint32_t>(*half_life)};
  }
  if (parsed->name() == "hysteresis") {
    const auto v = knobs_of(*parsed, std::array{knob{"top", 5, 1, 255}, knob{"up", 5, 1, 65'535}, knob{"down", 1, 1, 65'535}});
    if (!v) return v.error();
    return hysteresis{.top = static_cast<std::uint32_t>((*v)[0]), .up = static_cast<std::uint32_t>((*v)[1]), .down = static_cast<std::uint32_t>((*v)[2])};
  }
  return unknown_name(parsed->name(), "scorer", entries());
}

}  // namespace moesaic::scoring
