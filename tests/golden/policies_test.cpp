// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/belady_by_bytes.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/sim/capacity.hpp>
#include <moesaic/sim/play.hpp>
#include <moesaic/sim/replay.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>
#include <moesaic/trace/next_use.hpp>
#include <moesaic/trace/windows.hpp>

/// Recorded routing under every policy, against policies.jsonl, which slow_replay.py made and which shares no line with this.
namespace {
using namespace moesaic;

/// The value of a key in one line of flat JSON without escapes.
std::string value_of(const std::string& line, const std::string& key) {
  const std::size_t at = line.find("\"" + key + "\": ");
  REQUIRE(at != std::string::npos);
  std::size_t from = at + key.size() + 4;
  if (line[from] == '"') ++from;
  return line.substr(from, line.find_first_of("\",}", from) - from);
}

trace::event_table table_of(const std::string& name, std::uint32_t window) {
  auto file = trace::file_source::open(MOESAIC_TEST_DATA "/traces/" + name + ".bin");
  REQUIRE(file);
  auto reader = trace::moetrc1_reader<trace::file_source>::open(*std::move(file));
  REQUIRE(reader);
  trace::window_builder builder(reader->facts().shape, {.window = window, .keep_routes = true});
  for (;;) {
    const auto rows = reader->next();
    REQUIRE(rows);
    if (!*rows) return builder.finish();
    builder.add(**rows);
  }
}

/// Sizes as in slow_replay.py, where bytes are counted.
model_shape shape_of(const trace::event_table& table, bool sized) {
  model_shape shape = *model_shape::uniform(table.shape.layers, table.shape.experts, table.shape.top_k, {1});
  for (std::uint32_t l = 0; sized && l < table.shape.layers; ++l)
    for (std::uint32_t e = 0; e < table.shape.experts; ++e) shape.resize(make_expert(l, e), {60 + 10 * ((7 * e + 3) % 11)});
  return shape;
}

counters played(const trace::event_table& table, const std::string& line) {
  const bool bytes = value_of(line, "unit") == "bytes", one_pool = value_of(line, "scope") == "global";
  const std::string eviction = value_of(line, "eviction");
  const model_shape shape = shape_of(table, bytes);
  const sim::unit counted = bytes ? sim::unit::bytes : sim::unit::experts;
  const auto in = [&](auto groups) {
    const auto room = sim::capacity::parse(value_of(line, "capacity"))->pools(shape, groups, counted);
    const sim::resident_set empty(shape, groups, counted, *room);
    const admission::any admission = *admission::make(value_of(line, "admission"));
    if (eviction == "belady_by_bytes") {
      const trace::future future(table);
      sim::replay<eviction::belady_by_bytes, admission::any> player(empty, {}, admission);
      sim::play(player, table, {.next_uses = &future});
      return player.count();
    }
    sim::replay<eviction::any, admission::any> player(empty, *eviction::make(eviction), admission);
    sim::true_tokens tokens(table, {.tokens = eviction == "forecast" ? 4U : 16U});
    sim::play(player, table, {.tokens = eviction == "forecast" || eviction == "look_ahead" ? &tokens : nullptr});
    return player.count();
  };
  return one_pool ? in(one_group{}) : in(group_per_layer{});
}

TEST_CASE("every policy misses on recorded routing what a slow replay of another hand misses") {
  std::map<std::pair<std::string, std::string>, trace::event_table> tables;
  std::ifstream golden(MOESAIC_TEST_DATA "/../golden/policies.jsonl");
  std::uint32_t rows = 0;
  for (std::string line; std::getline(golden, line); ++rows) {
    CAPTURE(line);
    const std::string name = value_of(line, "trace"), window = value_of(line, "window");
    const auto [at, fresh] = tables.try_emplace({name, window});
    if (fresh) at->second = table_of(name, static_cast<std::uint32_t>(std::atoi(window.c_str())));
    const counters count = played(at->second, line);
    CHECK(std::to_string(count.accesses) == value_of(line, "accesses"));
    CHECK(std::to_string(count.misses) == value_of(line, "misses"));
  }
  CHECK(rows == 228);
}

}  // namespace
