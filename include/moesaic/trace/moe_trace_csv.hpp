// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <moesaic/trace/routed_lines.hpp>
#include <moesaic/trace/text_fields.hpp>

namespace moesaic::trace {

/// llama.cpp moe-trace CSV whose lines say which token they are about. Two writers:
///
///  - without column names, `pos,layer,id,id,...` in rank order (thecodacus/llama.cpp and its forks, tools/moe-trace): prompt
///    positions are negative and count up to -1 within a piece of the prompt, decoded positions count from 0. A first line
///    `token,layer,id0,...` is passed over;
///  - with column names, among them `layer` and `expert`: one line a choice, such as `phase,token,layer,rank,expert`
///    (Cartaz/llama.cpp-vulkan-moe, examples/moe-trace). Also read: `tok`, `pos`, `position`, `step` for token, `slot` for
///    rank, `weight` or `gate`, `seq`, `sequence`, `prompt` or `request`; other columns are passed over.
///
/// The pairs `layer,expert` without tokens are a format of their own (moe_trace_pairs.hpp).
/// llama.cpp works layer by layer, so a pass ends where a line is for an earlier layer; a pass of several tokens is one batch,
/// and a piece of a prompt unless the phase says otherwise; a pass of one decoded token is a step. The last layer of a prompt
/// may hold its last token only. A sequence ends where a prompt follows decoded tokens, where tokens count from 0 again, and
/// where the sequence column changes. Refused otherwise: decoded tokens that do not ascend.
class moe_trace_csv {
 public:
  static constexpr std::string_view name = "llama.cpp moe-trace CSV";

  [[nodiscard]] static bool recognises(std::span<const std::byte> start) noexcept {
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    moe_trace_csv format;
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (format.take_names(line)) return format.at_[token] != absent;
    std::size_t numbers = 0;
    text_fields fields(line, ',');
    for (; const auto field = fields.next(); ++numbers)
      if (!whole_number<std::int64_t>(*field)) return false;
    return numbers >= 3;
  }

  [[nodiscard]] bool skip(std::string_view text) noexcept {
    if (text.empty() || text.front() == '#') return true;
    if (std::exchange(started_, true)) return false;
    return take_names(text);  // the first line may be names
  }

  [[nodiscard]] std::optional<std::string_view> read(std::string_view text, routed_line& line) {
    return named_ ? read_named(text, line) : read_wide(text, line);
  }

  [[nodiscard]] static bool begins(const routed_line& last, const routed_line& now, bool single) noexcept {
    if (now.sequence != last.sequence || now.phase != last.phase || now.block < last.block) return true;
    if (now.block > last.block || now.token == last.token) return false;
    if (now.phase == routed_line::phases::prompt) return now.token < last.token;  // the next piece of the prompt
    return single || now.phase == routed_line::phases::decode;
  }
  [[nodiscard]] static std::optional<std::string_view> disorder(const routed_line& last, const routed_line& now, bool single) noexcept {
    const bool another_pass = begins(last, now, single);
    if (!another_pass && now.block == last.block && now.token < last.token) return "tokens have to ascend within a layer";
    if (another_pass && last.token >= 0 && now.token <= last.token) return "tokens have to ascend from pass to pass";
    return std::nullopt;
  }
  [[nodiscard]] static bool another_sequence(const routed_line& last, const routed_line& now) noexcept {
    using enum routed_line::phases;
    return now.sequence != last.sequence || (last.phase == decode && now.phase == prompt) || (now.token == 0 && last.token > 0);
  }
  [[nodiscard]] static bool prompt(const routed_line& last, std::size_t tokens) noexcept {
    return last.phase == routed_line::phases::unknown ? tokens > 1 : last.phase == routed_line::phases::prompt;
  }

 private:
  enum column : std::uint8_t { sequence, phase, token, layer, rank, expert, weight, columns };
  static constexpr std::size_t absent = ~std::size_t{0};

  /// Whether `line` names columns; takes their places.
  [[nodiscard]] bool take_names(std::string_view line) noexcept {
    at_.fill(absent);
    bool numbered = false;  // the third column is the first of several, such as `id0`
    text_fields fields(line, ',');
    for (std::size_t i = 0; const auto field = fields.next(); ++i) {
      const std::string_view word = without_spaces(*field);
      const auto is = [&](auto... words) { return ((word == words) || ...); };
      const column c = is("seq", "sequence", "prompt", "request")      ? sequence
                       : is("phase")                                   ? phase
                       : is("token", "tok", "pos", "position", "step") ? token
                       : is("layer", "il", "layer_id")                 ? layer
                       : is("rank", "slot", "k")                       ? rank
                       : is("expert", "expert_id")                     ? expert
                       : is("weight", "gate")                          ? weight
                                                                       : columns;
      if (c != columns && at_[c] == absent) at_[c] = i;
      numbered = numbered || (i == 2 && c == columns && word.size() > 1 && word.back() >= '0' && word.back() <= '9');
    }
    named_ = at_[layer] != absent && at_[expert] != absent;
    return named_ || (numbered && at_[token] == 0 && at_[layer] == 1);
  }

  [[nodiscard]] std::optional<std::string_view> read_wide(std::string_view text, routed_line& line) {
    text_fields fields(text, ',');
    const auto position = fields.next(), layer_field = fields.next();
    const auto at = whole_number<std::int64_t>(position.value_or(""));
    const auto block = whole_number<std::uint32_t>(layer_field.value_or(""));
    if (!at || !block) return "expected `position,layer,expert,...` in whole numbers";
    line.token = *at;
    line.block = *block;
    negative_ = negative_ || *at < 0;  // a file without prompts may number its tokens in any way
    line.phase = *at < 0 ? routed_line::phases::prompt : negative_ ? routed_line::phases::decode : routed_line::phases::unknown;
    while (const auto field = fields.next()) {
      const auto id = whole_number<std::uint16_t>(*field);
      if (!id || *id == not_routed) return "an expert is no whole number from 0 to 65534";
      line.experts.push_back(*id);
    }
    if (line.experts.empty()) return "names no expert";
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string_view> read_named(std::string_view text, routed_line& line) const {
    std::array<std::string_view, columns> value{};
    std::array<bool, columns> there{};
    text_fields fields(text, ',');
    for (std::size_t i = 0; const auto field = fields.next(); ++i)
      for (std::size_t c = 0; c < columns; ++c)
        if (at_[c] == i) {
          value[c] = without_spaces(*field);
          there[c] = true;
        }
    for (std::size_t c = 0; c < columns; ++c)
      if (at_[c] != absent && !there[c]) return "has fewer fields than there are columns";
    const auto block = whole_number<std::uint32_t>(value[layer]);
    const auto id = whole_number<std::uint16_t>(value[expert]);
    if (!block) return "layer is no whole number from 0";
    if (!id || *id == not_routed) return "expert is no whole number from 0 to 65534";
    line.block = *block;
    line.experts.push_back(*id);
    const auto at = whole_number<std::int64_t>(value[token]);
    if (!at) return "the token's number is no whole number";
    line.token = *at;
    if (at_[sequence] != absent) {
      const auto number = whole_number<std::int64_t>(value[sequence]);
      if (!number) return "the sequence is no whole number";
      line.sequence = *number;
    }
    line.phase = routed_line::phases::unknown;
    if (at_[phase] != absent) {
      const bool decodes = value[phase] == "decode" || value[phase] == "generate" || value[phase] == "1";
      if (!decodes && value[phase] != "prefill" && value[phase] != "prompt" && value[phase] != "0") return "phase is neither prefill (0) nor decode (1)";
      line.phase = decodes ? routed_line::phases::decode : routed_line::phases::prompt;
    }
    line.slot.reset();
    if (at_[rank] != absent) {
      line.slot = whole_number<std::uint32_t>(value[rank]);
      if (!line.slot) return "rank is no whole number from 0";
    }
    if (at_[weight] != absent) {
      const auto number = real_number(value[weight]);
      const auto mass = number ? weight_of(*number) : std::nullopt;
      if (!mass) return "the weight is no number from 0 to 65535";
      line.weights.push_back(*mass);
    }
    return std::nullopt;
  }

  std::array<std::size_t, columns> at_{};  ///< place of each column, or `absent`
  bool started_ = false, named_ = false;
  bool negative_ = false;  ///< a position below 0 has been seen
};
static_assert(line_format<moe_trace_csv>);

template <byte_source Source>
using moe_trace_csv_reader = routed_lines_reader<Source, moe_trace_csv>;

}  // namespace moesaic::trace
