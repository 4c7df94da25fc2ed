// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/core/quantity.hpp>
#include <moesaic/trace/text_fields.hpp>
#include <moesaic/trace/text_lines.hpp>

namespace moesaic::trace {

/// What stands above the rows of a `route_trace v1` file: numbers of the model, bytes of an expert for each layer, and the
/// names of the columns. Columns go by name; later writers append some.
struct route_trace_header {
  static constexpr std::string_view first_line = "# route_trace v1";
  static constexpr std::string_view format = "route_trace v1";
  enum column : std::uint8_t { turn, phase, step, layer, slot, expert, weight, residency, columns };
  static constexpr std::array<std::string_view, columns> names{"turn", "phase", "step", "layer", "slot", "expert", "weight", "residency"};
  static constexpr std::size_t absent = ~std::size_t{0};

  std::optional<std::uint32_t> blocks, experts, top_k;           ///< n_layer, n_expert, n_expert_used
  std::vector<std::pair<std::uint32_t, bytes>> expert_bytes;     ///< (block, bytes of one expert there), ascending
  std::array<std::size_t, columns> place{};                      ///< of each column in a row, or `absent`
  std::size_t fields = 0;                                        ///< that a row has

  [[nodiscard]] static bool recognises(std::span<const std::byte> start) noexcept {
    if (start.size() < first_line.size() || std::memcmp(start.data(), first_line.data(), first_line.size()) != 0) return false;
    return start.size() == first_line.size() || start[first_line.size()] == std::byte{'\n'} || start[first_line.size()] == std::byte{'\r'};
  }

  /// Reads everything up to and with the line of column names.
  template <byte_source Source>
  [[nodiscard]] static result<route_trace_header> read(text_lines<Source>& lines) {
    route_trace_header header;
    for (;;) {
      const result<std::optional<std::string_view>> line = lines.next();
      if (!line) return line.error();
      if (!*line) return lines.wrong("the file ends before the line of column names (", all_names, ")");
      if (lines.number() == 1 && **line != first_line) return lines.wrong("expected `", first_line, "`");
      if ((*line)->starts_with('#')) {
        if (const char* wrong = header.take_remark(**line); wrong != nullptr) return lines.wrong(std::string_view(wrong));
      } else if (!(*line)->empty()) {
        if (const char* wrong = header.take_columns(**line); wrong != nullptr) return lines.wrong(std::string_view(wrong), all_names);
        return header;
      }
    }
  }

 private:
  static constexpr std::string_view all_names = "turn,phase,step,layer,slot,expert,weight,residency,expert_bytes";

  /// `# key=value key=value`. Unknown keys are left alone; a model's path may hold spaces and more.
  [[nodiscard]] const char* take_remark(std::string_view line) {
    std::optional<std::uint32_t> block;
    text_fields words(line.substr(1), ' ');
    while (const std::optional<std::string_view> word = words.next()) {
      const std::size_t equals = word->find('=');
      if (equals == std::string_view::npos) continue;
      const std::string_view key = word->substr(0, equals), value = word->substr(equals + 1);
      std::optional<std::uint32_t>* const number = key == "n_layer"         ? &blocks
                                                   : key == "n_expert"      ? &experts
                                                   : key == "n_expert_used" ? &top_k
                                                   : key == "layer"         ? &block
                                                                            : nullptr;
      if (number != nullptr) {
        *number = whole_number<std::uint32_t>(value);
        if (!*number) return "n_layer, n_expert, n_expert_used and layer want a whole number";
      } else if (key == "expert_bytes" && block) {
        const std::optional<std::uint64_t> size = whole_number<std::uint64_t>(value);
        if (!size || *size > std::uint64_t{1} << 48U) return "expert_bytes wants a number of bytes";
        if (!expert_bytes.empty() && expert_bytes.back().first >= *block) return "layers with their expert_bytes have to ascend";
        if (expert_bytes.size() == 65'535) return "names more than 65535 layers";
        expert_bytes.emplace_back(*block, bytes{*size});
      }
    }
    return nullptr;
  }

  [[nodiscard]] const char* take_columns(std::string_view line) {
    place.fill(absent);
    text_fields all(line, ',');
    for (fields = 0; const std::optional<std::string_view> name = all.next(); ++fields)
      for (std::size_t c = 0; c < columns; ++c)
        if (without_spaces(*name) == names[c]) {
          if (place[c] != absent) return "names a column twice; expected ";
          place[c] = fields;
        }
    for (const column needed : {step, layer, slot, expert})
      if (place[needed] == absent) return "is not the line of column names, at least step, layer, slot and expert; expected ";
    return nullptr;
  }
};

}  // namespace moesaic::trace
