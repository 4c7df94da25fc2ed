// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <ggml.h>
#include <gguf.h>

namespace moesaic_test {

/// What a very large model has in its header, and nothing behind it: a GGUF file of its full size that takes a few megabytes on disk,
/// because the weights are a hole. By default 96 layers of 1,024 experts, 1.03e12 bytes, and a vocabulary of 150,000 tokens.
struct sparse_model {
  std::uint32_t layers = 96;
  std::int64_t experts = 1'024;
  std::int64_t width = 4'096;
  std::int64_t inner = 800;
  std::uint32_t top_k = 8;
  std::uint32_t tokens = 150'000;

  [[nodiscard]] std::uint64_t expert_bytes() const noexcept { return 3 * ggml_row_size(GGML_TYPE_Q8_0, width) * static_cast<std::uint64_t>(inner); }

  /// False where the file system has no holes or no files of that size; then nothing is left behind.
  [[nodiscard]] bool write(const std::string& path) const {
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> meta(gguf_init_empty(), &gguf_free);
    describe(meta.get());
    const std::unique_ptr<ggml_context, decltype(&ggml_free)> forms(ggml_init({ggml_tensor_overhead() * (16 * std::size_t{layers} + 16), nullptr, true}),
                                                                    &ggml_free);
    std::uint64_t data = 0;
    const auto tensor = [&](const std::string& name, ggml_type type, std::int64_t a, std::int64_t b = 1, std::int64_t c = 1) {
      ggml_tensor* const form = ggml_new_tensor_3d(forms.get(), type, a, b, c);
      ggml_set_name(form, name.c_str());
      gguf_add_tensor(meta.get(), form);
      data += (ggml_nbytes(form) + 31) / 32 * 32;
    };
    tensor("token_embd.weight", GGML_TYPE_Q8_0, width, tokens);
    tensor("output.weight", GGML_TYPE_Q8_0, width, tokens);
    tensor("output_norm.weight", GGML_TYPE_F32, width);
    for (std::uint32_t l = 0; l < layers; ++l) {
      const std::string block = "blk." + std::to_string(l) + ".";
      for (const char* norm : {"attn_norm.weight", "ffn_norm.weight"}) tensor(block + norm, GGML_TYPE_F32, width);
      for (const char* head : {"attn_q_norm.weight", "attn_k_norm.weight"}) tensor(block + head, GGML_TYPE_F32, 128);
      for (const char* square : {"attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"}) tensor(block + square, GGML_TYPE_Q8_0, width, width);
      tensor(block + "ffn_gate_inp.weight", GGML_TYPE_F32, width, experts);
      tensor(block + "ffn_gate_exps.weight", GGML_TYPE_Q8_0, width, inner, experts);
      tensor(block + "ffn_up_exps.weight", GGML_TYPE_Q8_0, width, inner, experts);
      tensor(block + "ffn_down_exps.weight", GGML_TYPE_Q8_0, inner, width, experts);
    }
    std::vector<std::byte> head(gguf_get_meta_size(meta.get()));
    gguf_get_meta_data(meta.get(), head.data());
    std::FILE* const out = std::fopen(path.c_str(), "wb");
    if (out == nullptr) return false;
    bool fine = std::fwrite(head.data(), 1, head.size(), out) == head.size() && std::fflush(out) == 0;
    fine = fine && ::ftruncate(::fileno(out), static_cast<off_t>(head.size() + data)) == 0;
    if (std::fclose(out) != 0 || !fine) {
      std::remove(path.c_str());
      return false;
    }
    return true;
  }

 private:
  void describe(gguf_context* to) const {
    gguf_set_val_str(to, "general.architecture", "qwen3moe");
    const auto number = [&](const char* key, std::uint32_t value) { gguf_set_val_u32(to, (std::string("qwen3moe.") + key).c_str(), value); };
    number("block_count", layers);
    number("embedding_length", static_cast<std::uint32_t>(width));
    number("expert_count", static_cast<std::uint32_t>(experts));
    number("expert_used_count", top_k);
    number("expert_feed_forward_length", static_cast<std::uint32_t>(inner));
    std::vector<std::string> texts;
    std::vector<const char*> views;
    for (std::uint32_t t = 0; t < tokens; ++t) texts.push_back("token" + std::to_string(t));
    for (const std::string& text : texts) views.push_back(text.c_str());
    gguf_set_arr_str(to, "tokenizer.ggml.tokens", views.data(), views.size());
    for (std::string& text : texts) text.insert(text.size() / 2, " ");
    views.clear();
    for (const std::string& text : texts) views.push_back(text.c_str());
    gguf_set_arr_str(to, "tokenizer.ggml.merges", views.data(), views.size());
    const std::vector<std::int32_t> kinds(tokens, 1);
    gguf_set_arr_data(to, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, kinds.data(), kinds.size());
  }
};

}  // namespace moesaic_test
