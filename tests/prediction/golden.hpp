// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <moesaic/concepts/expert_predictor.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/windows.hpp>

#include "prediction/golden_hits.hpp"

namespace moesaic::golden {

/// One of the recorded traces under tests/data/traces, token by token.
[[nodiscard]] inline trace::event_table recorded(std::string_view name) {
  auto file = trace::file_source::open(std::string(MOESAIC_TEST_DATA) + "/traces/" + std::string(name) + ".bin");
  REQUIRE(file);
  auto reader = trace::moetrc1_reader<trace::file_source>::open(*std::move(file));
  REQUIRE(reader);
  trace::window_builder steps(reader->shape(), {});
  for (;;) {
    const auto rows = reader->next();
    REQUIRE(rows);
    if (!*rows) return steps.finish();
    steps.add(**rows);
  }
}

/// Checks every row of the table that is about `name`.
template <class Predictor>
void agree(const char* name, const Predictor& fresh) {
  std::uint32_t rows = 0;
  for (const found& row : hits) {
    if (std::string_view(row.predictor) != name) continue;
    ++rows;
    CAPTURE(row.trace);
    const trace::event_table table = recorded(row.trace);
    const model_shape shape = *model_shape::uniform(table.shape.layers, table.shape.experts, table.shape.top_k, {1});
    Predictor predictor = fresh;
    tell(predictor, inventory{shape});
    std::array<std::uint64_t, 2> seen{};
    trace::event_walk walk(table);
    for (std::size_t s = 0; s < steps_of_found; ++s)
      walk.step(s, [&](const layer_event& event, std::uint64_t access) {
        tell(predictor, event);
        access += event.wanted.size();
        for (std::uint32_t ahead = 1; ahead <= 2 && number(event.layer) + ahead < shape.layers(); ++ahead)
          for (std::uint32_t i = 0; i < table.shape.top_k; ++i, ++access)
            seen[ahead - 1] += predictor.expectation().expects(make_expert(number(event.layer) + ahead, table.experts[access])) ? 1 : 0;
      });
    CHECK(seen[0] == row.one);
    CHECK(seen[1] == row.two);
  }
  CHECK(rows == 2);
}

}  // namespace moesaic::golden
