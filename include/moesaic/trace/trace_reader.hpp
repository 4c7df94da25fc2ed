// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>
#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::trace {

/// What a trace says about itself before its first row.
struct trace_facts {
  std::string_view format;                  ///< name of the format, text that lives as long as the program
  dimensions shape;
  std::optional<std::uint64_t> tokens;      ///< over all sequences, where known in advance
  std::optional<std::uint64_t> sequences;
  bool weights = false;                     ///< the trace holds gate weights
  std::uint32_t weight_steps = 0;           ///< weights are whole multiples of 1 / this; 0 where they are not
  std::vector<bytes> expert_bytes{};        ///< [layers], or [layers × experts], or empty where the trace does not say

  /// Bytes of one expert; 0 where the trace does not say.
  [[nodiscard]] bytes bytes_of(std::size_t layer, std::size_t expert) const noexcept {
    if (expert_bytes.empty()) return {};
    return expert_bytes.size() == shape.layers ? expert_bytes[layer] : expert_bytes[layer * shape.experts + expert];
  }
};

/// What reads one format from front to back, however long the trace is.
///
/// Contract. `facts` stays as it is from opening on, at the same address until the reader moves. `next` gives rows of one
/// sequence in order, every id below `facts().shape.experts` or not_routed, sequences numbered from 0 and one after the other,
/// `first_token` without gaps; after the last rows it gives nothing, and only if the file's end was right too. A token with
/// the same expert twice in a layer is an error, but for MOETRC1, whose reader leaves rows as they are: there it counts once.
/// An error names the source and the line or byte; nothing is read after it. Memory does not grow with the length of the
/// trace. One thread at a time.
template <class R>
concept trace_reader = std::movable<R> && requires(R reader, const R& view) {
  { view.facts() } noexcept -> std::same_as<const trace_facts&>;
  { reader.next() } -> std::same_as<result<std::optional<routing_rows>>>;
};

/// What is asked of a trace that is being opened.
struct trace_options {
  bool weights = false;       ///< give gate weights where the trace has them; some formats are then read a second time
  std::uint32_t experts = 0;  ///< experts in a layer, for formats that do not say; 0: one more than the highest id found
  std::uint32_t top_k = 0;    ///< experts of a token in a layer, for formats that do not say; 0: found from the rows
};

/// What is wrong with dimensions that were read or counted, or nothing. The limits are those of MOETRC1.
[[nodiscard]] inline std::optional<std::string_view> unusable(const dimensions& shape) noexcept {
  if (shape.layers == 0 || shape.layers > 65'535) return "has no layer with experts, or more than 65535";
  if (shape.experts == 0 || shape.experts > 65'535) return "has no expert in a layer, or more than 65535";
  if (shape.top_k == 0 || shape.top_k > shape.experts) return "has a top-k of 0, or above the experts of a layer";
  if (std::uint64_t{std::bit_ceil(shape.experts)} * shape.layers > std::uint64_t{1} << 20U) return "has more than 1048576 experts in all layers together";
  return std::nullopt;
}

}  // namespace moesaic::trace
