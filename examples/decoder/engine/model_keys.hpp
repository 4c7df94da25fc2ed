// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gguf_file.hpp"

namespace moesaic::decoder {

/// Reads an architecture's keys ("llama.block_count" by the name "block_count") and keeps the first error, so that a list
/// of keys can be read without a test after each. After an error every further answer is a harmless default.
class model_keys {
 public:
  model_keys(const gguf_file& file, std::string_view architecture) : file_(file), architecture_(architecture) {}

  /// A whole number in [least, most]. An array of equal numbers, one per layer, counts as that number.
  [[nodiscard]] std::int64_t whole(std::string_view name, std::int64_t least, std::int64_t most);
  [[nodiscard]] std::int64_t whole_or(std::string_view name, std::int64_t otherwise, std::int64_t least, std::int64_t most);
  [[nodiscard]] double real(std::string_view name, double least, double most);
  [[nodiscard]] double real_or(std::string_view name, double otherwise, double least, double most);
  [[nodiscard]] bool flag_or(std::string_view name, bool otherwise);
  [[nodiscard]] std::string text_or(std::string_view name, std::string_view otherwise);
  /// A condition between keys that has to hold; the sentence says what was expected.
  void require(bool holds, std::string_view sentence);

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }

 private:
  [[nodiscard]] std::string full(std::string_view name) const { return architecture_ + "." + std::string(name); }
  void fail(const error& why) {
    if (!failure_) failure_ = why;
  }

  const gguf_file& file_;
  std::string architecture_;
  std::optional<error> failure_;
};

}  // namespace moesaic::decoder
