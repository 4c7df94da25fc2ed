// SPDX-License-Identifier: MIT
#include "model_facts.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/transport/file/expert_source.hpp>

#include "engine/gguf_file.hpp"

namespace moesaic::planning {
namespace {

using decoder::gguf_file;
using decoder::gguf_tensor;
using decoder::printable;

/// A number at the front of a text, which then begins behind it.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}
bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

struct expert_tensor {
  std::uint32_t block = 0;
  std::optional<std::uint32_t> expert;  ///< nothing: all experts of the block in one tensor
};

/// "blk.3.ffn_up_exps.weight", "blk.3.ffn_gate.7.weight"; nothing for other names.
std::optional<expert_tensor> as_expert(std::string_view name) {
  if (!take(name, "blk.")) return std::nullopt;
  const auto block = take_number(name);
  if (!block || !take(name, ".ffn_")) return std::nullopt;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  if (name.substr(0, dot).ends_with("_exps")) return expert_tensor{*block, std::nullopt};
  name.remove_prefix(dot + 1);
  const auto expert = take_number(name);
  if (!expert || !name.starts_with('.')) return std::nullopt;
  return expert_tensor{*block, expert};
}

/// Where parts of experts lie: of one, or of all of a block one after the other.
struct placed_tensor {
  std::optional<std::uint32_t> expert;
  std::uint64_t offset = 0;
  std::uint64_t each = 0;
};
struct routed_block {
  std::vector<placed_tensor> tensors;
  std::uint32_t experts = 0;
};

/// The bytes of one expert.
bytes size_of(const routed_block& block, std::uint32_t expert) {
  bytes all{};
  for (const placed_tensor& t : block.tensors)
    if (!t.expert || *t.expert == expert) all += bytes{t.each};
  return all;
}

result<std::vector<bytes>> footprints_of(const std::string& path, const model_shape& shape, const std::map<std::uint32_t, routed_block>& blocks) {
  std::vector<file::part_in_file> parts;
  std::uint32_t layer = 0;
  for (const auto& [number, block] : blocks) {
    for (std::uint32_t e = 0; e < block.experts; ++e) {
      std::uint32_t part = 0;
      for (const placed_tensor& t : block.tensors)
        if (!t.expert)
          parts.push_back({make_expert(layer, e), part++, 0, t.offset + e * t.each, {t.each}});
        else if (*t.expert == e)
          parts.push_back({make_expert(layer, e), part++, 0, t.offset, {t.each}});
    }
    ++layer;
  }
  const auto source = file::expert_source::open(shape, std::span(&path, 1), parts, file::direct_reads::automatic);
  if (!source) return source.error();
  const std::span<const bytes> charged = source->layout().footprints();
  return std::vector<bytes>(charged.begin(), charged.end());
}

}  // namespace

result<model_facts> read_model(const std::string& path) {
  const auto file = gguf_file::open(path);
  if (!file) return file.error();
  const auto wrong = [&](const auto&... parts) { return error(error_code::bad_file, path, ": ", parts...); };
  const auto architecture = file->text("general.architecture");
  if (!architecture) return architecture.error();
  const std::string prefix(*architecture);
  if (const auto files = file->whole("split.count"); files && *files > 1)
    return wrong("one of ", *files, " files of a split model; join them first (llama-gguf-split --merge)");

  std::map<std::uint32_t, routed_block> blocks;
  bytes dense{}, head{};
  for (const gguf_tensor& t : file->tensors()) {
    const auto expert = as_expert(t.name);
    if (!expert) {
      dense += bytes{t.bytes};
      if (t.name == "token_embd.weight" || t.name == "output.weight") head += bytes{t.bytes};
      continue;
    }
    routed_block& block = blocks[expert->block];
    if (expert->expert) {
      if (*expert->expert >= 65'535) return wrong(printable(t.name), " names an expert above 65534");
      block.tensors.push_back({expert->expert, t.file_offset, t.bytes});
      block.experts = std::max(block.experts, *expert->expert + 1);
      continue;
    }
    const std::uint64_t experts = t.extent[t.name.ends_with(".bias") ? 1 : 2];
    if (experts == 0 || experts > 65'535 || t.bytes % experts != 0) return wrong(printable(t.name), " holds no whole number of experts");
    if (block.experts != 0 && block.experts != experts)
      return wrong(printable(t.name), " holds ", experts, " experts; another tensor of its block ", block.experts);
    block.experts = static_cast<std::uint32_t>(experts);
    block.tensors.push_back({std::nullopt, t.file_offset, t.bytes / experts});
  }
  if (blocks.empty())
    return wrong("has no routed experts (no tensor like blk.0.ffn_gate_exps.weight), so all of it has to be in memory and there is nothing to plan");

  std::uint64_t top_k = 0;
  if (file->is_array(prefix + ".expert_used_count")) {
    const auto all = file->wholes(prefix + ".expert_used_count");
    if (!all) return all.error();
    for (const std::int64_t k : *all) top_k = std::max(top_k, static_cast<std::uint64_t>(std::max<std::int64_t>(k, 0)));
  } else {
    const auto one = file->whole(prefix + ".expert_used_count");
    if (!one) return one.error();
    top_k = *one;
  }
  std::vector<model_shape::layer> layers;
  for (const auto& [number, block] : blocks) {
    if (top_k == 0 || top_k > block.experts)
      return wrong("the key ", prefix, ".expert_used_count is ", top_k, "; block ", number, " has ", block.experts, " experts");
    layers.push_back({block.experts, static_cast<std::uint32_t>(top_k), size_of(block, 0)});
  }
  auto shape = model_shape::of(layers);
  if (!shape) return wrong(shape.error().sentence());
  std::uint32_t layer = 0;
  for (const auto& [number, block] : blocks) {
    for (std::uint32_t e = 1; e < block.experts; ++e) {
      const bytes size = size_of(block, e);
      if (size.count == 0) return wrong("block ", number, " has no tensors of expert ", e, ", but of later ones");
      shape->resize(make_expert(layer, e), size);
    }
    ++layer;
  }
  auto footprints = footprints_of(path, *shape, blocks);
  if (!footprints) return footprints.error();
  const auto count = file->whole(prefix + ".block_count");
  return model_facts{
      prefix, *std::move(shape), *std::move(footprints), dense, head, count ? static_cast<std::uint32_t>(*count) : static_cast<std::uint32_t>(blocks.size())};
}

}  // namespace moesaic::planning
