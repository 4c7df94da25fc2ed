// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/admission/forced.hpp>
#include <moesaic/concepts/policy_bundle.hpp>
#include <moesaic/eviction/lru.hpp>
#include <moesaic/placement/fetch.hpp>
#include <moesaic/placement/host.hpp>
#include <moesaic/prediction/none.hpp>
#include <moesaic/scoring/none.hpp>
#include <moesaic/scoring/recency.hpp>
#include <moesaic/speculation/fixed.hpp>

/// Sketches of published systems, as far as it takes to see that the concepts can say what they do. Not the systems.
namespace moesaic::sketches {

// ---- SP-MoE-like: the target's gate on the drafter's hidden state, for the first layers (arXiv 2510.10302).

/// What a model would offer: the gate of a layer applied to a hidden state. Here expert e's weights are the unit vector e.
struct unit_gate {
  [[nodiscard]] std::size_t top(layer_index, std::span<const float> hidden, std::span<expert_index> out) const noexcept {
    std::size_t found = 0;
    for (; found < out.size(); ++found) {
      std::optional<std::size_t> best;
      for (std::size_t e = 0; e < hidden.size(); ++e) {
        const auto named = std::span(out).first(found);
        if (std::find(named.begin(), named.end(), static_cast<expert_index>(e)) != named.end()) continue;
        if (!best || hidden[e] > hidden[*best]) best = e;
      }
      if (!best) break;
      out[found] = static_cast<expert_index>(*best);
    }
    return found;
  }
};

struct target_gate {
  using hears = events<inventory, hint, draft_cut, layer_event>;

  const unit_gate* gate = nullptr;  ///< the handle; the concept need not know
  std::uint32_t critical = 2;       ///< experts prefetched per layer

  void on(const inventory& all) {
    expected_ = forecast(all.space(), all.shape.layers(), all.shape.widest_layer());
    named_.resize(critical);
  }
  void on(const hint& early) noexcept {
    if (gate == nullptr || early.hidden.empty()) return;
    const std::size_t n = gate->top(early.layer, early.hidden, named_);
    for (std::size_t i = 0; i < n; ++i) expected_.expect(early.layer, named_[i], early.at, {static_cast<std::int64_t>(n - i)});
  }
  void on(const draft_cut& cut) noexcept { expected_.keep_rows(cut.kept); }
  void on(const layer_event& event) noexcept { expected_.forget(event.layer); }
  [[nodiscard]] const forecast& expectation() const noexcept { return expected_; }

  forecast expected_{};
  std::vector<expert_index> named_{};
};
static_assert(explain_expert_predictor<target_gate>());

/// Prefetches the layers below a cutoff, in layer order.
struct cutoff {
  using hears = events<inventory, layer_event>;

  std::uint32_t critical = 8;
  nanoseconds transfer = microseconds(790);
  nanoseconds drafting = milliseconds(30);
  bytes room = bytes::highest();

  [[nodiscard]] std::uint32_t layers(std::uint32_t model_layers, bytes each) const noexcept {
    const auto by_time = static_cast<std::uint64_t>(drafting.count / (std::int64_t{critical} * transfer.count));
    const std::uint64_t by_memory = room.count / (std::uint64_t{critical} * each.count);
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, std::min({by_time, by_memory, std::uint64_t{model_layers}})));
  }
  void on(const inventory& all) {
    shape_ = &all.shape;
    cut_ = layers(all.shape.layers(), all.shape.largest());
    tried_.assign(all.space().size(), false);
  }
  void on(const layer_event&) noexcept { std::fill(tried_.begin(), tried_.end(), false); }
  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    for (std::uint32_t l = 0; l < cut_; ++l)
      for (const expert_index e : now.expectation.expected(static_cast<layer_index>(l))) {
        const expert_id id{static_cast<layer_index>(l), e, {}};
        if (now.residency.absent(id) && !tried_[shape_->space().flat(id)] && now.scores.score(id) >= now.threshold)
          return prefetch_request{id, now.scores.score(id)};
      }
    return std::nullopt;
  }
  void settle(const prefetch_request& request, prefetch_fate) noexcept { tried_[shape_->space().flat(request.expert)] = true; }

  const model_shape* shape_ = nullptr;
  std::uint32_t cut_ = 0;
  std::vector<bool> tried_{};
};
static_assert(explain_prefetch_scheduler<cutoff>());

struct sp_moe_like {
  group_per_layer groups{};
  scoring::recency scoring{};
  eviction::lru eviction{};
  admission::forced admission{};
  target_gate prediction{};
  cutoff prefetch{};
  placement::fetch placement{};
  speculation::fixed speculation{.length = {1}};
};
static_assert(explain_policy_bundle<sp_moe_like>());

// ---- MoE-SpAc-like: one integer per expert, from the target's own routing of drafted tokens (arXiv 2603.09983).

/// Utility 0 to `top`: up by one when `up` more tokens than it used the expert, down by one when `down` fewer did.
struct hysteresis {
  using hears = events<inventory, layer_event>;

  std::int32_t top = 5, up = 5, down = 1;

  [[nodiscard]] std::int32_t moved(std::int32_t state, std::int32_t tokens) const noexcept {
    const std::int32_t apart = tokens - state;
    if (apart >= up) return std::min(top, state + 1);
    if (-apart >= down) return std::max(0, state - 1);
    return state;
  }
  void on(const inventory& all) {
    shape_ = &all.shape;
    states_.assign(all.space().size(), 0);
  }
  void on(const layer_event& event) noexcept {
    if (event.during == phase::prefill) return;
    std::size_t next = 0;
    for (std::uint32_t e = 0; e < shape_->experts(event.layer); ++e) {
      const bool used = next < event.wanted.size() && number(event.wanted[next].expert) == e;
      std::int32_t& state = states_[shape_->space().flat(event.layer, static_cast<expert_index>(e))];
      state = moved(state, used ? static_cast<std::int32_t>(event.wanted[next].tokens) : 0);
      next += used ? 1 : 0;
    }
  }
  [[nodiscard]] utility score(expert_id e) const noexcept { return {states_[shape_->space().flat(e)]}; }

  const model_shape* shape_ = nullptr;
  std::vector<std::int32_t> states_{};
};
static_assert(explain_utility_scorer<hysteresis>());

/// The least useful leaves, unless it has reached the threshold: then nobody does.
struct below_threshold {
  using hears = events<>;
  template <utility_scorer S>
  [[nodiscard]] std::optional<expert_id> victim(const eviction_scene<S>& scene) const noexcept {
    std::optional<expert_id> least;
    for (const expert_id e : scene.candidates)
      if (!least || std::pair(scene.scores.score(e), e) < std::pair(scene.scores.score(*least), *least)) least = e;
    if (least && scene.scores.score(*least) >= scene.threshold) return std::nullopt;
    return least;
  }
};
static_assert(explain_eviction_policy<below_threshold>());

/// Queues by utility level, first in first out inside; a layer's entries go when it starts and come back when it has run.
class multilevel_queue {
 public:
  using hears = events<inventory, layer_event, lease_ended>;
  void on(const inventory& all) {
    shape_ = &all.shape;
    queued_.assign(all.space().size(), 0);
  }
  void on(const layer_event& event) noexcept { queue(event.layer, 0); }
  void on(const lease_ended& done) noexcept { queue(done.layer, ++serial_); }

  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) const noexcept {
    std::optional<prefetch_request> best;
    std::uint64_t since = 0;
    for (std::uint32_t f = 0; f < queued_.size(); ++f) {
      const expert_id e = shape_->space().id(f);
      if (queued_[f] == 0 || !now.residency.absent(e)) continue;
      const utility level = now.scores.score(e);
      if (level < now.threshold || level <= utility{0}) continue;
      if (best && (level < best->worth || (level == best->worth && queued_[f] >= since))) continue;
      best = prefetch_request{e, level};
      since = queued_[f];
    }
    return best;
  }
  void settle(const prefetch_request& request, prefetch_fate) noexcept { queued_[shape_->space().flat(request.expert)] = 0; }

 private:
  void queue(layer_index layer, std::uint64_t since) noexcept {
    for (std::uint32_t e = 0; e < shape_->experts(layer); ++e) queued_[shape_->space().flat(layer, static_cast<expert_index>(e))] = since;
  }
  const model_shape* shape_ = nullptr;
  std::vector<std::uint64_t> queued_;  ///< when its layer was queued, from 1; 0: is not
  std::uint64_t serial_ = 0;
};
static_assert(explain_prefetch_scheduler<multilevel_queue>());

struct sp_ac_like {
  one_group groups{};
  hysteresis scoring{};
  below_threshold eviction{};
  admission::forced admission{};
  prediction::none prediction{};
  multilevel_queue prefetch{};
  placement::host placement{.least = {1}};
  speculation::fixed speculation{.length = {8}};
};
static_assert(explain_policy_bundle<sp_ac_like>());

}  // namespace moesaic::sketches
