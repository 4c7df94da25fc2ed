// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/drafter.hpp>
#include <moesaic/core/routing.hpp>

#include "../engine/early_gate.hpp"
#include "../engine/ggml_model.hpp"
#include "draft_choice.hpp"
#include "resident_experts.hpp"

namespace moesaic::decoder {

/// What a drafter that is a model can tell about the target's routing.
enum class draft_tells : std::uint8_t {
  nothing,
  routes,  ///< it has the target's own layers and experts, and routes like it
  gates,   ///< its hidden states fit the target's gates, layer by layer
};

/// Drafts with a model that lies in memory as a whole: the target itself with coarser experts (its twin), or one of its own.
///
/// A twin reads the keys and values that the target has written, writes those of its draft behind them, and takes them back when
/// the window is over: the target computes every position again. Another model has a cache of its own, keeps what was accepted,
/// and reads what it has not seen before it proposes; a prompt at once, when it hears of it.
/// Each proposal tells what the row before it was routed to, in every layer: its own routes, or the target's gates applied to its
/// hidden states (SP-MoE, arXiv 2510.10302: what the feed-forward part of the layer with the same number reads). See draft_tells.
/// Cost: a forward pass of one row for each token, and the gates. One thread at a time, and never while the target computes.
class model_drafter {
 public:
  /// `model`: ggml_model::twin of the target, with the experts' forms and parts.
  [[nodiscard]] static model_drafter twin(ggml_model model, resident_experts experts, draft_choice choice);
  /// `target`: of which the gates are applied; only what twins share is read.
  [[nodiscard]] static model_drafter apart(ggml_model model, resident_experts experts, draft_choice choice, const ggml_model& target);

  result<void> committed(std::span<const token_id> tokens);
  result<std::optional<drafted_token>> next();
  [[nodiscard]] std::span<const hint> hints() const noexcept { return hints_; }

  [[nodiscard]] draft_tells tells() const noexcept { return tells_; }
  /// Weights that only the drafter has.
  [[nodiscard]] bytes size() const noexcept { return size_; }

 private:
  model_drafter(ggml_model model, resident_experts experts, draft_choice choice)
      : model_(std::move(model)), experts_(std::move(experts)), choice_(std::move(choice)) {}

  /// Runs everything that has not been run, but for the last `but` tokens; the logits are those of the last row.
  result<logits_view> catch_up(std::size_t but);
  result<logits_view> run(std::span<const token_id> tokens, rows_wanted rows);
  result<void> run_experts(layer_index layer, const routed_layer& routed, std::size_t rows);
  void tell_routes(layer_index layer, const routed_layer& routed, std::size_t rows);
  void tell_gates(draft_length row);

  ggml_model model_;
  resident_experts experts_;
  draft_choice choice_;
  bool shares_cache_ = false;
  draft_tells tells_ = draft_tells::nothing;
  bytes size_{};
  std::optional<ggml_model> target_;  // for its gates
  early_gate gate_;

  std::vector<token_id> text_;  // what was committed, then what was proposed behind it
  std::size_t sure_ = 0;        // of these committed
  std::size_t ran_ = 0;         // of these in the cache
  std::optional<demand_collector> distinct_;
  std::vector<expert_index> told_experts_;
  std::vector<float> told_weights_;
  std::vector<hint> hints_;
};
static_assert(drafter<model_drafter>);

}  // namespace moesaic::decoder
