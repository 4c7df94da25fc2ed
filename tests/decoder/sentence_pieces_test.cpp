// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <gguf.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"
#include "tokenizer/sentence_pieces.hpp"
#include "tokenizer/tokenizer.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::decoder;

/// A file that holds a SentencePiece vocabulary and nothing else: unknown, begin, end, the bytes, then the given pieces.
class vocabulary_file {
 public:
  explicit vocabulary_file(const std::vector<std::pair<std::string, float>>& pieces, bool with_scores = true) {
    std::vector<std::string> texts{"<unk>", "<s>", "</s>"};
    std::vector<std::int32_t> kinds{2, 3, 3};
    std::vector<float> scores(3 + 256, 0);
    for (int b = 0; b < 256; ++b) {
      char name[8];
      std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(b));
      texts.emplace_back(name);
      kinds.push_back(6);
    }
    for (const auto& [text, score] : pieces) {
      texts.push_back(text);
      kinds.push_back(1);
      scores.push_back(score);
    }
    std::vector<const char*> names;
    for (const std::string& t : texts) names.push_back(t.c_str());
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> to(gguf_init_empty(), &gguf_free);
    gguf_set_val_str(to.get(), "tokenizer.ggml.model", "llama");
    gguf_set_arr_str(to.get(), "tokenizer.ggml.tokens", names.data(), names.size());
    gguf_set_arr_data(to.get(), "tokenizer.ggml.token_type", GGUF_TYPE_INT32, kinds.data(), kinds.size());
    if (with_scores) gguf_set_arr_data(to.get(), "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
    gguf_set_val_u32(to.get(), "tokenizer.ggml.bos_token_id", 1);
    gguf_set_val_u32(to.get(), "tokenizer.ggml.eos_token_id", 2);
    REQUIRE(gguf_write_to_file(to.get(), path().c_str(), true));
  }
  [[nodiscard]] std::string path() const { return folder_ / "v.gguf"; }
  [[nodiscard]] tokenizer read() const {
    auto file = gguf_file::open(path());
    REQUIRE_MESSAGE(file, file.error().sentence());
    return tokenizer::from(*file);
  }

 private:
  temporary_folder folder_;
};

constexpr token_id first_piece = 3 + 256;
constexpr token_id byte_token(unsigned char b) { return 3 + b; }

}  // namespace

TEST_CASE("merging agrees with the obvious way: best score first, leftmost of equals, until no two make a token") {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> texts{"a", "b", "\xC3\xA9"};
    for (int i = 0; i < 25; ++i) {
      std::string joined = texts[random() % texts.size()];
      joined += texts[random() % texts.size()];
      if (joined.size() <= 8 && std::find(texts.begin(), texts.end(), joined) == texts.end()) texts.push_back(joined);
    }
    byte_pair_merger names;
    std::vector<float> scores;
    for (const std::string& t : texts) {
      names.add_symbol(t);
      scores.push_back(-static_cast<float>(random() % 8));  // ties are frequent
    }
    std::vector<std::string> parts;
    std::string word;
    for (std::size_t n = 1 + random() % 30; n > 0; --n) {
      parts.push_back(std::vector<std::string>{"a", "b", "\xC3\xA9", "c"}[random() % 4]);
      word += parts.back();
    }
    for (;;) {
      std::size_t best = parts.size();
      float highest = -100;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        for (std::size_t t = 0; t < texts.size(); ++t)
          if (texts[t] == parts[i] + parts[i + 1] && scores[t] > highest) highest = scores[t], best = i;
      if (best == parts.size()) break;
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    sentence_pieces merger;
    std::vector<sentence_pieces::piece> pieces;
    merger.merge(word, names, scores, pieces);
    REQUIRE(pieces.size() == parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      REQUIRE(pieces[i].text == parts[i]);
      REQUIRE((pieces[i].symbol == byte_pair_merger::none) == (parts[i] == "c"));
    }
  }
}

// Worked out by hand from the rules.
TEST_CASE("a vocabulary with scores: a blank goes before, begin comes first, strange characters become bytes") {
  const vocabulary_file file({{"\xE2\x96\x81", -9},
                              {"a", -8},
                              {"b", -7},
                              {"ab", -1},
                              {"\xE2\x96\x81"
                               "a",
                               -2},
                              {"ba", -3}});
  tokenizer t = file.read();
  const auto ids = [&](const char* text) {
    const auto got = t.encode(text);
    REQUIRE_MESSAGE(got, got.error().sentence());
    return *got;
  };
  const auto p = [](int i) { return static_cast<token_id>(first_piece + i); };
  CHECK(ids("ab") == std::vector<token_id>{1, p(0), p(3)});           // ab scores higher than blank-a
  CHECK(ids("a") == std::vector<token_id>{1, p(4)});
  CHECK(ids("ba a") == std::vector<token_id>{1, p(0), p(5), p(4)});
  CHECK(ids("a\n") == std::vector<token_id>{1, p(4), byte_token('\n')});
  CHECK(ids("\xC3\xA9") == std::vector<token_id>{1, p(0), byte_token(0xC3), byte_token(0xA9)});
  CHECK(ids("a</s>b") == std::vector<token_id>{1, p(4), 2, p(0), p(2)});
  CHECK(ids("") == std::vector<token_id>{1});
  CHECK(t.ends_text(2));
  CHECK(t.bytes_of(p(4)) == " a");
  CHECK(t.bytes_of(byte_token('\n')) == "\n");
}

TEST_CASE("a vocabulary without scores only turns ids back into text, and says why") {
  tokenizer t = vocabulary_file({{"a", -1}}, false).read();
  CHECK(t.has_text());
  const auto refused = t.encode("a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sentence().find("tokenizer.ggml.scores") != std::string_view::npos);
}
