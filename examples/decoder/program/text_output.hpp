// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include <moesaic/core/result.hpp>

#include "../tokenizer/text_stream.hpp"
#include "../tokenizer/tokenizer.hpp"

namespace moesaic::decoder {

/// Collects the text of a run and, where wanted, writes it to standard output while it is made.
class text_output {
 public:
  text_output(const tokenizer& words, bool shown) : words_(words), shown_(shown) {}

  result<void> take(token_id id) { return show(stream_.push(words_.bytes_of(id))); }
  /// Ends the text; with a line end, if there was any.
  result<void> finish() {
    if (result<void> rest = show(stream_.finish()); !rest) return rest;
    if (shown_ && !text_.empty() && text_.back() != '\n') return put("\n");
    return {};
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  result<void> show(const std::string& piece) {
    text_ += piece;
    return shown_ && !piece.empty() ? put(piece) : result<void>();
  }
  static result<void> put(std::string_view piece) {
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) == piece.size() && std::fflush(stdout) == 0) return {};
    return error(error_code::transfer_failed, "could not write to standard output: ", std::string_view(std::strerror(errno)));
  }

  const tokenizer& words_;
  bool shown_;
  text_stream stream_;
  std::string text_;
};

}  // namespace moesaic::decoder
