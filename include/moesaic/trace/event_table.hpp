// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <moesaic/core/event.hpp>
#include <moesaic/trace/routing_rows.hpp>

namespace moesaic::trace {

/// One step of a trace: a token, or a window of them, through all layers.
struct step_row {
  std::uint64_t first_access = 0;  ///< where its experts start in the table
  std::uint32_t first_event = 0;   ///< number of its first event; the next step's says where it ends
  std::uint32_t first_token = 0;   ///< over all sequences
  std::uint32_t tokens = 0;
  std::uint32_t sequence = 0;
  phase during = phase::decode;
};

/// The event sets of a whole trace for one window, step by step and within a step by layer, in flat arrays: what a replay
/// walks through as often as it likes. Sets are ascending and never empty.
/// Cost: per event 4 bytes, per expert of a set 2 (4 with windows above 1 or batches, 4 more where gate weights are kept,
/// 1 more where residency is, 2 per route where router order is kept), per step 32.
struct event_table {
  dimensions shape;
  std::uint32_t window = 1;
  std::vector<step_row> steps;
  std::vector<std::uint16_t> layers;   ///< [events]
  std::vector<std::uint16_t> sizes;    ///< [events] experts in the set
  std::vector<std::uint16_t> experts;  ///< [accesses]
  std::vector<std::uint16_t> tokens;   ///< [accesses] of the step, routed to that expert; empty where all are 1
  std::vector<gate_mass> masses;       ///< [accesses], or empty where not kept
  std::vector<std::uint8_t> recorded;  ///< [accesses] marks as in routing_rows::recorded, or empty
  std::vector<expert_index> routes;    ///< [steps][layers][tokens][top_k] in router order, or empty where not kept
  std::uint64_t compulsory = 0;        ///< distinct experts that occur

  [[nodiscard]] std::uint64_t events() const noexcept { return layers.size(); }
  [[nodiscard]] std::uint64_t accesses() const noexcept { return experts.size(); }
  /// One past the last event of a step.
  [[nodiscard]] std::size_t end_of(std::size_t step) const noexcept { return step + 1 < steps.size() ? steps[step + 1].first_event : layers.size(); }
};

/// Walks through a table, event by event, as the layer_events that policies hear. Its spans live until the next call.
class event_walk {
 public:
  explicit event_walk(const event_table& table) : table_(&table), wanted_(table.shape.experts, demand{{}, 1, {}}) {}

  /// Step `step`'s events, in order: `visit(event, first_access)`.
  template <class Visit>
  void step(std::size_t step, Visit&& visit) {
    walk(step, [](layer_index) { return [](expert_index) {}; }, [&](const layer_event& event, std::uint64_t access, auto&) { visit(event, access); });
  }
  /// The same for who wants to see the experts as they are written down: `begin(layer)` answers what is called with each, in
  /// order, and then given to `visit(event, first_access, that)`.
  template <class Begin, class Visit>
  void walk(std::size_t step, Begin&& begin, Visit&& visit) {
    const event_table& table = *table_;
    const step_row& row = table.steps[step];
    const std::size_t row_routes = std::size_t{row.tokens} * table.shape.top_k;
    const expert_index* const routes = table.routes.empty() ? nullptr : table.routes.data() + std::size_t{row.first_token} * table.shape.row();
    // What the loop reads is held here: after what a visitor writes it would have to be looked up again.
    const std::uint16_t* const layers = table.layers.data();
    const std::uint16_t* const sizes = table.sizes.data();
    const std::uint16_t* const experts = table.experts.data();
    const std::uint16_t* const tokens = table.tokens.empty() ? nullptr : table.tokens.data();
    const gate_mass* const masses = table.masses.empty() ? nullptr : table.masses.data();
    demand* const wanted = wanted_.data();
    layer_event event{.step = {step}, .first_token = {row.first_token}, .during = row.during, .tokens = row.tokens};
    std::uint64_t access = row.first_access;
    for (std::size_t e = row.first_event, end = table.end_of(step); e < end; ++e) {
      const std::size_t size = sizes[e];
      event.layer = static_cast<layer_index>(layers[e]);
      event.wanted = {wanted, size};
      auto each = begin(event.layer);
      for (std::size_t i = 0; i < size; ++i) {
        const auto expert = static_cast<expert_index>(experts[access + i]);
        wanted[i].expert = expert;
        each(expert);
      }
      if (tokens != nullptr)
        for (std::size_t i = 0; i < size; ++i) wanted[i].tokens = tokens[access + i];
      if (masses != nullptr)
        for (std::size_t i = 0; i < size; ++i) wanted[i].mass = masses[access + i];
      if (routes != nullptr) event.routes = {routes + layers[e] * row_routes, row_routes};
      visit(std::as_const(event), access, each);
      access += size;
    }
  }

 private:
  const event_table* table_;
  std::vector<demand> wanted_;
};

}  // namespace moesaic::trace
