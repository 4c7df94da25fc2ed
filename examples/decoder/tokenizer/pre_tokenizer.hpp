// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <moesaic/core/result.hpp>

namespace moesaic::decoder {

/// How a text is cut into the pieces inside which byte pairs are merged. Each stands for a regular expression that a family of
/// models was trained with (L letters, N numbers, P punctuation, all of Unicode):
///
///   gpt2      's|'t|'re|'ve|'m|'ll|'d| ?L+| ?N+| ?[^\sLN]+|\s+(?!\S)|\s+
///   llama3    (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\nLN]?L+|N{1,3}| ?[^\sLN]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
///   qwen2     the same with single numbers
///   single_numbers  N, then gpt2, each applied to what the one before left (Granite, which names it refact)
///   staged    [P$+<=>^~|]+ , then gpt2, then N+, then [0-9]{3}, each applied to what the one before left (a file that names
///             "default" or nothing)
enum class pre_tokenizer : std::uint8_t { gpt2, llama3, qwen2, single_numbers, staged };

/// By the name in a file's `tokenizer.ggml.pre`. Errors: unknown_name, listing the known.
[[nodiscard]] result<pre_tokenizer> pre_tokenizer_named(std::string_view name);

/// Appends the pieces of `text`, which together are the text. Cost: linear, no backtracking over more than one run of white space.
void cut_into_pieces(pre_tokenizer how, std::string_view text, std::vector<std::string_view>& pieces);

}  // namespace moesaic::decoder
