// SPDX-License-Identifier: MIT
#include "heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "text.hpp"

namespace moesaic::report {
namespace {

constexpr std::size_t shades = 9;

/// What the lightest and the darkest shade stand for.
struct range {
  double least, most;
};
struct line {
  std::size_t policy, room;
  const entry* of;
};

std::optional<double> missed(const entry& e, std::size_t layer) {
  if (layer >= e.layers_misses.size() || layer >= e.layers_accesses.size() || e.layers_accesses[layer] == 0) return std::nullopt;
  return static_cast<double>(e.layers_misses[layer]) / static_cast<double>(e.layers_accesses[layer]);
}

class drawing {
 public:
  drawing(const grid& of, const std::string& id) : of_(of), id_(id), ranges_(of.rooms.size()) {
    std::size_t longest = 8;
    for (std::size_t r = 0; r < of.rooms.size(); ++r)
      for (std::size_t p = 0; p < of.policies.size(); ++p) {
        const entry* e = of.at(p, r);
        if (e == nullptr || e->layers_misses.empty()) continue;
        lines_.push_back({p, r, e});
        layers_ = std::max(layers_, e->layers_misses.size());
        longest = std::max(longest, of.policies[p].size());
        for (std::size_t l = 0; l < e->layers_misses.size(); ++l)
          if (const std::optional<double> v = missed(*e, l)) {
            std::optional<range>& seen = ranges_[r];
            seen = seen ? range{std::min(seen->least, *v), std::max(seen->most, *v)} : range{*v, *v};
          }
      }
    left_ = std::min(7.5 * static_cast<double>(longest) + 14, 300.0);
    cell_ = std::clamp(842 / std::max(static_cast<double>(layers_), 1.0) - left_ / std::max(static_cast<double>(layers_), 1.0), 5.0, 60.0);
  }

  std::string draw() {
    std::erase_if(lines_, [&](const line& one) { return !ranges_[one.room]; });
    if (lines_.empty()) return {};
    std::size_t groups = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) groups += i == 0 || lines_[i].room != lines_[i - 1].room ? 1 : 0;
    const double height = 16 * static_cast<double>(lines_.size()) + 28 * static_cast<double>(groups) + 26;
    const double width = std::max(860.0, left_ + cell_ * static_cast<double>(layers_) + 18);
    text_ += "<figure class=\"chart\" data-chart=\"heat_map\">\n<figcaption>Misses of every layer</figcaption>\n";
    draw_scale();
    put("<div class=\"wide\"><svg viewBox=\"0 0 {:.0f} {:.0f}\"{} role=\"img\" aria-labelledby=\"{}-t {}-d\">\n", width, height,
        width > 860 ? fmt::format(" style=\"min-width:{:.0f}px\"", width) : std::string(), id_, id_);
    put("<title id=\"{}-t\">Misses of every layer</title><desc id=\"{}-d\">Share of the accesses to a layer that missed, a row for each policy and "
        "capacity, a column for each of {} layers. The table below has the numbers.</desc>\n",
        id_, id_, layers_);
    double y = 4;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i == 0 || lines_[i].room != lines_[i - 1].room) {
        const range& scale = *ranges_[lines_[i].room];
        put("<text class=\"group\" x=\"{:.1f}\" y=\"{:.1f}\">capacity {}: {} to {}</text>\n", left_, y + 18, escaped(of_.rooms[lines_[i].room].text),
            percent_text(scale.least), percent_text(scale.most));
        y += 26;
      }
      draw_line(lines_[i], y);
      y += 16;
    }
    draw_layer_numbers(y + 16);
    text_ += "</svg></div>\n";
    draw_table();
    text_ += "</figure>\n";
    return std::move(text_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> form, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), form, std::forward<Args>(args)...);
  }

  void draw_scale() {
    text_ += "<p class=\"scale\">share of a layer's accesses that missed: the least of its capacity ";
    for (std::size_t s = 0; s < shades; ++s)
      put("<svg class=\"shade\" viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"1\" height=\"1\" class=\"q{}\"/></svg>", s);
    text_ += " the most</p>\n";
  }

  void draw_line(const line& of, double y) {
    put("<g transform=\"translate({:.1f},{:.1f})\"><text class=\"name\" x=\"-10\" y=\"12\" text-anchor=\"end\">{}</text>", left_, y,
        escaped(of_.policies[of.policy]));
    for (std::size_t l = 0; l < of.of->layers_misses.size(); ++l) {
      const std::optional<double> v = missed(*of.of, l);
      if (!v) continue;  // no accesses: the paper shows
      put("<rect class=\"q{}\" x=\"{:.2f}\" width=\"{:.2f}\" height=\"15\"><title>layer {}: {} of {}</title></rect>", shade_of(*v, *ranges_[of.room]),
          cell_ * static_cast<double>(l), cell_ > 8 ? cell_ - 1 : cell_, l, percent_text(*v), count_text(of.of->layers_accesses[l]));
    }
    text_ += "</g>\n";
  }

  void draw_layer_numbers(double y) {
    const std::size_t every = cell_ >= 24 ? 1 : cell_ >= 12 ? 4 : 8;
    for (std::size_t l = 0; l < layers_; l += every)
      put("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", left_ + cell_ * (static_cast<double>(l) + 0.5), y, l);
    put("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">layer</text>\n", left_ - 10, y);
  }

  void draw_table() {
    text_ +=
        "<details><summary>Misses of every layer as a table, in percent of its accesses</summary><div class=\"wide\"><table>\n<thead><tr><th "
        "scope=\"col\">capacity</th><th scope=\"col\">policy</th>";
    for (std::size_t l = 0; l < layers_; ++l) put("<th scope=\"col\">{}</th>", l);
    text_ += "</tr></thead><tbody>\n";
    for (const line& of : lines_) {
      put("<tr><td>{}</td><th scope=\"row\">{}</th>", escaped(of_.rooms[of.room].text), escaped(of_.policies[of.policy]));
      for (std::size_t l = 0; l < layers_; ++l) {
        const std::optional<double> v = missed(*of.of, l);
        if (v)
          put("<td>{:.1f}</td>", 100 * *v);
        else
          text_ += "<td></td>";
      }
      text_ += "</tr>\n";
    }
    text_ += "</tbody></table></div></details>\n";
  }

  [[nodiscard]] static std::size_t shade_of(double v, const range& in) {
    if (!(in.most > in.least)) return shades / 2;
    return std::min(static_cast<std::size_t>((v - in.least) / (in.most - in.least) * static_cast<double>(shades)), shades - 1);
  }

  const grid& of_;
  const std::string& id_;
  std::vector<line> lines_;
  std::size_t layers_ = 0;
  std::vector<std::optional<range>> ranges_;  ///< [rooms], a scale for each: they differ more than layers do
  double left_ = 0, cell_ = 0;
  std::string text_;
};

}  // namespace

std::string heat_map(const grid& of, const std::string& id) { return drawing(of, id).draw(); }

}  // namespace moesaic::report
