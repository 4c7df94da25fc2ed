// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include <moesaic/core/expert_space.hpp>
#include <moesaic/core/forecast.hpp>
#include <moesaic/core/model_shape.hpp>
#include <moesaic/core/routing.hpp>
#include <moesaic/cuda/distinct_experts.hpp>
#include <moesaic/cuda/expert_permutation.hpp>
#include <moesaic/cuda/resident_lookup.hpp>
#include <moesaic/cuda/utility_top.hpp>
#include <moesaic/cuda/window_forecast.hpp>
#include <moesaic/prediction/draft_routes.hpp>

#include "support/routing_cases.hpp"

/// Each algorithm of cuda/ beside the CPU's answer, for any place where it runs. A `Bench` has `where`, and memory that is read and
/// written there: `put` copies in, `room` is full of rubbish, `back` copies out, `bare` is a workspace of exactly so many bytes.
namespace moesaic_test {
namespace mc = moesaic::cuda;

/// Ordinary memory, each piece by itself, so that a sanitizer sees a step beyond it.
template <class Where>
struct host_bench {
  Where where{};
  std::vector<std::unique_ptr<std::byte[]>> held{};

  template <class T>
  std::span<T> room(std::size_t n) {
    held.push_back(std::make_unique<std::byte[]>(n * sizeof(T)));
    std::memset(held.back().get(), 0xA5, n * sizeof(T));
    return {reinterpret_cast<T*>(held.back().get()), n};
  }
  template <class T>
  std::span<T> put(const std::vector<T>& from) {
    const std::span<T> to = room<T>(from.size());
    std::copy(from.begin(), from.end(), to.begin());
    return to;
  }
  template <class T>
  std::vector<T> back(std::span<const T> from) const {
    return {from.begin(), from.end()};
  }
  std::span<std::byte> bare(std::size_t bytes) { return room<std::byte>(bytes); }
};

template <class T>
bool is_rubbish(const T& value) {
  std::byte raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  return std::all_of(raw, raw + sizeof(T), [](std::byte b) { return b == std::byte{0xA5}; });
}

template <class Id, class Bench, class Run>
void check_distinct(Bench& bench, const routing_case& one, std::size_t workspace, Run&& run) {
  std::vector<moesaic::expert_index> plain;
  for (const std::uint16_t id : one.ids) plain.push_back(moesaic::expert_index{id});
  moesaic::demand_collector collector(one.experts);
  const auto expected = collector.collect({.tokens = one.tokens, .k = one.k, .experts = plain, .weights = one.weights});

  const auto ids = bench.put(ids_as<Id>(one));
  const auto weights = bench.put(one.weights);
  const std::size_t most = std::min<std::size_t>(one.experts, one.ids.size());
  const auto wanted = bench.template room<moesaic::demand>(most);
  const auto count = bench.template room<std::uint32_t>(1);
  const moesaic::result<void> ran =
      run(bench.where, mc::routed<Id>{one.tokens, one.k, ids, weights}, one.experts, bench.bare(workspace), mc::distinct_output{wanted, count.data()});
  REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().sentence().data()));
  REQUIRE(bench.template back<std::uint32_t>(count)[0] == expected.size());
  const auto got = bench.template back<moesaic::demand>(wanted);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool same = got[i].expert == expected[i].expert && got[i].tokens == expected[i].tokens && got[i].mass == expected[i].mass;
    REQUIRE(same);
  }
  for (std::size_t i = expected.size(); i < got.size(); ++i) REQUIRE(is_rubbish(got[i].mass));
}

template <class Id, class Bench, class Run>
void check_permutation(Bench& bench, const routing_case& one, std::size_t workspace, Run&& run, bool with_places = true) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < one.ids.size(); ++i)
    if (one.ids[i] < one.experts) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return one.ids[a] < one.ids[b]; });
  std::vector<std::uint32_t> offsets(std::size_t{one.experts} + 1), places(one.ids.size(), mc::no_place);
  for (std::uint32_t place = 0; place < order.size(); ++place) {
    ++offsets[std::size_t{one.ids[order[place]]} + 1];
    places[order[place]] = place;
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());

  const auto ids = bench.put(ids_as<Id>(one));
  const mc::permutation_output out{bench.template room<std::uint32_t>(offsets.size()), bench.template room<std::uint32_t>(one.ids.size()),
                                   bench.template room<std::uint32_t>(with_places ? one.ids.size() : 0)};
  const moesaic::result<void> ran = run(bench.where, mc::routed<Id>{one.tokens, one.k, ids, {}}, one.experts, bench.bare(workspace), out);
  REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().sentence().data()));
  const bool same_offsets = bench.template back<std::uint32_t>(out.offsets) == offsets;
  CHECK(same_offsets);
  const auto got = bench.template back<std::uint32_t>(out.order);
  const bool same_order = std::equal(order.begin(), order.end(), got.begin());
  CHECK(same_order);
  const bool same_places = !with_places || bench.template back<std::uint32_t>(out.places) == places;
  CHECK(same_places);
}

/// The case's tokens as a window of `layers` layers: token t is row t / layers, layer t % layers.
template <class Id, class Bench, class Run>
void check_window(Bench& bench, const routing_case& one, std::uint32_t layers, std::size_t workspace, Run&& run) {
  using namespace moesaic;
  const std::uint32_t rows = one.tokens / layers;
  const auto shape = *model_shape::uniform(layers, one.experts, std::max(1U, std::min(one.k, one.experts)), {1});
  prediction::draft_routes told;
  told.on(inventory{shape});
  const std::size_t used = std::size_t{rows} * layers * one.k;
  for (std::uint32_t t = 0; t < rows * layers; ++t) {
    std::vector<expert_index> row;
    for (std::uint32_t i = 0; i < one.k; ++i) row.push_back(expert_index{one.ids[std::size_t{t} * one.k + i]});
    const std::span<const float> weights = one.weights.empty() ? std::span<const float>{} : std::span(one.weights).subspan(std::size_t{t} * one.k, one.k);
    told.on(hint{.from = provenance::draft_router, .layer = static_cast<layer_index>(t % layers), .at = {t / layers}, .experts = row, .weights = weights});
  }
  const forecast& expected = told.expectation();

  auto ids_here = ids_as<Id>(one);
  ids_here.resize(used);
  std::vector<float> weights_here = one.weights;
  if (!weights_here.empty()) weights_here.resize(used);
  const auto ids = bench.put(ids_here);
  const auto weights = bench.put(weights_here);
  const std::uint32_t width = mc::window_width(rows, one.k, one.experts);
  const mc::window_output out{bench.template room<mc::expected_expert>(std::size_t{layers} * width), bench.template room<std::uint32_t>(layers)};
  const moesaic::result<void> ran = run(bench.where, mc::drafted_routes<Id>{rows, layers, one.k, ids, weights}, one.experts, bench.bare(workspace), out);
  REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().sentence().data()));
  const auto got = bench.template back<mc::expected_expert>(out.expected);
  const auto counts = bench.template back<std::uint32_t>(out.counts);
  forecast retold(shape.space(), layers, one.experts);
  for (std::uint32_t l = 0; l < layers; ++l) {
    const auto layer = static_cast<layer_index>(l);
    const auto theirs = expected.expected(layer);
    REQUIRE(counts[l] == theirs.size());
    const auto ours = std::span(got).subspan(std::size_t{l} * width, width);
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      const expert_id e{layer, theirs[i], {}};
      bool same = ours[i].expert == theirs[i] && ours[i].first_row() == expected.first_row(e) &&
                  utility{static_cast<std::int64_t>(ours[i].confidence.count)} == expected.confidence(e);
      for (std::uint32_t prefix = 0; prefix <= forecast::longest_window; ++prefix) {
        const std::uint64_t below = prefix == 64 ? ~std::uint64_t{} : (std::uint64_t{1} << prefix) - 1;
        same = same && static_cast<std::uint32_t>(std::popcount(ours[i].rows & below)) == expected.row_count(e, {prefix});
      }
      REQUIRE(same);
    }
    for (std::size_t i = theirs.size(); i < width; ++i) REQUIRE(is_rubbish(ours[i].rows));
    mc::expect(retold, layer, ours.first(counts[l]));
    const bool same_order = std::equal(theirs.begin(), theirs.end(), retold.expected(layer).begin(), retold.expected(layer).end());
    CHECK(same_order);
    for (const expert_index e : theirs) {
      const expert_id id{layer, e, {}};
      const bool same =
          retold.first_row(id) == expected.first_row(id) && retold.row_count(id) == expected.row_count(id) && retold.confidence(id) == expected.confidence(id);
      REQUIRE(same);
    }
  }
}

/// A layer's utilities after one event, beside `after`: what a scorer says of each expert then.
template <class Bench, class Step>
void check_update(Bench& bench, const Step& step, const std::vector<moesaic::demand>& wanted, std::vector<moesaic::utility> before,
                  const std::vector<moesaic::utility>& after) {
  const auto here = bench.put(wanted);
  const auto count = bench.put(std::vector<std::uint32_t>{static_cast<std::uint32_t>(wanted.size())});
  const auto worth = bench.put(before);
  const moesaic::result<void> ran = mc::utility_update(bench.where, step, here, count.data(), worth);
  REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().sentence().data()));
  const bool same = bench.template back<moesaic::utility>(worth) == after;
  CHECK(same);
}

/// The `most` best of each layer, beside a stable sort.
template <class Bench>
void check_top(Bench& bench, const std::vector<moesaic::utility>& worth, std::uint32_t layers, std::uint32_t most) {
  using namespace moesaic;
  const std::size_t experts = worth.size() / layers;
  std::vector<expert_index> expected;
  for (std::uint32_t l = 0; l < layers; ++l) {
    const auto its = std::span(worth).subspan(l * experts, experts);
    std::vector<std::uint16_t> order(experts);
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::uint16_t a, std::uint16_t b) { return its[a] > its[b]; });
    for (std::uint32_t i = 0; i < most; ++i) expected.push_back(its[order[i]] == utility::lowest() ? mc::nobody : expert_index{order[i]});
  }
  const auto here = bench.put(worth);
  const auto best = bench.template room<expert_index>(std::size_t{layers} * most);
  const moesaic::result<void> ran = mc::utility_top(bench.where, here, layers, best);
  REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().sentence().data()));
  const bool same = bench.template back<expert_index>(best) == expected;
  CHECK(same);
}

/// Where a layer's wanted experts lie, beside a walk through the table.
template <class Bench>
void check_lookup(Bench& bench, const std::vector<std::uint64_t>& table, const moesaic::expert_space& space, moesaic::layer_index layer,
                  const std::vector<moesaic::demand>& wanted, std::uint32_t count) {
  using namespace moesaic;
  std::vector<expert_index> expected;
  for (const demand& d : std::span(wanted).first(count))
    if (table[space.flat(layer, d.expert)] == mc::absent_slot) expected.push_back(d.expert);
  const auto here = bench.put(table);
  const auto demands = bench.put(wanted);
  const auto many = bench.put(std::vector<std::uint32_t>{count});
  const auto gone = bench.template room<std::uint32_t>(1);
  const mc::lookup_output out{bench.template room<std::uint64_t>(wanted.size()), bench.template room<expert_index>(wanted.size()), gone.data()};
  const moesaic::result<void> ran = mc::resident_lookup(bench.where, here, space, layer, demands, many.data(), out);
  REQUIRE_MESSAGE(ran, (ran ? "" : ran.error().sentence().data()));
  REQUIRE(bench.template back<std::uint32_t>(gone)[0] == expected.size());
  const auto missing = bench.template back<expert_index>(out.missing);
  const bool same_missing = std::equal(expected.begin(), expected.end(), missing.begin());
  CHECK(same_missing);
  CHECK(std::all_of(missing.begin() + static_cast<std::ptrdiff_t>(expected.size()), missing.end(), is_rubbish<expert_index>));
  const auto slots = bench.template back<std::uint64_t>(out.slots);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool same = i < count ? slots[i] == table[space.flat(layer, wanted[i].expert)] : is_rubbish(slots[i]);
    REQUIRE(same);
  }
}

}  // namespace moesaic_test
