// SPDX-License-Identifier: MIT
#include "model_drafter.hpp"

#include <algorithm>

namespace moesaic::decoder {
namespace {

/// The same layers, experts and experts per token: one's routes mean something to the other.
bool same_experts(const ggml_model& a, const ggml_model& b) {
  if (a.moe_layers() == 0 || a.moe_layers() != b.moe_layers() || a.blocks() != b.blocks() || a.net().width != b.net().width) return false;
  for (std::uint32_t l = 0; l < a.moe_layers(); ++l) {
    const auto layer = static_cast<layer_index>(l);
    if (a.block_of(layer) != b.block_of(layer) || a.shape().experts(layer) != b.shape().experts(layer)) return false;
  }
  return true;
}

}  // namespace

model_drafter model_drafter::twin(ggml_model model, resident_experts experts, draft_choice choice) {
  model_drafter d(std::move(model), std::move(experts), std::move(choice));
  d.shares_cache_ = true;
  d.tells_ = draft_tells::routes;
  d.size_ = d.experts_.size();
  d.distinct_.emplace(d.model_.shape().widest_layer());
  return d;
}

model_drafter model_drafter::apart(ggml_model model, resident_experts experts, draft_choice choice, const ggml_model& target) {
  model_drafter d(std::move(model), std::move(experts), std::move(choice));
  d.size_ = d.experts_.size() + bytes{d.model_.resident_bytes()};
  if (d.model_.moe_layers() != 0) d.distinct_.emplace(d.model_.shape().widest_layer());
  if (same_experts(d.model_, target)) {
    d.tells_ = draft_tells::routes;
  } else if (target.moe_layers() != 0 && d.model_.blocks() == target.blocks() && d.model_.net().width == target.net().width) {
    d.tells_ = draft_tells::gates;
    d.target_.emplace(target.twin({}, {}));
    d.model_.keep_streams(true);
  }
  return d;
}

result<void> model_drafter::committed(std::span<const token_id> tokens) {
  std::size_t same = 0;
  while (same < tokens.size() && sure_ + same < text_.size() && text_[sure_ + same] == tokens[same]) ++same;
  const std::size_t known = sure_ + same;
  const bool first = sure_ == 0;
  text_.resize(sure_);
  text_.insert(text_.end(), tokens.begin(), tokens.end());
  sure_ = text_.size();
  // The target has run all but the last token; and the last is run in any case, for its logits.
  const std::size_t before_last = sure_ - std::min<std::size_t>(sure_, 1);
  ran_ = shares_cache_ ? before_last : std::min({ran_, known, before_last});
  model_.keep({static_cast<std::uint32_t>(ran_)});
  choice_.start_again();
  hints_.clear();
  if (shares_cache_ || !first || sure_ == 0) return {};
  if (const auto read = catch_up(1); !read) return read.error();
  return {};
}

result<std::optional<drafted_token>> model_drafter::next() {
  hints_.clear();
  if (text_.empty() || text_.size() > model_.context()) return std::optional<drafted_token>();
  const auto row = static_cast<std::uint32_t>(text_.size() - sure_);
  const auto logits = catch_up(0);
  if (!logits) return logits.error();
  if (tells_ == draft_tells::gates) tell_gates({row});
  for (hint& h : hints_) h.at = {row};
  const drafted_token token = choice_.pick(logits->row(logits->rows() - 1));
  text_.push_back(token.token);
  return std::optional(token);
}

result<logits_view> model_drafter::catch_up(std::size_t but) {
  result<logits_view> logits = logits_view{};
  const std::size_t end = text_.size() - but;
  while (ran_ < end) {
    const std::size_t count = std::min<std::size_t>(end - ran_, model_.longest_window());
    logits = run(std::span(text_).subspan(ran_, count), ran_ + count == end && but == 0 ? rows_wanted::last : rows_wanted::none);
    if (!logits) return logits;
    ran_ += count;
  }
  return logits;
}

result<logits_view> model_drafter::run(std::span<const token_id> tokens, rows_wanted rows) {
  if (auto begun = model_.begin({tokens, {static_cast<std::uint32_t>(ran_)}, phase::draft, rows}); !begun) return begun.error();
  const std::uint32_t layers = model_.moe_layers();
  if (tells_ == draft_tells::routes) {
    std::size_t room = 0;
    for (std::uint32_t l = 0; l < layers; ++l) room += model_.shape().top_k(static_cast<layer_index>(l));
    told_experts_.clear();
    told_weights_.clear();
    told_experts_.reserve(room);  // once: the hints look into these
    told_weights_.reserve(room);
    hints_.clear();
  }
  for (std::uint32_t l = 0; l < layers; ++l) {
    const auto layer = static_cast<layer_index>(l);
    const auto routed = model_.route(layer);
    if (!routed) return routed.error();
    if (tells_ == draft_tells::routes) tell_routes(layer, *routed, tokens.size());
    if (auto ran = run_experts(layer, *routed, tokens.size()); !ran) return ran.error();
    if (auto combined = model_.combine(layer); !combined) return combined.error();
  }
  return model_.finish();
}

result<void> model_drafter::run_experts(layer_index layer, const routed_layer& routed, std::size_t rows) {
  const auto count = static_cast<std::uint32_t>(rows);
  const auto k = static_cast<std::uint32_t>(routed.routes.size() / rows);
  for (const demand& d : distinct_->collect({provenance::draft_router, phase::draft, count, k, routed.routes, {}})) {
    const expert_id who = make_expert(number(layer), number(d.expert));
    seat where{.expert = who, .at = residence::slot};
    where.address = const_cast<std::byte*>(experts_.room(model_.shape(), who));
    if (auto ran = model_.run(where); !ran) return ran;
  }
  return {};
}

/// Of the last row.
void model_drafter::tell_routes(layer_index layer, const routed_layer& routed, std::size_t rows) {
  const std::size_t k = routed.routes.size() / rows;
  const std::size_t from = told_experts_.size();
  const auto experts = routed.routes.last(k);
  const auto weights = routed.weights.last(k);
  told_experts_.insert(told_experts_.end(), experts.begin(), experts.end());
  told_weights_.insert(told_weights_.end(), weights.begin(), weights.end());
  hints_.push_back({provenance::draft_router, layer, {}, std::span(told_experts_).subspan(from, k), std::span(told_weights_).subspan(from, k), {}});
}

void model_drafter::tell_gates(draft_length row) {
  std::size_t room = 0;
  const std::uint32_t layers = target_->moe_layers();
  const auto block_of = [&](std::uint32_t l) -> const decoder::layer& { return target_->net().layers[target_->block_of(static_cast<layer_index>(l))]; };
  for (std::uint32_t l = 0; l < layers; ++l) room += early_gate::answers(*block_of(l).routed());
  told_experts_.resize(room);
  told_weights_.resize(room);
  for (std::uint32_t l = 0, used = 0; l < layers; ++l) {
    const auto k = static_cast<std::uint32_t>(early_gate::answers(*block_of(l).routed()));
    const auto experts = std::span(told_experts_).subspan(used, k);
    const auto weights = std::span(told_weights_).subspan(used, k);
    const auto stream = model_.stream(target_->block_of(static_cast<layer_index>(l)));
    gate_.ask(model_.bench()->team, block_of(l), stream.data(), 1, target_->net().width, experts, weights);
    hints_.push_back({provenance::target_gate_on_draft_hidden, static_cast<layer_index>(l), row, experts, weights, {}});
    used += k;
  }
}

}  // namespace moesaic::decoder
