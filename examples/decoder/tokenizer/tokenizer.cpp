// SPDX-License-Identifier: MIT
#include "tokenizer.hpp"

#include <algorithm>

#include "byte_alphabet.hpp"

namespace moesaic::decoder {
namespace {

constexpr std::size_t most_tokens = std::size_t{1} << 24U;
constexpr std::size_t most_bytes = std::size_t{1} << 30U;

std::size_t total_bytes(const std::vector<std::string_view>& texts) {
  std::size_t sum = 0;
  for (const std::string_view t : texts) sum += t.size();
  return sum;
}

/// A SentencePiece token as text: the mark for a blank becomes one, "<0x0A>" becomes its byte.
std::string plain_piece(std::string_view piece, bool byte) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  if (byte && piece.size() == 6 && piece.substr(0, 3) == "<0x" && digit(piece[3]) >= 0 && digit(piece[4]) >= 0)
    return {static_cast<char>(digit(piece[3]) * 16 + digit(piece[4]))};
  static constexpr std::string_view blank = "\xE2\x96\x81";
  std::string out;
  for (std::size_t at = 0; at < piece.size();) {
    const bool is_blank = piece.substr(at, blank.size()) == blank;
    out.push_back(is_blank ? ' ' : piece[at]);
    at += is_blank ? blank.size() : 1;
  }
  return out;
}

}  // namespace

tokenizer tokenizer::from(const gguf_file& file) {
  tokenizer t;
  t.token_of_byte_.fill(-1);
  const auto model = file.text("tokenizer.ggml.model");
  if (!model) {
    t.why_no_encoding_ = "the file holds no tokenizer";
    return t;
  }
  const bool byte_level = *model == "gpt2";
  if (!byte_level && *model != "llama") {
    t.why_no_encoding_ = "its tokenizer '" + printable(*model) + "' is not known here; known are gpt2 (byte-level BPE) and llama (SentencePiece)";
    return t;
  }
  if (const auto read = t.read_tokens(file, byte_level); !read) {
    t.why_no_encoding_ = read.error().sentence();
    return t;
  }
  t.has_text_ = true;
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
    if (const auto id = file.whole(key); id && *id < t.size()) t.ends_.push_back(static_cast<token_id>(*id));
  if (const auto read = byte_level ? t.read_merges(file) : t.read_scores(file); !read) {
    t.why_no_encoding_ = read.error().sentence();
    return t;
  }
  const auto add = file.flag("tokenizer.ggml.add_bos_token");
  if (add ? *add : !byte_level)
    if (const auto id = file.whole("tokenizer.ggml.bos_token_id"); id && *id < t.size()) t.begin_ = static_cast<token_id>(*id);
  return t;
}

result<void> tokenizer::read_tokens(const gguf_file& file, bool byte_level) {
  const auto tokens = file.texts("tokenizer.ggml.tokens");
  if (!tokens) return tokens.error();
  if (tokens->empty() || tokens->size() > most_tokens)
    return error(error_code::bad_file, "tokenizer.ggml.tokens has ", tokens->size(), " entries; 1 to ", most_tokens, " are possible");
  if (total_bytes(*tokens) > most_bytes) return error(error_code::bad_file, "tokenizer.ggml.tokens holds more than a gibibyte of text");
  std::vector<std::int64_t> types;
  if (file.has("tokenizer.ggml.token_type")) {
    auto read = file.wholes("tokenizer.ggml.token_type");
    if (!read) return read.error();
    if (read->size() != tokens->size())
      return error(error_code::bad_file, "tokenizer.ggml.token_type has ", read->size(), " entries for ", tokens->size(), " tokens");
    types = std::move(*read);
  }
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const std::int64_t type = types.empty() ? 1 : types[i];
    const auto kind = type >= 1 && type <= 6 ? static_cast<token_kind>(type) : token_kind::normal;
    const bool literal = kind == token_kind::control || kind == token_kind::user_defined || kind == token_kind::unknown;
    const std::string_view text = (*tokens)[i];
    kinds_.push_back(kind);
    if (literal) {
      merger_.add_unfindable(text);
      if (!text.empty() && kind != token_kind::unknown) specials_[static_cast<unsigned char>(text[0])].push_back(static_cast<token_id>(i));
    } else if (byte_level) {
      const auto bytes = bytes_behind(text);
      merger_.add_symbol(bytes ? std::string_view(*bytes) : text);
    } else if (const std::string plain = plain_piece(text, kind == token_kind::byte); kind == token_kind::byte) {
      merger_.add_unfindable(plain);  // only where no other token holds the character
      if (plain.size() == 1) token_of_byte_[static_cast<unsigned char>(plain[0])] = static_cast<token_id>(i);
    } else {
      merger_.add_symbol(plain);
    }
  }
  for (auto& same_start : specials_)
    std::stable_sort(same_start.begin(), same_start.end(), [this](token_id a, token_id b) {
      return merger_.text(static_cast<std::uint32_t>(a)).size() > merger_.text(static_cast<std::uint32_t>(b)).size();
    });
  return {};
}

result<void> tokenizer::read_merges(const gguf_file& file) {
  const auto rule = file.has("tokenizer.ggml.pre") ? file.text("tokenizer.ggml.pre") : result<std::string_view>("default");
  if (!rule) return rule.error();
  const auto how = pre_tokenizer_named(printable(*rule));
  if (!how) return how.error();
  how_ = *how;
  whole_pieces_first_ = how_ == pre_tokenizer::llama3;
  const auto merges = file.texts("tokenizer.ggml.merges");
  if (!merges) return merges.error();
  if (merges->size() > most_tokens) return error(error_code::bad_file, "tokenizer.ggml.merges has ", merges->size(), " entries");
  if (total_bytes(*merges) > most_bytes) return error(error_code::bad_file, "tokenizer.ggml.merges holds more than a gibibyte of text");
  for (std::size_t i = 0; i < merges->size(); ++i) {
    const std::string_view line = (*merges)[i];
    const std::size_t gap = line.find(' ', 1);
    if (gap == std::string_view::npos || gap + 1 == line.size())
      return error(error_code::bad_file, "entry ", i, " of tokenizer.ggml.merges is not two texts with a blank between them");
    const auto left = bytes_behind(line.substr(0, gap));
    const auto right = bytes_behind(line.substr(gap + 1));
    if (!left || !right) return error(error_code::bad_file, "entry ", i, " of tokenizer.ggml.merges holds a character that stands for no byte");
    merger_.add_merge(*left, *right);
  }
  for (std::size_t b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    const std::uint32_t symbol = merger_.symbol_of(std::string_view(&byte, 1));
    if (symbol < size()) token_of_byte_[b] = static_cast<token_id>(symbol);
  }
  return {};
}

result<void> tokenizer::read_scores(const gguf_file& file) {
  auto scores = file.reals("tokenizer.ggml.scores");
  if (!scores) return scores.error();
  if (scores->size() != size()) return error(error_code::bad_file, "tokenizer.ggml.scores has ", scores->size(), " entries for ", size(), " tokens");
  scores_ = std::move(*scores);
  if (const auto blank = file.flag("tokenizer.ggml.add_space_prefix"); blank) blank_before_ = *blank;
  return {};
}

token_id tokenizer::special_at(std::string_view text, std::size_t at) const noexcept {
  for (const token_id id : specials_[static_cast<unsigned char>(text[at])])
    if (text.substr(at).starts_with(merger_.text(static_cast<std::uint32_t>(id)))) return id;
  return -1;
}

/// `text` lies between special tokens, or ends.
void tokenizer::encode_scored(std::string_view text, std::vector<token_id>& ids) {
  if (text.empty()) return;
  const std::string plain = plain_piece((blank_before_ ? " " : "") + std::string(text), false);
  std::vector<sentence_pieces::piece> pieces;
  scored_.merge(plain, merger_, scores_, pieces);
  for (const auto& [symbol, own] : pieces) {
    if (symbol != byte_pair_merger::none)
      ids.push_back(static_cast<token_id>(symbol));
    else
      for (const char byte : own) ids.push_back(token_of_byte_[static_cast<unsigned char>(byte)]);
  }
}

void tokenizer::encode_plain(std::string_view text, std::vector<token_id>& ids) {
  if (!scores_.empty()) return encode_scored(text, ids);
  pieces_.clear();
  cut_into_pieces(how_, text, pieces_);
  for (const std::string_view piece : pieces_) {
    symbols_.clear();
    const std::uint32_t whole = whole_pieces_first_ ? merger_.find(piece) : byte_pair_merger::none;
    if (whole < size())
      symbols_.push_back(whole);
    else
      merger_.merge(piece, symbols_);
    for (const std::uint32_t symbol : symbols_) {
      if (symbol < size()) {
        ids.push_back(static_cast<token_id>(symbol));
        continue;
      }
      for (const char byte : merger_.text(symbol)) ids.push_back(token_of_byte_[static_cast<unsigned char>(byte)]);
    }
  }
}

result<std::vector<token_id>> tokenizer::encode(std::string_view text) {
  if (!why_no_encoding_.empty())
    return error(error_code::bad_argument, "this model cannot take a text, because ", why_no_encoding_, "; give the prompt as --prompt-ids");
  std::vector<token_id> ids;
  if (begin_ >= 0) ids.push_back(begin_);
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    const token_id special = special_at(text, at);
    if (special < 0) {
      ++at;
      continue;
    }
    encode_plain(text.substr(plain, at - plain), ids);
    ids.push_back(special);
    plain = at += merger_.text(static_cast<std::uint32_t>(special)).size();
  }
  encode_plain(text.substr(plain), ids);
  if (std::find(ids.begin(), ids.end(), -1) != ids.end())
    return error(error_code::bad_argument, "the prompt holds a byte for which this model has no token; give the prompt as --prompt-ids");
  return ids;
}

std::string_view tokenizer::bytes_of(token_id id) const noexcept {
  if (!has_text_ || id < 0 || static_cast<std::size_t>(id) >= size()) return {};
  if (kinds_[static_cast<std::size_t>(id)] == token_kind::control) return {};
  return merger_.text(static_cast<std::uint32_t>(id));
}

bool tokenizer::ends_text(token_id id) const noexcept { return std::find(ends_.begin(), ends_.end(), id) != ends_.end(); }

}  // namespace moesaic::decoder
