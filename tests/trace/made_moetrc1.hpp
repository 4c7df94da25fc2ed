// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/trace/byte_source.hpp>

namespace moesaic_test {

/// Writes MOETRC1 by its description, for tests: each field can be made wrong.
struct made_moetrc1 {
  std::uint32_t layers = 1, experts = 8, top_k = 1, flags = 0;
  struct sequence {
    std::uint32_t first_token = 0, tokens = 0, prompt_tokens = 0, meta_index = 0;
  };
  std::vector<sequence> sequences{};
  std::uint32_t tokens = 0;
  std::vector<std::uint32_t> ids{};
  std::vector<std::uint32_t> weights{};

  void add_sequence(std::uint32_t length, std::uint32_t prompt = 0) {
    sequences.push_back({tokens, length, prompt, static_cast<std::uint32_t>(sequences.size())});
    tokens += length;
  }
  [[nodiscard]] std::vector<std::byte> bytes() const {
    std::vector<std::byte> out;
    const auto put = [&](std::uint32_t value, int width) {
      for (int i = 0; i < width; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
    };
    for (const char c : {'M', 'O', 'E', 'T', 'R', 'C', '1', '\0'}) out.push_back(static_cast<std::byte>(c));
    for (const std::uint32_t field : {layers, experts, top_k, static_cast<std::uint32_t>(sequences.size()), tokens, flags}) put(field, 4);
    for (const sequence& s : sequences)
      for (const std::uint32_t field : {s.first_token, s.tokens, s.prompt_tokens, s.meta_index}) put(field, 4);
    for (const std::uint32_t id : ids) put(id, (flags & 4U) != 0 ? 2 : 1);
    for (const std::uint32_t weight : weights) put(weight, static_cast<int>(flags & 3U));
    return out;
  }
};

/// A trace of 2 sequences (3 and 2 tokens), 2 layers of 6 experts, top-2, the second token of layer 1 not routed.
inline made_moetrc1 small_trace() {
  made_moetrc1 t{.layers = 2, .experts = 6, .top_k = 2};
  t.add_sequence(3, 1);
  t.add_sequence(2);
  t.ids = {1, 0, /**/ 5,   4,  // token 0: layer 0, layer 1
           1, 2, /**/ 255, 255, 3, 1, /**/ 4, 0, 0, 1, /**/ 2, 3, 5, 0, /**/ 3, 2};
  return t;
}

inline std::vector<std::byte> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}
inline void write_bytes(const std::string& path, std::span<const std::byte> content) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

/// A source that gives a few bytes at a time and does not know its size: what a pipe or a decoder is like.
class dripping_source {
 public:
  dripping_source(std::string name, std::span<const std::byte> content, std::size_t most) : inner_(name, content), most_(most) {}
  moesaic::result<std::size_t> read(std::span<std::byte> out) { return inner_.read(out.first(out.size() < most_ ? out.size() : most_)); }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return std::nullopt; }
  [[nodiscard]] std::string_view name() const noexcept { return inner_.name(); }

 private:
  moesaic::trace::memory_source inner_;
  std::size_t most_;
};

}  // namespace moesaic_test
