// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/concepts/hears.hpp>

namespace moesaic::prediction {

/// The last event of each layer and how many layers ago it was: what predictors take as evidence.
///
/// Source: ours. Mechanism: a place in time is a number that grows by one from layer to layer, by as many as were passed over
/// where layers had no event, and by all layers where a layer follows itself. So "two layers ago" and "this layer, one step
/// ago" are differences of places, and an event that was not heard is not mistaken for an older one.
/// Cost: O(experts of the event); 2 bytes per expert of the model and 16 per layer. State and Ties: the sets, ascending.
/// Threads: one at a time. No knobs.
class recent_layers {
 public:
  recent_layers() = default;
  explicit recent_layers(const inventory& all)
      : shape_(&all.shape),
        width_(all.shape.widest_layer()),
        sets_(std::size_t{all.shape.layers()} * width_),
        heard_(all.shape.layers()),
        now_(std::uint64_t{2} * all.shape.layers()),
        last_(all.shape.layers() - 1) {}

  /// An event begins: time moves on. Its layer's last set stays until `keep`.
  void begin(const layer_event& event) noexcept {
    const std::uint32_t layers = shape_->layers(), passed = (number(event.layer) + layers - last_) % layers;
    now_ += passed == 0 ? layers : passed;
    last_ = number(event.layer);
  }
  void keep(const layer_event& event) noexcept {
    std::uint16_t* const set = sets_.data() + std::size_t{last_} * width_;
    for (std::size_t i = 0; i < event.wanted.size(); ++i) set[i] = static_cast<std::uint16_t>(number(event.wanted[i].expert));
    heard_[last_] = {now_, static_cast<std::uint32_t>(event.wanted.size())};
  }

  /// The experts of the event that was `ago` layers ago (0: the running one, once it is kept; at most all layers: this layer,
  /// one step ago). Empty where that layer had no event then.
  [[nodiscard]] std::span<const std::uint16_t> experts(std::uint32_t ago) const noexcept { return of_layer(layer(ago), now_ - ago); }
  /// The last experts of the layer `ahead` layers ahead (at least 1): its event one step ago. Empty where it had none then.
  [[nodiscard]] std::span<const std::uint16_t> step_before(std::uint32_t ahead) const noexcept {
    const std::uint32_t layers = shape_->layers();
    return of_layer((last_ + ahead) % layers, now_ + ahead - layers);
  }
  [[nodiscard]] std::uint32_t layer(std::uint32_t ago) const noexcept {
    const std::uint32_t layers = shape_->layers();
    return (last_ + layers - ago % layers) % layers;
  }

 private:
  struct heard {
    std::uint64_t at = 0;
    std::uint32_t experts = 0;
  };
  [[nodiscard]] std::span<const std::uint16_t> of_layer(std::uint32_t layer, std::uint64_t at) const noexcept {
    if (heard_[layer].at != at) return {};
    return {sets_.data() + std::size_t{layer} * width_, heard_[layer].experts};
  }
  const model_shape* shape_ = nullptr;
  std::uint32_t width_ = 0;
  std::vector<std::uint16_t> sets_;  ///< [layer][experts of its last event]
  std::vector<heard> heard_;
  std::uint64_t now_ = 0;
  std::uint32_t last_ = 0;  ///< layer of the running event
};

/// Whether an event of so many experts says which experts go together: one that wants more than half of a layer (a prefill)
/// does not.
[[nodiscard]] inline bool tells_pairs(const model_shape& shape, layer_index layer, std::size_t wanted) noexcept {
  return wanted <= std::max(shape.top_k(layer), shape.experts(layer) / 2);
}

}  // namespace moesaic::prediction
