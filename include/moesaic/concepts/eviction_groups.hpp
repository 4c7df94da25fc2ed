// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>

#include <moesaic/core/model_shape.hpp>

namespace moesaic {

/// Partitions the experts into pools that compete for the same room: per layer, one for all, or anything else.
///
/// Contract. Pure functions of the shape; groups are numbered from 0 without gaps, at most 65,535; asked at construction only.
template <class G>
concept eviction_groups = requires(const G& view, const model_shape& shape, expert_id e) {
  { view.count(shape) } noexcept -> std::same_as<std::uint32_t>;
  { view.group_of(shape, e) } noexcept -> std::same_as<std::uint32_t>;
};

/// One pool for each layer: what most published systems do. An expert's room never serves another layer.
struct group_per_layer {
  [[nodiscard]] std::uint32_t count(const model_shape& shape) const noexcept { return shape.layers(); }
  [[nodiscard]] std::uint32_t group_of(const model_shape&, expert_id e) const noexcept { return number(e.layer); }
};
static_assert(eviction_groups<group_per_layer>);

/// One pool for all experts. Beware of pools smaller than one token's experts: recency then hits nothing at all.
struct one_group {
  [[nodiscard]] std::uint32_t count(const model_shape&) const noexcept { return 1; }
  [[nodiscard]] std::uint32_t group_of(const model_shape&, expert_id) const noexcept { return 0; }
};
static_assert(eviction_groups<one_group>);

/// One of the two, chosen at run time.
struct chosen_groups {
  bool per_layer = true;

  [[nodiscard]] std::uint32_t count(const model_shape& shape) const noexcept { return per_layer ? shape.layers() : 1; }
  [[nodiscard]] std::uint32_t group_of(const model_shape&, expert_id e) const noexcept { return per_layer ? number(e.layer) : 0; }
};
static_assert(eviction_groups<chosen_groups>);

/// Compiles if `G` models eviction_groups; else stops with a sentence that names what is missing.
template <class G>
consteval bool explain_eviction_groups() {
  constexpr bool counts = requires(const G& view, const model_shape& shape) { view.count(shape); };
  static_assert(counts, "eviction groups lack  std::uint32_t count(const model_shape&) const noexcept");
  constexpr bool maps = requires(const G& view, const model_shape& shape, expert_id e) { view.group_of(shape, e); };
  static_assert(maps, "eviction groups lack  std::uint32_t group_of(const model_shape&, expert_id) const noexcept");
  static_assert(!(counts && maps) || eviction_groups<G>, "eviction groups have every call, but a return type or a noexcept differs");
  return eviction_groups<G>;
}

}  // namespace moesaic
