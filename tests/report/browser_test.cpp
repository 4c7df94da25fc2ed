// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "pages.hpp"
#include "support/temporary_folder.hpp"

using namespace moesaic::report;
using namespace moesaic_test;

namespace {

/// The document as it stands after its scripts have run. Nothing if the browser cannot be started here.
std::string opened(const std::string& with, const std::string& html) {
  const temporary_folder here;
  std::ofstream(here / "page.html") << html;
  const std::string command = "timeout 60 '" + with + "' --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir='" + (here / "profile") +
                              "' --dump-dom 'file://" + (here / "page.html") + "' > '" + (here / "dom") + "' 2> /dev/null < /dev/null";
  const int answer = std::system(command.c_str());
  std::ifstream file(here / "dom", std::ios::binary);
  const std::string dom{std::istreambuf_iterator<char>(file), {}};
  return WIFEXITED(answer) && WEXITSTATUS(answer) == 0 ? dom : std::string();
}

std::string named_browser() {
  if (const char* named = std::getenv("MOESAIC_CHROMIUM")) return named;
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
    if (std::system(("command -v " + std::string(name) + " > /dev/null 2>&1").c_str()) == 0) return name;
  return {};
}

/// A Chromium that starts here, or nothing; MOESAIC_CHROMIUM names another one.
const std::string& browser() {
  static const std::string found = [] {
    const std::string name = named_browser();
    return !name.empty() && opened(name, "<!DOCTYPE html><title>here</title>").find("here") != std::string::npos ? name : std::string();
  }();
  return found;
}

/// What is written between the tags of the main part, one piece each.
std::vector<std::string> words_of(const std::string& html) {
  std::vector<std::string> words;
  const std::size_t from = html.find("<main>"), to = html.find("</main>");
  REQUIRE(to != std::string::npos);
  for (std::size_t at = from; at < to;) {
    const std::size_t start = html.find('>', at) + 1, end = html.find('<', start);
    std::string word = html.substr(start, end - start);
    for (const auto& [name, is] : {std::pair<std::string, std::string>{"&quot;", "\""}, {"&#39;", "'"}})
      for (std::size_t found; (found = word.find(name)) != std::string::npos;) word.replace(found, name.size(), is);
    if (word.find_first_not_of(" \n") != std::string::npos) words.push_back(word);
    at = end;
  }
  return words;
}

/// Every value of an attribute, in the order of the document.
std::vector<std::string> values_of(const std::string& html, const std::string& attribute) {
  std::vector<std::string> values;
  for (std::size_t at = html.find(" " + attribute + "=\""); at != std::string::npos; at = html.find(" " + attribute + "=\"", at + 1)) {
    const std::size_t from = at + attribute.size() + 3;
    values.push_back(html.substr(from, html.find('"', from) - from));
  }
  return values;
}

void check_equal(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  REQUIRE(one.size() == other.size());
  for (std::size_t i = 0; i < one.size(); ++i) REQUIRE(one[i] == other[i]);
}

std::string with_script(std::string html, const std::string& script) { return html.replace(html.find("</body>"), 0, "<script>" + script + "</script>\n"); }

bool browser_is_missing() {
  if (!browser().empty()) return false;
  MESSAGE("skipped: no Chromium that starts was found (Debian: chromium), so no page was opened");
  return true;
}

}  // namespace

TEST_CASE("a browser opens a page, finds its charts, and what its script computes is what the page said") {
  if (browser_is_missing()) return;
  comparison named = made_up(3, 4, true);
  for (entry& e : named.entries) e.policy = "<&\"'" + e.policy;
  named.link = 28.47e9;
  for (const page& p : {page_of({made_up(4, 3, false), named}), page_of({made_up(2, 1, true)}), page_of({made_up(100, 2, false)}), page_of({comparison{}})}) {
    const std::string html = as_html(p);
    const std::string dom = opened(browser(), html);
    REQUIRE_FALSE(dom.empty());
    const bool alive = dom.find("<html lang=\"en\" class=\"live\">") != std::string::npos;
    const bool any = !p.comparisons.front().entries.empty();
    CHECK(alive);
    const std::size_t drawn = any ? p.comparisons.size() : 0;
    CHECK(occurrences(dom, "data-chart=\"hit_ratio\"") == drawn);
    CHECK(occurrences(dom, "data-chart=\"seconds\"") == drawn);
    CHECK(occurrences(dom, "data-chart=\"what_if\"") == drawn);
    CHECK(occurrences(dom, "data-chart=\"heat_map\"") == drawn);
    check_equal(words_of(dom), words_of(html));
    check_equal(values_of(dom, "points"), values_of(html, "points"));
    check_equal(values_of(dom, "transform"), values_of(html, "transform"));
    check_equal(values_of(dom, "d"), values_of(html, "d"));
  }
}

TEST_CASE("sliders, boxes and the choice of a capacity do what they say") {
  if (browser_is_missing()) return;
  comparison c = made_up(2, 2, true);  // policy_0 moves 2 GB, policy_1 3 GB, the bound 1 GB, for 100 tokens
  c.link = 1e9;
  c.compute = 0.025;
  for (entry& e : c.entries)
    if (e.capacity == "10%") e.bytes_missed = *e.bytes_missed * 2;
  const std::string html = as_html(page_of({c}));
  // What a reader would do, and what the page then says, in the title of the document.
  const std::string script = R"js(
    const say = [], one = q => document.querySelector(q), cells = policy => [...one(`.what_if tr[data-policy="${policy}"]`).querySelectorAll("td")].map(c => c.textContent).filter(Boolean).join(" ");
    const turn = (what, to) => { const input = one(`[data-what=${what}]`); input.value = to(input); input.dispatchEvent(new Event("input", {bubbles: true})); };
    say.push(cells(1));
    turn("room", () => 0); say.push(cells(1));
    turn("link", i => i.max); say.push(cells(1), one("[data-what=link] + output").textContent);
    turn("link", i => i.dataset.stops.split(" ").indexOf("1000000000"));
    turn("compute", i => 0); say.push(cells("bound"), cells(0));
    const title = () => one(`figure[data-chart=seconds] g[data-policy="1"] title`).textContent;
    say.push(title());
    const box = one(`.legend label[data-policy="1"] input`); box.click();
    say.push([...document.querySelectorAll(`figure .off`)].every(e => e.dataset.policy === "1"), document.querySelectorAll("figure .off").length);
    one("[data-all=no]").click(); say.push(document.querySelectorAll("figure .line:not(.off)").length);
    one("[data-all=yes]").click(); say.push(document.querySelectorAll("figure .line.off").length);
    document.title = say.join("; ");
  )js";
  const std::string dom = opened(browser(), with_script(html, script));
  const std::size_t from = dom.find("<title>") + 7;
  CHECK(dom.substr(from, dom.find("</title>") - from) ==
        "33.3 30.0 ms link; 16.7 60.0 ms link; 40.0 25.0 ms compute; 1.00 TB/s; 100 10.0 ms link; 25.0 40.0 ms link; policy_1 at 10%: 6.00 s; true; 4; 0; 0");
}
