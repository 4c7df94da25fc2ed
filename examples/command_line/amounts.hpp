// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/core/quantity.hpp>
#include <moesaic/core/result.hpp>

namespace moesaic::command_line {

/// How much memory experts may take, as typed: everything, a share of all expert bytes, or an amount.
class budget_text {
 public:
  /// `all`, `25%`, `12.5%`, `512MiB`, `1.5GB`, `1048576`. Errors: bad_argument.
  [[nodiscard]] static result<budget_text> parse(std::string_view text);

  [[nodiscard]] bool everything() const noexcept { return kind_ == kind::everything; }
  /// The bytes meant, of a model with `total` bytes of experts. Shares are exact and rounded down.
  [[nodiscard]] bytes of(bytes total) const noexcept;

 private:
  enum class kind : std::uint8_t { everything, share, amount };
  kind kind_ = kind::everything;
  std::uint64_t top_ = 0;  // amount in bytes, or numerator of the share
  std::uint64_t bottom_ = 1;
};

/// Digits alone, and the number in range; otherwise nothing.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t least, std::uint64_t most);
/// The same. `what` names it in the error.
[[nodiscard]] result<std::uint64_t> whole_number(std::string_view what, std::string_view text, std::uint64_t least, std::uint64_t most);
/// An amount of bytes: a decimal number with B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024), nothing means
/// bytes. `what` names it in the error.
[[nodiscard]] result<bytes> parse_bytes(std::string_view text, std::string_view what);
/// `500MB/s`; the `/s` may be missing. At least one byte a second. `what` names it in the error.
[[nodiscard]] result<bytes_per_second> parse_rate(std::string_view text, std::string_view what);
/// Token ids with commas, blanks or line ends between them. Errors: bad_argument, naming what is no id and where it stood.
[[nodiscard]] result<std::vector<token_id>> parse_ids(std::string_view text, std::string_view what);

}  // namespace moesaic::command_line
