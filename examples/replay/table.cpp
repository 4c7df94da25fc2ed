// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace moesaic::replaying {

std::string as_table(std::span<const row> rows) {
  std::string text;
  const auto out = std::back_inserter(text);
  std::size_t capacity = 8, eviction = 8, admission = 9;
  for (const row& r : rows) {
    capacity = std::max(capacity, r.capacity.size());
    eviction = std::max(eviction, r.eviction.size());
    admission = std::max(admission, r.admission.size());
  }
  const row* before = nullptr;
  for (const row& r : rows) {
    if (before == nullptr || before->trace != r.trace || before->window != r.window) {
      fmt::format_to(out, "{}{}: {} layers of {} experts, top-{}, window {}; {} events of {:.2f} experts, {} first uses\n", before == nullptr ? "" : "\n",
                     r.trace, r.shape.layers, r.shape.experts, r.shape.top_k, r.window, r.all.events, r.mean_union(), r.compulsory);
      fmt::format_to(out, "{:>{}}  {:>8}  {:<{}}  {:<{}}  {:>7}  {:>12}  {:>12}  {:>7}{}  {:>10}\n", "capacity", capacity, "experts", "admission", admission,
                     "eviction", eviction, "hits %", "misses", "bound", "regret", r.sized ? "    GB missed" : "", "M access/s");
    }
    before = &r;
    const double hits = 100 * (1 - r.miss_ratio());
    fmt::format_to(out, "{:>{}}  {:>8}  {:<{}}  {:<{}}  {:>7.2f}  {:>12}  {:>12}  {:>7.3f}{}  {:>10.1f}\n", r.capacity, capacity, r.capacity_experts,
                   r.admission, admission, r.eviction, eviction, hits, r.all.misses, r.bound_misses, r.regret(),
                   r.sized ? fmt::format("  {:>11.3f}", static_cast<double>(r.all.missed.count) / 1e9) : std::string(), r.accesses_per_s() / 1e6);
  }
  return text;
}

}  // namespace moesaic::replaying
