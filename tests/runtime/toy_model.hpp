// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>

namespace toy {

[[nodiscard]] inline std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9E37'79B9'7F4A'7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
  return x ^ (x >> 31U);
}

/// The "weights" of an expert: eight bytes that only it has. What a slot must hold when the expert is run.
[[nodiscard]] inline std::uint64_t weights_of(moesaic::expert_id e) noexcept { return mix(number(e.layer) * 1'000U + number(e.expert) + 1); }

/// A model made of integers: the next token is a function of the whole prefix, routing is a function of the layer's input,
/// and an expert's contribution is a function of the eight bytes found in its seat. Wrong or stale bytes change every token
/// behind them. Rows of a window do not influence earlier ones, so any window gives the same logits.
class model {
 public:
  static constexpr std::uint32_t vocabulary = 61;

  explicit model(moesaic::model_shape shape) : shape_(std::move(shape)) {}

  [[nodiscard]] const moesaic::model_shape& shape() const noexcept { return shape_; }
  moesaic::result<void> begin(const moesaic::token_window& window) {
    if (window.first.count > cache_.size()) return moesaic::error(moesaic::error_code::wrong_order, "a gap in the cache");
    cache_.resize(window.first.count);
    first_ = window.first.count;
    rows_ = window.rows;
    for (const moesaic::token_id t : window.tokens) cache_.push_back(mix((cache_.empty() ? 7U : cache_.back()) ^ static_cast<std::uint64_t>(t + 1)));
    rows_state_.assign(cache_.begin() + first_, cache_.end());
    return {};
  }
  moesaic::result<moesaic::routed_layer> route(moesaic::layer_index layer) {
    const std::uint32_t k = shape_.top_k(layer), experts = shape_.experts(layer);
    routes_.clear();
    for (const std::uint64_t state : rows_state_)
      if (number(layer) == routes_nobody_at_layer)
        routes_.insert(routes_.end(), k, static_cast<moesaic::expert_index>(0xFFFF));
      else
        for (std::uint32_t i = 0; i < k; ++i)  // distinct: a random start and steps of one
          routes_.push_back(static_cast<moesaic::expert_index>((mix(state ^ number(layer)) % experts + i) % experts));
    sums_.assign(rows_state_.size(), 0);
    return moesaic::routed_layer{routes_, {}};
  }
  moesaic::result<void> run(const moesaic::seat& where) {
    if (number(where.expert.layer) == fails_at_layer) return moesaic::error(moesaic::error_code::bad_file, "asked to fail");
    std::uint64_t found = weights_of(where.expert);
    if (where.at != moesaic::residence::host && where.address != nullptr) std::memcpy(&found, where.address, sizeof found);
    const std::size_t k = routes_.size() / rows_state_.size();
    for (std::size_t i = 0; i < routes_.size(); ++i)
      if (routes_[i] == where.expert.expert) sums_[i / k] += mix(found ^ rows_state_[i / k]);
    ++runs;
    return {};
  }
  moesaic::result<void> combine(moesaic::layer_index) {
    for (std::size_t r = 0; r < rows_state_.size(); ++r) rows_state_[r] = mix(rows_state_[r] + sums_[r]);
    return {};
  }
  moesaic::result<moesaic::logits_view> finish() {
    const std::size_t from = rows_ == moesaic::rows_wanted::all ? 0 : rows_state_.size() - 1;
    logits_.clear();
    for (std::size_t r = from; r < rows_state_.size(); ++r)
      for (std::uint32_t v = 0; v < vocabulary; ++v) logits_.push_back(static_cast<float>(mix(rows_state_[r] ^ v) % 10'007));
    return moesaic::logits_view{logits_, vocabulary};
  }
  void keep(moesaic::position p) noexcept { cache_.resize(p.count); }

  [[nodiscard]] std::size_t cached() const noexcept { return cache_.size(); }
  std::uint32_t fails_at_layer = ~0U;
  std::uint32_t routes_nobody_at_layer = ~0U;
  std::uint64_t runs = 0;

 private:
  moesaic::model_shape shape_;
  std::vector<std::uint64_t> cache_;       // one hash of the prefix per position: the "keys and values"
  std::vector<std::uint64_t> rows_state_;
  std::vector<std::uint64_t> sums_;
  std::vector<moesaic::expert_index> routes_;
  std::vector<float> logits_;
  std::uint32_t first_ = 0;
  moesaic::rows_wanted rows_ = moesaic::rows_wanted::last;
};
static_assert(moesaic::moe_model<model>);

/// Content for transports on paper: writes the expert's eight bytes to the start of its room.
struct content {
  void operator()(const moesaic::transfer& what) const noexcept {
    const std::uint64_t bytes = weights_of(what.expert);
    if (what.to != nullptr) std::memcpy(what.to, &bytes, sizeof bytes);
  }
};

}  // namespace toy
