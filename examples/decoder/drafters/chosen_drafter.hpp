// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <moesaic/concepts/drafter.hpp>
#include <moesaic/core/quantity.hpp>
#include <moesaic/speculation/no_draft.hpp>

#include "model_drafter.hpp"
#include "ngram.hpp"
#include "scripted.hpp"

namespace moesaic::decoder {

/// The drafter that --draft names.
class chosen_drafter {
 public:
  using kinds = std::variant<speculation::no_draft, ngram, scripted, model_drafter>;
  chosen_drafter() = default;
  explicit(false) chosen_drafter(kinds which) : which_(std::move(which)) {}

  result<void> committed(std::span<const token_id> tokens) {
    return std::visit([&](auto& d) { return d.committed(tokens); }, which_);
  }
  result<std::optional<drafted_token>> next() {
    return std::visit([](auto& d) { return d.next(); }, which_);
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept {
    return std::visit([](const auto& d) { return d.hints(); }, which_);
  }

  [[nodiscard]] bool drafts() const noexcept { return which_.index() != 0; }
  /// Weights that only the drafter has: outside the budget.
  [[nodiscard]] bytes size() const noexcept {
    const auto* model = std::get_if<model_drafter>(&which_);
    return model == nullptr ? bytes{} : model->size();
  }
  /// Null unless the drafter is a model.
  [[nodiscard]] const model_drafter* model() const noexcept { return std::get_if<model_drafter>(&which_); }

 private:
  kinds which_;
};
static_assert(drafter<chosen_drafter>);

}  // namespace moesaic::decoder
