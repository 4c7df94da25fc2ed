// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/core/counters.hpp>
#include <moesaic/runtime/offload_runtime.hpp>
#include <moesaic/sim/null_model.hpp>
#include <moesaic/sim/synthetic_drafter.hpp>
#include <moesaic/transport/borrowed.hpp>

namespace moesaic::sim {

struct simulation_options {
  memory_budget budget{};
  std::vector<bytes> footprint{};  ///< by flat index; empty: the shape's sizes
  drafter_quality drafter{};       ///< asked only where the bundle's governor wants drafts
  gate_quality gates{};            ///< of later layers, asked early; for bundles whose predictor hears that
  std::uint64_t seed = 0;          ///< of what chance decides: acceptance, fidelity, gates' mistakes, rejected rows
};

/// What a simulated run came to. Times are the simulated clock's.
struct simulated_run {
  struct part {
    counters count{};
    nanoseconds took{};
    std::uint32_t tokens = 0;
  };
  struct link_use {
    nanoseconds busy{};
    bytes moved{};
  };
  part in_passes{};   ///< batches of the trace (prefill)
  part one_by_one{};  ///< everything else (decode)
  lane_times worked{};
  std::uint64_t windows = 0;  ///< verify passes with a draft
  std::uint64_t drafted = 0, accepted = 0;
  std::vector<link_use> links;
  memory_plan planned{};
  memory_peak peak{};
};

/// Runs a trace through the library's own loop on a machine on paper: the residency core, the bundle's policies and the lease
/// protocol are those of a real run; only the model, the link and the clock are not. Batches of the trace run in one pass (of
/// at most 4,096 tokens), other tokens one at a time, or as verify windows where the bundle's governor drafts; windows do not
/// span sequences. Policies live through the whole trace.
/// `watch(token)` is called before each step and may answer false: the run then ends there, as if the trace did.
/// Deterministic. Cost: that of the residency core and about as much again for routing; `log` costs what event_log says.
template <class Arena = uniform_arena, class Bundle, class Watch>
[[nodiscard]] result<simulated_run> simulate(const model_shape& shape, const routing_tape& tape, const machine& costs, Bundle policies,
                                             const simulation_options& options, Watch&& watch, event_log* log = nullptr) {
  using link = transports::simulated<>;
  using model = null_model<link>;
  using draft = synthetic_drafter<link>;
  link way = costs.link();
  simulated_run done;
  const fixed_chance chance{options.seed};

  runtime_options how;
  how.residency.budget = options.budget;
  how.residency.footprint = options.footprint;
  how.residency.host_possible = costs.host.has_value();
  how.prefill_chunk = 4'096;
  auto made = offload_runtime<model, transports::borrowed<link>, Bundle, draft, told_tokens, Arena>::create(
      model(shape, tape, costs, way, done.worked, chance, log, options.gates), transports::borrowed<link>(way), std::move(policies), std::move(how),
      draft(tape, costs, way, done.worked, options.drafter, chance));
  if (!made) return made.error();
  auto& run = *made;
  done.planned = run.cache().planned();

  std::vector<token_id> prompt;
  bool goes_on = true;
  for (const tape_part& part : tape.parts()) {
    run.model().begins_at(part.begins);
    run.drafter().begins_at(part.begins);
    simulated_run::part& sum = part.in_one_pass ? done.in_passes : done.one_by_one;
    const counters before = run.cache().count();
    const nanoseconds began = way.now();
    const std::uint32_t end = part.first + part.tokens;
    const std::uint32_t from = run.length().count;
    if (part.in_one_pass && (goes_on = watch(from))) {
      prompt.resize(part.tokens);
      std::iota(prompt.begin(), prompt.end(), static_cast<token_id>(part.first));
      if (const result<token_id> last = run.prefill(prompt); !last) return last.error();
    }
    while (!part.in_one_pass && run.length().count < end && (goes_on = watch(run.length().count))) {
      const result<step_report> step = run.step(end - run.length().count);
      if (!step) return step.error();
      done.windows += step->outcome.verified.count != 0;
      done.drafted += step->outcome.drafted.count;
      done.accepted += step->outcome.accepted.count;
    }
    sum.count = sum.count.plus(run.cache().count().since(before));
    sum.took += way.now() - began;
    sum.tokens += run.length().count - from;
    if (!goes_on) break;
  }
  done.peak = run.cache().peak();
  for (std::size_t i = 0; i < way.links().size(); ++i) done.links.push_back({way.links().link(i).busy(), way.links().link(i).moved()});
  return done;
}

/// The same without anybody to watch.
template <class Arena = uniform_arena, class Bundle>
[[nodiscard]] result<simulated_run> simulate(const model_shape& shape, const routing_tape& tape, const machine& costs, Bundle policies,
                                             const simulation_options& options) {
  return simulate<Arena>(shape, tape, costs, std::move(policies), options, [](std::uint32_t) { return true; });
}

}  // namespace moesaic::sim
