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
#include <moesaic/transport/file/expert_homes.hpp>
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
    ggml_context* named = nullptr;
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = &named}), gguf_free);
    const std::unique_ptr<ggml_context, decltype(&ggml_free)> owned(named, ggml_free);
    if (!file) return error(error_code::bad_file, path, " is no GGUF file that can be read");
    std::map<std::uint32_t, std::vector<const ggml_tensor*>> blocks;
    for (ggml_tensor* t = ggml_get_first_tensor(named); t != nullptr; t = ggml_get_next_tensor(named, t))
      if (std::uint32_t block = 0; std::string_view(t->name).ends_with("_exps.weight") && std::sscanf(t->name, "blk.%u.", &block) == 1)
        blocks[block].push_back(t);
    const auto is = [&](std::int64_t key, gguf_type type) { return key >= 0 && gguf_get_kv_type(file.get(), key) == type; };
    const std::int64_t model = gguf_find_key(file.get(), "general.architecture");
    const std::int64_t top_k =
        is(model, GGUF_TYPE_STRING) ? gguf_find_key(file.get(), (std::string(gguf_get_val_str(file.get(), model)) + ".expert_used_count").c_str()) : -1;
    if (blocks.empty() || !is(top_k, GGUF_TYPE_UINT32) || gguf_find_key(file.get(), "split.count") >= 0)
      return error(error_code::bad_file, path, " holds no experts, or is one file of several; please give a Mixture-of-Experts model in one file");
    std::vector<model_shape::layer> layers;
    std::vector<file::part_in_file> parts;
    for (const auto& [block, own] : blocks) {
      const auto layer = static_cast<std::uint32_t>(layers.size());
      model_shape::layer& all = layers.emplace_back(model_shape::layer{static_cast<std::uint32_t>(own[0]->ne[2]), gguf_get_val_u32(file.get(), top_k), {}});
      made->layer_of_node_["ffn_moe_topk-" + std::to_string(block)] = static_cast<layer_index>(layer);
      for (std::uint32_t part = 0; part < own.size(); ++part) {
        const std::uint64_t begin = gguf_get_data_offset(file.get()) + gguf_get_tensor_offset(file.get(), gguf_find_tensor(file.get(), own[part]->name));
        const bytes each{own[part]->nb[2]};
        for (std::uint32_t e = 0; e < all.experts; ++e) parts.push_back({make_expert(layer, e), part, 0, begin + e * each.count, each});
        all.each += each;
        made->tensors_[own[part]->name] = {static_cast<layer_index>(layer), part};
      }
    }
    const auto shape = model_shape::of(layers);
    if (!shape) return shape.error();
    if (budget.of(shape->total()) >= shape->total()) return std::unique_ptr<expert_hook>();
    auto source = file::expert_source::open(*shape, {&path, 1}, parts);
    // Where an expert's bytes are no multiple of the disk's block, only reads through the page cache put it where one stride finds it.
    if (source && !same_in_every_room(source->layout(), *shape)) source = file::expert_source::open(*shape, {&path, 1}, parts, file::direct_reads::no);
    if (!source) return source.error();
    if (!same_in_every_room(source->layout(), *shape))
      return error(error_code::bad_file, path, ": the bytes of an expert are no multiple of ", file::expert_layout::least_alignment, "; please give no budget");
    for (auto& [name, t] : made->tensors_) t.inside = source->layout().parts({t.layer, {}, {}})[t.inside].offset_in_slot;
    std::vector<bytes> charges(source->layout().footprints().begin(), source->layout().footprints().end());
    auto reader = file::file_transport<file::uring>::open(std::move(*source));
    if (!reader) return reader.error();
    auto link = homes::create(std::move(*reader), shape->space(), *std::max_element(charges.begin(), charges.end()), budget.of(shape->total()));
    if (!link) return link.error();
    for (bytes& charge : charges) charge = charge.count == 0 ? charge : link->stride();
    const std::span<std::byte> memory = link->memory();
    auto cache = cache_type::create(*shape, std::move(*link), {}, {{{memory.size()}, 1}, std::move(charges), memory});
    if (!cache) return cache.error();
    made->cache_.emplace(std::move(*cache)).pump_until_quiet();  // what fits is read now: llama.cpp's loading reads all of it, too
    return made;
  }
  // [callback]
  /// llama.cpp asks about every node before it computes it, and shows those that were wanted when they are computed.
  static bool on_node(ggml_tensor* node, bool ask, void* hook) {
    auto& self = *static_cast<expert_hook*>(hook);
    if (ask && node->op == GGML_OP_MUL_MAT_ID) self.move_in(*node->src[0]);
    const auto layer = self.layer_of_node_.find(std::string_view(node->name));
    return layer == self.layer_of_node_.end() ? !ask : ask || self.bring(*node, layer->second);
  }
  // [/callback]
  /// Why experts could not be brought: llama.cpp stops computing then, and does not tell its caller.
  [[nodiscard]] const std::optional<moesaic::error>& trouble() const { return trouble_; }
  [[nodiscard]] const moesaic::counters& count() const { return cache_->count(); }
  [[nodiscard]] std::size_t tensors_left() const { return tensors_.size(); }

 private:
  struct policies : moesaic::systems::on_demand {
    moesaic::one_group groups;  // a prompt may want all experts of a layer at once
    moesaic::prefetch::fill_room prefetch;
  };
  using homes = moesaic::file::expert_homes<moesaic::file::file_transport<moesaic::file::uring>>;
  using cache_type = moesaic::residency<homes, policies>;
  struct tensor {
    moesaic::layer_index layer{};
    std::uint64_t inside = 0;  // where an expert's part begins in its room
  };
  // [bring]
  /// From now on llama.cpp finds the experts of this tensor at their homes.
  void move_in(ggml_tensor& experts) {
    const auto found = tensors_.find(std::string_view(experts.name));
    if (found == tensors_.end() || !lease_) return;
    if (experts.buffer != nullptr && !ggml_backend_buffer_is_host(experts.buffer))
      return void(trouble_ = moesaic::error(moesaic::error_code::bad_argument, experts.name, " is not in main memory; please set n_gpu_layers = 0"));
    experts.data = cache_->link().home({found->second.layer, {}, {}}) + found->second.inside;
    experts.nb[2] = cache_->link().stride().count;
    experts.nb[3] = experts.nb[2] * static_cast<std::size_t>(experts.ne[2]);
    tensors_.erase(found);
  }
  /// The products of the layer before are done, so its experts may leave. Those of this layer are at home when this returns.
  bool bring(const ggml_tensor& chosen, moesaic::layer_index layer) {
    lease_.reset();
    if (event_.tokens != 0 && layer <= event_.layer)  // the step before is over
      cache_->end_step({.step = {event_.step.count++}, .committed = {event_.tokens}}), event_.first_token.count += event_.tokens;
    routes_.clear();
    for (int token = 0; token < chosen.ne[1]; ++token)
      for (int rank = 0; rank < chosen.ne[0]; ++rank) routes_.push_back(static_cast<moesaic::expert_index>(ggml_get_i32_nd(&chosen, rank, token, 0, 0)));
    event_.layer = layer, event_.routes = routes_;
    event_.tokens = static_cast<std::uint32_t>(chosen.ne[1]);
    event_.during = event_.tokens > 1 ? moesaic::phase::prefill : moesaic::phase::decode;
    event_.wanted = demands_.collect({.tokens = event_.tokens, .k = static_cast<std::uint32_t>(chosen.ne[0]), .experts = routes_});
    auto leased = cache_->acquire(event_, moesaic::holding::all);
    if (!leased) return trouble_ = leased.error(), false;
    lease_ = std::move(*leased);
    for (;;) {
      const auto seat = lease_->next();  // waits for those that still travel
      if (!seat) return trouble_ = seat.error(), false;
      if (!*seat) return true;
    }
  }
  // [/bring]
  std::map<std::string, tensor, std::less<>> tensors_;  // those that llama.cpp still finds in its mapping of the file
  std::map<std::string, moesaic::layer_index, std::less<>> layer_of_node_;
  std::optional<cache_type> cache_;
  std::optional<cache_type::lease_type> lease_;  // of the layer that computes
  moesaic::demand_collector demands_{65'535};
  moesaic::layer_event event_{.tokens = 0};
  std::vector<moesaic::expert_index> routes_;
  std::optional<moesaic::error> trouble_;
};
