// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace moesaic::systems {

/// A named bundle as text: what it is called, what it does in one line, and its parts as specs, the same text in every program.
/// Beside it stands the bundle itself, a plain struct of the same policies for programs that fix them when they are compiled.
struct description {
  std::string_view name;
  std::string_view help;
  std::string_view scope = "layer";  ///< eviction groups: "layer", or "global" for one pool
  std::string_view scoring = "none";
  std::string_view eviction = "lru";
  std::string_view admission = "forced";
  std::string_view prediction = "none";
  std::string_view prefetch = "none";
  std::string_view placement = "fetch";
  std::string_view speculation = "fixed(0)";
};

}  // namespace moesaic::systems
