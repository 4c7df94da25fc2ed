// SPDX-License-Identifier: MIT
// expect-error: model has every call, but a return type or a noexcept differs
#include <cstddef>

#include <moesaic/concepts/moe_model.hpp>

struct mine {
  const moesaic::model_shape& shape() const noexcept { return own_shape; }
  moesaic::model_shape own_shape;
  moesaic::result<void> begin(const moesaic::token_window&) { return {}; }
  moesaic::result<moesaic::routed_layer> route(moesaic::layer_index) { return moesaic::routed_layer{}; }
  moesaic::result<void> run(const moesaic::seat&) { return {}; }
#ifdef FIXED
  moesaic::result<void> combine(moesaic::layer_index) { return {}; }
#else
  void combine(moesaic::layer_index) {}
#endif
  moesaic::result<moesaic::logits_view> finish() { return moesaic::logits_view{}; }
  void keep(moesaic::position) noexcept {}
};
static_assert(moesaic::explain_moe_model<mine>());
