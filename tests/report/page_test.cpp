// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>

#include "pages.hpp"

using namespace moesaic::report;
using namespace moesaic_test;

namespace {

void check_whole(const std::string& html) {
  check_well_formed(html);
  // Nothing is fetched from anywhere, and no number went wrong.
  for (const char* reaches_out : {"http:", "https:", "//cdn", " src=", "@import", "url(", "<link", "<iframe", "fetch("}) {
    CAPTURE(reaches_out);
    CHECK(html.find(reaches_out) == std::string::npos);
  }
  const std::string_view body = std::string_view(html).substr(html.find("<body>"), html.find("<script>") - html.find("<body>"));
  for (const char* wrong : {"nan", "inf ", "inf<", "inf,", "Infinity"}) {
    CAPTURE(wrong);
    CHECK(body.find(wrong) == std::string_view::npos);
  }
}

}  // namespace

TEST_CASE("a page holds its charts, its tables, its words and the command that made it") {
  page p = page_of({made_up(4, 3, true), made_up(2, 2, false)});
  p.command = "moesaic-replay t.bin --eviction 'lrfu(32)'";
  const std::string html = as_html(p);
  check_whole(html);
  CHECK(occurrences(html, "data-chart=\"hit_ratio\"") == 2);
  CHECK(occurrences(html, "data-chart=\"seconds\"") == 2);
  CHECK(occurrences(html, "data-chart=\"what_if\"") == 2);
  CHECK(occurrences(html, "data-chart=\"regret\"") == 2);
  CHECK(occurrences(html, "data-chart=\"regret_table\"") == 2);
  CHECK(occurrences(html, "data-chart=\"heat_map\"") == 2);
  CHECK(html.find("moesaic-replay t.bin --eviction &#39;lrfu(32)&#39;") != std::string::npos);
  CHECK(html.find("<dt>hit</dt><dd>resident when the event begins</dd>") != std::string::npos);
  CHECK(html.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(as_html(p) == html);
}

TEST_CASE("names may hold what means something to HTML") {
  comparison c = made_up(2, 2, true);
  c.title = "</h2><script>alert('1')</script> & \"2\"";
  c.facts.push_back({"<dt>", "\xFF"});
  for (entry& e : c.entries) {
    e.policy = "<img src=x onerror=\"y\">&" + e.policy;
    e.capacity += "<\"'&";
  }
  page p = page_of({c, made_up(1, 1, false)});
  p.title = p.program = p.command = "<!-- \" -->";
  const std::string html = as_html(p);
  check_well_formed(html);
  CHECK(html.find("<img") == std::string::npos);
  CHECK(html.find("<script>alert") == std::string::npos);
  CHECK(occurrences(html, "<script>") == 1);
  CHECK(html.find("&lt;/h2&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;2&quot;") != std::string::npos);
}

TEST_CASE("no comparison, no rows, one row, a hundred policies") {
  const std::string none = as_html(page_of({}));
  check_whole(none);
  CHECK(none.find("No rows.") != std::string::npos);
  CHECK(occurrences(none, "<svg") == 0);

  const std::string empty = as_html(page_of({comparison{}}));
  check_whole(empty);
  CHECK(empty.find("No rows.") != std::string::npos);

  const std::string one = as_html(page_of({made_up(1, 1, true)}));
  check_whole(one);
  CHECK(one.find("Hit ratio at capacity 10%") != std::string::npos);

  const std::string hundred = as_html(page_of({made_up(100, 5, false, 40)}));
  check_whole(hundred);
  CHECK(occurrences(hundred, "<g class=\"line c") == 3 * 100 + 100);  // in three charts and the legend
  CHECK(hundred.size() < 4'000'000);
}

TEST_CASE("simulated seconds are drawn as they are, and the sliders leave them alone") {
  comparison c = made_up(2, 2, true);
  for (entry& e : c.entries) {
    e.seconds = 12;
    e.bound_seconds = 9;
  }
  const std::string html = as_html(page_of({c}));
  check_whole(html);
  CHECK(html.find("Seconds against capacity, as simulated") != std::string::npos);
  CHECK(html.find("policy_1 at 20%: 12.0 s") != std::string::npos);
  CHECK(html.find("bound (knows the future) at 10%: 9.00 s") != std::string::npos);
  CHECK(html.find(
            "<svg viewBox=\"0 0 860 340\" role=\"img\" aria-labelledby=\"c0-seconds-t c0-seconds-d\" data-along=\"y\" data-start=\"290\" data-end=\"16\">") !=
        std::string::npos);
}

TEST_CASE("entries without a bound, accesses or layers leave out what would say so") {
  comparison c = made_up(2, 2, false);
  for (entry& e : c.entries) {
    e.bound_misses.reset();
    e.regret.reset();
    e.accesses = e.hits = e.misses = 0;
    e.layers_accesses.clear();
    e.layers_misses.clear();
  }
  const std::string html = as_html(page_of({c}));
  check_whole(html);
  CHECK(html.find("data-policy=\"bound\"") == std::string::npos);
  CHECK(html.find("data-chart=\"regret") == std::string::npos);
  CHECK(html.find("data-chart=\"heat_map\"") == std::string::npos);
}

TEST_CASE("a command is written so that a shell takes it back") {
  const char* const words[] = {"moesaic-replay", "a b.bin", "--eviction", "lru,lrfu(32)", "--capacity", "12.5%", "it's", ""};
  CHECK(command_text(8, words) == "moesaic-replay 'a b.bin' --eviction 'lru,lrfu(32)' --capacity 12.5% 'it'\\''s' ''");
}
