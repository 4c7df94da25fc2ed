// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <moesaic/concepts/acceptance_rule.hpp>
#include <moesaic/speculation/greedy.hpp>
#include <moesaic/speculation/sampled.hpp>

namespace moesaic::decoder {

/// The tokens that a run takes: greedy, sampled, or written down beforehand (one after another, whatever the model says).
class token_choice {
 public:
  using rule = std::variant<speculation::greedy, speculation::sampled>;
  explicit token_choice(rule by, std::vector<token_id> forced = {}) : rule_(std::move(by)), forced_(std::move(forced)) {}

  bool accepts(std::span<const float> logits, const drafted_token& drafted) noexcept {
    if (next_ < forced_.size()) return forced_[next_] == drafted.token ? (++next_, true) : false;
    return std::visit([&](auto& r) { return r.accepts(logits, drafted); }, rule_);
  }
  token_id choose(std::span<const float> logits) noexcept {
    if (next_ < forced_.size()) return forced_[next_++];
    return std::visit([&](auto& r) { return r.choose(logits); }, rule_);
  }

 private:
  rule rule_;
  std::vector<token_id> forced_;
  std::size_t next_ = 0;
};
static_assert(acceptance_rule<token_choice>);

}  // namespace moesaic::decoder
