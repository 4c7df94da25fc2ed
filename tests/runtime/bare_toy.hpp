// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/routing.hpp>

#include "runtime/toy_model.hpp"

namespace toy {

/// The toy model without any library in between, token by token: every expert is computed from its own definition.
class bare {
 public:
  explicit bare(moesaic::model_shape shape) : distinct_(shape.widest_layer()), model_(std::move(shape)) {}

  /// The logits behind this token.
  std::span<const float> behind(moesaic::token_id token) {
    using namespace moesaic;
    REQUIRE(model_.begin({{&token, 1}, {place_}, phase::decode, rows_wanted::last}));
    for (std::uint32_t l = 0; l < model_.shape().layers(); ++l) {
      const auto layer = static_cast<layer_index>(l);
      const auto routed = model_.route(layer);
      for (const demand& d : distinct_.collect({.tokens = 1, .experts = routed->routes})) (void)model_.run({{layer, d.expert}, residence::host});
      (void)model_.combine(layer);
    }
    ++place_;
    return model_.finish()->values;
  }
  void back_to(std::uint32_t place) noexcept {
    place_ = place;
    model_.keep({place});
  }
  [[nodiscard]] std::uint32_t place() const noexcept { return place_; }

 private:
  moesaic::demand_collector distinct_;
  model model_;
  std::uint32_t place_ = 0;
};

}  // namespace toy
