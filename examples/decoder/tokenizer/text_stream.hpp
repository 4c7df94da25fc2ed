// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "unicode.hpp"

namespace moesaic::decoder {

/// Turns the bytes of one token after another into text that can be shown: what may still become a character waits for its
/// other bytes, and what cannot becomes U+FFFD. Together the answers are always valid UTF-8.
class text_stream {
 public:
  /// Takes the next bytes, answers what can be shown now.
  [[nodiscard]] std::string push(std::string_view bytes) {
    waiting_.append(bytes);
    const std::size_t keep = unfinished_bytes(waiting_);
    std::string out = valid_utf8(std::string_view(waiting_).substr(0, waiting_.size() - keep));
    waiting_.erase(0, waiting_.size() - keep);
    return out;
  }
  /// No more bytes follow: what still waits is broken.
  [[nodiscard]] std::string finish() {
    std::string out = valid_utf8(waiting_);
    waiting_.clear();
    return out;
  }

 private:
  std::string waiting_;
};

}  // namespace moesaic::decoder
