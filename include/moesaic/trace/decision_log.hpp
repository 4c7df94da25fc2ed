// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

#include <moesaic/trace/decision_words.hpp>

namespace moesaic::trace {

/// Hands each decision of a residency to a function as one line of text, where others would print: `say(std::string_view)`, called
/// within the call of the engine that decided. The text lives during the call. Models witness.
/// Cost: text for each decision; allocates, so a run that is logged is not one to measure. `say` must not throw, and must not
/// call the residency that it hears of. One thread at a time, the one that uses the residency.
template <class Say>
  requires std::invocable<Say&, std::string_view>
class decision_log {
 public:
  /// `eviction`: the policy's SPEC, for its name and units in the lines; may be empty.
  explicit decision_log(Say say, std::string_view eviction = {}) : say_(std::move(say)), words_(eviction) {}

  template <class Seen>
  void note(const Seen& what) noexcept {
    if (const std::optional<decision_words::said> line = words_.of(what)) say_(std::string_view(line->text));
  }

 private:
  Say say_;
  decision_words words_;
};

namespace archetype {
struct sayer {
  void operator()(std::string_view) const noexcept;
};
}  // namespace archetype
static_assert(witness<decision_log<archetype::sayer>>);

}  // namespace moesaic::trace
