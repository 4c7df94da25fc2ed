// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>

#include "gate_preview.hpp"
#include "network.hpp"
#include "workbench.hpp"

namespace moesaic::decoder {

struct model_options {
  unsigned threads = 1;
  std::uint32_t context = 0;  ///< positions; 0: what the file says it was made for, at most 4096
  ggml_type cache_type = GGML_TYPE_F32;
  std::uint32_t longest_window = 64;  ///< tokens of one forward pass; buffers grow with it
  std::shared_ptr<workbench> bench;   ///< threads and scratch of a model that never computes at the same time; null: its own
  load_progress progress;
};

/// A GGUF model computed with ggml's dot products, experts elsewhere. Models the concept moe_model.
///
/// Logits are bitwise the same for every order in which a layer's experts are run, every address they lie at, every number of
/// threads and every division of the tokens into windows: each element of a product is one dot product of its own, an expert
/// writes its results to rows of their own, and `combine` adds them up in rank order.
/// Memory: the resident weights, the cache (written pages), and per token of the longest window: (3 + top_k) * width + widest
/// projections, floats; plus a row of logits for each wanted row.
class ggml_model {
 public:
  /// Reads all resident weights. Errors: bad_file (unknown architecture, missing or odd tensors), transfer_failed, out_of_memory.
  [[nodiscard]] static result<ggml_model> load(const gguf_file& file, const model_options& options);

  // moe_model
  [[nodiscard]] const model_shape& shape() const noexcept { return *shape_; }
  /// Errors: bad_argument (no tokens, too many, an id outside the vocabulary, a gap in positions), context_full.
  result<void> begin(const token_window& window);
  result<routed_layer> route(layer_index layer);
  /// A seat's address is the start of the expert's room; its parts lie there as `place_parts` said. A host seat is computed from
  /// the mapped file. Errors: wrong_order (not wanted, or run before), bad_argument (no address).
  result<void> run(const seat& where);
  result<void> combine(layer_index layer);
  result<logits_view> finish();
  void keep(position p) noexcept;
  /// What the next layers' gates say of the rows that `layer` was routed from; nothing unless `preview` has a reach.
  std::span<const hint> look_ahead(layer_index layer);
  /// Whether look_ahead answers, and how far. Its products are no part of what the model computes.
  void preview(std::uint32_t layers_ahead) { preview_.set_reach(layers_ahead, moe_layers(), net().width); }

  // Where experts are.
  /// One place for each part of an expert inside its room.
  using part_offsets = std::array<std::uint64_t, 3>;
  /// A model that shares everything with this one but the routed experts: weights, threads, the key-value cache and how far it
  /// is filled. Its experts have the given types (one form for each MoE layer, extents as here) and lie in their rooms as `by_expert`
  /// says. Whichever runs a position last has written it; `keep` of either takes back what both wrote. One of them computes at a time.
  [[nodiscard]] ggml_model twin(std::vector<gated_weights> forms, std::vector<part_offsets> by_expert) const;
  /// Tells where the parts lie in a room; without it they follow each other without a gap. Indexed by
  /// shape().space().flat(expert).
  void place_parts(std::vector<part_offsets> by_expert) { offsets_ = std::move(by_expert); }
  /// Starts of the mapped files, in the order of `files`, for host seats; none takes them back.
  void map_files(std::vector<const std::byte*> starts) noexcept { mapped_ = std::move(starts); }
  /// The model's file, or all of a split model; parts() counts them from 0.
  [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }
  [[nodiscard]] const expert_parts& parts(expert_id e) const noexcept;
  /// Types and extents of a layer's experts; no data.
  [[nodiscard]] const gated_weights& form(layer_index i) const noexcept { return forms_[number(i)]; }

  // Hidden states, for those who apply another model's gates to them.
  /// Whether `stream` is kept: a copy of `width` floats a block.
  void keep_streams(bool wanted) { streams_.resize(wanted ? static_cast<std::size_t>(net().width) * blocks() : 0); }
  /// The residual stream of the last row of the last window, as the block's feed-forward part reads it, before its norm.
  [[nodiscard]] std::span<const float> stream(std::uint32_t block) const noexcept {
    return std::span(streams_).subspan(static_cast<std::size_t>(net().width) * block, static_cast<std::size_t>(net().width));
  }

  // Facts.
  /// 0 for a dense model, which has no shape to ask for.
  [[nodiscard]] std::uint32_t moe_layers() const noexcept { return static_cast<std::uint32_t>(routed_blocks_.size()); }
  [[nodiscard]] std::string_view architecture() const noexcept { return net().architecture; }
  [[nodiscard]] std::uint32_t vocabulary() const noexcept { return static_cast<std::uint32_t>(net().vocabulary); }
  [[nodiscard]] std::uint32_t blocks() const noexcept { return static_cast<std::uint32_t>(net().layers.size()); }
  /// The block number in the file of the i-th MoE layer.
  [[nodiscard]] std::uint32_t block_of(layer_index i) const noexcept { return routed_blocks_[number(i)]; }
  [[nodiscard]] std::uint32_t context() const noexcept { return context_; }
  [[nodiscard]] std::uint32_t longest_window() const noexcept { return longest_window_; }
  /// Positions that the cache holds.
  [[nodiscard]] position filled() const noexcept { return {common_->filled}; }
  [[nodiscard]] std::uint64_t resident_bytes() const noexcept { return resident_bytes_; }
  [[nodiscard]] std::uint64_t cache_bytes() const noexcept;
  [[nodiscard]] const network& net() const noexcept { return common_->net; }
  [[nodiscard]] std::shared_ptr<workbench> bench() const noexcept { return bench_; }

 private:
  enum class stage : std::uint8_t { idle, between, routed };
  ggml_model() = default;
  [[nodiscard]] result<void> describe_experts();
  void advance();  // up to and including the next router, or to the end
  void route_rows(const routed_feed_forward& block);
  void run_shared(const shared_expert& shared);
  [[nodiscard]] const routed_feed_forward& current() const noexcept { return *net().layers[block_].routed(); }
  [[nodiscard]] error wrong_order(std::string_view call) const;

  /// What twins have in common.
  struct common {
    network net;
    std::uint32_t filled = 0;   // positions that the cache holds
    std::uint32_t written = 0;  // behind the last that was written and not taken back
  };
  std::shared_ptr<common> common_;
  std::vector<gated_weights> forms_;  // of the experts, by MoE layer
  std::optional<model_shape> shape_;
  std::vector<std::uint32_t> routed_blocks_;
  std::vector<part_offsets> offsets_;
  std::vector<const std::byte*> mapped_;
  std::vector<std::string> files_;
  std::shared_ptr<workbench> bench_;
  std::uint32_t context_ = 0;
  std::uint32_t longest_window_ = 0;
  std::uint64_t resident_bytes_ = 0;

  // The window.
  stage stage_ = stage::idle;
  window_place place_;
  rows_wanted wanted_ = rows_wanted::last;
  std::size_t block_ = 0;           // the next to compute, or the one whose experts run
  std::uint32_t routed_layer_ = 0;  // its number among MoE layers
  scratch residual_, normed_, router_logits_, expert_rows_, shared_, logits_;
  std::vector<expert_index> routes_;       // [row][rank]
  std::vector<float> weights_;             // beside them
  std::vector<std::uint32_t> list_begin_;  // of each expert in rows_, one more at the end
  std::vector<std::uint32_t> list_next_;
  std::vector<routed_row> rows_;  // grouped by expert, ascending
  std::vector<routed_row> shared_rows_;
  bool shared_done_ = true;
  std::vector<float> worth_;  // of one row, for the choice
  std::vector<bool> has_run_;
  std::uint32_t experts_left_ = 0;
  std::vector<float> streams_;  // [block][width], if anybody wants them
  gate_preview preview_;
};

static_assert(foresighted_model<ggml_model>);

}  // namespace moesaic::decoder
