// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/text_fields.hpp>

namespace moesaic::trace {

/// The start of a NumPy array file (.npy, versions 1 to 3): what its elements are and how many, and where they begin.
/// Source: the format's description in NumPy's documentation (numpy.lib.format).
struct npy_header {
  static constexpr std::array<char, 6> magic{'\x93', 'N', 'U', 'M', 'P', 'Y'};
  static constexpr std::size_t longest = std::size_t{1} << 16U;  ///< of the text in the header; NumPy itself refuses more than 10,000

  char kind = 0;            ///< 'i' signed, 'u' unsigned, 'b' truth, 'f' real, ... as NumPy has it
  std::uint32_t width = 0;  ///< bytes of an element
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
  std::uint64_t data_at = 0;

  [[nodiscard]] static bool recognises(std::span<const std::byte> start) noexcept {
    return start.size() >= magic.size() && std::memcmp(start.data(), magic.data(), magic.size()) == 0;
  }
  [[nodiscard]] bool holds_integers() const noexcept { return kind == 'i' || kind == 'u'; }

  /// Reads the header off the front of `source` (a byte_source, or anything else with `read`). `name` and `from` (the byte at
  /// which the array begins) are for sentences.
  template <class Source>
  [[nodiscard]] static result<npy_header> read(Source& source, std::string_view name, std::uint64_t from = 0) {
    const auto wrong = [&](std::uint64_t at, const auto&... what) { return error(error_code::bad_file, name, ": byte ", from + at, ": ", what...); };
    std::array<std::byte, 12> start{};
    if (const result<void> got = all_of(source, std::span(start).first(8), name, from); !got) return got.error();
    if (!recognises(start)) return wrong(0, "is no NumPy array, its first six bytes are not that word");
    const auto version = std::to_integer<std::uint32_t>(start[6]);
    if (version < 1 || version > 3 || start[7] != std::byte{0})
      return wrong(6, "is a NumPy array of version ", version, ".", std::to_integer<std::uint32_t>(start[7]), "; 1.0 to 3.0 are read");
    const std::size_t length_bytes = version == 1 ? 2 : 4;
    if (const result<void> got = all_of(source, std::span(start).subspan(8, length_bytes), name, from + 8); !got) return got.error();
    std::uint64_t length = 0;
    for (std::size_t i = length_bytes; i-- > 0;) length = length << 8U | std::to_integer<std::uint64_t>(start[8 + i]);
    if (length > longest) return wrong(8, "says that its header has ", length, " bytes; ", longest, " at most");
    std::vector<std::byte> text(static_cast<std::size_t>(length));
    if (const result<void> got = all_of(source, text, name, from + 8 + length_bytes); !got) return got.error();
    npy_header header;
    header.data_at = from + 8 + length_bytes + length;
    if (!header.parse({reinterpret_cast<const char*>(text.data()), text.size()}))
      return wrong(8 + length_bytes, "its header does not read as {'descr': '<i4', 'fortran_order': False, 'shape': (tokens, layers, top_k)}");
    return header;
  }

 private:
  template <class Source>
  [[nodiscard]] static result<void> all_of(Source& source, std::span<std::byte> out, std::string_view name, std::uint64_t at) {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const result<std::size_t> got = source.read(out.subspan(filled));
      if (!got) return got.error();
      if (*got == 0) return error(error_code::bad_file, name, ": ends at byte ", at + filled, ", inside the header of a NumPy array; the file is cut");
      filled += *got;
    }
    return {};
  }

  /// What stands behind `'key':`, without spaces in front.
  [[nodiscard]] static std::optional<std::string_view> behind(std::string_view text, std::string_view key) noexcept {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + key.size());
    text.remove_prefix(std::min(text.find_first_not_of(" :"), text.size()));
    return text;
  }

  [[nodiscard]] bool parse(std::string_view text) {
    const auto descr = behind(text, "'descr'"), order = behind(text, "'fortran_order'"), dims = behind(text, "'shape'");
    if (!descr || !order || !dims || descr->size() < 5 || dims->empty() || dims->front() != '(') return false;
    const std::string_view type = descr->substr(1, descr->find('\'', 1) - 1);
    if (descr->front() != '\'' || type.size() < 3) return false;
    const char byte_order = type[0];
    if (byte_order != '<' && byte_order != '>' && byte_order != '|' && byte_order != '=') return false;
    big_endian = byte_order == '>';
    kind = type[1];
    const auto bytes_each = whole_number<std::uint32_t>(type.substr(2));
    if (!bytes_each || *bytes_each == 0) return false;
    width = *bytes_each;
    fortran_order = order->starts_with("True");
    if (!fortran_order && !order->starts_with("False")) return false;
    const std::size_t end = dims->find(')');
    if (end == std::string_view::npos) return false;
    text_fields sizes(dims->substr(1, end - 1), ',');
    while (const auto field = sizes.next()) {
      if (without_spaces(*field).empty()) continue;  // behind the last comma
      const auto size = whole_number<std::uint64_t>(*field);
      if (!size || *size > std::uint64_t{1} << 40U || shape.size() == 32) return false;
      shape.push_back(*size);
    }
    return true;
  }
};

}  // namespace moesaic::trace
