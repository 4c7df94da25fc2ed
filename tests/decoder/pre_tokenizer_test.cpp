// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tokenizer/pre_tokenizer.hpp"
#include "tokenizer/unicode.hpp"

namespace {

using moesaic::decoder::pre_tokenizer;
using pieces = std::vector<std::string>;

pieces cut(pre_tokenizer how, std::string_view text) {
  std::vector<std::string_view> views;
  moesaic::decoder::cut_into_pieces(how, text, views);
  pieces out(views.begin(), views.end());
  std::string together;
  for (const auto& p : out) together += p;
  CHECK(together == text);
  return out;
}

}  // namespace

// The expected pieces were worked out by hand from the regular expressions in pre_tokenizer.hpp.
TEST_CASE("gpt2 pieces") {
  constexpr auto how = pre_tokenizer::gpt2;
  CHECK(cut(how, "").empty());
  CHECK(cut(how, "Hello world") == pieces{"Hello", " world"});
  CHECK(cut(how, "I'll we're they'd DON'T") == pieces{"I", "'ll", " we", "'re", " they", "'d", " DON", "'", "T"});
  CHECK(cut(how, "a  b   c") == pieces{"a", " ", " b", "  ", " c"});
  CHECK(cut(how, "x\n\n y") == pieces{"x", "\n\n", " y"});
  CHECK(cut(how, "x \n") == pieces{"x", " \n"});
  CHECK(cut(how, "end   ") == pieces{"end", "   "});
  CHECK(cut(how, "abc123 456!? 'x'") == pieces{"abc", "123", " 456", "!?", " '", "x", "'"});
  CHECK(cut(how, "na\xC3\xAFve \xE4\xB8\xAD\xE6\x96\x87 \xD9\xA3") ==
        pieces{"na\xC3\xAFve", " \xE4\xB8\xAD\xE6\x96\x87", " \xD9\xA3"});
  CHECK(cut(how, "e\xCC\x81") == pieces{"e", "\xCC\x81"});  // a combining mark is no letter
  CHECK(cut(how, "\t\tx") == pieces{"\t", "\t", "x"});
  CHECK(cut(how,
            "a\xFF\xFE"
            "b") == pieces{"a", "\xFF\xFE", "b"});
}

TEST_CASE("llama3 and qwen2 pieces") {
  constexpr auto how = pre_tokenizer::llama3;
  CHECK(cut(how, "Hello world") == pieces{"Hello", " world"});
  CHECK(cut(how, "DON'T I'Ll") == pieces{"DON", "'T", " I", "'Ll"});
  CHECK(cut(how, "\tname(x)") == pieces{"\tname", "(x", ")"});
  CHECK(cut(how, "12345 67") == pieces{"123", "45", " ", "67"});
  CHECK(cut(pre_tokenizer::qwen2, "123 4") == pieces{"1", "2", "3", " ", "4"});
  CHECK(cut(how, "a;\n\n  b") == pieces{"a", ";\n\n", " ", " b"});
  CHECK(cut(how, "a \n \n  b") == pieces{"a", " \n \n", " ", " b"});
  CHECK(cut(how, "a\r\n") == pieces{"a", "\r\n"});
  CHECK(cut(how, "a   ") == pieces{"a", "   "});
  CHECK(cut(how, " !?x") == pieces{" !?", "x"});
  CHECK(cut(how, "\nfoo") == pieces{"\n", "foo"});
  CHECK(cut(how, "  1") == pieces{" ", " ", "1"});
}

TEST_CASE("pieces in stages, for files that name no rule") {
  constexpr auto how = pre_tokenizer::staged;
  CHECK(cut(how, "").empty());
  CHECK(cut(how, "Hello, world") == pieces{"Hello", ",", " world"});
  CHECK(cut(how, "12345 67") == pieces{"123", "45", " ", "67"});
  CHECK(cut(how, "a==b") == pieces{"a", "==", "b"});
  CHECK(cut(how, "a (b)") == pieces{"a", " ", "(", "b", ")"});
  CHECK(cut(how, "it's") == pieces{"it", "'", "s"});
}

TEST_CASE("numbers one by one, then gpt2") {
  constexpr auto how = pre_tokenizer::single_numbers;
  CHECK(cut(how, "").empty());
  CHECK(cut(how, "ab12 3") == pieces{"ab", "1", "2", " ", "3"});
  CHECK(cut(how, "I'll x") == pieces{"I", "'ll", " x"});
}

TEST_CASE("rules by name") {
  CHECK(*moesaic::decoder::pre_tokenizer_named("refact") == pre_tokenizer::single_numbers);
  CHECK(*moesaic::decoder::pre_tokenizer_named("glm4") == pre_tokenizer::llama3);
  CHECK(*moesaic::decoder::pre_tokenizer_named("gpt-2") == pre_tokenizer::gpt2);
  CHECK(*moesaic::decoder::pre_tokenizer_named("qwen2") == pre_tokenizer::qwen2);
  CHECK(*moesaic::decoder::pre_tokenizer_named("llama-bpe") == pre_tokenizer::llama3);
  const auto unknown = moesaic::decoder::pre_tokenizer_named("klingon");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().sentence().find("klingon") != std::string_view::npos);
  CHECK(unknown.error().sentence().find("llama-bpe") != std::string_view::npos);
}

TEST_CASE("classes of characters") {
  using moesaic::decoder::class_of;
  using kind = moesaic::decoder::character_class;
  CHECK(class_of(U'a') == kind::letter);
  CHECK(class_of(U'0') == kind::number);
  CHECK(class_of(U'!') == kind::punctuation);
  CHECK(class_of(U'$') == kind::other);
  CHECK(class_of(U' ') == kind::space);
  CHECK(class_of(0xA0) == kind::space);
  CHECK(class_of(0x3000) == kind::space);
  CHECK(class_of(0x00E9) == kind::letter);
  CHECK(class_of(0x4E2D) == kind::letter);
  CHECK(class_of(0x00B2) == kind::number);
  CHECK(class_of(0x0301) == kind::other);
  CHECK(class_of(0x1F600) == kind::other);
  CHECK(class_of(0x10FFFF) == kind::other);
  CHECK(class_of(0x110000) == kind::other);
}
