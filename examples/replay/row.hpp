// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <moesaic/core/counters.hpp>
#include <moesaic/trace/event_table.hpp>

#include "options.hpp"
#include "progress.hpp"

namespace moesaic::replaying {

/// One combination of trace, window, capacity, admission and eviction, and what came of it.
struct row {
  std::string trace;
  trace::dimensions shape;
  std::string eviction;
  std::string admission;
  std::string capacity;
  sim::unit unit = sim::unit::experts;
  std::uint64_t pool = 0;                ///< room of the first pool, in `unit`
  std::uint64_t pool_experts = 0;        ///< how many experts that is
  std::uint32_t window = 1;
  std::uint64_t compulsory = 0;
  double union_over_capacity = 0;
  std::optional<bytes> bytes_missed;
  counters count;
  std::uint64_t bound_misses = 0;        ///< belady's, all else equal
  double seconds = 0;                    ///< of one processor, for replaying alone; preparation of a clairvoyant policy included

  [[nodiscard]] double miss_ratio() const noexcept { return ratio(count.misses, count.accesses); }
  [[nodiscard]] double mean_union() const noexcept { return ratio(count.accesses, count.events); }
  [[nodiscard]] double regret() const noexcept {
    return count.misses == 0 ? 0 : (static_cast<double>(count.misses) - static_cast<double>(bound_misses)) / static_cast<double>(count.misses);
  }
  [[nodiscard]] double accesses_per_s() const noexcept { return static_cast<double>(count.accesses) / (seconds > 1e-9 ? seconds : 1e-9); }

 private:
  [[nodiscard]] static double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

/// All rows of one trace and window, in the order capacity, admission, eviction.
[[nodiscard]] result<std::vector<row>> run_rows(const std::string& path, const trace::event_table& table, const options& asked, progress& shown);

}  // namespace moesaic::replaying
