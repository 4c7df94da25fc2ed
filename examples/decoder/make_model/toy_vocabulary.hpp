// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gguf.h>

namespace moesaic::decoder {

/// A byte-level tokenizer that takes any text: the 256 bytes, two merges, fillers, and an end token last. Left out below 260
/// tokens.
inline void add_toy_vocabulary(gguf_context* to, std::int64_t size) {
  if (size < 260) return;
  // How byte-level vocabularies write bytes: printable ones as themselves, the others as characters from U+0100 on.
  const auto utf8 = [](unsigned c) {
    return c < 0x80 ? std::string{static_cast<char>(c)} : std::string{static_cast<char>(0xC0U | (c >> 6U)), static_cast<char>(0x80U | (c & 0x3FU))};
  };
  std::vector<std::string> tokens;
  for (unsigned byte = 0, moved = 0; byte < 256; ++byte) {
    const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    tokens.push_back(utf8(itself ? byte : 0x100 + moved));
    moved += itself ? 0U : 1U;
  }
  const std::string space = tokens[' '];
  tokens.push_back(space + "t");
  tokens.push_back("he");
  std::vector<std::int32_t> kinds(static_cast<std::size_t>(size), 1);
  while (tokens.size() + 1 < static_cast<std::size_t>(size)) {
    kinds[tokens.size()] = 5;  // unused
    tokens.push_back("[unused " + std::to_string(tokens.size()) + "]");
  }
  kinds[tokens.size()] = 3;  // control
  tokens.emplace_back("<|endoftext|>");
  std::vector<const char*> names;
  for (const std::string& t : tokens) names.push_back(t.c_str());
  const std::string merge = space + " t";
  const char* merges[] = {merge.c_str(), "h e"};
  gguf_set_val_str(to, "tokenizer.ggml.model", "gpt2");
  gguf_set_val_str(to, "tokenizer.ggml.pre", "gpt-2");
  gguf_set_arr_str(to, "tokenizer.ggml.tokens", names.data(), names.size());
  gguf_set_arr_data(to, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, kinds.data(), kinds.size());
  gguf_set_arr_str(to, "tokenizer.ggml.merges", merges, 2);
  gguf_set_val_u32(to, "tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(size - 1));
  gguf_set_val_u32(to, "tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(size - 1));
  gguf_set_val_bool(to, "tokenizer.ggml.add_bos_token", false);
}

}  // namespace moesaic::decoder
