// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <moesaic/sim/simulation.hpp>

#include "bound.hpp"
#include "command_line/policy_choice.hpp"
#include "command_line/progress.hpp"
#include "hardware.hpp"
#include "options.hpp"

namespace moesaic::simulating {

/// What every layer had to do, by layer.
struct layer_counts {
  std::vector<std::uint64_t> accesses, misses;
};

/// One combination of trace, hardware, system and capacity, and what came of it.
struct row {
  std::string trace;
  std::string hardware;
  std::string system;
  command_line::policy_names policies;
  std::string capacity;
  trace::dimensions shape;
  bytes expert_bytes{};          ///< of the largest expert
  std::string expert_bytes_from; ///< "trace", "option" or "hardware"
  bytes budget{};
  bytes all_experts{};
  std::optional<std::uint32_t> draft_length;  ///< nothing: the governor chose, window by window
  std::optional<double> gate_recall;  ///< of the next layer's gate; nothing: nobody listens to early gates
  sim::simulated_run run;
  layer_counts layers;           ///< misses: absent when their event began
  std::vector<std::string> link_names;
  bytes_per_second rate{};       ///< of the slowest link
  best_case at_best{};           ///< what optional Belady would have missed of the same events

  [[nodiscard]] counters count() const noexcept { return run.in_passes.count.plus(run.one_by_one.count); }
  [[nodiscard]] std::uint32_t tokens() const noexcept { return run.in_passes.tokens + run.one_by_one.tokens; }
  [[nodiscard]] nanoseconds took() const noexcept { return run.in_passes.took + run.one_by_one.took; }
  /// Time that something was computed while nothing else could be: the device, the drafter, and what the device waited for.
  [[nodiscard]] nanoseconds computed() const noexcept { return run.worked.device + run.worked.drafting + run.worked.awaited; }
  [[nodiscard]] nanoseconds floor() const noexcept { return at_least(count().bytes_demanded); }
  [[nodiscard]] nanoseconds bound() const noexcept { return at_least(at_best.moved); }

 private:
  [[nodiscard]] nanoseconds at_least(bytes moved) const noexcept {
    const nanoseconds travel = moved.count == 0 ? nanoseconds{} : duration_of(moved, rate);
    return computed() < travel ? travel : computed();
  }
};

/// All rows of one trace, in the order system, capacity. Errors of the trace name its file and place.
[[nodiscard]] result<std::vector<row>> run_rows(const std::string& path, const hardware& on, const options& asked, command_line::progress& shown);

/// One row of routing that is in memory already. `shape` has the sizes of the experts, `footprints` what they take.
[[nodiscard]] result<row> run_row(const sim::routing_tape& tape, const model_shape& shape, const std::vector<bytes>& footprints, const hardware& on,
                                  const std::string& system, const capacity_choice& capacity, const options& asked, command_line::progress& shown);

}  // namespace moesaic::simulating
