// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <moesaic/trace/hub/any_trace.hpp>

using namespace moesaic;
using namespace moesaic::trace;

namespace {

struct one_token {
  trace_facts about{.format = "one token", .shape = {1, 4, 2}, .tokens = 1, .sequences = 1, .weights = false, .weight_steps = 0, .expert_bytes = {}};
  std::vector<std::uint16_t> ids{3, 1};
  bool given = false;

  [[nodiscard]] const trace_facts& facts() const noexcept { return about; }
  result<std::optional<routing_rows>> next() {
    if (std::exchange(given, true)) return std::optional<routing_rows>{};
    return std::optional<routing_rows>({0, 0, 0, 1, ids, {}, 7, {}});
  }
};

TEST_CASE("a held reader is asked, also after the trace has moved") {
  any_trace first = any_trace::holding(one_token{});
  any_trace trace = std::move(first);
  CHECK(trace.facts().format == "one token");
  const auto rows = trace.next();
  REQUIRE((rows && *rows));
  CHECK((*rows)->experts[0] == 3);
  CHECK((*rows)->batch == 7);
  CHECK_FALSE(*trace.next());
}

TEST_CASE("a reader that did not open is its error") {
  const result<one_token> wrong = error(error_code::bad_file, "t: no");
  CHECK(erased(result<one_token>(wrong)).error().sentence() == "t: no");
  CHECK(erased(result<one_token>(one_token{})));
}

}  // namespace
