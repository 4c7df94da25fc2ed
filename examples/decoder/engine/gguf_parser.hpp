// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gguf_file.hpp"

namespace moesaic::decoder {

/// The types of header values, numbered as in the file.
enum class gguf_kind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, flag, text, array, u64, i64, f64 };

/// Bytes of one value of a fixed-size kind; 0 for text, arrays and unknown kinds.
[[nodiscard]] constexpr std::uint64_t fixed_bytes(std::uint32_t kind) noexcept {
  switch (static_cast<gguf_kind>(kind)) {
    case gguf_kind::u8:
    case gguf_kind::i8:
    case gguf_kind::flag: return 1;
    case gguf_kind::u16:
    case gguf_kind::i16: return 2;
    case gguf_kind::u32:
    case gguf_kind::i32:
    case gguf_kind::f32: return 4;
    case gguf_kind::u64:
    case gguf_kind::i64:
    case gguf_kind::f64: return 8;
    default: return 0;
  }
}

template <class Number>
[[nodiscard]] Number load_number(const std::byte* from) noexcept {  // GGUF is little-endian, as every machine ggml's CPU code runs on
  Number value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Walks a header once from its first byte to its last, pulling the file's bytes in as they are needed.
class gguf_parser {
 public:
  explicit gguf_parser(gguf_file& into) : file_(into) {}
  [[nodiscard]] result<void> parse();

 private:
  // Places are kept as offsets while the header still grows (and moves), and become pointers at the end.
  struct place {
    std::uint64_t at = 0;
    std::uint64_t length = 0;
  };
  struct raw_entry {
    place key;
    std::uint32_t type = 0;
    bool array = false;
    std::uint64_t count = 1;
    std::uint64_t at = 0;
  };
  struct raw_tensor {
    place name;
    gguf_tensor rest;
  };

  [[nodiscard]] bool need(std::uint64_t length);
  template <class Number>
  [[nodiscard]] bool take(Number& out);
  [[nodiscard]] bool take_text(place& out);
  [[nodiscard]] bool skip_values(std::uint32_t type, std::uint64_t count);
  [[nodiscard]] result<void> parse_entry(std::uint64_t index);
  [[nodiscard]] result<void> parse_tensor(std::uint64_t index);
  [[nodiscard]] result<void> place_tensors();
  [[nodiscard]] result<void> publish();
  [[nodiscard]] std::string_view view(place p) const noexcept { return {reinterpret_cast<const char*>(file_.header_.data()) + p.at, p.length}; }
  [[nodiscard]] error cut(std::string_view where, std::uint64_t index) const;
  template <class... Parts>
  [[nodiscard]] error bad(const Parts&... parts) const {
    return error(error_code::bad_file, file_.path_, ": ", parts...);
  }

  gguf_file& file_;
  std::uint64_t at_ = 0;
  bool read_failed_ = false;
  std::vector<raw_entry> entries_;
  std::vector<raw_tensor> tensors_;
};

}  // namespace moesaic::decoder
