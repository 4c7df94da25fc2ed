// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grid.hpp"

namespace moesaic::report {

/// A number of every policy against capacity, with the bound beside it.
struct value_chart {
  std::string kind{};       ///< what it shows, as the name of its figure
  std::string id{};         ///< unique in the page
  std::string title{}, description{};
  bool live = false;        ///< the sliders redraw it; its axis then has four equal parts from 0
  std::vector<double> ticks{};  ///< of the axis, ascending; the first and the last are its ends
  std::string (*words)(double) = nullptr;       ///< of a value
  std::string (*tick_words)(double) = nullptr;  ///< of a place on the axis
  std::vector<std::vector<std::optional<double>>> values{};  ///< [policies][rooms]
  std::vector<std::optional<double>> bound{};              ///< [rooms]
  std::string bound_name{};
};

/// Ends and steps of an axis for these numbers: from 0 in four parts, or, for ratios, close around them.
[[nodiscard]] std::vector<double> ticks_from_zero(double highest);
[[nodiscard]] std::vector<double> ticks_around(double lowest, double highest);

/// A figure with one SVG: lines over capacity, or, where there is only one capacity, a row for each policy.
[[nodiscard]] std::string figure(const value_chart& chart, const grid& of);

/// The names of what the charts show, with boxes that hide and show them.
[[nodiscard]] std::string legend(const grid& of, const std::string& bound_name);

/// The class with which a policy is drawn: its colour, its dashes.
[[nodiscard]] std::string look_of(std::size_t policy);

}  // namespace moesaic::report
