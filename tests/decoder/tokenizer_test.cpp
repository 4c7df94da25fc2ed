// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "tokenizer/text_stream.hpp"
#include "tokenizer/tokenizer.hpp"

namespace {

using namespace moesaic;
using namespace moesaic::decoder;

tokenizer shipped() {
  auto file = gguf_file::open(MOESAIC_MODELS "/moesaic-demo-moe-q8_0.gguf");
  REQUIRE(file);
  return tokenizer::from(*file);
}

std::string text_of(const tokenizer& t, const std::vector<token_id>& ids) {
  std::string out;
  for (const token_id id : ids) out.append(t.bytes_of(id));
  return out;
}

nlohmann::json known_prompts() {
  const std::string all = MOESAIC_SHARED "/models/answers.json";
  const std::string some = MOESAIC_TEST_DATA "/answers.json";
  return nlohmann::json::parse(std::ifstream(std::filesystem::exists(all) ? all : some)).at("prompts");
}

}  // namespace

TEST_CASE("prompts become the ids that another engine gave them, and back") {
  tokenizer t = shipped();
  CHECK(t.size() == 4096);
  std::size_t seen = 0;
  std::size_t shortened = 0;
  for (const auto& prompt : known_prompts()) {
    std::string text = prompt.at("text");
    const std::vector<token_id> known = prompt.at("prompt_ids");
    // The tool that wrote the file dropped tokens longer than 64 bytes from some texts (a rule of 72 slashes), not from the ids.
    if (text_of(t, known) != text) {
      ++shortened;
      CHECK(text_of(t, known).ends_with(text));
      text = text_of(t, known);
    }
    const auto ids = t.encode(text);
    REQUIRE(ids);
    CHECK(*ids == known);
    CHECK(text_of(t, *ids) == text);
    ++seen;
  }
  CHECK(seen >= 8);
  CHECK(shortened <= 2);
}

TEST_CASE("any bytes survive the way there and back") {
  tokenizer t = shipped();
  std::mt19937 random(7);
  const std::vector<std::string> bricks{"a",
                                        "Z",
                                        " ",
                                        "  ",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "'s",
                                        "'LL",
                                        "12",
                                        "3",
                                        "\xC3\xA9",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x98\x80",
                                        "\xE4\xB8\xAD",
                                        "\xC2\xA0",
                                        "\xE3\x80\x80",
                                        "!",
                                        "->",
                                        "\xFF",
                                        "\xE2\x82",
                                        "\xCC\x81",
                                        "\xD9\xA3",
                                        std::string(1, '\0')};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t n = random() % 40; n > 0; --n) text += bricks[random() % bricks.size()];
    const auto ids = t.encode(text);
    REQUIRE(ids);
    CHECK(text_of(t, *ids) == text);
  }
}

TEST_CASE("special tokens written out become one id, and have no text of their own") {
  tokenizer t = shipped();
  const auto ids = t.encode("one<|endoftext|>two<|endoftext");
  REQUIRE(ids);
  const auto one = t.encode("one");
  const auto two = t.encode("two<|endoftext");
  REQUIRE(one);
  REQUIRE(two);
  std::vector<token_id> wanted = *one;
  wanted.push_back(4095);
  wanted.insert(wanted.end(), two->begin(), two->end());
  CHECK(*ids == wanted);
  CHECK(t.bytes_of(4095).empty());
  CHECK(t.ends_text(4095));
  CHECK_FALSE(t.ends_text(0));
  CHECK(t.bytes_of(-1).empty());
  CHECK(t.bytes_of(4096).empty());
  CHECK(t.encode("")->empty());
}

TEST_CASE("a long run without a break is merged in n log n") {
  // Quadratic merging would take minutes here; the count of ids shows that it ran to its end.
  tokenizer t = shipped();
  const auto ids = t.encode(std::string(1'000'000, '/'));
  REQUIRE(ids);
  CHECK(ids->size() < 20'000);
  CHECK(text_of(t, *ids).size() == 1'000'000);
}

TEST_CASE("merging agrees with the obvious way: best rank first, leftmost of equals, until nothing is left") {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    byte_pair_merger merger;
    std::map<std::pair<std::string, std::string>, int> rank;
    std::vector<std::string> known{"a", "b", "c"};
    for (const auto& s : known) merger.add_symbol(s);
    for (int i = 0; i < 25; ++i) {
      const std::string l = known[random() % known.size()];
      const std::string r = known[random() % known.size()];
      if (l.size() + r.size() > 6) continue;
      merger.add_merge(l, r);
      rank.try_emplace({l, r}, i);
      known.push_back(l + r);
    }
    std::string word;
    for (std::size_t n = 1 + random() % 30; n > 0; --n) word.push_back("abc"[random() % 3]);
    std::vector<std::string> parts;
    for (const char c : word) parts.emplace_back(1, c);
    for (;;) {
      std::size_t best = parts.size();
      int best_rank = 1000;
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = rank.find({parts[i], parts[i + 1]});
        if (found != rank.end() && found->second < best_rank) best_rank = found->second, best = i;
      }
      if (best == parts.size()) break;
      parts[best] += parts[best + 1];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    std::vector<std::uint32_t> symbols;
    merger.merge(word, symbols);
    std::vector<std::string> got;
    for (const auto s : symbols) got.emplace_back(merger.text(s));
    CHECK(got == parts);
  }
}

TEST_CASE("the stream of shown text never splits a character") {
  const std::string text = "a\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 z";
  for (std::size_t step = 1; step < 5; ++step) {
    text_stream stream;
    std::string all;
    for (std::size_t at = 0; at < text.size(); at += step) {
      const std::string shown = stream.push(std::string_view(text).substr(at, step));
      CHECK(valid_utf8(shown) == shown);
      all += shown;
    }
    CHECK(all + stream.finish() == text);
  }
  text_stream broken;
  CHECK(broken.push("x\xE2\x82") == "x");
  CHECK(broken.push("y") == "\xEF\xBF\xBD\xEF\xBF\xBDy");
  CHECK(broken.push("\xF0\x9F").empty());
  CHECK(broken.finish() == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(broken.push("\xFF!") == "\xEF\xBF\xBD!");
  CHECK(broken.push("\xED\xA0").size() == 6);  // can only become a surrogate: nothing to wait for
}
