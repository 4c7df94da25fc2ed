// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "program.hpp"
#include "support/html.hpp"

using namespace moesaic_test;

namespace {

/// 13900000 as 13 900 000.
std::string in_groups(std::string digits) {
  for (std::size_t left = digits.size(); left > 3;) digits.insert(left -= 3, "\xE2\x80\xAF");
  return digits;
}

/// Runs a replay that writes a page and JSON.
struct reported {
  temporary_folder here;
  finished ran;
  std::string html;
  std::vector<std::string> rows;

  explicit reported(const std::string& arguments) : ran(replay(arguments + " --json '" + (here / "rows.json") + "' --report '" + (here / "page.html") + "'")) {
    CAPTURE(ran.err);
    REQUIRE(ran.status == 0);
    html = content_of(here / "page.html");
    rows = rows_of(content_of(here / "rows.json"));
  }
};

}  // namespace

TEST_CASE("a page has a comparison for each trace, window and admission, and what the rows say") {
  const reported made(test_trace("gptoss20b_6x96.bin") + " " + test_trace("dsv2lite_law_2x128.bin") +
                      " --capacity 50%,12.5%,25% --eviction 'lru,lrfu(32),belady' --window 1,4 --admission forced,optional");
  REQUIRE(made.rows.size() == 2 * 3 * 3 * 2 * 2);
  check_well_formed(made.html);
  for (const char* chart : {"hit_ratio", "seconds", "what_if", "regret", "regret_table", "heat_map"}) {
    CAPTURE(chart);
    CHECK(occurrences(made.html, "data-chart=\"" + std::string(chart) + "\"") == 2 * 2 * 2);
  }
  CHECK(made.html.find("<h2>gptoss20b_6x96.bin, window 4, optional</h2>") != std::string::npos);
  CHECK(made.html.find("--eviction &#39;lru,lrfu(32),belady&#39; --window 1,4") != std::string::npos);
  for (const std::string& row : made.rows) {  // every row is a line of a table
    const std::string line = "<td>" + value_of(row, "capacity") + "</td><th scope=\"row\">" + value_of(row, "eviction") + "</th><td>" +
                             value_of(row, "capacity_experts") + "</td><td>" + in_groups(value_of(row, "hits")) + "</td>";
    CAPTURE(line);
    CHECK(made.html.find(line) != std::string::npos);
  }
  // Belady is its own bound, at the same places; it starts at 12.5 %, whatever was asked for first.
  const std::size_t lines = made.html.find("data-policy=\"2\"><polyline"), bound = made.html.find("data-policy=\"bound\"><polyline", lines);
  REQUIRE(bound != std::string::npos);
  const auto points = [&](std::size_t at) { return made.html.substr(made.html.find("points=", at), 60); };
  CHECK(points(lines) == points(bound));
  CHECK(made.html.find("belady at 12.5%: ", lines) < made.html.find("belady at 25%: ", lines));
}

TEST_CASE("bytes of the page are the rows' where sizes are known, and else the reader's") {
  const std::string arguments = test_trace("gptoss20b_6x96.bin") + " --capacity 25% --eviction lru";
  CHECK(reported(arguments).html.find("data-what=\"size\"") != std::string::npos);
  const reported sized(arguments + " --expert-bytes 1000000");
  CHECK(sized.html.find("data-what=\"size\"") == std::string::npos);
  REQUIRE(sized.rows.size() == 1);
  CHECK(sized.html.find("data-moved=\"" + value_of(sized.rows[0], "bytes_missed") + "\"") != std::string::npos);
  CHECK(sized.html.find("data-moved=\"" + value_of(sized.rows[0], "belady_bytes_missed") + "\"") != std::string::npos);
  CHECK(value_of(sized.rows[0], "belady_bytes_missed") == value_of(sized.rows[0], "belady_misses") + "000000");
  CHECK(sized.html.find("data-tokens=\"546\"") != std::string::npos);  // as its header says
  CHECK(value_of(sized.rows[0], "tokens") == "546");
}

TEST_CASE("the sliders start where the command says") {
  const reported made(test_trace("gptoss20b_6x96.bin") + " --capacity 25% --eviction lru --expert-bytes 1000000 --link 200MB/s --compute 300us");
  CHECK(made.html.find("<output>200 MB/s</output>") != std::string::npos);
  CHECK(made.html.find("<output>300 \xC2\xB5s</output>") != std::string::npos);
  CHECK(made.html.find("<dt>where the sliders start</dt><dd>as the command says</dd>") != std::string::npos);
}

TEST_CASE("a trace may be called what it likes") {
  const temporary_folder here;
  const std::string odd = here / "a <b> & \"c\".bin";
  std::filesystem::copy_file(test_trace("gptoss20b_6x96.bin"), odd);
  const reported made("'" + odd + "' --capacity 25% --eviction lru");
  check_well_formed(made.html);
  CHECK(made.html.find("<h2>a &lt;b&gt; &amp; &quot;c&quot;.bin, window 1, forced</h2>") != std::string::npos);
}

TEST_CASE("rows that were kept make the same page as those that were just computed") {
  const temporary_folder here;
  const std::string arguments = test_trace("gptoss20b_6x96.bin") + " --capacity 25%,50% --eviction lru,lfu --resume '" + (here / "rows") + "'";
  const auto but_for_speed = [&](const reported& made) {
    std::string text = made.html.substr(made.html.find("<main>"));
    return text.substr(0, text.find("All numbers"));
  };
  CHECK(but_for_speed(reported(arguments)) == but_for_speed(reported(arguments)));
}
