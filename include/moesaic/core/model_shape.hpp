// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include <moesaic/core/expert_space.hpp>
#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic {

/// What the library has to know about a model: its Mixture-of-Experts layers, how many routed experts each has, how many a
/// token uses, and the bytes of every expert (they differ under mixed quantisation). Immutable once made.
/// Cost: 8 bytes per expert.
class model_shape {
 public:
  struct layer {
    std::uint32_t experts = 0;  ///< routed experts, 1 to 65,535
    std::uint32_t top_k = 0;    ///< experts per token, 1 to `experts`
    bytes each{};               ///< bytes of one expert, all parts together, at least 1
  };

  /// One description per MoE layer, in model order; experts of a layer are equally large unless resized below.
  [[nodiscard]] static result<model_shape> of(std::span<const layer> layers) {
    if (layers.empty() || layers.size() > 65'535) return error(error_code::bad_argument, "a model shape needs 1 to 65535 MoE layers, got ", layers.size());
    std::uint32_t widest = 1;
    std::uint64_t left = std::uint64_t{1} << 63U;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const layer& l = layers[i];
      if (l.experts == 0 || l.experts > 65'535)
        return error(error_code::bad_argument, "MoE layer ", i, " has ", l.experts, " experts; 1 to 65535 are possible");
      if (l.top_k == 0 || l.top_k > l.experts)
        return error(error_code::bad_argument, "MoE layer ", i, " routes each token to ", l.top_k, " of ", l.experts, " experts; expected 1 to ", l.experts);
      if (l.each.count == 0) return error(error_code::bad_argument, "experts of MoE layer ", i, " have no bytes");
      if (l.each.count > left / l.experts) return error(error_code::bad_argument, "the experts of MoE layers 0 to ", i, " are more than 2^63 bytes together");
      left -= l.each.count * l.experts;
      widest = std::max(widest, l.experts);
    }
    if ((std::uint64_t{std::bit_ceil(widest)} * layers.size()) > (std::uint64_t{1} << 31U))
      return error(error_code::bad_argument, layers.size(), " layers of up to ", widest, " experts are more than 2^31 indices");
    return model_shape(layers, widest);
  }
  [[nodiscard]] static result<model_shape> uniform(std::uint32_t layers, std::uint32_t experts, std::uint32_t top_k, bytes each) {
    if (layers > 65'535) return error(error_code::bad_argument, "a model shape needs 1 to 65535 MoE layers, got ", layers);
    const std::vector<layer> same(layers, layer{experts, top_k, each});
    return of(same);
  }

  /// Gives one expert of the model a size of its own, at least 1. Before any residency is made from the shape.
  /// Cost: O(1), and a pass over all experts when the last one of the largest size shrinks.
  void resize(expert_id e, bytes size) noexcept {
    bytes& own = sizes_[space_.flat(e)];
    total_ = total_ - own + size;
    const bool was_largest = own == largest_;
    own = size;
    if (size > largest_) {
      largest_ = size;
      of_largest_size_ = 1;
    } else if (size == largest_) {
      of_largest_size_ += was_largest ? 0 : 1;
    } else if (was_largest && --of_largest_size_ == 0) {
      find_largest();
    }
  }

  [[nodiscard]] std::uint32_t layers() const noexcept { return static_cast<std::uint32_t>(layers_.size()); }
  [[nodiscard]] std::uint32_t experts(layer_index l) const noexcept { return layers_[number(l)].experts; }
  [[nodiscard]] std::uint32_t top_k(layer_index l) const noexcept { return layers_[number(l)].top_k; }
  [[nodiscard]] bytes size_of(expert_id e) const noexcept { return sizes_[space_.flat(e)]; }
  [[nodiscard]] bytes size_of(std::uint32_t flat) const noexcept { return sizes_[flat]; }
  [[nodiscard]] bytes total() const noexcept { return total_; }
  [[nodiscard]] bytes largest() const noexcept { return largest_; }
  [[nodiscard]] std::uint32_t expert_count() const noexcept { return expert_count_; }
  [[nodiscard]] std::uint32_t widest_layer() const noexcept { return widest_; }
  [[nodiscard]] const expert_space& space() const noexcept { return space_; }
  [[nodiscard]] bool contains(expert_id e) const noexcept {
    return number(e.layer) < layers() && number(e.expert) < experts(e.layer) && number(e.representation) == 0;
  }

 private:
  model_shape(std::span<const layer> layers, std::uint32_t widest)
      : layers_(layers.begin(), layers.end()), space_(static_cast<std::uint32_t>(layers.size()), widest), sizes_(space_.size()), widest_(widest) {
    for (std::uint32_t l = 0; l < layers_.size(); ++l) {
      for (std::uint32_t e = 0; e < layers_[l].experts; ++e) sizes_[space_.flat(make_expert(l, e))] = layers_[l].each;
      total_ += layers_[l].each * layers_[l].experts;
      expert_count_ += layers_[l].experts;
    }
    find_largest();
  }
  void find_largest() noexcept {
    largest_ = *std::max_element(sizes_.begin(), sizes_.end());
    of_largest_size_ = static_cast<std::uint32_t>(std::count(sizes_.begin(), sizes_.end(), largest_));
  }
  std::vector<layer> layers_;
  expert_space space_;
  std::vector<bytes> sizes_;
  bytes total_{};
  bytes largest_{};
  std::uint32_t of_largest_size_ = 0;
  std::uint32_t expert_count_ = 0;
  std::uint32_t widest_ = 1;
};

}  // namespace moesaic
