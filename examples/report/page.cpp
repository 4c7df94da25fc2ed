// SPDX-License-Identifier: MIT
#include "page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "assets.hpp"
#include "heat_map.hpp"
#include "tables.hpp"
#include "text.hpp"
#include "value_chart.hpp"
#include "what_if.hpp"

namespace moesaic::report {
namespace {

constexpr std::string_view bound_name = "bound (knows the future)";

std::optional<double> hit_ratio(const entry& e) {
  if (e.accesses == 0) return std::nullopt;
  return static_cast<double>(e.hits) / static_cast<double>(e.accesses);
}
std::optional<double> bound_miss_ratio(const entry& e) {
  if (e.accesses == 0 || !e.bound_misses) return std::nullopt;
  return static_cast<double>(*e.bound_misses) / static_cast<double>(e.accesses);
}

/// The values of a chart, and its axis from what they are.
template <class Value, class Bound>
void fill(value_chart& chart, const grid& in, const Value& value, const Bound& bound, bool from_zero) {
  std::optional<double> least, most;
  const auto seen = [&](const std::optional<double>& v) {
    if (!v) return v;
    least = least ? std::min(*least, *v) : *v;
    most = most ? std::max(*most, *v) : *v;
    return v;
  };
  chart.values.resize(in.policies.size());
  for (std::size_t p = 0; p < in.policies.size(); ++p)
    for (std::size_t r = 0; r < in.rooms.size(); ++r) {
      const std::optional<double> v = value(p, r);
      chart.values[p].push_back(in.shown_first(p) ? seen(v) : v);
    }
  for (std::size_t r = 0; r < in.rooms.size(); ++r) chart.bound.push_back(seen(bound(r)));
  chart.ticks = from_zero ? ticks_from_zero(most.value_or(1)) : ticks_around(least.value_or(0), most.value_or(1));
}

std::string over(const grid& in) { return in.rooms.size() == 1 ? "at capacity " + in.rooms.front().text : "against capacity"; }

value_chart hits_chart(const grid& in, const std::string& id) {
  value_chart chart{
      .kind = "hit_ratio",
      .id = id + "-hits",
      .title = "Hit ratio " + over(in),
      .description = "For each policy the share of accesses that found their expert resident. The bound is what a cache that knows the future would reach.",
      .words = percent_text,
      .tick_words = whole_percent_text,
      .bound_name = std::string(bound_name)};
  fill(
      chart, in, [&](std::size_t p, std::size_t r) { return in.at(p, r) != nullptr ? hit_ratio(*in.at(p, r)) : std::nullopt; },
      [&](std::size_t r) -> std::optional<double> {
        const std::optional<double> missed = in.least(r, bound_miss_ratio);
        return missed ? std::optional(1 - *missed) : std::nullopt;
      },
      false);
  return chart;
}

value_chart seconds_chart(const grid& in, const what_if& assumed, bool measured, const std::string& id) {
  value_chart chart{.kind = "seconds", .id = id + "-seconds", .words = seconds_text, .tick_words = seconds_text, .bound_name = std::string(bound_name)};
  if (measured) {
    chart.title = "Seconds " + over(in) + ", as simulated";
    chart.description =
        "For each policy the time for the whole trace. The bound is the least time of a machine that moves only what a cache that knows the future misses.";
    fill(
        chart, in, [&](std::size_t p, std::size_t r) { return in.at(p, r) != nullptr ? in.at(p, r)->seconds : std::nullopt; },
        [&](std::size_t r) { return in.least(r, [](const entry& e) { return e.bound_seconds; }); }, true);
  } else {
    chart.live = true;
    chart.title = "Seconds " + over(in) + ", on the machine that the sliders below describe";
    chart.description =
        "For each policy the time for the whole trace if computing and moving overlap perfectly. The bound moves only what a cache that knows the future "
        "misses.";
    const auto time = [&](const std::optional<double>& moved) { return moved ? std::optional(assumed.seconds(*moved)) : std::nullopt; };
    fill(
        chart, in, [&](std::size_t p, std::size_t r) { return time(assumed.moved(p, r)); }, [&](std::size_t r) { return time(assumed.moved_at_best(r)); },
        true);
  }
  return chart;
}

value_chart regret_chart(const grid& in, const std::string& id) {
  value_chart chart{.kind = "regret",
                    .id = id + "-regret",
                    .title = "Regret " + over(in),
                    .description = "For each policy the share of its misses that a cache which knows the future would not have had. Lower is better.",
                    .words = percent_text,
                    .tick_words = whole_percent_text,
                    .bound_name = {}};
  fill(
      chart, in, [&](std::size_t p, std::size_t r) { return in.at(p, r) != nullptr ? in.at(p, r)->regret : std::nullopt; },
      [](std::size_t) { return std::nullopt; }, false);
  return chart;
}

std::string list_of_facts(const std::vector<fact>& facts) {
  std::string text;
  for (const fact& f : facts) fmt::format_to(std::back_inserter(text), "<div><dt>{}</dt><dd>{}</dd></div>", escaped(f.name), escaped(f.value));
  return text;
}

std::string section(const comparison& of, std::size_t number) {
  const std::string id = fmt::format("c{}", number);
  std::string text =
      fmt::format("<section class=\"comparison\" id=\"{}\">\n<h2>{}</h2>\n<dl class=\"facts\">{}</dl>\n", id, escaped(of.title), list_of_facts(of.facts));
  if (of.entries.empty()) return text + "<p>No rows.</p>\n</section>\n";
  const grid in(of);
  const what_if assumed(of, in);
  const bool measured = std::any_of(of.entries.begin(), of.entries.end(), [](const entry& e) { return e.seconds.has_value(); });
  const value_chart hits = hits_chart(in, id), seconds = seconds_chart(in, assumed, measured, id);
  const bool bounded = std::any_of(hits.bound.begin(), hits.bound.end(), [](const auto& b) { return b.has_value(); }) ||
                       std::any_of(seconds.bound.begin(), seconds.bound.end(), [](const auto& b) { return b.has_value(); });
  const std::string bound(bounded ? bound_name : "");
  text += legend(in, bound);
  text += figure(hits, in);
  text += figure(seconds, in);
  text += assumed.panel(id + "-what-if", bound);
  if (const std::string table = regret_table(in); !table.empty()) text += figure(regret_chart(in, id), in) + table;
  text += heat_map(in, id + "-layers");
  text += numbers_table(of);
  text += "</section>\n";
  return text;
}

}  // namespace

std::string as_html(const page& all) {
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  const auto out = std::back_inserter(text);
  // Nothing is fetched, and the browser is told to hold the page to that.
  text += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n";
  fmt::format_to(out, "<meta name=\"generator\" content=\"{}\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n", escaped(all.program),
                 escaped(all.title), style);
  fmt::format_to(out, "<header>\n<h1>{}</h1>\n<p class=\"about\">{}; made by</p>\n<code class=\"command\">{}</code>\n", escaped(all.title),
                 escaped(all.program), escaped(all.command));
  text += "<noscript><p class=\"note\">Without scripts everything is here but the sliders.</p></noscript>\n";
  if (all.comparisons.size() > 1) {
    text += "<nav aria-label=\"comparisons\"><ol>";
    for (std::size_t c = 0; c < all.comparisons.size(); ++c) fmt::format_to(out, "<li><a href=\"#c{}\">{}</a></li>", c, escaped(all.comparisons[c].title));
    text += "</ol></nav>\n";
  }
  text += "</header>\n<main>\n";
  if (all.comparisons.empty()) text += "<p>No rows.</p>\n";
  for (std::size_t c = 0; c < all.comparisons.size(); ++c) text += section(all.comparisons[c], c);
  text += "</main>\n";
  if (!all.definitions.empty()) {
    text += "<section id=\"definitions\">\n<h2>What the words mean</h2>\n<dl class=\"words\">";
    for (const fact& d : all.definitions) fmt::format_to(out, "<dt>{}</dt><dd>{}</dd>", escaped(d.name), escaped(d.value));
    text += "</dl>\n</section>\n";
  }
  fmt::format_to(out, "<script>{}</script>\n</body>\n</html>\n", script);
  return text;
}

std::string command_text(int count, const char* const* words) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string_view word = words[i];
    if (i > 0) text += ' ';
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-_./,=:%+@").find(c) != std::string_view::npos;
    });
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word)
      if (c == '\'')
        text += "'\\''";
      else
        text += c;
    text += '\'';
  }
  return text;
}

}  // namespace moesaic::report
