// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <moesaic/trace/journal_reader.hpp>
#include <moesaic/trace/journal_writer.hpp>

namespace journal_run {

using namespace moesaic;

/// Two layers of different width, one expert larger than its neighbours.
inline model_shape shape() {
  const model_shape::layer layers[] = {{4, 2, {100}}, {6, 3, {50}}};
  model_shape s = *model_shape::of(layers);
  s.resize(make_expert(1, 5), {70});
  return s;
}
inline trace::journal::subject about() { return {"a model", {{"eviction", "lrfu(32)"}, {"scope", "layer"}}}; }

using writer = trace::journal_writer<trace::memory_sink>;
using reader = trace::journal_reader<trace::memory_source>;

/// What a residency of this shape says when it is made, for as long as this lives.
struct made_of {
  model_shape of = shape();
  std::vector<bytes> footprint{};
  std::vector<std::uint16_t> group_of{};
  made_of() {
    footprint.assign(of.space().size(), {});
    group_of.assign(of.space().size(), 0);
    for (std::uint32_t l = 0; l < of.layers(); ++l)
      for (std::uint32_t e = 0; e < of.experts(static_cast<layer_index>(l)); ++e) {
        footprint[of.space().flat(make_expert(l, e))] = rounded_up(of.size_of(make_expert(l, e)), {32});
        group_of[of.space().flat(make_expert(l, e))] = static_cast<std::uint16_t>(l);
      }
  }
  [[nodiscard]] seen::made told() const { return {of, footprint, group_of, 2, {1'000}, 2, true, false, 3}; }
};
template <class Witness>
void begin(Witness& to) {
  to.note(made_of().told());
}
template <class Encoder>
void begin_with(Encoder& to) {
  to.begin(about(), made_of().told(), true);
}

/// A journal of one event a layer and token: `routes` is [token][layer][2], of two layers of four experts.
inline std::vector<std::byte> of_routes(const std::vector<std::uint32_t>& routes) {
  std::vector<std::byte> file;
  writer to = *writer::open(trace::memory_sink(file), {"small", {}});
  const model_shape s = *model_shape::uniform(2, 4, 2, {10});
  const std::vector<bytes> footprint(s.space().size(), bytes{10});
  const std::vector<std::uint16_t> group_of(s.space().size());
  to.note(seen::made{s, footprint, group_of, 1, {100}, 2, false, true, 1});
  demand_collector collector(4);
  for (std::size_t t = 0; 4 * t < routes.size(); ++t) {
    for (std::uint32_t l = 0; l < 2; ++l) {
      const expert_index ids[] = {static_cast<expert_index>(routes[4 * t + 2 * l]), static_cast<expert_index>(routes[4 * t + 2 * l + 1])};
      to.note(seen::acquire{{{t}, {t}, static_cast<layer_index>(l), phase::decode, 1, collector.collect({.tokens = 1, .experts = ids}), ids, {}}, false});
    }
    to.note(step_outcome{.step = {t}});
  }
  if (!to.finish({})) file.clear();
  return file;
}

}  // namespace journal_run
