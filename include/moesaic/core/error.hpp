// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace moesaic {

/// What kind of thing went wrong, for callers that act on it. The sentence beside it is for people.
enum class error_code : std::uint8_t {
  bad_argument,       ///< the caller's value is outside its documented range
  bad_file,           ///< a file is not what it claims to be: magic, length, field
  cannot_open,        ///< a file is missing or not permitted
  below_floor,        ///< a budget cannot hold the staging frames
  does_not_fit,       ///< an event was asked for all at once and cannot fit
  wrong_order,        ///< a call came at a moment its contract excludes
  release_first,      ///< nothing can arrive until something handed out is released
  transfer_failed,    ///< the transport could not bring an expert
  unknown_name,       ///< a policy, system or format that does not exist
  out_of_memory,      ///< the system refused an allocation
  context_full,       ///< no room for another token
};

/// A code and one sentence that a stranger can act on: what, where, what was expected, what to do.
/// The text lives inside (no allocation on a failing path) and is cut at `capacity` bytes.
class error {
 public:
  static constexpr std::size_t capacity = 496;

  constexpr explicit error(error_code code) noexcept : code_(code) {}
  /// `error(error_code::bad_file, path, ": expected magic GGUF, found ", found)`: parts are text or integers.
  template <class... Parts>
    requires(sizeof...(Parts) > 0)
  constexpr error(error_code code, const Parts&... parts) noexcept : code_(code) {
    (append(parts), ...);
  }

  [[nodiscard]] constexpr error_code code() const noexcept { return code_; }
  [[nodiscard]] constexpr std::string_view sentence() const noexcept { return {text_.data(), length_}; }

  constexpr error& append(std::string_view part) noexcept {
    for (const char c : part) {
      if (length_ == capacity) break;
      text_[length_++] = c;
    }
    return *this;
  }
  template <std::integral Number>
    requires(!std::same_as<Number, char> && !std::same_as<Number, bool>)
  constexpr error& append(Number value) noexcept {
    std::array<char, 24> digits{};
    std::size_t at = digits.size();
    const bool negative = std::is_signed_v<Number> && value < Number{};
    auto rest = static_cast<std::uint64_t>(value);
    if (negative) rest = std::uint64_t{} - rest;
    do {
      digits[--at] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (negative) digits[--at] = '-';
    return append(std::string_view(digits.data() + at, digits.size() - at));
  }

 private:
  std::array<char, capacity> text_{};
  std::uint16_t length_ = 0;
  error_code code_;
};

}  // namespace moesaic
