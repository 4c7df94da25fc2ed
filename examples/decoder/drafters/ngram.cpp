// SPDX-License-Identifier: MIT
#include "ngram.hpp"

#include <algorithm>

namespace moesaic::decoder {

result<void> ngram::committed(std::span<const token_id> tokens) {
  for (std::size_t i = 0; i < tokens.size() && i < lengths_.size(); ++i) {
    record& of_length = kept_[lengths_[i]];
    ++of_length.said;
    if (tokens[i] != text_[sure_ + i]) break;  // nobody knows about those behind it
    ++of_length.right;
  }
  lengths_.clear();
  text_.resize(sure_);
  text_.insert(text_.end(), tokens.begin(), tokens.end());
  sure_ = text_.size();
  return {};
}

result<std::optional<drafted_token>> ngram::next() {
  const std::size_t size = text_.size();
  for (std::size_t n = how_.longest; n >= how_.shortest; --n) {
    if (size <= n) continue;
    const auto last = text_.end() - static_cast<std::ptrdiff_t>(n);
    const auto found = std::find_end(text_.begin(), text_.end() - 1, last, text_.end());
    if (found == text_.end() - 1) continue;
    const token_id token = *(found + static_cast<std::ptrdiff_t>(n));
    const record& of_length = kept_[n];
    text_.push_back(token);
    lengths_.push_back(static_cast<std::uint32_t>(n));
    return std::optional(drafted_token{token, static_cast<float>(of_length.right + 1) / static_cast<float>(of_length.said + 2), {}});
  }
  return std::optional<drafted_token>();
}

}  // namespace moesaic::decoder
