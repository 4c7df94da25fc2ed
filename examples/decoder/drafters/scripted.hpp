// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/concepts/drafter.hpp>

namespace moesaic::decoder {

/// Proposes a continuation that was written down beforehand, or never the token that stands there: the two ends of what any
/// drafter can be, as controls. It is asked for no work, so what a run with it costs is what verifying costs.
/// A wrong token is the right one's neighbour in the vocabulary. Behind the last one written down it has nothing to offer.
class scripted {
 public:
  /// `continuation`: what follows a prompt of `prompt` tokens.
  scripted(std::vector<token_id> continuation, std::size_t prompt, bool right, std::uint32_t vocabulary)
      : continuation_(std::move(continuation)), prompt_(prompt), right_(right), vocabulary_(static_cast<token_id>(vocabulary)) {}

  result<void> committed(std::span<const token_id> tokens) noexcept {
    heard_ += tokens.size();
    proposed_ = 0;
    return {};
  }
  result<std::optional<drafted_token>> next() noexcept {
    const std::size_t at = heard_ + proposed_ - prompt_;
    if (heard_ < prompt_ || at >= continuation_.size()) return std::optional<drafted_token>();
    ++proposed_;
    const token_id token = right_ ? continuation_[at] : (continuation_[at] + 1) % vocabulary_;
    return std::optional(drafted_token{token, 1, {}});
  }
  [[nodiscard]] std::span<const hint> hints() const noexcept { return {}; }

 private:
  std::vector<token_id> continuation_;
  std::size_t prompt_;
  bool right_;
  token_id vocabulary_;
  std::size_t heard_ = 0;
  std::size_t proposed_ = 0;
};
static_assert(drafter<scripted>);

}  // namespace moesaic::decoder
