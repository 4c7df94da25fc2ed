// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <moesaic/concepts/drafter.hpp>
#include <moesaic/core/quantity.hpp>

#include "model_drafter.hpp"
#include "ngram.hpp"
#include "scripted.hpp"

namespace moesaic::decoder {

/// The drafter that --draft names, or nobody.
class chosen_drafter {
 public:
  using kinds = std::variant<ngram, scripted, model_drafter>;
  chosen_drafter() = default;
  template <class Kind, class... Arguments>
  [[nodiscard]] static chosen_drafter of(Arguments&&... arguments) {
    chosen_drafter made;
    made.which_ = std::make_unique<kinds>(std::in_place_type<Kind>, std::forward<Arguments>(arguments)...);
    return made;
  }

  result<void> committed(std::span<const token_id> tokens) {
    if (!which_) return {};
    return std::visit([&](auto& d) { return d.committed(tokens); }, *which_);
  }
  result<std::optional<drafted_token>> next() {
    if (!which_) return std::optional<drafted_token>();
    return std::visit([](auto& d) { return d.next(); }, *which_);
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept {
    if (!which_) return {};
    return std::visit([](const auto& d) { return d.hints(); }, *which_);
  }

  /// Weights that only the drafter has: outside the budget.
  [[nodiscard]] bytes size() const noexcept { return model() == nullptr ? bytes{} : model()->size(); }
  /// Null unless the drafter is a model.
  [[nodiscard]] const model_drafter* model() const noexcept { return which_ ? std::get_if<model_drafter>(which_.get()) : nullptr; }

 private:
  std::unique_ptr<kinds> which_;
};
static_assert(drafter<chosen_drafter>);

}  // namespace moesaic::decoder
