// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prediction/transition_counts.hpp>

namespace moesaic::prediction {

/// Any predictor of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen predictor's behind one switch.
/// Cost: the chosen predictor's and a predictable branch. State and Ties: the chosen predictor's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event>;
  using choices = std::variant<none, previous_step, transition_counts>;

  template <class Predictor>
    requires(!std::same_as<Predictor, any> && std::constructible_from<choices, Predictor>)
  any(Predictor chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& predictor) { tell(predictor, all); }, chosen_);
  }
  void on(const layer_event& event) noexcept {
    std::visit([&](auto& predictor) { tell(predictor, event); }, chosen_);
  }
  [[nodiscard]] const forecast& expectation() const noexcept {
    return std::visit([](const auto& predictor) -> const forecast& { return predictor.expectation(); }, chosen_);
  }

 private:
  choices chosen_;
};

static_assert(expert_predictor<any>, "any no longer models expert_predictor");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"none", "", "nothing is expected"},
    entry{"previous_step", "", "each layer uses again what it used last"},
    entry{"transition_counts", "most=0,horizon=2", "what used to follow the experts of the layer before; most=0: top-k"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

/// The predictor of a spec: `previous_step`, `transition_counts(most=8)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  const auto plain = [&]<class P>(P predictor) -> result<any> {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return predictor;
  };
  if (parsed->name() == "none") return plain(none{});
  if (parsed->name() == "previous_step") return plain(previous_step{});
  if (parsed->name() == "transition_counts") {
    if (const auto fine = parsed->only(std::array<std::string_view, 2>{"most", "horizon"}, false); !fine) return fine.error();
    const auto most = parsed->number("most", 0, 0, 65'535);
    if (!most) return most.error();
    const auto horizon = parsed->number("horizon", 2, 1, 65'535);
    if (!horizon) return horizon.error();
    return transition_counts{.most = static_cast<std::uint32_t>(*most), .horizon = static_cast<std::uint32_t>(*horizon)};
  }
  return unknown_name(parsed->name(), "predictor", entries());
}

}  // namespace moesaic::prediction
