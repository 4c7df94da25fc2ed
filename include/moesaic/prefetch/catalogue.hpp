// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include <moesaic/concepts/prefetch_scheduler.hpp>
#include <moesaic/core/catalogue_entry.hpp>
#include <moesaic/core/knobs.hpp>
#include <moesaic/core/spec.hpp>
#include <moesaic/prefetch/analytic_cutoff.hpp>
#include <moesaic/prefetch/fill_room.hpp>
#include <moesaic/prefetch/layer_order.hpp>
#include <moesaic/prefetch/most_useful.hpp>
#include <moesaic/prefetch/nearest_missing.hpp>
#include <moesaic/prefetch/none.hpp>
#include <moesaic/prefetch/profiled_cutoff.hpp>
#include <moesaic/prefetch/static_cutoff.hpp>
#include <moesaic/prefetch/three_phases.hpp>
#include <moesaic/prefetch/utility_levels.hpp>

namespace moesaic::prefetch {

/// Any prefetch scheduler of this folder, chosen at run time.
///
/// Source: ours. Mechanism: a variant; each call is the chosen scheduler's behind one switch.
/// Cost: the chosen scheduler's and a predictable branch. State and Ties: the chosen scheduler's. Threads: one at a time.
class any {
 public:
  using hears = events<inventory, layer_event, admitted, lease_ended, step_outcome, draft_started, token_drafted, draft_ended>;
  using choices = std::variant<none, most_useful, layer_order<static_cutoff>, layer_order<analytic_cutoff>, layer_order<profiled_cutoff>, utility_levels,
                               three_phases, nearest_missing, fill_room>;

  template <class Scheduler>
    requires(!std::same_as<Scheduler, any> && std::constructible_from<choices, Scheduler>)
  any(Scheduler chosen) : chosen_(std::move(chosen)) {}  // NOLINT(google-explicit-constructor)

  void on(const inventory& all) {
    std::visit([&](auto& scheduler) { tell(scheduler, all); }, chosen_);
  }
  template <class Event>
    requires(!std::same_as<Event, inventory> && hears::template include<Event>)
  void on(const Event& event) noexcept {
    std::visit([&](auto& scheduler) { tell(scheduler, event); }, chosen_);
  }
  template <utility_scorer S>
  [[nodiscard]] std::optional<prefetch_request> next(const scene<S>& now) noexcept {
    return std::visit([&](auto& scheduler) { return scheduler.next(now); }, chosen_);
  }
  void settle(const prefetch_request& request, prefetch_fate fate) noexcept {
    std::visit([&](auto& scheduler) { scheduler.settle(request, fate); }, chosen_);
  }

 private:
  choices chosen_;
};

static_assert(prefetch_scheduler<any>, "any no longer models prefetch_scheduler");

/// What people may write, for help texts and errors.
using entry = catalogue_entry;
inline constexpr std::array known{
    entry{"none", "", "nothing moves ahead of need"},
    entry{"most_useful", "in_flight=4,horizon=2", "the surest expert of the next horizon layers that the link can bring in time"},
    entry{"static_cutoff", "most=3,batch=4", "what is expected in the first most layers, in layer order, batch transfers at a time"},
    entry{"analytic_cutoff", "critical=0,drafting=0,transfer=0,batch=4", "the same for as many layers as one draft hides; times in microseconds, 0: measured"},
    entry{"profiled_cutoff", "most=6,steps=16,batch=4", "the same for as many layers as were fastest when each was tried for steps steps"},
    entry{"utility_levels", "levels=5", "by score, the highest first, as of the last event; a layer is struck when it starts; wants a scorer"},
    entry{"three_phases", "initial=20,bandwidth=12000,draft_time=1000,smoothing=25,slots=0,saturate=1",
          "waits for the first tokens of a draft, plans as often as drafting hides it, then brings the rest"},
    entry{"nearest_missing", "horizon=3,in_flight=1", "the surest missing expert of the next layer that lacks one"},
    entry{"fill_room", "in_flight=4", "all experts from the last layer on, until there is no room; once"},
};
[[nodiscard]] constexpr std::span<const entry> entries() noexcept { return known; }

/// The scheduler of a spec: `none`, `most_useful(in_flight=4)`. What is not known is an error that lists what is.
[[nodiscard]] inline result<any> make(std::string_view text) {
  const result<spec> parsed = spec::parse(text);
  if (!parsed) return parsed.error();
  if (parsed->name() == "none") {
    if (const result<void> fine = parsed->only({}, false); !fine) return fine.error();
    return none{};
  }
  if (parsed->name() == "most_useful") {
    if (const auto fine = parsed->only(std::array<std::string_view, 2>{"in_flight", "horizon"}, false); !fine) return fine.error();
    const auto in_flight = parsed->number("in_flight", 4, 1, 65'535);
    if (!in_flight) return in_flight.error();
    const auto horizon = parsed->number("horizon", 2, 1, 65'535);
    if (!horizon) return horizon.error();
    return most_useful{.in_flight = static_cast<std::uint32_t>(*in_flight), .horizon = static_cast<std::uint32_t>(*horizon)};
  }
  const auto with = [&]<std::size_t n, class Build>(const std::array<knob, n>& knobs, Build build) -> result<any> {
    const auto values = knobs_of(*parsed, knobs);
    if (!values) return values.error();
    return build(*values);
  };
  constexpr auto small = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  constexpr knob batch{"batch", 4, 1, 65'535};
  if (parsed->name() == "static_cutoff")
    return with(std::array{knob{"most", 3, 0, 65'535}, batch},
                [&](const auto& v) { return layer_order<static_cutoff>{.cutoff = {.most = small(v[0])}, .batch = small(v[1])}; });
  if (parsed->name() == "analytic_cutoff")
    return with(
        std::array{knob{"critical", 0, 0, 65'535}, knob{"drafting", 0, 0, 1'000'000'000}, knob{"transfer", 0, 0, 1'000'000'000}, batch}, [&](const auto& v) {
          return layer_order<analytic_cutoff>{
              .cutoff = {.critical = small(v[0]), .drafting = microseconds(std::int64_t{small(v[1])}), .transfer = microseconds(std::int64_t{small(v[2])})},
              .batch = small(v[3])};
        });
  if (parsed->name() == "profiled_cutoff")
    return with(std::array{knob{"most", 6, 0, 65'535}, knob{"steps", 16, 1, 65'535}, batch},
                [&](const auto& v) { return layer_order<profiled_cutoff>{.cutoff = {.most = small(v[0]), .steps = small(v[1])}, .batch = small(v[2])}; });
  if (parsed->name() == "utility_levels")
    return with(std::array{knob{"levels", 5, 1, 255}}, [&](const auto& v) { return utility_levels{.levels = small(v[0])}; });
  if (parsed->name() == "three_phases")
    return with(std::array{knob{"initial", 20, 0, 100}, knob{"bandwidth", 12'000, 1, 100'000'000}, knob{"draft_time", 1'000, 1, 1'000'000'000},
                           knob{"smoothing", 25, 0, 100}, knob{"slots", 0, 0, 65'535}, knob{"saturate", 1, 0, 1}},
                [&](const auto& v) {
                  return three_phases{.initial = small(v[0]),
                                      .bandwidth = small(v[1]),
                                      .draft_time = small(v[2]),
                                      .smoothing = small(v[3]),
                                      .slots = small(v[4]),
                                      .saturate = small(v[5])};
                });
  if (parsed->name() == "nearest_missing")
    return with(std::array{knob{"horizon", 3, 1, 65'535}, knob{"in_flight", 1, 1, 65'535}},
                [&](const auto& v) { return nearest_missing{.horizon = small(v[0]), .in_flight = small(v[1])}; });
  if (parsed->name() == "fill_room")
    return with(std::array{knob{"in_flight", 4, 1, 65'535}}, [&](const auto& v) { return fill_room{.in_flight = small(v[0])}; });
  return unknown_name(parsed->name(), "prefetch scheduler", entries());
}

}  // namespace moesaic::prefetch
