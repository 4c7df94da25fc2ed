// SPDX-License-Identifier: MIT
#include "loaded_trace.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <moesaic/trace/hub/open_trace.hpp>
#include <moesaic/trace/windows.hpp>

namespace moesaic::replaying {
namespace {

result<loaded_trace> described(const std::string& path, const trace::trace_facts& facts, const options& asked) {
  const auto& [layers, experts, top_k] = facts.shape;
  const auto size = [&](std::uint32_t l, std::uint32_t e) { return asked.expert_bytes ? *asked.expert_bytes : facts.bytes_of(l, e); };
  bool sized = true, equal = true;
  for (std::uint32_t l = 0; l < layers; ++l)
    for (std::uint32_t e = 0; e < experts; ++e) {
      sized = sized && size(l, e).count > 0;
      equal = equal && size(l, e) == size(0, 0);
    }
  for (const capacity_choice& c : asked.capacities)
    if (c.unit == sim::unit::bytes && !sized)
      return error(error_code::bad_argument, "--capacity '", c.text, "': counting bytes needs the size of an expert, which ", path, " (", facts.format,
                   ") does not hold; give --expert-bytes N");
  result<model_shape> shape = model_shape::uniform(layers, experts, top_k, sized ? size(0, 0) : bytes{1});
  if (!shape) return error(error_code::bad_file, path, ": ", shape.error().sentence());
  if (sized && !equal)
    for (std::uint32_t l = 0; l < layers; ++l)
      for (std::uint32_t e = 0; e < experts; ++e) shape->resize(make_expert(l, e), size(l, e));
  return loaded_trace{path, std::string(facts.format), facts.shape, *std::move(shape), sized, !sized || equal, {}};
}

}  // namespace

result<loaded_trace> load(const std::string& path, const options& asked, command_line::progress& shown) {
  const bool weights =
      std::any_of(asked.evictions.begin(), asked.evictions.end(), [](const eviction_choice& e) { return std::holds_alternative<eviction::erased>(e.policy); });
  result<trace::any_trace> reader = trace::open_trace(path, {.weights = weights, .experts = asked.experts, .top_k = asked.top_k});
  if (!reader) return reader.error();
  const trace::trace_facts& facts = reader->facts();
  result<loaded_trace> loaded = described(path, facts, asked);
  if (!loaded) return loaded.error();
  std::vector<trace::window_builder> builders;
  for (const std::uint32_t w : asked.windows)
    builders.emplace_back(facts.shape, trace::window_options{.window = w,
                                                             .keep_weights = weights && facts.weights,
                                                             .keep_routes = asked.order == recency::by_rank || asked.forecast.has_value() || weights,
                                                             .keep_recorded = !asked.one_by_one,
                                                             .one_by_one = asked.one_by_one});
  const std::uint64_t events_each = std::uint64_t{facts.shape.layers} * (asked.one_by_one ? facts.shape.top_k : 1);
  for (;;) {
    const result<std::optional<trace::routing_rows>> rows = reader->next();
    if (!rows) return rows.error();
    if (!*rows) break;
    const std::uint64_t tokens = (*rows)->first_token + (*rows)->tokens;
    if (tokens >= 0xFFFF'FFFF / events_each)
      return error(error_code::bad_file, path, ": ", tokens, " tokens through ", facts.shape.layers,
                   " layers are 2^32 events or more, which a replay cannot number; cut the trace");
    for (trace::window_builder& b : builders) b.add(**rows);
    shown.update("reading " + path, tokens, facts.tokens.value_or(0));
  }
  if (reader->interrupted()) shown.remark(path + ": breaks off before its end, as a run that was stopped leaves it; what follows is of what is there");
  for (trace::window_builder& b : builders) loaded->tables.push_back(b.finish());
  if (loaded->tables.front().layers.empty()) return error(error_code::bad_file, path, ": holds no routed token, so there is nothing to replay");
  return loaded;
}

}  // namespace moesaic::replaying
