// SPDX-License-Identifier: MIT
#pragma once

#include <gguf.h>
#include <llama.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/moesaic.hpp>
#include <moesaic/systems/on_demand.hpp>
#include <moesaic/transport/file/file_transport.hpp>
#include <moesaic/transport/file/slab.hpp>
#include <moesaic/transport/file/uring.hpp>

#include "command_line/amounts.hpp"

/// Keeps a model's experts inside a budget while llama.cpp computes with them: `on_node` is the context's `cb_eval`.
/// One context for a model, because it is the model's tensors that get other addresses; the hook outlives both.
class expert_hook {
 public:
  /// Null where the budget holds all experts: then nothing has to be decided.
  static moesaic::result<std::unique_ptr<expert_hook>> create(const std::string& path, const moesaic::command_line::budget_text& budget) {
    using namespace moesaic;
    std::unique_ptr<expert_hook> made(new expert_hook);
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr}), gguf_free);
    if (!file) return error(error_code::bad_file, path, " is no GGUF file that can be read");
    std::uint32_t experts = 0, top_k = 0, other = 0;
    for (std::int64_t key = 0; key < gguf_get_n_kv(file.get()); ++key)
      if (const std::string_view name = gguf_get_key(file.get(), key); gguf_get_kv_type(file.get(), key) == GGUF_TYPE_UINT32)
        (name.ends_with(".expert_count") ? experts : name.ends_with(".expert_used_count") ? top_k : other) = gguf_get_val_u32(file.get(), key);
    std::map<std::uint32_t, std::vector<std::int64_t>> blocks;
    for (std::int64_t t = 0; t < gguf_get_n_tensors(file.get()); ++t)
      if (const std::string_view name = gguf_get_tensor_name(file.get(), t); name.ends_with("_exps.weight"))
        if (std::uint32_t block = 0; std::sscanf(name.data(), "blk.%u.", &block) == 1) blocks[block].push_back(t);
    if (blocks.empty() || experts == 0 || top_k == 0 || gguf_find_key(file.get(), "split.count") >= 0)
      return error(error_code::bad_file, path, " holds no experts, or is one file of several; please give a Mixture-of-Experts model in one file");
    std::vector<model_shape::layer> layers;
    std::vector<file::part_in_file> parts;
    for (const auto& [block, own] : blocks) {
      const auto layer = static_cast<std::uint32_t>(layers.size());
      made->layer_of_node_["ffn_moe_weights-" + std::to_string(block)] = static_cast<layer_index>(layer);
      bytes& all = layers.emplace_back(model_shape::layer{experts, top_k, {}}).each;
      for (std::uint32_t part = 0; part < own.size(); ++part) {
        const std::uint64_t begin = gguf_get_data_offset(file.get()) + gguf_get_tensor_offset(file.get(), own[part]);
        const bytes each{gguf_get_tensor_size(file.get(), own[part]) / experts};
        for (std::uint32_t e = 0; e < experts; ++e) parts.push_back({make_expert(layer, e), part, 0, begin + e * each.count, each});
        all += each;
        made->inside_[gguf_get_tensor_name(file.get(), own[part])] = {layer, part};
      }
    }
    const auto shape = model_shape::of(layers);
    if (!shape) return shape.error();
    const bytes total = budget.of(shape->total());
    if (total >= shape->total()) return std::unique_ptr<expert_hook>();
    auto source = file::expert_source::open_for_strides(*shape, {&path, 1}, parts);
    if (!source) return source.error();
    for (auto& [name, at] : made->inside_) at.second = source->layout().parts(make_expert(at.first, 0))[at.second].offset_in_slot;
    const std::vector<bytes> sizes(source->layout().footprints().begin(), source->layout().footprints().end());
    auto reader = file::file_transport<file::uring>::open(std::move(*source));
    auto memory = file::slab::create(total);
    if (!reader || !memory) return reader ? memory.error() : reader.error();
    auto cache = cache_type::create(*shape, std::move(*reader), {}, {{total, 1}, sizes, memory->memory()});
    if (!cache) return cache.error();
    made->cache_.emplace(std::move(*cache)).pump_until_quiet();  // what fits is read now: llama.cpp's loading reads all of it, too
    made->memory_ = std::move(*memory);
    made->room_ = *std::max_element(sizes.begin(), sizes.end());
    return made;
  }
  /// Why experts could not be brought: llama.cpp stops computing then, and does not tell its caller.
  [[nodiscard]] const std::optional<moesaic::error>& trouble() const { return trouble_; }
  [[nodiscard]] const moesaic::counters& count() const { return cache_->count(); }
  [[nodiscard]] std::size_t tensors_left() const { return inside_.size() - moved_; }
  // [callback]
  /// llama.cpp asks about every node before it computes it, and shows those that were wanted when they are computed.
  static bool on_node(ggml_tensor* node, bool ask, void* hook) {
    auto& self = *static_cast<expert_hook*>(hook);
    const auto layer = self.layer_of_node_.find(std::string_view(node->name));
    if (layer != self.layer_of_node_.end()) return ask || self.bring(*node->src[1], layer->second);
    if (ask && self.lease_) self.look_at(*node);
    return !ask;
  }

 private:
  struct policies : moesaic::systems::on_demand {
    moesaic::one_group groups;  // a prompt may want all experts of a layer at once
    moesaic::prefetch::fill_room prefetch;
  };
  using cache_type = moesaic::residency<moesaic::file::file_transport<moesaic::file::uring>, policies>;
  /// The products of the layer before are done, so its experts may leave. Those of this layer are there when this returns, and `chosen` names their rooms.
  bool bring(ggml_tensor& chosen, moesaic::layer_index layer) {
    lease_.reset();
    if (event_.tokens != 0 && layer <= event_.layer)  // the step before is over
      cache_->end_step({.step = {event_.step.count++}, .committed = {event_.tokens}}), event_.first_token.count += event_.tokens;
    choice_ = chosen.name;
    const int k = static_cast<int>(chosen.ne[0]), choices = static_cast<int>(ggml_nelements(&chosen));
    routes_.clear();
    for (int i = 0; i < choices; ++i) routes_.push_back(static_cast<moesaic::expert_index>(ggml_get_i32_nd(&chosen, i % k, i / k, 0, 0)));
    const auto tokens = static_cast<std::uint32_t>(chosen.ne[1]);
    event_ = {event_.step, event_.first_token, layer, tokens > 1 ? moesaic::phase::prefill : moesaic::phase::decode, tokens, {}, routes_};
    event_.wanted = demands_.collect({.tokens = tokens, .k = static_cast<std::uint32_t>(k), .experts = routes_});
    auto leased = cache_->acquire(event_, moesaic::holding::all);
    if (!leased) return trouble_ = leased.error(), false;
    lease_ = std::move(*leased);
    for (auto seat = lease_->next(); !seat || *seat; seat = lease_->next()) {  // waits for those that still travel
      if (!seat) return trouble_ = seat.error(), false;
      const std::uint64_t room = static_cast<std::uint64_t>((*seat)->address - memory_.memory().data()) / room_.count;
      for (int i = 0; i < choices; ++i)
        if (routes_[static_cast<std::size_t>(i)] == (*seat)->expert.expert) ggml_set_i32_nd(&chosen, i % k, i / k, 0, 0, static_cast<std::int32_t>(room));
    }
    return true;
  }
  /// llama.cpp is about to compute `node`: a product over experts finds rooms from now on. Nobody else may read who was chosen.
  void look_at(const ggml_tensor& node) {
    const auto* const choice = std::find_if(node.src, node.src + GGML_MAX_SRC, [&](const ggml_tensor* t) { return t != nullptr && choice_ == t->name; });
    if (choice == node.src + GGML_MAX_SRC) return;
    ggml_tensor* const experts = node.src[0];
    const auto found = inside_.find(std::string_view(experts->name));
    if (node.op != GGML_OP_MUL_MAT_ID || found == inside_.end()) {
      trouble_ = moesaic::error(moesaic::error_code::bad_argument, node.name, " reads which experts were chosen, and would find rooms; please give no budget");
      ggml_set_zero(*choice);  // what has begun is computed nevertheless: numbers that everybody can read
    } else {
      std::byte* const there = memory_.memory().data() + found->second.second;
      moved_ += experts->data != there;
      experts->data = there, experts->ne[2] = static_cast<std::int64_t>(memory_.memory().size() / room_.count);
      experts->nb[2] = room_.count, experts->nb[3] = memory_.memory().size();
    }
  }
  // [/callback]
  std::map<std::string, std::pair<std::uint32_t, std::uint64_t>, std::less<>> inside_;  // of the tensors of experts: layer, and where it begins in a room
  std::size_t moved_ = 0;  // how many of them llama.cpp finds in rooms, not in its mapping of the file
  std::map<std::string, moesaic::layer_index, std::less<>> layer_of_node_;
  moesaic::file::slab memory_;
  moesaic::bytes room_{};
  std::string choice_;  // the tensor of a layer that names rooms now
  std::optional<cache_type> cache_;
  std::optional<cache_type::lease_type> lease_;  // of the layer that computes
  moesaic::demand_collector demands_{65'535};
  moesaic::layer_event event_{.tokens = 0};
  std::vector<moesaic::expert_index> routes_;
  std::optional<moesaic::error> trouble_;
};
