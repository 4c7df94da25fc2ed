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
  CHECK(cut(how, "na\xC3\xAFve \xE4\xB8\xAD\xE6\x96\x87 \xD9\xA3") == pieces{"na\xC3\xAFve", " \xE4\xB8\xAD\xE6\x96\x87", " \xD9\xA3"});
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

// The expected pieces of these three are those that llama.cpp cuts.
TEST_CASE("deepseek-llm pieces") {
  constexpr auto how = pre_tokenizer::deepseek_llm;
  CHECK(cut(how, "").empty());
  CHECK(cut(how, "I'LL don't  we're\r\n\r\n  12345 x+y==z;\n") ==
        pieces{"I", "'", "LL", " don", "'", "t", " ", " we", "'", "re", "\r", "\n", "\r", "\n", "  ", "12345", " x", "+", "y", "==", "z", ";", "\n"});
  CHECK(cut(how, "na\u00EFve Stra\u00DFe: \u00C9T\u00C9's \u00C0B \u00C0Bc") ==
        pieces{"na", "\u00EF", "ve", " Stra", "\u00DF", "e", ":", " \u00C9", "T", "\u00C9", "'", "s", " \u00C0", "B", " \u00C0", "Bc"});
  CHECK(cut(how, "\u65E5\u672C\u8A9E\u3067\u3059\u3002\u6771\u4EAC\u30BF\u30EF\u30FC\u3001100\u4E07\u5186!") ==
        pieces{"\u65E5\u672C\u8A9E\u3067\u3059", "\u3002", "\u6771\u4EAC\u30BF\u30EF\u30FC", "\u3001", "100", "\u4E07\u5186", "!"});
  CHECK(cut(how, "cafe\u0301 \u0939\u093F\u0928\u094D\u0926\u0940 \u0967\u0968\u0969") ==
        pieces{"cafe", "\u0301 ", "\u0939\u093F\u0928\u094D\u0926\u0940", " ", "\u0967\u0968\u0969"});
  CHECK(cut(how, "ok \U0001F44D\U0001F3FD \u00BD\u00B2\u3000\u3002 \n\t end  ") ==
        pieces{"ok", " \U0001F44D\U0001F3FD ", "\u00BD\u00B2", "\u3000", "\u3002", " ", "\n", "\t", " end", "  "});
  CHECK(cut(how, "abc\u00E9 \u0414\u043E\u043C \u0391\u0392\u0393") == pieces{"abc", "\u00E9", " \u0414\u043E\u043C", " \u0391\u0392\u0393"});
  CHECK(cut(how, "\u00A0word \u3000\u5B57 \u5B57") == pieces{"\u00A0word", " \u3000", "\u5B57", " ", "\u5B57"});
  CHECK(cut(how, "a   1  ") == pieces{"a", "   ", "1", "  "});
  CHECK(cut(how, "x\n\n  y\r\n") == pieces{"x", "\n", "\n", " ", " y", "\r", "\n"});
  CHECK(cut(how, "\uC548\uB155\uD558\uC138\uC694 \uC5EC\uB7EC\uBD84") == pieces{"\uC548\uB155\uD558\uC138\uC694", " ", "\uC5EC\uB7EC\uBD84"});
  CHECK(cut(how, "\uFF21\uFF42\uFF0D\uFF11\uFF12 \uFE4F") == pieces{"\uFF21\uFF42", "\uFF0D", "\uFF11\uFF12", " \uFE4F"});
  CHECK(cut(how, "\u10D0\u10D1\u10D2 \u10A0 \u0561\u0562 \u0531") == pieces{"\u10D0\u10D1\u10D2", " ", "\u10A0", " \u0561\u0562", " \u0531"});
  CHECK(cut(how, "#include <a.h> // 'b'") == pieces{"#", "include", " <", "a", ".", "h", ">", " //", " '", "b", "'"});
  CHECK(cut(how, "\u0E44\u0E17\u0E22 \u0E20\u0E32\u0E29\u0E32\u2003\u2003") == pieces{"\u0E44\u0E17\u0E22", " ", "\u0E20\u0E32\u0E29\u0E32", "\u2003\u2003"});
}

TEST_CASE("deepseek-v3 pieces") {
  constexpr auto how = pre_tokenizer::deepseek_v3;
  CHECK(cut(how, "").empty());
  CHECK(cut(how, "I'LL don't  we're\r\n\r\n  12345 x+y==z;\n") ==
        pieces{"I", "'LL", " don", "'t", " ", " we", "'re", "\r\n\r\n", "  ", "123", "45", " x", "+y", "==", "z", ";\n"});
  CHECK(cut(how, "na\u00EFve Stra\u00DFe: \u00C9T\u00C9's \u00C0B \u00C0Bc") ==
        pieces{"na\u00EFve", " Stra\u00DFe", ":", " \u00C9T\u00C9", "'s", " \u00C0B", " \u00C0Bc"});
  CHECK(cut(how, "\u65E5\u672C\u8A9E\u3067\u3059\u3002\u6771\u4EAC\u30BF\u30EF\u30FC\u3001100\u4E07\u5186!") ==
        pieces{"\u65E5\u672C\u8A9E\u3067\u3059", "\u3002", "\u6771\u4EAC\u30BF\u30EF\u30FC", "\u3001", "100", "\u4E07\u5186", "!"});
  CHECK(cut(how, "cafe\u0301 \u0939\u093F\u0928\u094D\u0926\u0940 \u0967\u0968\u0969") ==
        pieces{"cafe\u0301", " \u0939\u093F\u0928\u094D\u0926\u0940", " ", "\u0967\u0968\u0969"});
  CHECK(cut(how, "ok \U0001F44D\U0001F3FD \u00BD\u00B2\u3000\u3002 \n\t end  ") ==
        pieces{"ok", " \U0001F44D\U0001F3FD", " ", "\u00BD\u00B2", "\u3000", "\u3002", " \n", "\t", " end", "  "});
  CHECK(cut(how, "!abc $x_y (z) \u00E9!q \u4E2D!a") == pieces{"!abc", " $", "x", "_y", " (", "z", ")", " \u00E9", "!q", " ", "\u4E2D", "!a"});
  CHECK(cut(how, "a 'b' \"c\" --dd") == pieces{"a", " '", "b", "'", " \"", "c", "\"", " --", "dd"});
  CHECK(cut(how, "x/*\n\n y */\r\n") == pieces{"x", "/*\n\n", " y", " */\r\n"});
  CHECK(cut(how, "\u30AB\u309B\u30FC\u30FB\u304C \u3099\u304B") == pieces{"\u30AB", "\u309B", "\u30FC", "\u30FB", "\u304C", " ", "\u3099\u304B"});
  CHECK(cut(how, "\u0301a \u0301 \u200Bword\u200B!") == pieces{"\u0301a", " \u0301", " ", "\u200Bword", "\u200B", "!"});
  CHECK(cut(how, "1234567 \u0663\u0664\u0665\u0666") == pieces{"123", "456", "7", " ", "\u0663\u0664\u0665", "\u0666"});
  CHECK(cut(how, "\u2018quoted\u2019 \u2026  \u20AC5") == pieces{"\u2018", "quoted", "\u2019", " \u2026", " ", " \u20AC", "5"});
  CHECK(cut(how, "a   b\t\tc \n \n d") == pieces{"a", "  ", " b", "\t", "\tc", " \n \n", " d"});
  CHECK(cut(how, "ab1cd2 \u6F22\u5B57\u304B\u306A\u4EA4\u3058\u308A") == pieces{"ab", "1", "cd", "2", " ", "\u6F22\u5B57\u304B\u306A\u4EA4\u3058\u308A"});
}

TEST_CASE("gpt-4o and minimax-m2 pieces") {
  constexpr auto how = pre_tokenizer::gpt4o;
  CHECK(cut(how, "").empty());
  CHECK(cut(how, "I'LL don't  we're\r\n\r\n  12345 x+y==z;\n") ==
        pieces{"I'LL", " don't", " ", " we're", "\r\n\r\n", " ", " ", "123", "45", " x", "+y", "==", "z", ";\n"});
  CHECK(cut(how, "na\u00EFve Stra\u00DFe: \u00C9T\u00C9's \u00C0B \u00C0Bc") ==
        pieces{"na\u00EFve", " Stra\u00DFe", ":", " \u00C9T\u00C9's", " \u00C0", "B", " \u00C0Bc"});
  CHECK(cut(how, "\u65E5\u672C\u8A9E\u3067\u3059\u3002\u6771\u4EAC\u30BF\u30EF\u30FC\u3001100\u4E07\u5186!") ==
        pieces{"\u65E5\u672C\u8A9E\u3067\u3059", "\u3002\u6771\u4EAC\u30BF\u30EF\u30FC", "\u3001", "100", "\u4E07\u5186", "!"});
  CHECK(cut(how, "cafe\u0301 \u0939\u093F\u0928\u094D\u0926\u0940 \u0967\u0968\u0969") ==
        pieces{"cafe", "\u0301", " \u0939", "\u093F\u0928", "\u094D\u0926", "\u0940", " ", "\u0967\u0968\u0969"});
  CHECK(cut(how, "ok \U0001F44D\U0001F3FD \u00BD\u00B2\u3000\u3002 \n\t end  ") ==
        pieces{"ok", " \U0001F44D\U0001F3FD", " ", "\u00BD\u00B2", "\u3000", "\u3002", " \n", "\t", " end", "  "});
  CHECK(cut(how, "HelloWorld XMLHttpRequest fooBAR iOS") == pieces{"Hello", "World", " XMLHttp", "Request", " foo", "BAR", " i", "OS"});
  CHECK(cut(how, "ABC\u00C0DEF \u00C0\u00C9\u00CE ABC") == pieces{"ABC\u00C0", "DEF", " \u00C0\u00C9\u00CE", " ABC"});
  CHECK(cut(how, "\u00C9'LL we'Ve 'S x's's") == pieces{"\u00C9'LL", " we'Ve", " '", "S", " x's", "'s"});
  CHECK(cut(how, "http://a.b//c/\n/d !?/\r\n/") == pieces{"http", "://", "a", ".b", "//", "c", "/\n/", "d", " !?/\r\n/"});
  CHECK(cut(how, "\tfoo\n\tbar  baz") == pieces{"\tfoo", "\n", "\tbar", " ", " baz"});
  CHECK(cut(how, "aB1234cD") == pieces{"a", "B", "123", "4", "c", "D"});
  CHECK(cut(how, "\u0301a A\u0301b e\u0308\u0301") == pieces{"\u0301a", " A", "\u0301b", " e", "\u0308\u0301"});
  CHECK(cut(how, "\u4E2D\u6587ABC def\u4E2D\u6587") == pieces{"\u4E2D\u6587", "ABC", " def\u4E2D\u6587"});
  CHECK(cut(how, "''t ''x (Ab)cD") == pieces{"''", "t", " ''", "x", " (", "Ab", ")c", "D"});
}

// Looking at the run again from each of its places would be 10^12 looks.
TEST_CASE("a million blanks") {
  const std::string text = "1" + std::string(1000000, ' ') + "1";
  CHECK(cut(pre_tokenizer::gpt4o, text).size() == 4);
  CHECK(cut(pre_tokenizer::deepseek_llm, text).size() == 3);
  CHECK(cut(pre_tokenizer::deepseek_v3, text).size() == 3);
}

TEST_CASE("rules by name") {
  CHECK(*moesaic::decoder::pre_tokenizer_named("refact") == pre_tokenizer::single_numbers);
  CHECK(*moesaic::decoder::pre_tokenizer_named("glm4") == pre_tokenizer::llama3);
  CHECK(*moesaic::decoder::pre_tokenizer_named("gpt-2") == pre_tokenizer::gpt2);
  CHECK(*moesaic::decoder::pre_tokenizer_named("qwen2") == pre_tokenizer::qwen2);
  CHECK(*moesaic::decoder::pre_tokenizer_named("llama-bpe") == pre_tokenizer::llama3);
  CHECK(*moesaic::decoder::pre_tokenizer_named("gpt-4o") == pre_tokenizer::gpt4o);
  CHECK(*moesaic::decoder::pre_tokenizer_named("minimax-m2") == pre_tokenizer::gpt4o);
  CHECK(*moesaic::decoder::pre_tokenizer_named("deepseek-llm") == pre_tokenizer::deepseek_llm);
  CHECK(*moesaic::decoder::pre_tokenizer_named("deepseek-v3") == pre_tokenizer::deepseek_v3);
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
  CHECK(class_of(U'$') == kind::symbol);
  CHECK(class_of(U' ') == kind::space);
  CHECK(class_of(0xA0) == kind::space);
  CHECK(class_of(0x3000) == kind::space);
  CHECK(class_of(0x00E9) == kind::letter);
  CHECK(class_of(0x4E2D) == kind::letter);
  CHECK(class_of(0x00B2) == kind::number);
  CHECK(class_of(0x0301) == kind::mark);
  CHECK(class_of(0x1F600) == kind::symbol);
  CHECK(class_of(0x200B) == kind::other);
  CHECK(class_of(0x10FFFF) == kind::other);
  CHECK(class_of(0x110000) == kind::other);
}
