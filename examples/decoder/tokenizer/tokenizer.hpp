// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/concepts/moe_model.hpp>
#include <moesaic/core/result.hpp>

#include "../engine/gguf_file.hpp"
#include "byte_pair_merger.hpp"
#include "pre_tokenizer.hpp"
#include "sentence_pieces.hpp"

namespace moesaic::decoder {

/// Text to token ids and back, as the model's file describes it: byte-level BPE (`tokenizer.ggml.model` "gpt2") and SentencePiece
/// vocabularies with scores ("llama"). A file with another tokenizer, or none, makes one that can do neither: ids are all such a
/// model needs, and `encode` says what is missing. Chat templates are not applied: the text is taken as it stands.
/// Cost: about 25 bytes a token and 45 a merge; encoding is linear but for the merges, O(n log n) in the longest piece.
class tokenizer {
 public:
  [[nodiscard]] static tokenizer from(const gguf_file& file);

  /// Ids of a text. Control and user-defined tokens written out in the text ("<|endoftext|>") become their ids; the first of
  /// the longest wins. The begin token comes first where the file asks for one.
  /// Errors: bad_argument, with the reason why this file's tokenizer cannot be used.
  [[nodiscard]] result<std::vector<token_id>> encode(std::string_view text);

  /// The bytes a token stands for; empty for control tokens and ids without a text.
  [[nodiscard]] std::string_view bytes_of(token_id id) const noexcept;
  /// Whether generation ends behind this token.
  [[nodiscard]] bool ends_text(token_id id) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return kinds_.size(); }
  [[nodiscard]] bool has_text() const noexcept { return has_text_; }
  [[nodiscard]] const std::string& why_no_encoding() const noexcept { return why_no_encoding_; }

 private:
  enum class token_kind : std::uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

  [[nodiscard]] result<void> read_tokens(const gguf_file& file, bool byte_level);
  [[nodiscard]] result<void> read_merges(const gguf_file& file);
  [[nodiscard]] result<void> read_scores(const gguf_file& file);
  void encode_plain(std::string_view text, std::vector<token_id>& ids);
  void encode_scored(std::string_view text, std::vector<token_id>& ids);
  [[nodiscard]] token_id special_at(std::string_view text, std::size_t at) const noexcept;

  std::string why_no_encoding_;
  bool has_text_ = false;
  bool whole_pieces_first_ = false;  // a piece that is a token is taken as it is, whatever the merges say
  pre_tokenizer how_ = pre_tokenizer::gpt2;
  byte_pair_merger merger_;
  sentence_pieces scored_;
  std::vector<float> scores_;  // of a SentencePiece vocabulary; empty: byte-level
  bool blank_before_ = true;   // SentencePiece: a text begins with a blank, written or not
  std::vector<token_kind> kinds_;
  std::array<std::vector<token_id>, 256> specials_;  // by first byte, longest first
  std::array<token_id, 256> token_of_byte_{};
  token_id begin_ = -1;  // -1: none, or not wanted
  std::vector<token_id> ends_;
  std::vector<std::uint32_t> symbols_;  // scratch
  std::vector<std::string_view> pieces_;
};

}  // namespace moesaic::decoder
