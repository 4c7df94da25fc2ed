// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moesaic::report {

/// A word and what it stands for, as a page lists them.
struct fact {
  std::string name;
  std::string value;
};

/// One policy in one room, and what came of it. What is not known stays empty, and the page leaves it out.
struct entry {
  std::string policy, capacity;  ///< as asked for
  double share = 0;              ///< of all experts that fit, from 0 to 1: its place on the axis
  std::uint64_t accesses = 0, hits = 0, misses = 0;
  std::optional<std::uint64_t> bound_misses;              ///< of a cache that knows the future
  std::optional<std::uint64_t> bytes_missed, bound_bytes; ///< theirs; without them the reader says how big an expert is
  std::optional<double> seconds, bound_seconds;           ///< of the whole trace, where something measured or simulated them
  std::optional<double> regret;                           ///< share of what was missed that the bound would not have missed
  std::vector<std::uint64_t> layers_accesses, layers_misses;  ///< [layers], or empty
  std::vector<std::string> cells;                         ///< its line in the table of all numbers, one for each of the columns
};

/// Entries that differ in policy and capacity only.
struct comparison {
  std::string title;
  std::vector<fact> facts;
  std::uint64_t tokens = 0;
  std::optional<double> link, compute;  ///< where the sliders start: bytes per second, seconds per token
  std::vector<std::string> columns;     ///< of the table of all numbers, behind policy and capacity
  std::vector<entry> entries;
};

/// Everything that a page says. All text may hold any characters.
struct page {
  std::string title;
  std::string program;   ///< with its version
  std::string command;   ///< that made it
  std::vector<fact> definitions;
  std::vector<comparison> comparisons;
};

/// One self-contained HTML file: charts as SVG, every number in a table too, sliders that compute in the page; nothing is
/// fetched from anywhere. The same page gives the same bytes. Without scripts everything but the sliders is there.
[[nodiscard]] std::string as_html(const page& all);

/// A command line as a shell would take it back: words with special characters are quoted.
[[nodiscard]] std::string command_text(int count, const char* const* words);

}  // namespace moesaic::report
