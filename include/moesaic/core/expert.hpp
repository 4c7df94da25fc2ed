// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>

namespace moesaic {

/// The i-th Mixture-of-Experts layer of a model. Dense layers are not counted.
enum class layer_index : std::uint16_t {};
/// The routed expert's number in its layer. Shared experts are always resident and have no index.
enum class expert_index : std::uint16_t {};
/// Which stored form of an expert's weights: 0 is the model's own. Others exist only where a model is kept in several
/// precisions; code that knows one precision never has to name it.
enum class representation_index : std::uint32_t {};

[[nodiscard]] constexpr std::uint32_t number(layer_index i) noexcept { return static_cast<std::uint32_t>(i); }
[[nodiscard]] constexpr std::uint32_t number(expert_index i) noexcept { return static_cast<std::uint32_t>(i); }
[[nodiscard]] constexpr std::uint32_t number(representation_index i) noexcept { return static_cast<std::uint32_t>(i); }

/// Names one expert's weights. Ordered by layer, then expert, then representation: the order in which every tie of this
/// library is decided ("the lower id"). Eight bytes, so that it travels in one register.
struct expert_id {
  layer_index layer{};
  expert_index expert{};
  representation_index representation{};

  friend constexpr bool operator==(expert_id, expert_id) = default;
  friend constexpr auto operator<=>(expert_id, expert_id) = default;
};

[[nodiscard]] constexpr expert_id make_expert(std::uint32_t layer, std::uint32_t expert) noexcept {
  return {static_cast<layer_index>(layer), static_cast<expert_index>(expert), {}};
}

}  // namespace moesaic
