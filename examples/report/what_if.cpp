// SPDX-License-Identifier: MIT
#include "what_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "text.hpp"
#include "value_chart.hpp"

namespace moesaic::report {
namespace {

constexpr double slowest_link = 1e7, fastest_link = 1e12, usual_link = 16e9;  // bytes per second; between PCIe 3.0 and 4.0 x16
constexpr double least_compute = 1e-6, most_compute = 10;                     // seconds per token
constexpr double least_expert = 1e3, most_expert = 1e9, usual_expert = 4e6;   // bytes

std::string slider(std::string_view name, std::string_view what, std::string_view words, double from, double to, double start) {
  const std::vector<double> stops = slider_stops(from, to, start);
  const auto at = std::lower_bound(stops.begin(), stops.end(), start) - stops.begin();
  return fmt::format(
      "<label>{}<input type=\"range\" min=\"0\" max=\"{}\" step=\"1\" value=\"{}\" data-what=\"{}\" data-stops=\"{}\"><output>{}</output></label>\n", name,
      stops.size() - 1, at, what, fmt::join(stops, " "), words);
}

}  // namespace

std::vector<double> slider_stops(double from, double to, double start) {
  std::vector<double> stops{start};
  for (double power = from; power < to * 1.5; power *= 10)
    for (const double mantissa : {1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0})
      if (mantissa * power <= to * 1.000001) stops.push_back(mantissa * power);
  std::sort(stops.begin(), stops.end());
  // The start stands for a stop that is as good as equal to it.
  std::erase_if(stops, [&](double s) { return s != start && s > start * 0.999999 && s < start * 1.000001; });
  stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
  return stops;
}

what_if::what_if(const comparison& of, const grid& in) : in_(&in), tokens_(static_cast<double>(std::max<std::uint64_t>(of.tokens, 1))) {
  for (const entry& e : of.entries) sized = sized && e.bytes_missed.has_value();
  if (!sized) expert_size = usual_expert;
  link = of.link.value_or(usual_link);
  if (of.compute) {
    compute = *of.compute;
    return;
  }
  // Nobody said how long a token takes to compute: start where the most capacious room just reaches it.
  const std::size_t last = in.rooms.size() - 1;
  double best = moved_at_best(last).value_or(0);
  for (std::size_t p = 0; p < in.policies.size() && best == 0; ++p) best = moved(p, last).value_or(0);
  const std::vector<double> stops = slider_stops(least_compute, most_compute, least_compute);
  const auto above = std::upper_bound(stops.begin(), stops.end(), travel_per_token(best));
  compute = best == 0 ? 1e-3 : above == stops.begin() ? stops.front() : *std::prev(above);
}

std::optional<double> what_if::moved(std::size_t policy, std::size_t room) const {
  const entry* e = in_->at(policy, room);
  if (e == nullptr) return std::nullopt;
  return static_cast<double>(sized ? *e->bytes_missed : e->misses);
}

std::optional<double> what_if::moved_at_best(std::size_t room) const {
  return in_->least(room, [&](const entry& e) -> std::optional<double> {
    const std::optional<std::uint64_t>& at_best = sized ? e.bound_bytes : e.bound_misses;
    return at_best ? std::optional(static_cast<double>(*at_best)) : std::nullopt;
  });
}

std::string what_if::panel(const std::string& id, const std::string& bound_name) const {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out,
                 "<figure class=\"chart what_if\" data-chart=\"what_if\" data-tokens=\"{:.0f}\" id=\"{}\">\n<figcaption>What if the machine were another "
                 "one?</figcaption>\n",
                 tokens_, id);
  text += "<div class=\"sliders\">\n";
  text += "<label>capacity<select data-what=\"room\">";
  const std::size_t shown = in_->rooms.size() / 2;
  for (std::size_t r = 0; r < in_->rooms.size(); ++r)
    fmt::format_to(out, "<option value=\"{}\"{}>{}</option>", r, r == shown ? " selected" : "", escaped(in_->rooms[r].text));
  text += "</select></label>\n";
  text += slider("link", "link", bytes_text(link) + "/s", slowest_link, fastest_link, link);
  text += slider("compute per token", "compute", seconds_text(compute), least_compute, most_compute, compute);
  if (!sized) text += slider("size of an expert (the trace has none)", "size", bytes_text(expert_size), least_expert, most_expert, expert_size);
  text += "</div>\n";
  text +=
      "<p class=\"note\">Time per token = max(compute per token, bytes moved per token / link): everything overlaps, so a real engine is slower. "
      "Where the sliders start is a place to start, not a measurement, unless the facts above say so.</p>\n";
  text +=
      "<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">policy</th><th scope=\"col\">tokens/s</th><th scope=\"col\" class=\"bars\"><span "
      "class=\"unseen\">as a bar</span></th>"
      "<th scope=\"col\">per token</th><th scope=\"col\">limited by</th></tr></thead><tbody>\n";

  double fastest = 0;
  for (std::size_t p = 0; p < in_->policies.size(); ++p)
    if (const auto m = moved(p, shown)) fastest = std::max(fastest, 1 / per_token(*m));
  if (const auto m = moved_at_best(shown)) fastest = std::max(fastest, 1 / per_token(*m));
  const auto line = [&](std::string_view name, std::string_view number, std::string_view look, auto moved_in) {
    std::string all;
    for (std::size_t r = 0; r < in_->rooms.size(); ++r) {
      if (r > 0) all += ' ';
      const std::optional<double> m = moved_in(r);
      all += m ? fmt::format("{:.0f}", *m) : "-";
    }
    const std::optional<double> m = moved_in(shown);
    const double time = m ? per_token(*m) : 0;
    fmt::format_to(out,
                   "<tr class=\"line {}\" data-policy=\"{}\" data-moved=\"{}\"><th scope=\"row\">{}</th><td>{}</td>"
                   "<td class=\"bars\"><svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{:.2f}\" "
                   "height=\"10\"/></svg></td>"
                   "<td>{}</td><td>{}</td></tr>\n",
                   look, number, all, escaped(name), m ? short_number(1 / time) : "", m ? 100 / time / fastest : 0, m ? seconds_text(time) : "",
                   !m                               ? ""
                   : travel_per_token(*m) > compute ? "link"
                                                    : "compute");
  };
  if (!bound_name.empty() && moved_at_best(shown)) line(bound_name, "bound", "bound", [&](std::size_t r) { return moved_at_best(r); });
  for (std::size_t p = 0; p < in_->policies.size(); ++p)
    line(in_->policies[p], std::to_string(p), look_of(p) + (in_->shown_first(p) ? "" : " off"), [&](std::size_t r) { return moved(p, r); });
  text += "</tbody></table></div>\n</figure>\n";
  return text;
}

}  // namespace moesaic::report
