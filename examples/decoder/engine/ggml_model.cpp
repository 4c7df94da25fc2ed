// SPDX-License-Identifier: MIT
#include "ggml_model.hpp"

#include <algorithm>
#include <cmath>
#include <new>

#include "row_math.hpp"

namespace moesaic::decoder {

error ggml_model::wrong_order(std::string_view call) const {
  return error(error_code::wrong_order, call, " was called out of order: the calls of a window are begin, for each MoE layer route, run, combine, then finish");
}

const expert_parts& ggml_model::parts(expert_id e) const noexcept {
  return common_->net.layers[routed_blocks_[number(e.layer)]].routed()->parts[number(e.expert)];
}

ggml_model ggml_model::twin(std::vector<gated_weights> forms, std::vector<part_offsets> by_expert) const {
  ggml_model other;
  other.common_ = common_;
  other.forms_ = std::move(forms);
  other.shape_ = shape_;
  other.routed_blocks_ = routed_blocks_;
  other.offsets_ = std::move(by_expert);
  other.bench_ = bench_;
  other.files_ = files_;
  other.context_ = context_;
  other.longest_window_ = longest_window_;
  return other;
}

std::uint64_t ggml_model::cache_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const layer& l : common_->net.layers) sum += l.mixer->cache_bytes();
  return sum;
}

result<void> ggml_model::begin(const token_window& window) {
  stage_ = stage::idle;
  const std::size_t count = window.tokens.size();
  const std::uint32_t first = window.first.count;
  if (count == 0) return error(error_code::bad_argument, "a window without tokens; at least one is needed");
  if (count > longest_window_) return error(error_code::bad_argument, "a window of ", count, " tokens; the longest is ", longest_window_, ", run it in pieces");
  if (first > common_->filled)
    return error(error_code::bad_argument, "a window that starts at position ", first, " when only ", common_->filled, " positions are known");
  if (first >= context_ || count > context_ - first)
    return error(error_code::context_full, "the context is full: it has room for ", context_, " tokens, and token ", first + count,
                 " was to be computed; ask for a longer context or a shorter text");
  for (const token_id id : window.tokens)
    if (id < 0 || id >= common_->net.vocabulary)
      return error(error_code::bad_argument, "token ", id, " is outside the vocabulary of ", common_->net.vocabulary, " tokens");
  const std::int64_t width = common_->net.width;
  float* residual = residual_.of(static_cast<std::int64_t>(count) * width);
  for (std::size_t t = 0; t < count; ++t)
    expand_row(common_->net.embedding.type, common_->net.embedding.row(window.tokens[t]), width, residual + static_cast<std::int64_t>(t) * width);
  if (common_->net.embedding_scale != 1)
    for (std::size_t i = 0; i < count * static_cast<std::size_t>(width); ++i) residual[i] *= common_->net.embedding_scale;
  place_ = {first, static_cast<std::int64_t>(count)};
  wanted_ = window.rows;
  common_->filled = first;
  block_ = 0;
  routed_layer_ = 0;
  common_->net.turns.prepare(first, place_.rows);
  common_->written = std::max(common_->written, first + static_cast<std::uint32_t>(count));
  stage_ = stage::between;
  return {};
}

void ggml_model::advance() {
  const std::int64_t size = place_.rows * common_->net.width;
  float* residual = residual_.of(size);
  float* normed = normed_.of(size);
  for (; block_ < common_->net.layers.size(); ++block_) {
    const layer& l = common_->net.layers[block_];
    l.attention_norm.apply(residual, normed, place_.rows);
    l.mixer->add(*bench_, place_, common_->net.turns, normed, residual);
    if (!streams_.empty())
      std::copy_n(residual + size - common_->net.width, common_->net.width, streams_.begin() + static_cast<std::ptrdiff_t>(block_) * common_->net.width);
    l.feed_forward_norm.apply(residual, normed, place_.rows);
    bench_->input.assign(normed, place_.rows, common_->net.width);
    if (const routed_feed_forward* routed = l.routed()) return route_rows(*routed);
    rows_.clear();
    for (std::int64_t r = 0; r < place_.rows; ++r) rows_.push_back({r, r * common_->net.width});
    float* out = expert_rows_.of(size);
    gated_feed_forward(*bench_, std::get<gated_weights>(l.feed_forward), rows_, out);
    for (std::int64_t i = 0; i < size; ++i) residual[i] += out[i] * common_->net.residual_scale;
  }
}

void ggml_model::route_rows(const routed_feed_forward& block) {
  const auto experts = static_cast<std::size_t>(block.options.experts);
  const auto k = static_cast<std::size_t>(block.options.top_k);
  const auto tokens = static_cast<std::size_t>(place_.rows);
  float* logits = router_logits_.of(place_.rows * block.options.experts);
  const product scores{&block.router, logits, block.options.experts, block.router_bias.empty() ? nullptr : block.router_bias.data()};
  multiply(bench_->team, bench_->input, {&scores, 1});
  if (worth_.size() < experts) worth_.resize(experts);
  shared_done_ = !block.shared;
  routes_.resize(tokens * k);
  weights_.resize(tokens * k);
  list_begin_.assign(experts + 1, 0);
  for (std::size_t t = 0; t < tokens; ++t) {
    const std::span chosen = std::span(routes_).subspan(t * k, k);
    choose_experts(block.options, {logits + t * experts, experts}, chosen, std::span(weights_).subspan(t * k, k), worth_);
    for (const expert_index e : chosen) ++list_begin_[number(e) + 1];
  }
  for (std::size_t e = 0; e < experts; ++e) list_begin_[e + 1] += list_begin_[e];
  rows_.resize(tokens * k);
  std::vector<std::uint32_t>& next = list_next_;
  next.assign(list_begin_.begin(), list_begin_.end() - 1);
  for (std::size_t i = 0; i < routes_.size(); ++i)
    rows_[next[number(routes_[i])]++] = {static_cast<std::int64_t>(i / k), static_cast<std::int64_t>(i) * common_->net.width};
  has_run_.assign(experts, false);
  experts_left_ = 0;
  for (std::size_t e = 0; e < experts; ++e) experts_left_ += list_begin_[e + 1] > list_begin_[e] ? 1 : 0;
  (void)expert_rows_.of(static_cast<std::int64_t>(routes_.size()) * common_->net.width);
}

result<routed_layer> ggml_model::route(layer_index layer) {
  if (stage_ != stage::between || number(layer) != routed_layer_ || number(layer) >= routed_blocks_.size()) return wrong_order("route");
  advance();
  stage_ = stage::routed;
  return routed_layer{routes_, weights_};
}

std::span<const hint> ggml_model::look_ahead(layer_index layer) {
  if (preview_.reach() == 0 || stage_ != stage::routed || number(layer) != routed_layer_) return {};
  return preview_.look(bench_->team, net(), routed_blocks_, routed_layer_, residual_.of(place_.rows * common_->net.width), place_.rows);
}

result<void> ggml_model::run(const seat& where) {
  if (stage_ != stage::routed || number(where.expert.layer) != routed_layer_) return wrong_order("run");
  const routed_feed_forward& block = current();
  const std::size_t e = number(where.expert.expert);
  if (e >= block.parts.size() || number(where.expert.representation) != 0)
    return error(error_code::bad_argument, "layer ", routed_layer_, " has no expert ", e, " in representation ", number(where.expert.representation));
  if (list_begin_[e] == list_begin_[e + 1] || has_run_[e])
    return error(error_code::wrong_order, "expert ", e, " of layer ", routed_layer_,
                 has_run_[e] ? " has run already" : " is wanted by no token of this window");
  std::array<const std::byte*, 3> at{};
  const bool host = where.at == residence::host;
  if (host ? mapped_.empty() : where.address == nullptr)
    return error(error_code::bad_argument, "expert ", e, " of layer ", routed_layer_, " was handed out without an address",
                 host ? "; the file is not mapped" : "");
  std::uint64_t packed = 0;
  for (std::size_t part = 0; part < at.size(); ++part) {
    const file_range& range = block.parts[e][part];
    if (host)
      at[part] = mapped_[range.file] + range.offset;
    else
      at[part] = where.address + (offsets_.empty() ? packed : offsets_[shape_->space().flat(where.expert)][part]);
    packed += range.bytes;
  }
  gated_weights weights = forms_[routed_layer_];
  weights.gate.data = at[0];
  weights.up.data = at[1];
  weights.down.data = at[2];
  const auto bias_of = [&](const std::vector<float>& all, const matrix& of) {
    return all.empty() ? nullptr : all.data() + static_cast<std::int64_t>(e) * of.rows;
  };
  weights.gate_bias = bias_of(block.gate_bias, weights.gate);
  weights.up_bias = bias_of(block.up_bias, weights.up);
  weights.down_bias = bias_of(block.down_bias, weights.down);
  if (!shared_done_) run_shared(*block.shared);
  gated_feed_forward(*bench_, weights, std::span(rows_).subspan(list_begin_[e], list_begin_[e + 1] - list_begin_[e]),
                     expert_rows_.of(static_cast<std::int64_t>(routes_.size()) * common_->net.width));
  has_run_[e] = true;
  --experts_left_;
  return {};
}

/// While the first missing experts are on their way. Its rows stay until combine adds them.
void ggml_model::run_shared(const shared_expert& shared) {
  const std::int64_t width = common_->net.width;
  float* const out = shared_.of(place_.rows * width);
  shared_rows_.clear();
  for (std::int64_t r = 0; r < place_.rows; ++r) shared_rows_.push_back({r, r * width});
  gated_feed_forward(*bench_, shared.weights, shared_rows_, out);
  shared_done_ = true;
  if (shared.gate.empty()) return;
  const float* row = normed_.of(place_.rows * width);
  const auto dot = dot_function(GGML_TYPE_F32);
  for (std::int64_t r = 0; r < place_.rows; ++r, row += width) {
    float x = 0;
    dot(static_cast<int>(width), &x, 0, shared.gate.data(), 0, row, 0, 1);
    const float open = x == 0 ? 0.5F : x / (1.0F + std::exp(-x)) / x;  // a sigmoid, rounded as the reference rounds it
    for (std::int64_t i = 0; i < width; ++i) out[r * width + i] *= open;
  }
}

result<void> ggml_model::combine(layer_index layer) {
  if (stage_ != stage::routed || number(layer) != routed_layer_) return wrong_order("combine");
  if (experts_left_ != 0)
    return error(error_code::wrong_order, "combine was called while ", experts_left_, " experts of layer ", routed_layer_, " have not run");
  const auto k = static_cast<std::size_t>(current().options.top_k);
  const std::int64_t width = common_->net.width;
  float* residual = residual_.of(place_.rows * width);
  const float* out = expert_rows_.of(static_cast<std::int64_t>(routes_.size()) * width);
  float* sum = normed_.of(width);  // the normed rows have been used
  const float* shared = current().shared ? shared_.of(place_.rows * width) : nullptr;
  for (std::size_t t = 0; t < static_cast<std::size_t>(place_.rows); ++t, residual += width) {
    for (std::size_t rank = 0; rank < k; ++rank, out += width) {
      const float weight = weights_[t * k + rank];
      for (std::int64_t i = 0; i < width; ++i) sum[i] = rank == 0 ? out[i] * weight : sum[i] + out[i] * weight;
    }
    if (shared != nullptr) {
      for (std::int64_t i = 0; i < width; ++i) sum[i] += shared[i];
      shared += width;
    }
    for (std::int64_t i = 0; i < width; ++i) residual[i] += sum[i] * common_->net.residual_scale;
  }
  ++block_;
  ++routed_layer_;
  stage_ = stage::between;
  return {};
}

result<logits_view> ggml_model::finish() {
  if (stage_ != stage::between || routed_layer_ != routed_blocks_.size()) return wrong_order("finish");
  advance();
  stage_ = stage::idle;
  common_->filled = place_.first + static_cast<std::uint32_t>(place_.rows);
  if (wanted_ == rows_wanted::none) return logits_view{{}, vocabulary()};
  const std::int64_t rows = wanted_ == rows_wanted::all ? place_.rows : 1;
  const float* from = residual_.of(place_.rows * common_->net.width) + (place_.rows - rows) * common_->net.width;
  float* normed = normed_.of(place_.rows * common_->net.width);
  float* logits = logits_.of(rows * common_->net.vocabulary);
  common_->net.output_norm.apply(from, normed, rows);
  bench_->input.assign(normed, rows, common_->net.width);
  const std::vector<float>& bias = common_->net.output_bias;
  const product all{&common_->net.output, logits, common_->net.vocabulary, bias.empty() ? nullptr : bias.data()};
  multiply(bench_->team, bench_->input, {&all, 1});
  if (common_->net.logit_scale != 1)
    for (std::int64_t i = 0; i < rows * common_->net.vocabulary; ++i) logits[i] *= common_->net.logit_scale;
  return logits_view{{logits, static_cast<std::size_t>(rows * common_->net.vocabulary)}, vocabulary()};
}

void ggml_model::keep(position p) noexcept {
  stage_ = stage::idle;
  if (p.count < common_->written)
    for (const layer& l : common_->net.layers) l.mixer->forget(p.count, common_->written);
  common_->written = std::min(common_->written, p.count);
  common_->filled = std::min(common_->filled, p.count);
}

}  // namespace moesaic::decoder
