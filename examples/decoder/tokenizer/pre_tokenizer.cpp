// SPDX-License-Identifier: MIT
#include "pre_tokenizer.hpp"

#include <array>
#include <utility>

#include "deepseek_rules.hpp"
#include "text_runs.hpp"

namespace moesaic::decoder {
namespace {

constexpr std::array<std::pair<std::string_view, pre_tokenizer>, 23> known{{
    {"default", pre_tokenizer::staged},
    {"gpt-2", pre_tokenizer::gpt2},
    {"mpt", pre_tokenizer::gpt2},
    {"olmo", pre_tokenizer::gpt2},
    {"phi-2", pre_tokenizer::gpt2},
    {"llama-bpe", pre_tokenizer::llama3},
    {"llama3", pre_tokenizer::llama3},
    {"llama-v3", pre_tokenizer::llama3},
    {"falcon3", pre_tokenizer::llama3},
    {"dbrx", pre_tokenizer::llama3},
    {"smaug-bpe", pre_tokenizer::llama3},
    {"glm4", pre_tokenizer::llama3},
    {"chatglm-bpe", pre_tokenizer::llama3},
    {"refact", pre_tokenizer::single_numbers},
    {"qwen2", pre_tokenizer::qwen2},
    {"stablelm2", pre_tokenizer::qwen2},
    {"deepseek-r1-qwen", pre_tokenizer::qwen2},
    {"megrez", pre_tokenizer::qwen2},
    {"hunyuan", pre_tokenizer::qwen2},
    {"gpt-4o", pre_tokenizer::gpt4o},
    {"minimax-m2", pre_tokenizer::gpt4o},
    {"deepseek-llm", pre_tokenizer::deepseek_llm},
    {"deepseek-v3", pre_tokenizer::deepseek_v3},
}};

/// Bytes of the contraction that starts at `at`, 0 if none does.
std::size_t contraction(std::string_view text, std::size_t at, bool any_case) noexcept {
  if (text[at] != '\'') return 0;
  const auto letter = [&](std::size_t i) {
    if (at + i >= text.size()) return '\0';
    const char c = text[at + i];
    return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  const char a = letter(1);
  if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
  const char b = letter(2);
  return (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l') ? 3 : 0;
}

std::size_t next_gpt2(std::string_view text, std::size_t at) noexcept {
  if (const std::size_t n = contraction(text, at, false); n != 0) return at + n;
  const std::size_t start = text[at] == ' ' ? at + 1 : at;
  const character c = character_at(text, start);
  if (c.bytes != 0 && c.kind != character_class::space) return end_of_run(text, start, run_class(c));
  return end_of_space(text, at);
}

/// Where no word starts at `at`: numbers, symbols with the line ends (and slashes) behind them, white space.
std::size_t next_wordless(std::string_view text, std::size_t at, std::size_t numbers, bool slashes) noexcept {
  const character first = character_at(text, at);
  if (first.kind == character_class::number) return end_of_run(text, at, character_class::number, numbers);
  const std::size_t start = first.point == ' ' ? at + 1 : at;
  const std::size_t end = end_of_run(text, start, character_class::other);
  if (end == start) return end_of_lines(text, at);
  return end_of(text, end, [slashes](const character& c) { return is_newline(c) || (slashes && c.point == '/'); });
}

std::size_t next_llama3(std::string_view text, std::size_t at, std::size_t numbers) noexcept {
  if (const std::size_t n = contraction(text, at, true); n != 0) return at + n;
  const character first = character_at(text, at);
  const std::size_t second_at = at + first.bytes;
  const character second = character_at(text, second_at);
  if (first.kind == character_class::letter) return end_of_run(text, at, character_class::letter);
  if (second.kind == character_class::letter && first.kind != character_class::number && !is_newline(first))
    return end_of_run(text, second_at, character_class::letter);
  return next_wordless(text, at, numbers, false);
}

/// A word is large letters, then small ones; a letter beyond ASCII is both. Without a small one behind them the large give back
/// what follows their last letter that is both, so that the word ends small where it can.
std::size_t next_gpt4o(std::string_view text, std::size_t at) noexcept {
  const character first = character_at(text, at);
  const bool leads = run_class(first) != character_class::letter && first.kind != character_class::number && !is_newline(first);
  const std::size_t start = leads ? at + first.bytes : at;
  std::size_t end = start;
  std::size_t after_both = start;
  character c = character_at(text, end);
  for (; c.kind == character_class::letter && !is_within(c, 'a', 'z'); c = character_at(text, end)) {
    end += c.bytes;
    if (c.point >= 0x80) after_both = end;
  }
  if (c.kind == character_class::letter)
    end = end_of(text, end, [](const character& l) { return l.kind == character_class::letter && !is_within(l, 'A', 'Z'); });
  else if (after_both != start)
    end = after_both;
  if (end == start) return next_wordless(text, at, 3, true);
  return end < text.size() ? end + contraction(text, end, true) : end;
}

bool is_sign(const character& c) noexcept {
  return c.bytes != 0 && (c.kind == character_class::punctuation ||
                          (c.point < 0x80 && std::string_view("$+<=>^~|").find(static_cast<char>(c.point)) != std::string_view::npos));
}

void cut_in_stages(std::string_view text, std::vector<std::string_view>& out) {
  std::vector<std::string_view> pieces{text};
  std::vector<std::string_view> scratch;
  separate(pieces, scratch, [](std::string_view t, std::size_t at) {
    while (is_sign(character_at(t, at))) at += character_at(t, at).bytes;
    return at;
  });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return next_gpt2(t, at); });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return end_of_run(t, at, character_class::number); });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) {
    const auto digit = [&](std::size_t i) { return at + i < t.size() && t[at + i] >= '0' && t[at + i] <= '9'; };
    return digit(0) && digit(1) && digit(2) ? at + 3 : at;
  });
  out.insert(out.end(), pieces.begin(), pieces.end());
}

void cut_numbers_first(std::string_view text, std::vector<std::string_view>& out) {
  std::vector<std::string_view> pieces{text};
  std::vector<std::string_view> scratch;
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return end_of_run(t, at, character_class::number, 1); });
  separate(pieces, scratch, [](std::string_view t, std::size_t at) { return next_gpt2(t, at); });
  out.insert(out.end(), pieces.begin(), pieces.end());
}

}  // namespace

result<pre_tokenizer> pre_tokenizer_named(std::string_view name) {
  for (const auto& [known_name, how] : known)
    if (name == known_name) return how;
  error why(error_code::unknown_name, "its text is cut by the rule '", name, "', which is not known here; known are");
  for (const auto& [known_name, how] : known) why.append(&known_name == &known[0].first ? " " : ", ").append(known_name);
  return why;
}

void cut_into_pieces(pre_tokenizer how, std::string_view text, std::vector<std::string_view>& pieces) {
  if (how == pre_tokenizer::staged) return text.empty() ? void() : cut_in_stages(text, pieces);
  if (how == pre_tokenizer::single_numbers) return text.empty() ? void() : cut_numbers_first(text, pieces);
  if (how == pre_tokenizer::deepseek_llm) return text.empty() ? void() : cut_deepseek_llm(text, pieces);
  if (how == pre_tokenizer::deepseek_v3) return text.empty() ? void() : cut_deepseek_v3(text, pieces);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = how == pre_tokenizer::gpt2    ? next_gpt2(text, at)
                            : how == pre_tokenizer::gpt4o ? next_gpt4o(text, at)
                                                          : next_llama3(text, at, how == pre_tokenizer::qwen2 ? 1 : 3);
    pieces.push_back(text.substr(at, end - at));
    at = end;
  }
}

}  // namespace moesaic::decoder
