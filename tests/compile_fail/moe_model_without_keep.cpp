// SPDX-License-Identifier: MIT
// expect-error: model lacks  void keep
#include <cstddef>

#include <moesaic/concepts/moe_model.hpp>

struct mine {
  const moesaic::model_shape& shape() const noexcept { return own_shape; }
  moesaic::model_shape own_shape;
  moesaic::result<void> begin(const moesaic::token_window&) { return {}; }
  moesaic::result<moesaic::routed_layer> route(moesaic::layer_index) { return moesaic::routed_layer{}; }
  moesaic::result<void> run(const moesaic::seat&) { return {}; }
  moesaic::result<void> combine(moesaic::layer_index) { return {}; }
  moesaic::result<moesaic::logits_view> finish() { return moesaic::logits_view{}; }
#ifdef FIXED
  void keep(moesaic::position) noexcept {}
#else
  void roll_back(moesaic::position) noexcept {}
#endif
};
static_assert(moesaic::explain_moe_model<mine>());
