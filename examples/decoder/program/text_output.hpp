// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <moesaic/core/result.hpp>

#include "command_line/program.hpp"

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
    if (shown_ && !text_.empty() && text_.back() != '\n') return command_line::print("\n");
    return {};
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  result<void> show(const std::string& piece) {
    text_ += piece;
    return shown_ && !piece.empty() ? command_line::print(piece) : result<void>();
  }
  const tokenizer& words_;
  bool shown_;
  text_stream stream_;
  std::string text_;
};

}  // namespace moesaic::decoder
