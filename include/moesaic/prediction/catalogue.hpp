// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/prediction/activation_matrices.hpp>
#include <moesaic/prediction/blend.hpp>
#include <moesaic/prediction/co_occurrence.hpp>
#include <moesaic/prediction/cross_model.hpp>
#include <moesaic/prediction/decayed_frequency.hpp>
#include <moesaic/prediction/draft_routes.hpp>
#include <moesaic/prediction/linear.hpp>
#include <moesaic/prediction/naive_bayes.hpp>
#include <moesaic/prediction/next_gate.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/prediction/popularity.hpp>
#include <moesaic/prediction/previous_step.hpp>
#include <moesaic/prediction/successors.hpp>
#include <moesaic/prediction/transition_counts.hpp>

namespace moesaic::prediction {

/// Any predictor of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen predictor's behind one switch.
/// Cost: the chosen predictor's and a predictable branch. State and Ties: the chosen predictor's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event, hint, draft_started, draft_cut, learning>;
  using choices = std::variant<none, previous_step, popularity, decayed_frequency, successors, transition_counts, co_occurrence, naive_bayes, blend, linear,
                               next_gate, cross_model, draft_routes, activation_matrices>;

  template <class Predictor>
    requires(!std::same_as<Predictor, any> && std::constructible_from<choices, Predictor>)
  any(Predictor chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& predictor) { tell(predictor, all); }, chosen_);
  }
  void on(const layer_event& event) noexcept { pass_on(event); }
  void on(const hint& early) noexcept { pass_on(early); }
  void on(const draft_started& start) noexcept { pass_on(start); }
  void on(const draft_cut& cut) noexcept { pass_on(cut); }
  void on(const learning& l) noexcept { pass_on(l); }
  [[nodiscard]] const forecast& expectation() const noexcept {
    return std::visit([](const auto& predictor) -> const forecast& { return predictor.expectation(); }, chosen_);
  }

 private:
  template <class Event>
  void pass_on(const Event& event) noexcept {
    std::visit([&](auto& predictor) { tell(predictor, event); }, chosen_);
  }
  choices chosen_;
};

static_assert(expert_predictor<any>, "any no longer models expert_predictor");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"none", "", "nothing is expected"},
    entry{"previous_step", "", "each layer uses again what it used last"},
    entry{"popularity", "most=0", "what a layer has used most often; most=0: top-k"},
    entry{"decayed_frequency", "half_life=8,most=0", "what a layer has used most often lately, in tokens"},
    entry{"successors", "most=0", "what used to follow in the same layer, one step later"},
    entry{"transition_counts", "most=0,horizon=2", "what used to follow the experts of the layer before"},
    entry{"co_occurrence", "most=0,horizon=2,sources=1", "the same with a table for each distance between layers"},
    entry{"naive_bayes", "most=0,horizon=2,sources=2,weight=50", "odds from the experts of the last layers, as if independent"},
    entry{"blend", "most=0,horizon=2,sources=2,weight=50,half_life=8", "the same on top of what was used lately"},
    entry{"linear", "most=0,horizon=2", "a linear estimate from the last layers and the last step that learns by its mistakes"},
    entry{"next_gate", "most=0,least=0,horizon=2", "what the gates of later layers say now; needs an engine that asks them"},
    entry{"cross_model", "critical=0", "what the target's gates say about a drafter's hidden states; needs a drafter that has them"},
    entry{"draft_routes", "", "what the drafter's own router chose for its tokens; needs a drafter that tells"},
    entry{"activation_matrices", "most=0,horizon=4,capacity=32,tokens=512", "what the most similar earlier sequence used in the layers to come"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

namespace detail {
template <class P>
struct knob {
  std::string_view key;
  std::uint32_t P::* at;
  std::uint32_t least, most;
};
/// The predictor with the knobs that the spec names; what is not one of them, or out of range, is an error.
template <class P, std::size_t N = 0>
[[nodiscard]] result<any> filled(const spec& from, P predictor, const std::array<knob<P>, N>& knobs = {}) {
  std::array<std::string_view, N> keys{};
  for (std::size_t i = 0; i < N; ++i) keys[i] = knobs[i].key;
  if (const result<void> fine = from.only(keys, false); !fine) return fine.error();
  for (const knob<P>& k : knobs) {
    const auto read = from.number(k.key, predictor.*k.at, k.least, k.most);
    if (!read) return read.error();
    predictor.*k.at = static_cast<std::uint32_t>(*read);
  }
  return any(std::move(predictor));
}
template <class P>
inline constexpr knob<P> most{"most", &P::most, 0, 65'535};
template <class P>
inline constexpr knob<P> horizon{"horizon", &P::horizon, 1, 65'535};
template <class P>
inline constexpr knob<P> sources{"sources", &P::sources, 1, 8};
template <class P>
inline constexpr knob<P> weight{"weight", &P::weight, 0, 1'000};
template <class P>
inline constexpr knob<P> half_life{"half_life", &P::half_life, 1, 65'536};
}  // namespace detail

/// The predictor of a spec: `previous_step`, `blend(horizon=4)`. What is not known is an error that lists what is.
/// `most`: how many experts per layer are expected where the spec does not say; 0: as many as the layer's top-k.
[[nodiscard]] inline result<any> make(std::string_view text, std::uint32_t most = 0) {
  namespace d = detail;
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  const std::string_view name = parsed->name();
  if (name == "none") return d::filled(*parsed, none{});
  if (name == "previous_step") return d::filled(*parsed, previous_step{});
  if (name == "popularity") return d::filled(*parsed, popularity{.most = most}, std::array{d::most<popularity>});
  if (name == "decayed_frequency")
    return d::filled(*parsed, decayed_frequency{.most = most}, std::array{d::half_life<decayed_frequency>, d::most<decayed_frequency>});
  if (name == "successors") return d::filled(*parsed, successors{.most = most}, std::array{d::most<successors>});
  if (name == "transition_counts")
    return d::filled(*parsed, transition_counts{.most = most}, std::array{d::most<transition_counts>, d::horizon<transition_counts>});
  if (name == "co_occurrence")
    return d::filled(*parsed, co_occurrence{.most = most}, std::array{d::most<co_occurrence>, d::horizon<co_occurrence>, d::sources<co_occurrence>});
  if (name == "naive_bayes")
    return d::filled(*parsed, naive_bayes{.most = most},
                     std::array{d::most<naive_bayes>, d::horizon<naive_bayes>, d::sources<naive_bayes>, d::weight<naive_bayes>});
  if (name == "blend")
    return d::filled(*parsed, blend{.most = most}, std::array{d::most<blend>, d::horizon<blend>, d::sources<blend>, d::weight<blend>, d::half_life<blend>});
  if (name == "linear") return d::filled(*parsed, linear{.most = most}, std::array{d::most<linear>, d::horizon<linear>});
  if (name == "next_gate")
    return d::filled(*parsed, next_gate{.most = most},
                     std::array{d::most<next_gate>, d::knob<next_gate>{"least", &next_gate::least, 0, 100}, d::horizon<next_gate>});
  if (name == "cross_model")
    return d::filled(*parsed, cross_model{.critical = most}, std::array{d::knob<cross_model>{"critical", &cross_model::critical, 0, 65'535}});
  if (name == "draft_routes") return d::filled(*parsed, draft_routes{});
  if (name == "activation_matrices") {
    using p = activation_matrices;
    return d::filled(*parsed, p{.most = most},
                     std::array{d::most<p>, d::horizon<p>, d::knob<p>{"capacity", &p::capacity, 1, 4'096}, d::knob<p>{"tokens", &p::tokens, 1, 1'000'000'000}});
  }
  return unknown_name(name, "predictor", entries());
}

}  // namespace moesaic::prediction
