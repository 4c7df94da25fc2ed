// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include <moesaic/concepts/prefetch_scheduler.hpp>

#include "conformance/policy_world.hpp"

namespace moesaic_test {

using namespace moesaic;
using conformance::owned_event;
using conformance::splitmix;

/// Scores that a test sets, by flat index.
struct set_scores {
  using hears = events<>;
  const model_shape* shape = nullptr;
  std::vector<utility> values;
  [[nodiscard]] utility score(expert_id e) const noexcept { return values[shape->space().flat(e)]; }
};

/// A scheduler that is told and asked by hand: `layers` of 8 experts of 1,000 bytes, on a link of 1 byte a nanosecond and 100 ns
/// for each transfer. Not movable: the scheduler keeps views of it.
template <class Scheduler>
struct asked {
  explicit asked(Scheduler fresh, std::uint32_t layers = 4, bytes room = {})
      : shape(*model_shape::uniform(layers, 8, 2, {1'000})),
        group_of(layers * 8),
        flags(layers * 8),
        scores{&shape, std::vector<utility>(layers * 8)},
        expected(shape.space(), layers, 8),
        scheduler(fresh) {
    tell(scheduler, inventory{shape, group_of, 1, room});
    link = {{100}, {1e9}, {}, 0, 16, {}};
  }
  asked(const asked&) = delete;
  asked& operator=(const asked&) = delete;

  [[nodiscard]] std::uint32_t flat(std::uint32_t l, std::uint32_t e) const { return shape.space().flat(make_expert(l, e)); }
  void begin(std::uint32_t l) {
    owned_event made(step, step, l, {0});
    tell(scheduler, made.get());
    expected.forget(layer_index(l));
    layer = l;
  }
  void end(std::uint32_t l) { tell(scheduler, lease_ended{{step}, layer_index(l)}); }
  void expect(std::uint32_t l, std::uint32_t e, std::uint32_t row = 0) { expected.expect(layer_index(l), expert_index(e), {row}, {1}); }
  void worth(std::uint32_t l, std::uint32_t e, std::int64_t value) { scores.values[flat(l, e)] = {value}; }
  [[nodiscard]] scene<set_scores> look() const { return {scores, expected, residency_view(shape, flags), link, layer_index(layer), {}, {}, {}, threshold}; }
  [[nodiscard]] std::optional<expert_id> next() {
    const auto request = scheduler.next(look());
    CHECK(scheduler.next(look()) == request);  // a peek
    if (!request) return std::nullopt;
    CHECK(request->worth == scores.score(request->expert));
    return request->expert;
  }
  void settle(expert_id e, prefetch_fate fate) {
    const std::uint32_t f = shape.space().flat(e);
    if (fate == prefetch_fate::submitted) {
      flags[f] = residency_flag::in_flight;
      tell(scheduler, admitted{e, cause::prefetch});
    }
    if (fate == prefetch_fate::arrived) flags[f] = residency_flag::resident;
    if (fate == prefetch_fate::failed || fate == prefetch_fate::withdrawn) flags[f] = 0;
    scheduler.settle({e, scores.score(e)}, fate);
  }

  model_shape shape;
  std::vector<std::uint16_t> group_of;
  std::vector<std::uint8_t> flags;
  set_scores scores;
  forecast expected;
  link_view link{};
  std::uint32_t layer = 0;
  std::uint64_t step = 0;
  utility threshold = utility::lowest();
  Scheduler scheduler;
};

}  // namespace moesaic_test
