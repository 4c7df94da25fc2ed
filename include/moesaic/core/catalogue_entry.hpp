// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include <moesaic/core/error.hpp>

namespace moesaic {

/// A policy that people may name, for help texts and errors.
struct catalogue_entry {
  std::string_view name;
  std::string_view arguments;  ///< as they are written behind the name: `(half_life)`, or empty
  std::string_view help;       ///< one line
};

/// What a name that is in no catalogue gets: `kind` is "eviction policy" or its like; those that are known are listed.
[[nodiscard]] constexpr error unknown_name(std::string_view name, std::string_view kind, std::span<const catalogue_entry> known) noexcept {
  error why(error_code::unknown_name, "'", name, "' is no ", kind, "; known are");
  for (const catalogue_entry& e : known) why.append(" ").append(e.name);
  return why;
}

}  // namespace moesaic
