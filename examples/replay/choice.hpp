// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/belady.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/eviction/lru_by_rank.hpp>

namespace moesaic::replaying {

/// The eviction policies a row may have; what is done for a row is compiled for each of them.
using evictor = std::variant<eviction::lru, eviction::lru_by_rank, eviction::fifo, eviction::lfu, eviction::lrfu, eviction::random, eviction::belady>;

/// What counts as later within one event: nothing (equal stamps), or the router's order. Only lru makes a difference.
enum class recency { by_event, by_rank };

struct eviction_choice {
  std::string text;  ///< as people wrote it
  evictor policy;

  [[nodiscard]] bool keyed() const noexcept {
    return std::visit([]<class P>(const P&) { return keyed_eviction_policy<P>; }, policy);
  }
};
struct admission_choice {
  std::string text;
  admission::any policy;
};

/// The policy of a spec, or an error that lists the known ones.
[[nodiscard]] result<eviction_choice> choose_eviction(std::string_view text, recency order);
[[nodiscard]] result<admission_choice> choose_admission(std::string_view text);

/// `a,b(1,2),c` at the commas outside brackets. Empty parts stay, for whoever reads them to object.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace moesaic::replaying
