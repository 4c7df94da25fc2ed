// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace moesaic::report {

/// Text as it may stand in HTML, in attributes too. Bytes that are no UTF-8, and control characters, become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

// Numbers for people. The first three are written the same way by the page's script, digit by digit.

/// Three digits where it has a fraction, all of the whole part else: 0.0123, 1.23, 12.3, 1234.
[[nodiscard]] std::string short_number(double value);
[[nodiscard]] std::string seconds_text(double seconds);  ///< 12.3 ms
[[nodiscard]] std::string bytes_text(double bytes);      ///< 1.23 GB, decimal
[[nodiscard]] std::string percent_text(double ratio);    ///< 61.25 %
[[nodiscard]] std::string whole_percent_text(double ratio);  ///< 61 %
[[nodiscard]] std::string count_text(std::uint64_t count);  ///< 13 900 000, in groups of three

/// The least number at or above `value` that makes a good end of an axis of four parts.
[[nodiscard]] double axis_end(double value);

}  // namespace moesaic::report
