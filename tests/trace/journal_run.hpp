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

}  // namespace journal_run
