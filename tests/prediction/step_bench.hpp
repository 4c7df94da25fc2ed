// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "conformance/policy_world.hpp"

namespace moesaic_test {

/// What a gate names for a row, the surest first.
inline constexpr std::array gate{moesaic::expert_index{5}, moesaic::expert_index{2}, moesaic::expert_index{7}};
inline constexpr std::array<float, 3> sure{0.5F, 0.25F, 0.125F};
[[nodiscard]] inline moesaic::hint hint_from(moesaic::provenance from, std::uint32_t layer, std::uint32_t row, std::span<const moesaic::expert_index> named,
                                             std::span<const float> weights = {}) {
  return {from, static_cast<moesaic::layer_index>(layer), {row}, named, weights, {}};
}

/// A predictor that hears events written down one by one, of a model of equal layers.
template <class Predictor>
struct step_bench {
  step_bench(Predictor p, std::uint32_t layers, std::uint32_t width, std::uint32_t top_k)
      : predictor(std::move(p)), shape(*moesaic::model_shape::uniform(layers, width, top_k, {1})) {
    tell(predictor, moesaic::inventory{shape});
  }
  step_bench(const step_bench&) = delete;
  step_bench& operator=(const step_bench&) = delete;

  void use(std::uint32_t layer, std::vector<std::uint32_t> wanted, std::uint64_t token = 0) {
    moesaic::conformance::owned_event event(0, token, layer, std::move(wanted));
    tell(predictor, event.get());
  }
  /// One step: layer 0's experts, layer 1's, ...
  void step(std::vector<std::vector<std::uint32_t>> sets, std::uint64_t token = 0) {
    for (std::uint32_t l = 0; l < sets.size(); ++l) use(l, std::move(sets[l]), token);
  }
  /// Best first.
  [[nodiscard]] std::vector<std::uint32_t> expects(std::uint32_t layer) const {
    std::vector<std::uint32_t> named;
    for (const moesaic::expert_index e : predictor.expectation().expected(static_cast<moesaic::layer_index>(layer))) named.push_back(number(e));
    return named;
  }
  [[nodiscard]] std::int64_t confidence(std::uint32_t layer, std::uint32_t e) const {
    return predictor.expectation().confidence(moesaic::make_expert(layer, e)).count;
  }

  Predictor predictor;
  moesaic::model_shape shape;
};

}  // namespace moesaic_test
