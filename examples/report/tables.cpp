// SPDX-License-Identifier: MIT
#include "tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "text.hpp"

namespace moesaic::report {

std::string regret_table(const grid& of) {
  // A policy that never has any is the bound itself: it does not compete.
  std::vector<bool> competes(of.policies.size(), of.policies.size() == 1);
  bool known = false;
  for (std::size_t p = 0; p < of.policies.size(); ++p)
    for (std::size_t r = 0; r < of.rooms.size(); ++r)
      if (const entry* e = of.at(p, r); e != nullptr && e->regret) {
        known = true;
        if (*e->regret != 0) competes[p] = true;
      }
  if (!known) return {};
  std::vector<std::optional<double>> least(of.rooms.size());
  for (std::size_t r = 0; r < of.rooms.size(); ++r)
    for (std::size_t p = 0; p < of.policies.size(); ++p)
      if (const entry* e = of.at(p, r); e != nullptr && e->regret && competes[p] && (!least[r] || *e->regret < *least[r])) least[r] = e->regret;
  std::string text =
      "<figure class=\"chart\" data-chart=\"regret_table\">\n<figcaption>Regret, in numbers</figcaption>\n<div class=\"wide\"><table "
      "class=\"regret\">\n<thead><tr><th scope=\"col\">policy</th>";
  const auto out = std::back_inserter(text);
  for (const grid::column& r : of.rooms) fmt::format_to(out, "<th scope=\"col\">{}</th>", escaped(r.text));
  text += "</tr></thead><tbody>\n";
  for (std::size_t p = 0; p < of.policies.size(); ++p) {
    fmt::format_to(out, "<tr><th scope=\"row\">{}</th>", escaped(of.policies[p]));
    for (std::size_t r = 0; r < of.rooms.size(); ++r) {
      const entry* e = of.at(p, r);
      if (e == nullptr || !e->regret) {
        text += "<td></td>";
        continue;
      }
      const bool best = competes[p] && !(*e->regret > *least[r]);
      fmt::format_to(out, "<td{} style=\"--v:{:.3f}\">{:.3f}</td>", best ? " class=\"best\"" : "", std::clamp(*e->regret, 0.0, 1.0), *e->regret);
    }
    text += "</tr>\n";
  }
  text +=
      "</tbody></table></div>\n<p class=\"note\">Bold: the least of its capacity among policies that do not know the future. 0 is as good as knowing "
      "it.</p>\n</figure>\n";
  return text;
}

std::string numbers_table(const comparison& of) {
  std::string text =
      "<details><summary>All numbers</summary><div class=\"wide\"><table class=\"numbers\">\n<thead><tr><th scope=\"col\">capacity</th><th "
      "scope=\"col\">policy</th>";
  const auto out = std::back_inserter(text);
  for (const std::string& name : of.columns) fmt::format_to(out, "<th scope=\"col\">{}</th>", escaped(name));
  text += "</tr></thead><tbody>\n";
  for (const entry& e : of.entries) {
    fmt::format_to(out, "<tr><td>{}</td><th scope=\"row\">{}</th>", escaped(e.capacity), escaped(e.policy));
    for (const std::string& cell : e.cells) fmt::format_to(out, "<td>{}</td>", escaped(cell));
    text += "</tr>\n";
  }
  text += "</tbody></table></div></details>\n";
  return text;
}

}  // namespace moesaic::report
