// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace moesaic::prediction {

/// How many events of each layer there were and how many used each expert.
///
/// Source: textbook. Mechanism: a layer's numbers are all halved after 262,144 events, so they never overflow and very old
/// text fades. Cost: O(experts of the event), and O(experts of the layer) once in 131,072 events; 4 bytes per expert of the
/// model (layers of one width) and per layer. State and Ties: the counts. Threads: one at a time. No knobs.
class use_counts {
 public:
  static constexpr std::uint32_t most_events = 1U << 18U;

  use_counts() = default;
  explicit use_counts(const inventory& all) : width_(all.shape.widest_layer()), uses_(std::size_t{all.shape.layers()} * width_), events_(all.shape.layers()) {}

  void learn(const layer_event& event) noexcept {
    const std::span<std::uint32_t> uses{uses_.data() + std::size_t{number(event.layer)} * width_, width_};
    for (const demand& d : event.wanted) ++uses[number(d.expert)];
    if (++events_[number(event.layer)] < most_events) return;
    events_[number(event.layer)] /= 2;
    for (std::uint32_t& u : uses) u /= 2;
  }
  [[nodiscard]] std::span<const std::uint32_t> of(layer_index layer) const noexcept { return {uses_.data() + std::size_t{number(layer)} * width_, width_}; }
  [[nodiscard]] std::uint32_t events(layer_index layer) const noexcept { return events_[number(layer)]; }

 private:
  std::uint32_t width_ = 0;
  std::vector<std::uint32_t> uses_;  ///< [layer][expert]
  std::vector<std::uint32_t> events_;
};

}  // namespace moesaic::prediction
