// SPDX-License-Identifier: MIT
#include "value_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>

#include "text.hpp"

namespace moesaic::report {
namespace {

constexpr double width = 860;
constexpr std::size_t colours = 8;

/// What marks a value: as many shapes as are told apart at this size.
constexpr std::array<std::string_view, 4> shapes{"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M-3.6-3.6h7.2v7.2h-7.2z", "M0-4.8L4.6 3.4h-9.2z",
                                                 "M0-5.2L5.2 0 0 5.2-5.2 0z"};
std::string_view shape_of(std::size_t policy) { return shapes[(policy + policy / colours) % shapes.size()]; }

/// Where the numbers of one axis lie on the paper, in tenths of a pixel; the script rounds them the same way.
struct axis {
  double from, to;    ///< numbers
  double start, end;  ///< pixels
  [[nodiscard]] double operator()(double value) const {
    const double at = to > from ? start + (value - from) / (to - from) * (end - start) : (start + end) / 2;
    return std::floor(at * 10 + 0.5) / 10;
  }
};

struct mark {
  std::size_t room;
  double x, y;
  std::string title;
};

class drawing {
 public:
  drawing(const value_chart& chart, const grid& of) : chart_(chart), of_(of), flat_(of.rooms.size() == 1) {
    height_ = flat_ ? 34 + 20 * static_cast<double>(of.policies.size()) + 26 : 340;
    std::size_t longest = 0;
    for (const std::string& name : of.policies) longest = std::max(longest, name.size());
    left_ = flat_ ? std::clamp(7.5 * static_cast<double>(longest) + 16, 90.0, 340.0) : 70;
    values_ = flat_ ? axis{chart.ticks.front(), chart.ticks.back(), left_, width - 40} : axis{chart.ticks.front(), chart.ticks.back(), height_ - 50, 16};
    const double least = of.rooms.front().share, most = of.rooms.back().share;
    by_number_ = !(most - least > 1e-9);  // capacities of one size stand side by side
    rooms_ = by_number_ ? axis{-0.5, static_cast<double>(of.rooms.size()) - 0.5, left_, width - 24} : axis{least, most, left_ + 28, width - 44};
  }

  std::string draw() {
    put("<figure class=\"chart\" data-chart=\"{}\">\n<figcaption>{}</figcaption>\n", chart_.kind, escaped(chart_.title));
    put("<div class=\"wide\"><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-t {}-d\" data-along=\"{}\" data-start=\"{:g}\" "
        "data-end=\"{:g}\"{}>\n",
        width, height_, chart_.id, chart_.id, flat_ ? "x" : "y", values_.start, values_.end, chart_.live ? " data-live" : "");
    put("<title id=\"{}-t\">{}</title><desc id=\"{}-d\">{}</desc>\n", chart_.id, escaped(chart_.title), chart_.id, escaped(chart_.description));
    draw_values_axis();
    if (flat_)
      draw_names();
    else
      draw_rooms_axis();
    for (std::size_t p = of_.policies.size(); p-- > 0;) draw_policy(p);  // the first lies on top
    draw_bound();
    text_ += "</svg></div>\n</figure>\n";
    return std::move(text_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> form, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Args>(args)...);
  }

  void draw_values_axis() {
    for (const double tick : chart_.ticks) {
      const double at = values_(tick);
      if (flat_)
        put("<path class=\"grid\" d=\"M{0:.1f} 20V{1:.1f}\"/><text class=\"tick value\" x=\"{0:.1f}\" y=\"{2:.1f}\" text-anchor=\"middle\">{3}</text>\n", at,
            height_ - 24, height_ - 8, chart_.tick_words(tick));
      else
        put("<path class=\"grid\" d=\"M{0:.1f} {1:.1f}H{2}\"/><text class=\"tick value\" x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n", left_,
            at, width - 16, left_ - 8, at + 4, chart_.tick_words(tick));
    }
  }

  void draw_rooms_axis() {
    double free_from = -1;
    for (std::size_t r = 0; r < of_.rooms.size(); ++r) {
      const double x = room_at(r), half = 3.6 * static_cast<double>(of_.rooms[r].text.size());
      put("<path class=\"grid\" d=\"M{0:.1f} {1}v5\"/>", x, height_ - 50);
      if (x - half < free_from) continue;  // would be written over its neighbour; the marks say it too
      free_from = x + half + 8;
      put("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x, height_ - 32, escaped(of_.rooms[r].text));
    }
    put("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">capacity</text>\n", (left_ + width - 16) / 2, height_ - 10);
  }

  void draw_names() {
    for (std::size_t p = 0; p < of_.policies.size(); ++p)
      put("<text class=\"name line{}\" data-policy=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", off(p), p, left_ - 10, row_at(p) + 4,
          escaped(of_.policies[p]));
  }

  void draw_policy(std::size_t p) {
    std::vector<mark> marks;
    for (std::size_t r = 0; r < of_.rooms.size(); ++r)
      if (const std::optional<double> v = chart_.values[p][r]) marks.push_back(mark_of(of_.policies[p], r, *v, row_at(p)));
    put("<g class=\"line {}{}\" data-policy=\"{}\">", look_of(p), off(p), p);
    draw_marks(marks, shape_of(p), true);
    text_ += "</g>\n";
  }

  void draw_bound() {
    std::vector<mark> marks;
    for (std::size_t r = 0; r < of_.rooms.size(); ++r)
      if (const std::optional<double> v = chart_.bound[r]) marks.push_back(mark_of(chart_.bound_name, r, *v, 20));
    if (marks.empty()) return;
    text_ += "<g class=\"line bound\" data-policy=\"bound\">";
    if (flat_) put("<path class=\"upright\" d=\"M0 0V{}\" transform=\"translate({:.1f},20)\"/>", height_ - 44, marks.front().x);
    draw_marks(marks, shapes.front(), !flat_);
    text_ += "</g>\n";
  }

  void draw_marks(const std::vector<mark>& marks, std::string_view shape, bool joined) {
    if (joined && marks.size() > 1) {
      text_ += "<polyline points=\"";
      for (const mark& m : marks) put("{:.1f},{:.1f} ", m.x, m.y);
      text_.back() = '"';
      text_ += "/>";
    }
    for (const mark& m : marks)
      put("<path class=\"mark\" data-room=\"{}\" d=\"{}\" transform=\"translate({:.1f},{:.1f})\"><title>{}</title></path>", m.room, shape, m.x, m.y, m.title);
  }

  [[nodiscard]] mark mark_of(const std::string& name, std::size_t room, double value, double row) const {
    const std::string title = fmt::format("{} at {}: {}", escaped(name), escaped(of_.rooms[room].text), chart_.words(value));
    return flat_ ? mark{room, values_(value), row, title} : mark{room, room_at(room), values_(value), title};
  }
  [[nodiscard]] double room_at(std::size_t r) const { return rooms_(by_number_ ? static_cast<double>(r) : of_.rooms[r].share); }
  [[nodiscard]] static double row_at(std::size_t p) { return 34 + 20 * static_cast<double>(p); }
  [[nodiscard]] std::string_view off(std::size_t p) const { return of_.shown_first(p) ? "" : " off"; }

  const value_chart& chart_;
  const grid& of_;
  bool flat_, by_number_ = false;
  double height_ = 0, left_ = 0;
  axis values_{}, rooms_{};
  std::string text_;
};

}  // namespace

std::string look_of(std::size_t policy) { return fmt::format("c{} d{}", policy % colours, policy / colours % 3); }

std::vector<double> ticks_from_zero(double highest) {
  const double end = axis_end(highest);
  return {0, end / 4, end / 2, 3 * end / 4, end};
}

std::vector<double> ticks_around(double lowest, double highest) {
  const double range = highest - lowest;
  const int parts = range > 0.4 ? 10 : range > 0.16 ? 20 : range > 0.05 ? 50 : 100;  // of the whole
  const double part = parts;
  const int from = static_cast<int>(std::floor(lowest * part + 1e-9)), to = std::max(static_cast<int>(std::ceil(highest * part - 1e-9)), from + 1);
  std::vector<double> ticks;
  for (int t = from; t <= to; ++t) ticks.push_back(t / part);
  return ticks;
}

std::string figure(const value_chart& chart, const grid& of) { return drawing(chart, of).draw(); }

std::string legend(const grid& of, const std::string& bound_name) {
  std::string text =
      "<fieldset class=\"legend\"><legend>Shown <span class=\"choose\"><button type=\"button\" data-all=\"yes\">all</button> <button type=\"button\" "
      "data-all=\"no\">none</button></span></legend>\n";
  const auto out = std::back_inserter(text);
  const auto sample = [&](std::string_view look, std::string_view shape) {
    fmt::format_to(out,
                   "<svg class=\"sample\" viewBox=\"0 0 34 14\" aria-hidden=\"true\"><g class=\"line {}\"><polyline points=\"2,7 32,7\"/>"
                   "<path class=\"mark\" d=\"{}\" transform=\"translate(17,7)\"/></g></svg>",
                   look, shape);
  };
  if (!bound_name.empty()) {
    text += "<label data-policy=\"bound\"><input type=\"checkbox\" checked>";
    sample("bound", shapes.front());
    fmt::format_to(out, "{}</label>\n", escaped(bound_name));
  }
  for (std::size_t p = 0; p < of.policies.size(); ++p) {
    fmt::format_to(out, "<label data-policy=\"{}\"><input type=\"checkbox\"{}>", p, of.shown_first(p) ? " checked" : "");
    sample(look_of(p), shape_of(p));
    fmt::format_to(out, "{}</label>\n", escaped(of.policies[p]));
  }
  text += "</fieldset>\n";
  if (!of.all_shown_first())
    fmt::format_to(out, "<p class=\"note\">{} policies; the charts start with the {} that miss least.</p>\n", of.policies.size(), grid::shown_at_most);
  return text;
}

}  // namespace moesaic::report
