// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>

#include "evidence.hpp"
#include "preview_tally.hpp"
#include "work_times.hpp"

namespace moesaic::decoder {

/// A model that lets somebody watch: passes every call on, takes its time, and notes what --logits and --routing ask for. Owns
/// what it wraps.
/// Where logits are wanted, every row is computed; the caller sees the rows it asked for, so it decodes the same tokens.
template <moe_model M>
class tapped_model {
 public:
  /// `blocks`: block number in the file of each MoE layer. `notes` has to outlive this.
  tapped_model(M inner, std::vector<std::uint32_t> blocks, evidence& notes) : inner_(std::move(inner)), blocks_(std::move(blocks)), notes_(&notes) {}

  /// Told how far a window has come, from 0 to 1; once a layer.
  std::function<void(const token_window&, double)> watch;
  /// Asked before an expert is computed where it lies in the file; may refuse.
  std::function<result<void>(expert_id)> before_host;

  [[nodiscard]] const model_shape& shape() const noexcept { return inner_.shape(); }
  result<void> begin(const token_window& window) {
    now_ = window;
    if (watch) watch(window, 0);
    token_window seen = window;
    if (notes_->wants_logits()) seen.rows = rows_wanted::all;
    wanted_ = window.rows;
    if (auto begun = begin_inner(seen); !begun) return begun.error();
    return notes_->begin(window.first, static_cast<std::uint32_t>(window.tokens.size()));
  }
  result<routed_layer> route(layer_index layer) {
    if (watch) watch(now_, static_cast<double>(number(layer)) / static_cast<double>(blocks_.size()));
    auto routed = [&] {
      const timed here(work().dense);
      return inner_.route(layer);
    }();
    if (routed) notes_->route(blocks_[number(layer)], routed->routes, routed->weights);
    if (routed) foretold_.came(layer, routed->routes, now_.tokens.size());
    return routed;
  }
  std::span<const hint> look_ahead(layer_index layer)
    requires foresighted_model<M>
  {
    const timed here(work().dense);
    const std::span<const hint> hints = inner_.look_ahead(layer);
    if (now_.during != phase::prefill) foretold_.told(layer, hints);
    return hints;
  }
  result<void> run(const seat& where) {
    if (where.at == residence::host && before_host)
      if (auto allowed = before_host(where.expert); !allowed) return allowed;
    ++work().expert_runs;
    const timed here(work().experts);
    return inner_.run(where);
  }
  result<void> combine(layer_index layer) {
    const timed here(work().dense);
    return inner_.combine(layer);
  }
  result<logits_view> finish() {
    auto logits = [&] {
      const timed here(work().head);
      return inner_.finish();
    }();
    if (!logits) return logits;
    if (notes_->wants_logits()) notes_->rows(*logits);
    notes_->complete();
    if (!notes_->wants_logits()) return logits;
    if (wanted_ == rows_wanted::none) return logits_view{{}, logits->vocabulary};
    if (wanted_ == rows_wanted::last) return logits_view{logits->row(logits->rows() - 1), logits->vocabulary};
    return logits;
  }
  void keep(position p) noexcept {
    inner_.keep(p);
    notes_->forget(p);
  }

  /// What has been computed so far: prompts, and everything else.
  [[nodiscard]] const work_times& prompt_work() const noexcept { return prompt_work_; }
  [[nodiscard]] const work_times& decode_work() const noexcept { return decode_work_; }
  /// How well later gates, asked early, named the experts that were then used.
  [[nodiscard]] const preview_tally& foretold() const noexcept { return foretold_; }
  [[nodiscard]] M& inner() noexcept { return inner_; }
  [[nodiscard]] const M& inner() const noexcept { return inner_; }

 private:
  [[nodiscard]] work_times& work() noexcept { return now_.during == phase::prefill ? prompt_work_ : decode_work_; }
  result<void> begin_inner(const token_window& window) {
    const timed here(work().dense);
    return inner_.begin(window);
  }

  M inner_;
  std::vector<std::uint32_t> blocks_;
  evidence* notes_;
  rows_wanted wanted_ = rows_wanted::last;
  token_window now_;
  work_times prompt_work_, decode_work_;
  preview_tally foretold_;
};

static_assert(moe_model<tapped_model<archetype::model>>);

}  // namespace moesaic::decoder
