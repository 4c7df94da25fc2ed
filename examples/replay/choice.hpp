// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/belady_by_bytes.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/eviction/lru_by_rank.hpp>

#include "command_line/policy_library.hpp"

namespace moesaic::replaying {

/// A variant with some more alternatives.
template <class Variant, class... More>
struct extended;
template <class... Choices, class... More>
struct extended<std::variant<Choices...>, More...> {
  using type = std::variant<Choices..., More...>;
};

/// The eviction policies a row may have: the catalogue's, and those that only a replay can serve. What is done for a row is
/// compiled for each of them.
using evictor = extended<eviction::any::choices, eviction::lru_by_rank, eviction::belady, eviction::belady_by_bytes>::type;

/// What counts as later within one event: nothing (equal stamps), or the router's order. Only lru makes a difference.
enum class recency { by_event, by_rank };

struct eviction_choice {
  std::string text;  ///< as people wrote it
  evictor policy;

  [[nodiscard]] bool keyed() const noexcept;
  [[nodiscard]] bool clairvoyant() const noexcept { return std::holds_alternative<eviction::belady>(policy); }
};
struct admission_choice {
  std::string text;
  admission::any policy;
};

/// The policy of a spec, of the library or out of one of `more`, or an error that lists the known ones.
[[nodiscard]] result<eviction_choice> choose_eviction(std::string_view text, recency order, const command_line::policy_libraries& more);
[[nodiscard]] result<admission_choice> choose_admission(std::string_view text);

}  // namespace moesaic::replaying
