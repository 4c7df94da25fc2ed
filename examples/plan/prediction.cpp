// SPDX-License-Identifier: MIT
#include "prediction.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <moesaic/cache/memory_plan.hpp>
#include <moesaic/cache/uniform_arena.hpp>
#include <moesaic/sim/simulation.hpp>
#include <moesaic/sim/synthetic_routing.hpp>
#include <moesaic/trace/hub/open_trace.hpp>

#include "command_line/policy_choice.hpp"
#include "simulate/hardware.hpp"

namespace moesaic::planning {
namespace {

result<sim::routing_tape> routing_of(const model_facts& model, const options& asked, command_line::progress& shown) {
  const trace::dimensions shape{model.shape.layers(), model.shape.widest_layer(), model.shape.top_k({})};
  if (asked.trace.empty()) return sim::synthetic_routing(shape, asked.tokens);
  auto reader = trace::open_trace(asked.trace, {.weights = true, .experts = shape.experts});
  if (!reader) return reader.error();
  if (reader->facts().shape != shape)
    return error(error_code::bad_file, asked.trace, ": routes to ", reader->facts().shape.top_k, " of ", reader->facts().shape.experts, " experts in ",
                 reader->facts().shape.layers, " layers; the model to ", shape.top_k, " of ", shape.experts, " in ", shape.layers);
  return sim::routing_tape::read(*reader, [&](std::uint32_t tokens) { shown.update("reading " + asked.trace, tokens, 0); });
}

/// Budgets worth asking about.
std::vector<bytes> budgets_of(const memory_plan& all, bytes left) {
  const bytes staging = all.frame * all.frames;
  std::vector<bytes> budgets;
  for (const std::uint64_t eighths : {1U, 2U, 3U, 4U, 6U, 8U}) budgets.push_back(staging + bytes{(all.everything - staging).count / 8 * eighths});
  budgets.back() = all.everything;
  budgets.push_back(all.recommended);
  if (left >= all.floor) budgets.push_back(std::min(left, all.everything));
  std::sort(budgets.begin(), budgets.end());
  budgets.erase(std::unique(budgets.begin(), budgets.end()), budgets.end());
  std::erase_if(budgets, [&](bytes b) { return b < all.floor || b > all.everything; });
  return budgets;
}

}  // namespace

result<prediction> predict(const model_facts& model, const options& asked, command_line::progress& shown) {
  const auto on = simulating::load_hardware(asked.hardware);
  if (!on) return on.error();
  const auto names = command_line::choose_policies(asked.system, {});
  if (!names) return names.error();
  const auto tape = routing_of(model, asked, shown);
  if (!tape) return tape.error();
  const auto whole = plan(model.shape, model.footprints, {bytes::highest(), 2});
  if (!whole) return whole.error();
  const bytes left = asked.memory - std::min(asked.memory, model.dense);

  prediction made;
  made.hardware = on->name;
  made.routing = asked.trace.empty() ? "made up, about as local as published traces" : asked.trace;
  const std::uint32_t tokens = std::min(tape->tokens(), asked.tokens);
  const std::uint32_t warm = tokens / 4;  // a cold cache is not how it runs
  const std::vector<bytes> budgets = budgets_of(*whole, left);
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    shown.update("predicting", i, budgets.size());
    const auto part = [&](std::uint32_t upto) -> result<sim::simulated_run> {
      auto policies = command_line::make_policies(*names);
      if (!policies) return policies.error();
      return sim::simulate<uniform_arena>(model.shape, *tape, on->machine, *std::move(policies), {.budget = {budgets[i], 2}, .footprint = model.footprints},
                                          [&](std::uint32_t token) { return token < upto; });
    };
    const auto start = part(warm), all = part(tokens);
    if (!start) return start.error();
    if (!all) return all.error();
    const auto tokens_of = [](const sim::simulated_run& r) { return r.in_passes.tokens + r.one_by_one.tokens; };
    const nanoseconds took = (all->in_passes.took + all->one_by_one.took) - (start->in_passes.took + start->one_by_one.took);
    const counters spent = all->in_passes.count.plus(all->one_by_one.count).since(start->in_passes.count.plus(start->one_by_one.count));
    const double seconds = static_cast<double>(took.count) * 1e-9;
    const std::uint32_t counted = tokens_of(*all) - tokens_of(*start);
    made.budgets.push_back({budgets[i], budgets[i] <= left, seconds > 0 ? counted / seconds : 0,
                            spent.accesses == 0 ? 0 : static_cast<double>(spent.hits) / static_cast<double>(spent.accesses),
                            seconds > 0 ? static_cast<double>(spent.stall.count) * 1e-9 / seconds : 0});
  }
  shown.done();
  return made;
}

}  // namespace moesaic::planning
