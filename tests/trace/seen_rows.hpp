// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/trace_reader.hpp>

#include "made_moetrc1.hpp"

namespace moesaic_test {

/// Everything that a reader gave, token by token, and the error it ended with. Checks what every reader promises.
struct seen_rows {
  moesaic::trace::trace_facts facts;
  std::vector<std::uint16_t> ids;
  std::vector<std::uint32_t> weights;
  std::vector<std::uint8_t> recorded;
  std::vector<std::uint32_t> sequence, batch;  ///< [tokens]
  std::vector<bool> prompt;                    ///< [tokens]
  std::string error;
  std::string broken;  ///< a promise that was not kept

  [[nodiscard]] std::size_t tokens() const { return sequence.size(); }
  friend bool operator==(const seen_rows& a, const seen_rows& b) {
    return a.facts.shape == b.facts.shape && a.ids == b.ids && a.weights == b.weights && a.sequence == b.sequence && a.prompt == b.prompt && a.error == b.error;
  }
};

template <class Reader>
seen_rows rows_of(Reader& reader) {
  using namespace moesaic::trace;
  seen_rows seen;
  seen.facts = reader.facts();
  const dimensions shape = seen.facts.shape;
  for (;;) {
    const auto rows = reader.next();
    if (!rows) {
      seen.error = rows.error().sentence();
      return seen;
    }
    if (!*rows) break;
    const routing_rows& r = **rows;
    const auto broken = [&](const char* what) { seen.broken = what; };
    if (r.tokens == 0 || r.prompt_tokens > r.tokens) broken("tokens");
    if (r.first_token != seen.tokens()) broken("first_token");
    if (r.sequence != (seen.sequence.empty() ? 0 : seen.sequence.back()) && r.sequence != seen.sequence.back() + 1) broken("sequence");
    if (r.experts.size() != r.tokens * shape.row()) broken("experts");
    if (!r.weights.empty() && r.weights.size() != r.experts.size()) broken("weights");
    if (!r.recorded.empty() && r.recorded.size() != r.experts.size()) broken("recorded");
    for (std::size_t cell = 0; cell + shape.top_k <= r.experts.size(); cell += shape.top_k)
      for (std::size_t i = cell; i < cell + shape.top_k; ++i) {
        if (r.experts[i] >= shape.experts && r.experts[i] != not_routed) broken("id");
        for (std::size_t j = cell; j < i; ++j)
          if (r.experts[i] != not_routed && r.experts[i] == r.experts[j] && seen.facts.format != "MOETRC1") broken("an expert twice");
      }
    seen.ids.insert(seen.ids.end(), r.experts.begin(), r.experts.end());
    for (const moesaic::gate_mass w : r.weights) seen.weights.push_back(w.count);
    seen.recorded.insert(seen.recorded.end(), r.recorded.begin(), r.recorded.end());
    for (std::uint32_t t = 0; t < r.tokens; ++t) {
      seen.sequence.push_back(r.sequence);
      seen.batch.push_back(r.batch);
      seen.prompt.push_back(t < r.prompt_tokens);
    }
  }
  if (!seen.broken.empty()) seen.error = "broken promise: " + seen.broken;
  return seen;
}

template <class Reader>
seen_rows rows_of(moesaic::result<Reader>&& opened) {
  if (!opened) {
    seen_rows seen;
    seen.error = opened.error().sentence();
    return seen;
  }
  return rows_of(*opened);
}

/// The same of a file with this name and content, whose bytes come up to `most` at a time, and once more where the reader asks.
template <class Reader, class Source = dripping_source, class... Options>
seen_rows rows_of_file(const char* name, std::span<const std::byte> content, std::size_t most, const Options&... options) {
  const auto source = [&] { return Source(dripping_source(name, content, most)); };
  return rows_of(Reader::open(source(), [&]() -> moesaic::result<Source> { return source(); }, options...));
}

inline std::span<const std::byte> raw(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace moesaic_test
