// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <moesaic/trace/routed_lines.hpp>
#include <moesaic/trace/text_fields.hpp>

namespace moesaic::trace {

/// colibri's ROUTE_TRACE: `<call> <row> <layer> <expert>:<gate> ...`, a line for each row of each call of a MoE layer.
///
/// Source: the writer (JustVugg/colibri, route_trace.h: `rt_trace`, `rt_trace_end`) and the project's replay
/// (bench_tier/policy_replay.py, `parse_trace`).
/// The call counter goes up with each layer of each forward pass, so a pass ends where a new call is not for a later layer;
/// files that count one call a pass read the same. A pass of one row is a decoded token and a step; a pass of several rows is
/// a batch, taken for a piece of a prompt. Experts come in rank order, gates are what the layer applies. Nothing marks where
/// a conversation ends, so a file is one sequence. Refused: calls that go back, a row of a layer twice, gates that are no
/// finite number from 0 (the project's own replay passes over repeated rows).
struct colibri_lines {
  static constexpr std::string_view name = "colibri ROUTE_TRACE";

  /// Three numbers, then pairs with a colon.
  [[nodiscard]] static bool recognises(std::span<const std::byte> start) noexcept {
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    text_fields fields(text.substr(0, text.find_first_of("\r\n")), ' ');
    for (int i = 0; i < 3; ++i)
      if (const auto field = fields.next(); !field || !whole_number<std::uint32_t>(*field)) return false;
    const auto pair = fields.next();
    const std::size_t colon = pair ? pair->find(':') : std::string_view::npos;
    return colon != std::string_view::npos && whole_number<std::uint32_t>(pair->substr(0, colon)).has_value();
  }

  [[nodiscard]] static bool skip(std::string_view text) noexcept { return text.find_first_not_of(" \t") == std::string_view::npos; }

  [[nodiscard]] static std::optional<std::string_view> read(std::string_view text, routed_line& line) {
    text_fields fields(text, ' ');
    for (std::int64_t* const number : {&line.call, &line.token}) {
      const auto field = fields.next();
      const auto value = whole_number<std::uint32_t>(field.value_or(""));
      if (!value) return "expected `<call> <row> <layer> <expert>:<gate> ...`, whole numbers from 0 in front";
      *number = *value;
    }
    const auto layer = fields.next();
    const auto block = whole_number<std::uint32_t>(layer.value_or(""));
    if (!block) return "expected `<call> <row> <layer> <expert>:<gate> ...`, whole numbers from 0 in front";
    line.block = *block;
    while (const auto pair = fields.next()) {
      const std::size_t colon = pair->find(':');
      if (colon == std::string_view::npos) return "expected `<expert>:<gate>` behind call, row and layer";
      const auto expert = whole_number<std::uint16_t>(pair->substr(0, colon));
      if (!expert || *expert == not_routed) return "an expert is no whole number from 0 to 65534";
      const auto gate = real_number(pair->substr(colon + 1));
      const auto weight = gate ? weight_of(*gate) : std::nullopt;
      if (!weight) return "a gate is no number from 0 to 65535";
      line.experts.push_back(*expert);
      line.weights.push_back(*weight);
    }
    if (line.experts.empty()) return "names no expert";
    return std::nullopt;
  }

  [[nodiscard]] static bool begins(const routed_line& last, const routed_line& now, bool) noexcept { return now.call != last.call && now.block <= last.block; }
  [[nodiscard]] static std::optional<std::string_view> disorder(const routed_line& last, const routed_line& now, bool) noexcept {
    if (now.call < last.call) return "calls have to ascend, and this one is before the one above; rows";
    if (now.call == last.call && now.block == last.block && now.token <= last.token) return "rows have to ascend within a layer of a call; rows";
    return std::nullopt;
  }
  [[nodiscard]] static bool another_sequence(const routed_line&, const routed_line&) noexcept { return false; }
  [[nodiscard]] static bool prompt(const routed_line&, std::size_t tokens) noexcept { return tokens > 1; }
};
static_assert(line_format<colibri_lines>);

template <byte_source Source>
using colibri_trace_reader = routed_lines_reader<Source, colibri_lines>;

}  // namespace moesaic::trace
