// SPDX-License-Identifier: MIT
// What callers may do wrong, and what they get to hear.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include "engine_bench.hpp"

namespace {
using namespace moesaic_test;

// The layout is the interface: whoever changes one of these numbers has to count MOESAIC_ABI up.
static_assert(sizeof(void*) != 8 || (sizeof(moesaic_options) == 152 && sizeof(moesaic_transport) == 72 && sizeof(moesaic_files) == 48 &&
                                     sizeof(moesaic_event) == 56 && sizeof(moesaic_seat) == 56 && sizeof(moesaic_hint) == 48));
static_assert(sizeof(moesaic_counters) == 136 && sizeof(moesaic_step) == 72 && sizeof(moesaic_memory) == 96 && sizeof(moesaic_error) == 520 &&
              sizeof(moesaic_layer) == 16 && sizeof(moesaic_part) == 32 && sizeof(moesaic_completion) == 24);
static_assert(MOESAIC_ABI == 1);

TEST_CASE("the library is the one that the header belongs to") {
  CHECK(moesaic_abi() == MOESAIC_ABI);
  CHECK(std::strlen(moesaic_version_text()) >= 5);
  for (int s = MOESAIC_ALL_HANDED_OUT; s <= MOESAIC_INTERNAL; ++s) CHECK(std::strcmp(moesaic_status_text(s), moesaic_status_text(99)) != 0);
}

TEST_CASE("options that cannot work are refused in a sentence that says which") {
  struct wrong {
    moesaic_status status;
    const char* words;
    void (*spoil)(c_engine&);
  };
  const std::array wrongs{
      wrong{MOESAIC_BAD_ARGUMENT, "moesaic_options.size is 8", [](c_engine& e) { e.options.size = 8; }},
      wrong{MOESAIC_BAD_ARGUMENT, "moesaic_options.size is 0", [](c_engine& e) { e.options.size = 0; }},
      wrong{MOESAIC_BAD_ARGUMENT, "moesaic_options.size is 4000000000", [](c_engine& e) { e.options.size = 4'000'000'000U; }},
      wrong{MOESAIC_BAD_ARGUMENT, "layers is null", [](c_engine& e) { e.options.layers = nullptr; }},
      wrong{MOESAIC_BAD_ARGUMENT, "layer_count is 0", [](c_engine& e) { e.options.layer_count = 0; }},
      wrong{MOESAIC_BAD_ARGUMENT, "MoE layer 1 has 0 experts", [](c_engine& e) { e.layers[1].experts = 0; }},
      wrong{MOESAIC_BAD_ARGUMENT, "to 9 of 8", [](c_engine& e) { e.layers[2].top_k = 9; }},
      wrong{MOESAIC_BAD_ARGUMENT, "have no bytes", [](c_engine& e) { e.layers[0].expert_bytes = 0; }},
      wrong{MOESAIC_BAD_ARGUMENT, "at most 1099511627776", [](c_engine& e) { e.layers[0].expert_bytes = ~std::uint64_t{}; }},
      wrong{MOESAIC_BAD_ARGUMENT, "neither", [](c_engine& e) { e.options.transport = nullptr; }},
      wrong{MOESAIC_BAD_ARGUMENT, "submit and poll", [](c_engine& e) { e.table.poll = nullptr; }},
      wrong{MOESAIC_BAD_ARGUMENT, "capacity is 0", [](c_engine& e) { e.table.capacity = 0; }},
      wrong{MOESAIC_BAD_ARGUMENT, "moesaic_transport.size", [](c_engine& e) { e.table.size = 1; }},
      wrong{MOESAIC_BAD_ARGUMENT, "flags", [](c_engine& e) { e.options.flags = 64; }},
      wrong{MOESAIC_BAD_ARGUMENT, "power of two", [](c_engine& e) { e.options.alignment = 100; }},
      wrong{MOESAIC_BAD_ARGUMENT, "frames is 70000", [](c_engine& e) { e.options.frames = 70'000; }},
      wrong{MOESAIC_BAD_ARGUMENT, "memory_bytes is 0", [](c_engine& e) { e.options.memory = &e; }},
      wrong{MOESAIC_BELOW_FLOOR, "floor of 128 bytes", [](c_engine& e) { e.options.budget = 127; }},
      wrong{MOESAIC_BELOW_FLOOR, "floor of 128 bytes", [](c_engine& e) { e.options.budget = 0; }},
      wrong{MOESAIC_UNKNOWN_NAME, "eviction: 'lur' is no eviction policy; known are lru", [](c_engine& e) { e.options.eviction = "lur"; }},
      wrong{MOESAIC_BAD_ARGUMENT, "eviction: 'lru(7)'", [](c_engine& e) { e.options.eviction = "lru(7)"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "admission:", [](c_engine& e) { e.options.admission = "none_such"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "scope: 'row'", [](c_engine& e) { e.options.scope = "row"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "scoring:", [](c_engine& e) { e.options.scoring = "none_such"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "prediction:", [](c_engine& e) { e.options.prediction = "none_such"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "prefetch:", [](c_engine& e) { e.options.prefetch = "none_such"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "placement:", [](c_engine& e) { e.options.placement = "none_such"; }},
      wrong{MOESAIC_UNKNOWN_NAME, "system: 'none_such'", [](c_engine& e) { e.options.system = "none_such"; }},
      wrong{MOESAIC_BAD_ARGUMENT, "compares keys", [](c_engine& e) { e.options.eviction = "arc", e.options.admission = "optional"; }},
  };
  for (const wrong& w : wrongs) {
    CAPTURE(w.words);
    c_engine engine;
    w.spoil(engine);
    const made_cache made(&engine.options);
    CHECK(made.cache == nullptr);
    CHECK(made.status == w.status);
    CHECK_MESSAGE(says(made.sentence, w.words), made.sentence);
    CHECK(engine.link.submitted == 0);
  }
}

TEST_CASE("pointers that are null are refused") {
  c_engine engine;
  CHECK(made_cache(nullptr).status == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_create(&engine.options, nullptr, nullptr) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_destroy(nullptr) == MOESAIC_OK);
  moesaic_cache* none = nullptr;
  CHECK(moesaic_destroy(&none) == MOESAIC_OK);
  CHECK(moesaic_pump(nullptr) == MOESAIC_BAD_HANDLE);
  CHECK(moesaic_acquire(nullptr, nullptr, nullptr) == MOESAIC_BAD_HANDLE);
  alignas(16) std::array<unsigned char, 65536> no_cache{};
  CHECK(moesaic_pump(reinterpret_cast<moesaic_cache*>(no_cache.data())) == MOESAIC_BAD_HANDLE);

  made_cache made(&engine.options);
  REQUIRE(made.cache != nullptr);
  moesaic_lease lease = 7;
  CHECK(moesaic_acquire(made.cache, nullptr, &lease) == MOESAIC_BAD_ARGUMENT);
  CHECK(lease == 0);
  const std::vector<std::int32_t> routes{1, 2};
  auto event = event_of(0, 0, routes);
  CHECK(moesaic_acquire(made.cache, &event, nullptr) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_count(made.cache, nullptr) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_memory_use(made.cache, nullptr) == MOESAIC_BAD_ARGUMENT);
  const std::string before = last_sentence(made.cache);
  CHECK(moesaic_last_error(made.cache, nullptr) == MOESAIC_BAD_ARGUMENT);
  CHECK(last_sentence(made.cache) == before);  // asking wrongly does not put out what was asked for
  CHECK(moesaic_tell_hint(made.cache, nullptr) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_tell_step(made.cache, nullptr) == MOESAIC_BAD_ARGUMENT);
  event.routes = nullptr;
  CHECK(moesaic_acquire(made.cache, &event, &lease) == MOESAIC_BAD_ARGUMENT);
  CHECK(says(last_sentence(made.cache), "routes at null"));
  auto count = sized<moesaic_counters>();
  CHECK(moesaic_count(made.cache, &count) == MOESAIC_OK);
  CHECK(count.events == 0);

  REQUIRE(moesaic_destroy(&made.cache) == MOESAIC_OK);
  CHECK(made.cache == nullptr);
  CHECK(moesaic_pump(made.cache) == MOESAIC_BAD_HANDLE);
  CHECK(moesaic_destroy(&made.cache) == MOESAIC_OK);
}

TEST_CASE("a newer caller's struct is taken as long as what is unknown is zero") {
  c_engine engine;
  struct newer {
    moesaic_options known;
    std::uint64_t later;
  } options{engine.options, 0};
  options.known.size = sizeof options;
  CHECK(made_cache(&options.known).status == MOESAIC_OK);
  options.later = 1;
  const made_cache refused(&options.known);
  CHECK(refused.status == MOESAIC_BAD_ARGUMENT);
  CHECK(says(refused.sentence, "please load a newer one"));

  const made_cache made(&engine.options);
  struct newer_counters {
    moesaic_counters known;
    std::uint64_t later;
  } count{{}, 77};
  count.known.size = sizeof count;
  REQUIRE(moesaic_count(made.cache, &count.known) == MOESAIC_OK);
  CHECK(count.known.size == sizeof count);
  CHECK(count.later == 0);
  count.known.size = sizeof(moesaic_counters) - 1;
  CHECK(moesaic_count(made.cache, &count.known) == MOESAIC_BAD_ARGUMENT);
}

TEST_CASE("leases and seats are used once") {
  c_engine engine;
  const made_cache made(&engine.options);
  REQUIRE(made.status == MOESAIC_OK);
  moesaic_cache* const cache = made.cache;
  const std::vector<std::int32_t> routes{5, 2};
  const auto first = event_of(0, 0, routes), second = event_of(1, 0, routes), third = event_of(2, 0, routes), back = event_of(2, 0, routes);
  moesaic_lease a = 0, b = 0, c = 0;
  REQUIRE(moesaic_acquire(cache, &first, &a) == MOESAIC_OK);
  CHECK(moesaic_acquire(cache, &first, &c) == MOESAIC_WRONG_ORDER);
  CHECK(says(last_sentence(cache), "leased already"));
  REQUIRE(moesaic_acquire(cache, &second, &b) == MOESAIC_OK);
  CHECK(moesaic_acquire(cache, &third, &c) == MOESAIC_WRONG_ORDER);
  CHECK(c == 0);
  auto seat = sized<moesaic_seat>();
  CHECK(moesaic_release(cache, a, 0, 0) == MOESAIC_BAD_ARGUMENT);
  REQUIRE(moesaic_next(cache, a, &seat) == MOESAIC_OK);
  CHECK(moesaic_release(cache, a, seat.entry, 0) == MOESAIC_OK);
  CHECK(moesaic_release(cache, a, seat.entry, 0) == MOESAIC_WRONG_ORDER);
  CHECK(says(last_sentence(cache), "has been released before"));
  CHECK(moesaic_release(cache, a, 4'000'000'000U, 0) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_next(cache, 99, &seat) == MOESAIC_WRONG_ORDER);
  CHECK(says(last_sentence(cache), "was never given"));
  CHECK(moesaic_end(cache, a) == MOESAIC_OK);
  CHECK(moesaic_end(cache, a) == MOESAIC_WRONG_ORDER);
  CHECK(says(last_sentence(cache), "has ended"));
  CHECK(moesaic_next(cache, a, &seat) == MOESAIC_WRONG_ORDER);
  CHECK(moesaic_set_budget(cache, 128 * 8) == MOESAIC_WRONG_ORDER);
  CHECK(moesaic_end(cache, b) == MOESAIC_OK);
  CHECK(moesaic_set_budget(cache, 128 * 8) == MOESAIC_OK);
  const auto later = event_of(2, 9, routes);
  CHECK(run_event(cache, later) == MOESAIC_OK);
  CHECK(run_event(cache, back) == MOESAIC_BAD_ARGUMENT);
  CHECK(says(last_sentence(cache), "never go back"));
}

TEST_CASE("events and hints outside the model are refused, and nothing has happened") {
  c_engine engine;
  const made_cache made(&engine.options);
  moesaic_cache* const cache = made.cache;
  CHECK(run_event(cache, event_of(3, 0, {0, 1})) == MOESAIC_BAD_ARGUMENT);
  CHECK(run_event(cache, event_of(0, 0, {0, 8})) == MOESAIC_BAD_ARGUMENT);
  CHECK(run_event(cache, event_of(0, 0, {-1, 3})) == MOESAIC_BAD_ARGUMENT);
  CHECK(says(last_sentence(cache), "is expert -1"));
  CHECK(run_event(cache, event_of(0, 0, {})) == MOESAIC_BAD_ARGUMENT);
  const std::vector<std::int32_t> routes{0, 1};
  auto event = event_of(0, 0, routes);
  event.phase = 4;
  CHECK(run_event(cache, event) == MOESAIC_BAD_ARGUMENT);
  event.phase = MOESAIC_DECODE;
  event.flags = 2;
  CHECK(run_event(cache, event) == MOESAIC_BAD_ARGUMENT);
  event.flags = 0;
  event.tokens = 4'000'000'000U;
  event.k = 4'000'000'000U;
  CHECK(run_event(cache, event) == MOESAIC_BAD_ARGUMENT);

  auto hint = sized<moesaic_hint>();
  hint.experts = routes.data();
  hint.expert_count = 2;
  CHECK(moesaic_tell_hint(cache, &hint) == MOESAIC_OK);
  hint.at = 64;
  CHECK(moesaic_tell_hint(cache, &hint) == MOESAIC_BAD_ARGUMENT);
  hint.at = 0;
  hint.layer = 3;
  CHECK(moesaic_tell_hint(cache, &hint) == MOESAIC_BAD_ARGUMENT);
  hint.layer = 2;
  const std::vector<std::int32_t> twice{4, 4};
  hint.experts = twice.data();
  CHECK(moesaic_tell_hint(cache, &hint) == MOESAIC_BAD_ARGUMENT);
  CHECK(says(last_sentence(cache), "distinct"));
  hint.experts = nullptr;
  CHECK(moesaic_tell_hint(cache, &hint) == MOESAIC_BAD_ARGUMENT);
  auto step = sized<moesaic_step>();
  step.accepted = 1;
  CHECK(moesaic_tell_step(cache, &step) == MOESAIC_BAD_ARGUMENT);
  step.accepted = 0;
  step.committed = 1;
  CHECK(moesaic_tell_step(cache, &step) == MOESAIC_OK);
  CHECK(moesaic_tell_draft(cache, MOESAIC_DRAFT_STARTED, 4, 0) == MOESAIC_OK);
  CHECK(moesaic_tell_draft(cache, MOESAIC_TOKEN_DRAFTED, 1, 1000) == MOESAIC_OK);
  CHECK(moesaic_tell_draft(cache, MOESAIC_DRAFT_CUT, 0, 0) == MOESAIC_OK);
  CHECK(moesaic_tell_draft(cache, MOESAIC_DRAFT_ENDED, 0, 0) == MOESAIC_OK);
  CHECK(moesaic_tell_draft(cache, MOESAIC_DRAFT_STARTED, 0, 0) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_tell_draft(cache, MOESAIC_DRAFT_CUT, 65, 0) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_tell_draft(cache, MOESAIC_TOKEN_DRAFTED, 1, -1) == MOESAIC_BAD_ARGUMENT);
  CHECK(moesaic_tell_draft(cache, 4, 1, 0) == MOESAIC_BAD_ARGUMENT);
  std::uint64_t offset = 0, size = 0;
  CHECK(moesaic_part_place(cache, 0, 0, 0, &offset, &size) == MOESAIC_WRONG_ORDER);
  auto count = sized<moesaic_counters>();
  REQUIRE(moesaic_count(cache, &count) == MOESAIC_OK);
  CHECK(count.events == 0);
}

TEST_CASE("all experts at once, or a failure that says so") {
  c_engine engine;
  const made_cache made(&engine.options);
  const std::vector<std::int32_t> all{0, 1, 2, 3, 4, 5, 6, 7}, two{3, 4};
  auto event = event_of(0, 0, all);
  event.flags = MOESAIC_HOLD_ALL;
  CHECK(run_event(made.cache, event) == MOESAIC_DOES_NOT_FIT);
  event.flags = 0;
  CHECK(run_event(made.cache, event) == MOESAIC_OK);
  event = event_of(1, 0, two);
  event.flags = MOESAIC_HOLD_ALL;
  moesaic_lease lease = 0;
  REQUIRE(moesaic_acquire(made.cache, &event, &lease) == MOESAIC_OK);
  auto one = sized<moesaic_seat>(), other = sized<moesaic_seat>();
  REQUIRE(moesaic_next(made.cache, lease, &one) == MOESAIC_OK);
  REQUIRE(moesaic_next(made.cache, lease, &other) == MOESAIC_OK);
  CHECK(one.where == MOESAIC_IN_SLOT);
  CHECK(other.where == MOESAIC_IN_SLOT);
  CHECK(one.offset != other.offset);
  CHECK(static_cast<const std::uint8_t*>(one.address) - one.offset == static_cast<const std::uint8_t*>(other.address) - other.offset);
  CHECK(moesaic_next(made.cache, lease, &one) == MOESAIC_ALL_HANDED_OUT);
  CHECK(moesaic_try_next(made.cache, lease, &one) == MOESAIC_ALL_HANDED_OUT);
}

TEST_CASE("a plan says what a budget is good for, also where it is too small") {
  c_engine engine;
  auto memory = sized<moesaic_memory>();
  auto why = sized<moesaic_error>();
  CHECK(moesaic_plan(&engine.options, &memory, &why) == MOESAIC_OK);
  // 10 rooms of 128 bytes: two frames, eight residents; recommended two frames and two experts of each of three layers.
  CHECK(memory.floor == 128);
  CHECK(memory.recommended == 128 * (2 + 3 * 2));
  CHECK(memory.everything == 128 * (2 + 24));
  CHECK(memory.resident_experts == 8);
  engine.options.budget = 0;
  memory = sized<moesaic_memory>();
  CHECK(moesaic_plan(&engine.options, &memory, &why) == MOESAIC_BELOW_FLOOR);
  CHECK(memory.floor == 128);
  CHECK(memory.resident_experts == 0);
  CHECK(says(why.sentence, "floor"));
}

TEST_CASE("memory may be the engine's, the library's, or none") {
  c_engine engine;
  alignas(64) static std::array<unsigned char, 128 * 10 + 64> slab{};
  engine.options.memory = slab.data();
  engine.options.memory_bytes = 128 * 10;
  {
    const made_cache made(&engine.options);
    REQUIRE(made.status == MOESAIC_OK);
    CHECK(run_event(made.cache, event_of(0, 0, {1, 2})) == MOESAIC_OK);
    CHECK(slab[0] + slab[128] + slab[256] + slab[384] != 0);
    CHECK(slab[128 * 10] == 0);
  }
  engine.options.memory = slab.data() + 1;
  const made_cache askew(&engine.options);
  CHECK(says(askew.sentence, "multiple of 64"));
  engine.options.memory = slab.data();
  engine.options.memory_bytes = 128 * 10 - 1;
  CHECK(made_cache(&engine.options).status == MOESAIC_BAD_ARGUMENT);
  engine.options.flags = MOESAIC_NO_MEMORY;
  CHECK(made_cache(&engine.options).status == MOESAIC_BAD_ARGUMENT);
  engine.options.memory = nullptr;
  const made_cache none(&engine.options);
  REQUIRE(none.status == MOESAIC_OK);
  moesaic_lease lease = 0;
  const std::vector<std::int32_t> routes{1, 2};
  const auto event = event_of(0, 0, routes);
  REQUIRE(moesaic_acquire(none.cache, &event, &lease) == MOESAIC_OK);
  auto seat = sized<moesaic_seat>();
  REQUIRE(moesaic_next(none.cache, lease, &seat) == MOESAIC_OK);
  CHECK(seat.address == nullptr);
  CHECK(seat.bytes == 128);
  CHECK(moesaic_end(none.cache, lease) == MOESAIC_OK);
}

}  // namespace
