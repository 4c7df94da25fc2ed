// SPDX-License-Identifier: MIT
#pragma once

#include <moesaic_c.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/cache/memory_plan.hpp>

#include "bundle.hpp"
#include "link.hpp"
#include "structs.hpp"

namespace moesaic::c {

/// Everything that a caller's options say, checked, and before any memory for experts is taken: shape, what each expert is
/// charged, the files. Callbacks are not called.
struct blueprint {
  model_shape shape;
  std::vector<bytes> footprint;
  bytes alignment;  ///< of rooms, and so of the memory
  std::optional<file::expert_source> files;
};

namespace detail {

inline constexpr std::uint64_t largest_expert = std::uint64_t{1} << 40U;
inline constexpr std::uint64_t largest_model = std::uint64_t{1} << 60U;  // sums of charges never overflow
inline constexpr std::uint64_t largest_alignment = std::uint64_t{2} << 20U;

/// The sizes of experts come from the layers, from a list of all experts, or from what lies in files.
[[nodiscard]] inline result<model_shape> shape_of(const moesaic_options& o, std::span<const moesaic_part> parts) {
  if (o.layers == nullptr) return error(error_code::bad_argument, "moesaic_options.layers is null");
  if (o.layer_count == 0 || o.layer_count > 65'535)
    return error(error_code::bad_argument, "moesaic_options.layer_count is ", o.layer_count, "; expected 1 to 65535 MoE layers");
  std::vector<model_shape::layer> layers;
  std::uint64_t experts = 0;
  for (std::uint32_t l = 0; l < o.layer_count; ++l) {
    const moesaic_layer& given = o.layers[l];
    if (given.expert_bytes > largest_expert)
      return error(error_code::bad_argument, "experts of MoE layer ", l, " have ", given.expert_bytes, " bytes; at most ", largest_expert, " are possible");
    if (given.expert_bytes == 0 && parts.empty() && o.expert_bytes == nullptr)
      return error(error_code::bad_argument, "experts of MoE layer ", l, " have no bytes");
    layers.push_back({given.experts, given.top_k, {given.expert_bytes == 0 ? 1 : given.expert_bytes}});
    experts += given.experts;
  }
  auto shape = model_shape::of(layers);
  if (!shape) return shape;

  std::vector<bytes> size(shape->space().size());
  if (o.expert_bytes != nullptr) {
    if (o.expert_count != experts)
      return error(error_code::bad_argument, "moesaic_options.expert_count is ", o.expert_count, "; the layers have ", experts, " experts");
    std::uint64_t next = 0;
    for (std::uint32_t l = 0; l < o.layer_count; ++l)
      for (std::uint32_t e = 0; e < o.layers[l].experts; ++e, ++next) {
        if (o.expert_bytes[next] == 0 || o.expert_bytes[next] > largest_expert)
          return error(error_code::bad_argument, "expert (layer ", l, ", expert ", e, ") has ", o.expert_bytes[next], " bytes; expected 1 to ", largest_expert);
        size[shape->space().flat(make_expert(l, e))] = {o.expert_bytes[next]};
      }
  } else {
    for (const moesaic_part& p : parts)  // whoever does not exist is named when the layout is made
      if (p.layer < o.layer_count && p.expert < o.layers[p.layer].experts && o.layers[p.layer].expert_bytes == 0) {
        bytes& sum = size[shape->space().flat(make_expert(p.layer, p.expert))];
        if (p.bytes > largest_expert - sum.count)
          return error(error_code::bad_argument, "the parts of expert (layer ", p.layer, ", expert ", p.expert, ") are more than ", largest_expert, " bytes");
        sum += {p.bytes};
      }
  }
  for (std::uint32_t flat = 0; flat < size.size(); ++flat)
    if (size[flat].count != 0) shape->resize(shape->space().id(flat), size[flat]);
  return shape;
}

[[nodiscard]] inline result<file::expert_source> source_of(const model_shape& shape, const moesaic_files& f) {
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < f.path_count; ++i) {
    if (f.paths[i] == nullptr) return error(error_code::bad_argument, "path ", i, " of moesaic_files is null");
    paths.emplace_back(f.paths[i]);
  }
  std::vector<file::part_in_file> parts;
  for (const moesaic_part& p : std::span(f.parts, f.part_count)) {
    if (p.layer >= shape.layers() || p.expert >= shape.experts(static_cast<layer_index>(p.layer)))
      return error(error_code::bad_argument, "part ", p.part, " belongs to expert (layer ", p.layer, ", expert ", p.expert, "), which the model does not have");
    parts.push_back({make_expert(p.layer, p.expert), p.part, p.file, p.offset, {p.bytes}});
  }
  const file::direct_reads direct = f.direct == MOESAIC_DIRECT_YES  ? file::direct_reads::yes
                                    : f.direct == MOESAIC_DIRECT_NO ? file::direct_reads::no
                                                                    : file::direct_reads::automatic;
  return file::expert_source::open(shape, paths, parts, direct);
}

[[nodiscard]] inline result<void> check(const moesaic_files& f) {
  if (f.paths == nullptr || f.path_count == 0) return error(error_code::bad_argument, "moesaic_files names no path");
  if (f.parts == nullptr || f.part_count == 0) return error(error_code::bad_argument, "moesaic_files names no part of any expert");
  if (f.part_count > (std::uint64_t{1} << 32U)) return error(error_code::bad_argument, "moesaic_files.part_count is ", f.part_count, "; expected at most 2^32");
  if (f.backend > MOESAIC_READ_PREAD) return error(error_code::bad_argument, "moesaic_files.backend is ", f.backend, "; expected 0 to 2");
  if (f.direct > MOESAIC_DIRECT_NO) return error(error_code::bad_argument, "moesaic_files.direct is ", f.direct, "; expected 0 to 2");
  return {};
}

}  // namespace detail

/// `o` has been taken with its `files`, where there are some. Opens these, reads no expert.
[[nodiscard]] inline result<blueprint> blueprint_of(const moesaic_options& o, const moesaic_files* files) {
  if (files != nullptr)
    if (const result<void> fine = detail::check(*files); !fine) return fine.error();
  if (o.alignment != 0 && (!std::has_single_bit(o.alignment) || o.alignment > detail::largest_alignment))
    return error(error_code::bad_argument, "moesaic_options.alignment is ", o.alignment, "; expected a power of two up to ", detail::largest_alignment);
  if (o.frames > 1024) return error(error_code::bad_argument, "moesaic_options.frames is ", o.frames, "; expected at most 1024");
  if ((o.flags & ~std::uint32_t{MOESAIC_HOST_POSSIBLE | MOESAIC_NO_MEMORY}) != 0)
    return error(error_code::bad_argument, "moesaic_options.flags has bits that mean nothing: ", o.flags);

  auto shape = detail::shape_of(o, files == nullptr ? std::span<const moesaic_part>{} : std::span(files->parts, files->part_count));
  if (!shape) return shape.error();
  blueprint made{std::move(*shape), {}, {o.alignment == 0 ? file::expert_layout::least_alignment : o.alignment}, {}};
  if (files != nullptr) {
    auto source = detail::source_of(made.shape, *files);
    if (!source) return source.error();
    made.files.emplace(std::move(*source));
    made.alignment = std::max(made.alignment, made.files->layout().alignment());
    const auto own = made.files->layout().footprints();
    made.footprint.assign(own.begin(), own.end());
    for (bytes& charge : made.footprint) charge = rounded_up(charge, made.alignment);
  } else {
    made.footprint = footprint_of(made.shape, made.alignment);
  }
  bytes largest{};
  for (const bytes charge : made.footprint) largest = std::max(largest, charge);
  if (largest.count > detail::largest_model / (std::uint64_t{made.shape.expert_count()} + 1024))
    return error(error_code::bad_argument, made.shape.expert_count(), " experts of up to ", largest.count, " bytes are more than this library counts");
  return made;
}

}  // namespace moesaic::c
