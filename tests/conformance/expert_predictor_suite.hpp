// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/expert_predictor.hpp>

#include "conformance/allocations.hpp"
#include "conformance/findings.hpp"
#include "conformance/policy_world.hpp"

namespace moesaic::conformance {

/// Everything a forecast says, as numbers that compare.
[[nodiscard]] inline std::vector<std::uint64_t> all_of(const forecast& f, const model_shape& shape) {
  std::vector<std::uint64_t> said;
  for (std::uint32_t l = 0; l < shape.layers(); ++l)
    for (const expert_index e : f.expected(static_cast<layer_index>(l))) {
      const expert_id id{static_cast<layer_index>(l), e, {}};
      said.insert(said.end(), {l, number(e), f.first_row(id).count, f.row_count(id), static_cast<std::uint64_t>(f.confidence(id).count)});
    }
  return said;
}

/// What every predictor has to hold, over random worlds with drafts between the steps and gates that
/// look ahead in them. `make` gives a fresh one, equal each time.
template <class Make>
[[nodiscard]] findings expert_predictor_suite(Make make, std::uint32_t worlds = 60, std::uint32_t events = 150) {
  using predictor_type = decltype(make());
  findings found;
  for (std::uint32_t seed = 0; seed < worlds; ++seed) {
    splitmix dice{seed};
    const auto w = policy_world::random(dice);
    predictor_type read = make();
    predictor_type unread = make();     // nobody looks at its forecast until the end
    predictor_type travelled = make();  // lives in a bundle that is moved now and then
    std::uint64_t in_calls = 0;
    const auto look = [&] {
      const forecast& says = std::as_const(read).expectation();
      found.expect(all_of(says, w->shape) == all_of(std::as_const(read).expectation(), w->shape), "reading the forecast changes it");
      for (std::uint32_t l = 0; l < w->shape.layers(); ++l) {
        std::vector<expert_index> named(says.expected(static_cast<layer_index>(l)).begin(), says.expected(static_cast<layer_index>(l)).end());
        std::sort(named.begin(), named.end());
        found.expect(std::adjacent_find(named.begin(), named.end()) == named.end(), "names an expert twice");
        found.expect(named.empty() || number(named.back()) < w->shape.experts(static_cast<layer_index>(l)), "names an expert that the layer does not have");
        for (const expert_index e : named) found.expect(says.expects({static_cast<layer_index>(l), e, {}}), "lists an expert that no row wants");
      }
    };
    const auto hear = [&](const auto& event) {
      using event_type = std::remove_cvref_t<decltype(event)>;
      tell(unread, event);
      tell(travelled, event);
      const std::uint64_t before = allocations();
      tell(read, event);
      if constexpr (!std::same_as<event_type, inventory>) in_calls += allocations() - before;
      if (dice.chance(30)) {
        predictor_type moved = std::move(travelled);
        travelled = std::move(moved);
      }
      look();
    };
    const auto with_drafts = [&](const auto& event) {
      hear(event);
      if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, layer_event>) {  // the gates of the layers behind it
        const std::uint32_t layer = number(event.layer);
        for (std::uint32_t due = layer + 1; due < std::min(layer + 3, w->shape.layers()); ++due)
          for (std::uint32_t row = 0; row < std::min(event.tokens, 4U) && dice.chance(800); ++row) {
            std::vector<expert_index> named;
            std::vector<float> weights;
            for (std::uint32_t e = 0; e < w->shape.experts(static_cast<layer_index>(due)); ++e)
              if (dice.chance(300)) {
                named.push_back(static_cast<expert_index>(e));
                weights.push_back(static_cast<float>(dice.below(1'000)) / 1'000.0F);
              }
            hear(hint{provenance::target_gate_ahead,
                      static_cast<layer_index>(due),
                      {row},
                      named,
                      dice.chance(800) ? std::span<const float>(weights) : std::span<const float>(),
                      {}});
          }
      }
      if constexpr (std::same_as<std::remove_cvref_t<decltype(event)>, lease_ended>) {
        if (!dice.chance(100)) return;
        const std::uint32_t rows = dice.between(1, 8);
        for (std::uint32_t row = 0; row < rows; ++row)
          for (std::uint32_t l = 0; l < w->shape.layers(); ++l) {
            const std::array<expert_index, 2> named{static_cast<expert_index>(dice.below(w->shape.experts(static_cast<layer_index>(l)))),
                                                    static_cast<expert_index>(dice.below(w->shape.experts(static_cast<layer_index>(l))))};
            const std::array<float, 2> hidden{0.5F, -0.5F};
            for (const provenance from : {provenance::draft_router, provenance::target_gate_on_draft_hidden})
              hear(hint{from, static_cast<layer_index>(l), {row}, named, {}, hidden});
          }
        const draft_length kept{dice.below(rows + 1)};
        hear(draft_cut{kept});
        // One that stands for several passes on what the chosen one may not hear.
        if constexpr (predictor_type::hears::template include<draft_cut> && !requires { typename predictor_type::choices; }) {
          for (std::uint32_t l = 0; l < w->shape.layers(); ++l)
            for (const expert_index e : std::as_const(read).expectation().expected(static_cast<layer_index>(l))) {
              const expert_id id{static_cast<layer_index>(l), e, {}};
              const forecast& says = std::as_const(read).expectation();
              found.expect(says.row_count(id) == says.row_count(id, kept), "remembers rows that were cut");
            }
        }
      }
    };
    play(*w, dice, events, with_drafts, [](auto&&...) { return std::optional<expert_id>(); });
    const auto said = all_of(std::as_const(read).expectation(), w->shape);
    found.expect(all_of(std::as_const(unread).expectation(), w->shape) == said, "equal history gives two forecasts");
    found.expect(all_of(std::as_const(travelled).expectation(), w->shape) == said, "does not survive being moved");
    found.expect(in_calls == 0, "allocates after inventory");
  }

  // What was said of a layer is used up by its event: among experts that are never used again, whoever is expected now has
  // to have faded after as many events as there could be experts in between.
  for (std::uint32_t first = 0; first < 4; ++first) {
    policy_world w(*model_shape::uniform(2, 8, 2, {1}), std::vector<std::uint16_t>(16), 1);
    predictor_type p = make();
    tell(p, w.all());
    std::uint64_t step = 0;
    const auto use = [&](std::uint32_t a, std::uint32_t b) {
      for (std::uint32_t l = 0; l < 2; ++l) {
        owned_event event(step, step, l, {a, b});
        tell(p, event.get());
      }
      ++step;
    };
    use(first, 7);
    for (int i = 0; i < 6'000; ++i) use(4, 5);
    for (std::uint32_t l = 0; l < 2; ++l)
      found.expect(!std::as_const(p).expectation().expects(make_expert(l, first)), "never replaces what an event has used up");
  }
  return found;
}

}  // namespace moesaic::conformance
