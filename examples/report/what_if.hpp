// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grid.hpp"

namespace moesaic::report {

/// Time per token if moving what was missed and computing overlap perfectly: the longer of the two. Where bytes are not known,
/// every miss is taken to move an expert of the size that the reader sets. The page's script does the same arithmetic.
class what_if {
 public:
  what_if(const comparison& of, const grid& in);

  double link = 0;         ///< bytes per second
  double compute = 0;      ///< seconds per token
  double expert_size = 1;  ///< bytes; 1 where bytes are known
  bool sized = true;

  /// Bytes (or misses) of a policy, of the bound: over the whole trace.
  [[nodiscard]] std::optional<double> moved(std::size_t policy, std::size_t room) const;
  [[nodiscard]] std::optional<double> moved_at_best(std::size_t room) const;

  [[nodiscard]] double travel_per_token(double moved) const { return moved * expert_size / tokens_ / link; }
  [[nodiscard]] double per_token(double moved) const {
    const double travel = travel_per_token(moved);
    return compute < travel ? travel : compute;
  }
  [[nodiscard]] double seconds(double moved) const { return per_token(moved) * tokens_; }
  [[nodiscard]] double tokens() const { return tokens_; }

  /// Sliders, and a table of tokens/s that they recompute.
  [[nodiscard]] std::string panel(const std::string& id, const std::string& bound_name) const;

 private:
  const grid* in_;
  double tokens_ = 1;
};

/// Where a slider stops: ten to a decade, and the place where it starts.
[[nodiscard]] std::vector<double> slider_stops(double from, double to, double start);

}  // namespace moesaic::report
