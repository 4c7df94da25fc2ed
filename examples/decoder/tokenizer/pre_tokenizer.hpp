// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <moesaic/core/result.hpp>

namespace moesaic::decoder {

/// How a text is cut into the pieces inside which byte pairs are merged. Each stands for a regular expression that a family of
/// models was trained with (L letters, N numbers, P punctuation, M marks, S symbols, all of Unicode):
///
///   gpt2      's|'t|'re|'ve|'m|'ll|'d| ?L+| ?N+| ?[^\sLN]+|\s+(?!\S)|\s+
///   llama3    (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\nLN]?L+|N{1,3}| ?[^\sLN]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
///   qwen2     the same with single numbers
///   single_numbers  N, then gpt2, each applied to what the one before left (Granite, which names it refact)
///   gpt4o     [^\r\nLN]?U*W+C?|[^\r\nLN]?U+W*C?|N{1,3}| ?[^\sLN]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+ , where U is a letter but a-z, W a
///             letter but A-Z, and C (?i:'s|'t|'re|'ve|'m|'ll|'d). The models' own rule knows the case of every letter and has marks in
///             U and W; this is the rule by which llama.cpp runs them.
///   deepseek_llm  [\r\n] , then \s?G+ , then \s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3001\u3002]+ , then \s+$ , then
///             [\u0800-\u9FA5\uAC00-\uD7FF]+ without white space, then N+, each applied to what the one before left. G are the
///             letters of scripts that have two cases, as far as the rule lists them (no small Armenian, no Georgian but capitals).
///             U+3000 is in the lists of the models' own rule, but llama.cpp takes all white space out of lists
///   deepseek_v3  N{1,3} , then [\u4E00-\u9FA5\u3040-\u30FF]+ , then
///             A[A-Za-z]+|[^\r\nLPS]?[LM]+| ?[PS]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+ , where A is the P and S of ASCII, each applied
///             to what the one before left
///   staged    [P$+<=>^~|]+ , then gpt2, then N+, then [0-9]{3}, each applied to what the one before left (a file that names
///             "default" or nothing)
enum class pre_tokenizer : std::uint8_t { gpt2, llama3, qwen2, single_numbers, gpt4o, deepseek_llm, deepseek_v3, staged };

/// By the name in a file's `tokenizer.ggml.pre`. Errors: unknown_name, listing the known.
[[nodiscard]] result<pre_tokenizer> pre_tokenizer_named(std::string_view name);

/// Appends the pieces of `text`, which together are the text. Cost: linear, no backtracking over more than one run of white space
/// or of capitals.
void cut_into_pieces(pre_tokenizer how, std::string_view text, std::vector<std::string_view>& pieces);

}  // namespace moesaic::decoder
