// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <string_view>

#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/speculation/fixed.hpp>

namespace moesaic::speculation {

/// Any governor of this folder, chosen at run time. There is one so far, so nothing has to be dispatched.
///
/// Source: ours. Cost: that governor's. State and Ties: that governor's.
using any = fixed;

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"fixed", "length=0,stop_below=0", "drafts length tokens (0: none), or up to one less probable than stop_below percent"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

/// The governor of a spec: `fixed(8)`, `fixed(8,stop_below=75)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  if (parsed->name() == "fixed") {
    if (const auto fine = parsed->only(std::array<std::string_view, 2>{"length", "stop_below"}, true); !fine) return fine.error();
    const auto length = parsed->number("length", 0, 0, 63, true);
    if (!length) return length.error();
    const auto percent = parsed->number("stop_below", 0, 0, 100);
    if (!percent) return percent.error();
    return fixed{.length = {static_cast<std::uint32_t>(*length)}, .stop_below = static_cast<float>(*percent) / 100.0F};
  }
  return unknown_name(parsed->name(), "speculation governor", entries());
}

}  // namespace moesaic::speculation
