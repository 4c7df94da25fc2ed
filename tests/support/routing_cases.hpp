// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <moesaic/core/expert.hpp>
#include <moesaic/trace/byte_source.hpp>
#include <moesaic/trace/moetrc1.hpp>

#include "support/splitmix.hpp"

namespace moesaic_test {

/// What a router may say of one layer, for whatever works on router output.
struct routing_case {
  std::string name;
  std::uint32_t tokens = 0;
  std::uint32_t k = 0;
  std::uint32_t experts = 1;
  std::vector<std::uint16_t> ids{};  ///< [tokens][k]; 65,535: not routed
  std::vector<float> weights{};      ///< the same shape, or none
};

/// A case's ids as a router of this type writes them; "not routed" is -1 where there is one.
template <class Id>
std::vector<Id> ids_as(const routing_case& from) {
  std::vector<Id> out;
  out.reserve(from.ids.size());
  for (const std::uint16_t id : from.ids) {
    if constexpr (std::is_signed_v<Id>)
      out.push_back(id == 65'535 ? Id{-1} : static_cast<Id>(id));
    else
      out.push_back(static_cast<Id>(id));
  }
  return out;
}

inline routing_case random_case(splitmix& random, std::uint32_t tokens, std::uint32_t k, std::uint32_t experts) {
  routing_case made{"random", tokens, k, experts};
  std::vector<std::uint16_t> all(experts);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  const bool wild = random.chance(200);  // repeats within a token, numbers of no expert
  const bool weighed = random.chance(700);
  for (std::uint32_t t = 0; t < tokens; ++t)
    for (std::uint32_t i = 0; i < k; ++i) {
      if (!wild && i < experts) std::swap(all[i], all[i + random.below(experts - i)]);
      made.ids.push_back(!wild && i < experts ? all[i] : static_cast<std::uint16_t>(random.below(experts + experts / 4 + 2)));
      if (random.chance(20)) made.ids.back() = 65'535;
      if (weighed) made.weights.push_back(static_cast<float>(random.below(1U << 20U)) / static_cast<float>(1U << 20U));
    }
  return made;
}

/// The shapes at which such work goes wrong, and some hundred random ones.
inline std::vector<routing_case> made_up_cases() {
  std::vector<routing_case> all;
  all.push_back({"no tokens", 0, 8, 64});
  all.push_back({"no choices", 5, 0, 64});
  all.push_back({"one of one", 1, 1, 1, {0}, {1.0F}});
  all.push_back({"nobody is routed", 3, 2, 8, std::vector<std::uint16_t>(6, 65'535), std::vector<float>(6, 0.5F)});
  all.push_back({"numbers at the edge", 3, 1, 64, {63, 64, 65'534}, {}});
  for (const std::uint32_t experts : {1U, 2U, 63U, 64U, 65U, 127U, 1'024U, 1'025U}) {
    routing_case every{"one token with all experts", 1, experts, experts};
    for (std::uint32_t e = experts; e-- > 0;) every.ids.push_back(static_cast<std::uint16_t>(e));
    every.weights.assign(every.ids.size(), 1.0F / static_cast<float>(experts));
    all.push_back(std::move(every));
  }
  for (const std::uint32_t tokens : {1U, 3U, 31U, 32U, 33U, 255U, 256U, 257U, 4'096U}) {
    routing_case same{"all experts equal", tokens, 1, 64, std::vector<std::uint16_t>(tokens, 41), std::vector<float>(tokens, 1.0F)};
    all.push_back(std::move(same));
  }
  {
    routing_case odd{"weights of all kinds", 9, 1, 4, {1, 2, 1, 2, 1, 2, 1, 2, 3}, {}};
    constexpr float big = 3.0e38F;
    odd.weights = {-1.0F, 0.0F, big * 10, 1.0e-45F, 65'535.0F, -0.0F, big, (big * 10) - (big * 10), 0.3F};
    all.push_back(std::move(odd));
  }
  splitmix random{11};
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t experts = random.between(1, random.chance(300) ? 1'100 : 160);
    const std::uint32_t tokens = random.below(70);
    const std::uint32_t k = random.between(1, 9);
    all.push_back(random_case(random, tokens, k, experts));
  }
  all.push_back(random_case(random, 4'096, 8, 1'024));
  all.push_back(random_case(random, 1'001, 7, 61));
  return all;
}

/// A recorded trace's routing: windows of so many tokens in each layer, at most `most` cases. Nothing where the file is not there.
template <class Source>
std::vector<routing_case> recorded_cases(moesaic::result<Source> ids, moesaic::result<Source> weights, const std::string& name, std::uint32_t window,
                                         std::size_t most) {
  namespace trace = moesaic::trace;
  std::vector<routing_case> all;
  if (!ids || !weights) return all;
  auto reader = trace::moetrc1_reader<Source>::open(*std::move(ids), *std::move(weights));
  if (!reader) return all;
  const trace::dimensions shape = reader->shape();
  for (;;) {
    const auto rows = reader->next();
    if (!rows || !*rows || all.size() >= most) return all;
    for (std::uint32_t first = 0; first < (*rows)->tokens; first += window)
      for (std::uint32_t layer = 0; layer < shape.layers && all.size() < most; ++layer) {
        routing_case one{name + ", layer " + std::to_string(layer) + ", token " + std::to_string((*rows)->first_token + first), 0, shape.top_k, shape.experts};
        for (std::uint32_t t = first; t < (*rows)->tokens && t < first + window; ++t, ++one.tokens)
          for (std::uint32_t i = 0; i < shape.top_k; ++i) {
            const std::size_t at = (std::size_t{t} * shape.layers + layer) * shape.top_k + i;
            one.ids.push_back((*rows)->experts[at]);
            if (!(*rows)->weights.empty()) one.weights.push_back(static_cast<float>((*rows)->weights[at].count) / 65'536.0F);
          }
        all.push_back(std::move(one));
      }
  }
}

inline std::vector<routing_case> recorded_cases(const std::string& path, std::uint32_t window, std::size_t most) {
  return recorded_cases(moesaic::trace::file_source::open(path), moesaic::trace::file_source::open(path), path, window, most);
}

}  // namespace moesaic_test
