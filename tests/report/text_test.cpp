// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include "report/text.hpp"

using namespace moesaic::report;

TEST_CASE("what means something to HTML is written so that it does not") {
  CHECK(escaped("a<b>&\"c\"'d'") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;");
  CHECK(escaped("&lt;") == "&amp;lt;");
  CHECK(escaped("</script><!--") == "&lt;/script&gt;&lt;!--");
  CHECK(escaped("") == "");
}

TEST_CASE("bytes that are no text become the sign for that, and only they") {
  const std::string no = "\xEF\xBF\xBD";
  CHECK(escaped("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80") == "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(escaped("a\xFF"
                "b") == "a" + no + "b");
  CHECK(escaped("\xC3") == no);                                  // cut off
  CHECK(escaped("\xC0\xAF") == no + no);                         // a slash, overlong
  CHECK(escaped("\xE0\x80\xAF") == no + no + no);                // and longer still
  CHECK(escaped("\xED\xA0\x80") == no + no + no);                // half of a pair
  CHECK(escaped("\xF4\x90\x80\x80") == no + no + no + no);       // beyond the last
  CHECK(escaped(std::string_view("a\0b\x07\x7F", 5)) == "a" + no + "b" + no + no);
  CHECK(escaped("tab\tand\nline") == "tab\tand\nline");
}

TEST_CASE("numbers have three digits, and their whole part always") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(1) == "1.00");
  CHECK(short_number(12.345) == "12.3");
  CHECK(short_number(123.5) == "124");
  CHECK(short_number(440.5) == "441");  // a tie goes up
  CHECK(short_number(12345.6) == "12346");
  CHECK(short_number(0.1) == "0.100");
  CHECK(short_number(0.00123) == "0.00123");
  CHECK(short_number(1e-30) == "0.000000000000");
  CHECK(short_number(-2.5) == "-2.50");
}

TEST_CASE("numbers have the unit in which they are short") {
  CHECK(seconds_text(90) == "90.0 s");
  CHECK(seconds_text(0.25) == "250 ms");
  CHECK(seconds_text(12e-6) == "12.0 \xC2\xB5s");
  CHECK(seconds_text(0) == "0 s");
  CHECK(bytes_text(16e9) == "16.0 GB");
  CHECK(bytes_text(999) == "999 B");
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(2.5e15) == "2500 TB");
  CHECK(percent_text(0.61249) == "61.25 %");
  CHECK(whole_percent_text(0.6) == "60 %");
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(13'900'000) ==
        "13\xE2\x80\xAF"
        "900\xE2\x80\xAF"
        "000");
}

TEST_CASE("an axis ends at or above its greatest number, and less than twice it") {
  CHECK(axis_end(0) == 1);
  CHECK(axis_end(1) == 1);
  CHECK(axis_end(7.6) == 8);
  CHECK(axis_end(8.1) == 10);
  for (double v = 1e-9; v < 1e9; v *= 1.37) {
    CAPTURE(v);
    CHECK(axis_end(v) >= v);
    CHECK(axis_end(v) < 1.5 * v);
  }
}
