// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic/trace/journal_words.hpp>

using namespace moesaic;
using trace::journal::in_words;

TEST_CASE("records in words") {
  CHECK(in_words(seen::victim{make_expert(7, 4), cause::demand, 0, make_expert(7, 31), utility{12}, utility{90}}) ==
        "eviction names (7,31) for (7,4), key 12 against 90");
  CHECK(in_words(seen::victim{{}, cause::demand, 0, {}, {}, {}}) == "eviction names nobody");
  CHECK(in_words(seen::judged{make_expert(7, 4), cause::prefetch, make_expert(7, 31), false}) == "admission refuses (7,4) in place of (7,31) (prefetch)");
  CHECK(in_words(seen::left{make_expert(7, 31), make_expert(7, 4)}) == "(7,31) leaves for (7,4)");
  CHECK(in_words(seen::fate{make_expert(1, 2), prefetch_fate::withdrawn}) == "prefetch of (1,2): withdrawn");
  CHECK(in_words(seen::found{make_expert(1, 2), residency_state::in_flight, true}) == "(1,2) is in flight, prefetched");
  CHECK(in_words(seen::handed_out{0, 1, make_expert(1, 2), residence::frame, {}}) == "(1,2) is handed out from frame");
}

TEST_CASE("every kind of record has words") {
  const trace::journal::record all[] = {seen::acquire{},
                                        seen::lease_call{},
                                        seen::release{},
                                        seen::pump{},
                                        hint{},
                                        draft_cut{},
                                        draft_started{},
                                        token_drafted{},
                                        draft_ended{},
                                        step_outcome{},
                                        seen::budget_change{},
                                        seen::governor_asked{},
                                        seen::governor_told{},
                                        seen::sequence{},
                                        trace::journal::ended{},
                                        seen::clock{},
                                        link_cost{},
                                        seen::completions{},
                                        seen::cancelled{},
                                        seen::leased{},
                                        seen::found{},
                                        seen::placed{},
                                        seen::victim{},
                                        seen::judged{},
                                        seen::left{},
                                        admitted{},
                                        seen::submitted{},
                                        seen::wish{},
                                        seen::held_back{},
                                        seen::fate{},
                                        seen::handed_out{},
                                        seen::failed{},
                                        seen::governor_answered{},
                                        trace::journal::counted{}};
  CHECK(std::size(all) == std::variant_size_v<trace::journal::record>);
  for (const auto& one : all) CHECK_FALSE(in_words(one).empty());
}
