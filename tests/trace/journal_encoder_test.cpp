// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

#include "journal_run.hpp"

using namespace moesaic;

// The bytes here were written by hand from docs/reference/journal_format.md.
namespace {
struct taken {
  std::vector<unsigned> bytes;
  void put(std::byte b) { bytes.push_back(std::to_integer<unsigned>(b)); }
};
using encoder = trace::journal::encoder<taken>;

template <class... Seen>
std::vector<unsigned> bytes_of(const Seen&... what) {
  encoder e(taken{});
  journal_run::begin_with(e);
  e.out().bytes.clear();
  (e.put(what), ...);
  return e.out().bytes;
}
using bytes_list = std::vector<unsigned>;
}  // namespace

TEST_CASE("numbers are seven bits a byte, signed ones zigzag") {
  CHECK(bytes_of(seen::budget_change{{0}}) == bytes_list{0x0C, 0});
  CHECK(bytes_of(seen::budget_change{{127}}) == bytes_list{0x0C, 127});
  CHECK(bytes_of(seen::budget_change{{128}}) == bytes_list{0x0C, 0x80, 1});
  CHECK(bytes_of(seen::budget_change{{300}}) == bytes_list{0x0C, 0xAC, 2});
  CHECK(bytes_of(seen::budget_change{bytes::highest()}) == bytes_list{0x0C, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1});
  CHECK(bytes_of(seen::clock{{5}}, seen::clock{{4}}, seen::clock{{4}}) == bytes_list{0x40, 10, 0x40, 1, 0x40, 0});
}

TEST_CASE("an event says its step when it is another one, and its demands only where they do not follow from its routes") {
  const std::vector<expert_index> routes{expert_index{3}, expert_index{1}};
  demand_collector collector(6);
  const auto derived = collector.collect({.tokens = 1, .experts = routes});
  const seen::acquire first{{{2}, {9}, layer_index{1}, phase::decode, 1, derived, routes, {}}, false};
  CHECK(bytes_of(first, first) == bytes_list{0x01, 2, 9, 1, 1, 0x02, 1, 0, 2, 3, 1, 0x02, 1, 0, 2, 3, 1});
  const std::vector<demand> wanted{{expert_index{2}, 1, {5}}};
  const seen::acquire bare{{{2}, {9}, layer_index{0}, phase::decode, 1, wanted, {}, {}}, true};
  CHECK(bytes_of(bare) == bytes_list{0x01, 2, 9, 1, 1, 0x02, 0, 3, 0, 1, 2, 1, 5});
  const std::vector<float> weights{1.0F, 0.5F};
  const std::vector<demand> heavy{{expert_index{1}, 1, {32'768}}, {expert_index{3}, 1, {65'536}}};
  const seen::acquire weighed{{{2}, {9}, layer_index{1}, phase::decode, 1, heavy, routes, weights}, false};
  CHECK(bytes_of(weighed) == bytes_list{0x01, 2, 9, 1, 1, 0x02, 1, 4, 2, 3, 1, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x3F});
}

TEST_CASE("decisions") {
  CHECK(bytes_of(seen::found{make_expert(1, 4), residency_state::resident, true}) == bytes_list{0x81, 1, 4, 6});
  CHECK(bytes_of(seen::victim{make_expert(1, 4), cause::demand, 1, make_expert(1, 2), utility{-1}, {}}) == bytes_list{0x83, 1 + 4 + 8, 1, 1, 4, 1, 2, 1});
  CHECK(bytes_of(seen::left{make_expert(1, 2), make_expert(1, 4)}) == bytes_list{0x85, 1, 1, 2, 1, 4});
  CHECK(bytes_of(seen::submitted{make_expert(1, 4), {64}, cause::prefetch, residence::slot}) == bytes_list{0x87, 1, 1, 4, 64});
}

TEST_CASE("the transport's answers") {
  const std::vector<completion> told{{{7}, transfer_status::arrived, {64}, 0}};
  CHECK(bytes_of(seen::completions{}) == bytes_list{0x42});
  CHECK(bytes_of(seen::completions{true, {}}) == bytes_list{0x44, 0});
  CHECK(bytes_of(seen::completions{false, told}) == bytes_list{0x43, 1, 7, 0, 64, 0});
  CHECK(bytes_of(link_cost{{100}, {1.0}}) == bytes_list{0x41, 0xC8, 1, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F});
}
