// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <moesaic/core/decayed_count.hpp>
#include <moesaic/trace/decision_words.hpp>

using namespace moesaic;

namespace {
std::string words_of(std::string_view policy, std::uint64_t token, utility mine, utility theirs) {
  trace::decision_words words(policy);
  layer_event event;
  event.first_token = {token};
  CHECK_FALSE(words.of(seen::acquire{event, false}));
  CHECK_FALSE(words.of(seen::victim{make_expert(7, 4), cause::demand, 7, make_expert(7, 31), mine, theirs}));
  const auto said = words.of(seen::left{make_expert(7, 31), make_expert(7, 4)});
  REQUIRE(said);
  CHECK(said->numbers == "{\"key\":" + std::to_string(mine.count) + ",\"newcomer_key\":" + std::to_string(theirs.count) + "}");
  return said->text;
}
}  // namespace

TEST_CASE("decayed counts are shown as they stand at the running event's token") {
  const decay_clock ten(10);
  // One use at token 10 is worth 1/8 at token 40, one at token 40 is worth 1; three half-lives lie between.
  CHECK(words_of("lrfu(10)", 40, ten.use_at({10}).worth(), ten.use_at({40}).worth()) == "evicted (7,31) for (7,4): lrfu(10) 0.13 < 1.00");
  decayed_count twice = ten.use_at({40});
  twice += ten.use_at({30});
  CHECK(words_of("lrfu(half_life=10)", 40, twice.worth(), ten.use_at({40}).worth()) == "evicted (7,31) for (7,4): lrfu(half_life=10) 1.50 > 1.00");
  const decay_clock usual(32);  // 2^(-8/32) = 0.8409
  CHECK(words_of("lrfu", 40, usual.use_at({32}).worth(), usual.use_at({32}).worth()) == "evicted (7,31) for (7,4): lrfu 0.84 = 0.84");
  CHECK(words_of("lrfu(10)", 40, utility::lowest(), ten.use_at({40}).worth()) == "evicted (7,31) for (7,4): lrfu(10) 0.00 < 1.00");
  CHECK(words_of("lrfu(10)", 5'000, ten.use_at({4'900}).worth(), ten.use_at({4'910}).worth()) ==
        "evicted (7,31) for (7,4): lrfu(10) 0.000977 < 0.001953");  // 2^-10 and 2^-9: two digits would not tell them apart
}

TEST_CASE("other keys are numbers, and a policy without keys says who left for whom") {
  CHECK(words_of("lru", 40, {3}, {9}) == "evicted (7,31) for (7,4): lru 3 < 9");
  CHECK(words_of("", 40, {9}, {3}) == "evicted (7,31) for (7,4): 9 > 3");
  trace::decision_words words("sieve");
  (void)words.of(seen::victim{make_expert(0, 1), cause::demand, 0, make_expert(0, 2), {}, {}});
  const auto said = words.of(seen::left{make_expert(0, 2), make_expert(0, 1)});
  REQUIRE(said);
  CHECK(said->text == "evicted (0,2) for (0,1)");
  CHECK(said->numbers.empty());
}

TEST_CASE("the keys of one question are not told of another's victim") {
  trace::decision_words words("lru");
  (void)words.of(seen::victim{make_expert(0, 1), cause::demand, 0, make_expert(0, 2), utility{1}, utility{2}});
  CHECK(words.of(seen::left{make_expert(0, 3), make_expert(0, 1)})->text == "evicted (0,3) for (0,1)");
  CHECK(words.of(seen::left{make_expert(0, 3), {}})->text == "(0,3) lost its room");
}

TEST_CASE("of what is no decision nothing is said, and of decisions only what was not the rule") {
  trace::decision_words words("lru");
  CHECK_FALSE(words.of(seen::pump{}));
  CHECK_FALSE(words.of(seen::found{}));
  CHECK_FALSE(words.of(seen::judged{make_expert(1, 2), cause::demand, {}, true}));
  CHECK(words.of(seen::judged{make_expert(1, 2), cause::demand, make_expert(1, 5), false})->text == "admission refuses (1,2) in place of (1,5)");
  CHECK_FALSE(words.of(seen::placed{make_expert(1, 2), remedy::fetch}));
  CHECK(words.of(seen::placed{make_expert(1, 2), remedy::host})->text == "(1,2) stays on the host");
  CHECK(words.of(seen::budget_change{{500}})->text == "budget of 500 bytes");
  prefetch_request request;
  request.expert = make_expert(2, 6);
  request.worth = {12};
  CHECK_FALSE(words.of(seen::wish{request}));
  const auto begun = words.of(seen::fate{make_expert(2, 6), prefetch_fate::submitted});
  REQUIRE(begun);
  CHECK(begun->text == "prefetch of (2,6): submitted");
  CHECK(begun->numbers == "{\"worth\":12}");
}
