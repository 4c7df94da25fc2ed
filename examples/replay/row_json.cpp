// SPDX-License-Identifier: MIT
#include "row_json.hpp"

#include <cstdint>
#include <utility>

#include "command_line/json_text.hpp"

namespace moesaic::replaying {
namespace {

using nlohmann::ordered_json;

template <class T>
ordered_json value_or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

}  // namespace

ordered_json as_json(const row& r) {
  ordered_json j;
  j["trace"] = r.trace;
  j["layers"] = r.shape.layers;
  j["experts"] = r.shape.experts;
  j["top_k"] = r.shape.top_k;
  j["eviction"] = r.eviction;
  j["admission"] = r.admission;
  j["scope"] = r.scope;
  j["capacity"] = r.capacity;
  j["capacity_experts"] = r.capacity_experts;
  j["unit"] = r.unit;
  j["window"] = r.window;
  j["recency"] = r.recency;
  j["reset"] = r.reset;
  j["counted_by"] = r.counted_by;
  j["forecast"] = value_or_null(r.forecast);
  j["tokens"] = r.tokens;
  j["events"] = r.all.events;
  j["accesses"] = r.all.accesses;
  j["hits"] = r.all.hits;
  j["misses"] = r.all.misses;
  j["miss_ratio"] = r.miss_ratio();
  j["evictions"] = r.all.evictions;
  j["bypasses"] = r.all.bypasses;
  j["compulsory"] = r.compulsory;
  j["mean_union"] = r.mean_union();
  j["union_over_capacity"] = r.union_over_capacity;
  j["bytes_missed"] = r.sized ? ordered_json(r.all.missed.count) : ordered_json(nullptr);
  j["belady_misses"] = r.bound_misses;
  j["belady_bytes_missed"] = r.sized ? ordered_json(r.bound_missed.count) : ordered_json(nullptr);
  j["regret"] = r.regret();
  j["decode_events"] = r.decode.events;
  j["decode_accesses"] = r.decode.accesses;
  j["decode_hits"] = r.decode.hits;
  j["decode_misses"] = r.decode.misses;
  j["decode_bytes_missed"] = r.sized ? ordered_json(r.decode.missed.count) : ordered_json(nullptr);
  if (r.recorded && r.recorded_decode) {
    j["recorded_accesses"] = r.recorded->accesses;
    j["recorded_equal"] = r.recorded->equal;
    j["recorded_decode_accesses"] = r.recorded_decode->accesses;
    j["recorded_decode_equal"] = r.recorded_decode->equal;
  }
  if (!r.layers_misses.empty()) {
    j["layers_accesses"] = r.layers_accesses;
    j["layers_misses"] = r.layers_misses;
  }
  j["accesses_per_s"] = r.accesses_per_s();
  j["seconds"] = r.seconds;
  return j;
}

std::optional<row> row_of(const ordered_json& j) {
  bool sound = j.is_object();
  const auto put = [&]<class T>(T& to, const char* key) {
    if (!sound || !j.contains(key)) {
      sound = false;
      return;
    }
    const ordered_json& value = j.at(key);
    if constexpr (std::is_same_v<T, std::string>)
      sound = value.is_string();
    else if constexpr (std::is_same_v<T, double>)
      sound = value.is_number();
    else if constexpr (std::is_integral_v<T>)
      sound = value.is_number_unsigned();
    else {
      sound = value.is_array();
      for (const ordered_json& one : value) sound = sound && one.is_number_unsigned();
    }
    if (sound) to = value.get<T>();
  };
  row r;
  put(r.trace, "trace");
  put(r.shape.layers, "layers");
  put(r.shape.experts, "experts");
  put(r.shape.top_k, "top_k");
  put(r.eviction, "eviction");
  put(r.admission, "admission");
  put(r.scope, "scope");
  put(r.capacity, "capacity");
  put(r.capacity_experts, "capacity_experts");
  put(r.unit, "unit");
  put(r.window, "window");
  put(r.recency, "recency");
  put(r.reset, "reset");
  put(r.counted_by, "counted_by");
  put(r.tokens, "tokens");
  put(r.all.events, "events");
  put(r.all.accesses, "accesses");
  put(r.all.hits, "hits");
  put(r.all.misses, "misses");
  put(r.all.evictions, "evictions");
  put(r.all.bypasses, "bypasses");
  put(r.compulsory, "compulsory");
  put(r.union_over_capacity, "union_over_capacity");
  put(r.bound_misses, "belady_misses");
  put(r.decode.events, "decode_events");
  put(r.decode.accesses, "decode_accesses");
  put(r.decode.hits, "decode_hits");
  put(r.decode.misses, "decode_misses");
  put(r.seconds, "seconds");
  if (!sound || !j.contains("bytes_missed") || !j.contains("forecast")) return std::nullopt;
  r.sized = !j.at("bytes_missed").is_null();
  if (r.sized) {
    put(r.all.missed.count, "bytes_missed");
    put(r.bound_missed.count, "belady_bytes_missed");
    put(r.decode.missed.count, "decode_bytes_missed");
  }
  if (!j.at("forecast").is_null()) put(r.forecast.emplace(), "forecast");
  if (j.contains("recorded_accesses")) {
    agreement all, decode;
    put(all.accesses, "recorded_accesses");
    put(all.equal, "recorded_equal");
    put(decode.accesses, "recorded_decode_accesses");
    put(decode.equal, "recorded_decode_equal");
    r.recorded = all;
    r.recorded_decode = decode;
  }
  if (j.contains("layers_misses")) {
    put(r.layers_accesses, "layers_accesses");
    put(r.layers_misses, "layers_misses");
  }
  if (!sound) return std::nullopt;
  return r;
}

std::string document(std::span<const row> rows) {
  ordered_json all = ordered_json::array();
  for (const row& r : rows) all.push_back(as_json(r));
  const ordered_json whole{{"schema", "moesaic.replay/1"}, {"rows", std::move(all)}};
  return command_line::as_text(whole);
}

}  // namespace moesaic::replaying
