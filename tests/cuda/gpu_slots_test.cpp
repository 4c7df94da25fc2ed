// SPDX-License-Identifier: MIT
// The engine of examples/gpu_slots over the double of the stream runtime: late copies, streams in any order, refused calls.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "gpu_slots/slot_engine.hpp"
#include "support/stream_double.hpp"

namespace {

namespace mc = moesaic::cuda;
using gpu_slots::graph_addresses;
using gpu_slots::tiny_model;
using moesaic_test::stream_double;

/// What layer_kernel of gpu_slots.cu does, when the stream comes to it.
void layer(const graph_addresses& at) {
  std::uint32_t wanted[tiny_model::top_k];
  std::memcpy(wanted, at.wanted, sizeof wanted);
  for (std::uint32_t i = 0; i < tiny_model::width; ++i) {
    const std::uint32_t x = at.token[i];
    std::uint32_t next = x + 1;
    for (const std::uint32_t flat : wanted) {
      const std::uint64_t seat = at.table[flat];
      std::uint32_t w = 0;
      if (seat != mc::absent_slot) std::memcpy(&w, at.slab + seat + i * sizeof w, sizeof w);
      next += seat == mc::absent_slot ? gpu_slots::no_seat : gpu_slots::added(x, w);
    }
    at.token[i] = next;
  }
}

struct outcome {
  bool same = false;
  std::string failure;
  moesaic::counters count{};
};

template <class Api>
outcome run(Api& api, std::uint32_t steps) {
  outcome came;
  const tiny_model model;
  auto engine = gpu_slots::slot_engine<Api>::create(api, model, steps);
  if (!engine) return {false, std::string(engine.error().sentence()), {}};
  tiny_model::token expected{}, token{};
  for (std::uint32_t i = 0; i < tiny_model::width; ++i) expected[i] = i;
  if (auto begun = engine->begin(expected); !begun) return {false, std::string(begun.error().sentence()), {}};
  const graph_addresses at = engine->addresses();  // captured once
  const auto launch = [&](mc::stream_handle stream) -> moesaic::result<void> {
    api.launch(stream, [at] { layer(at); });
    return {};
  };
  for (std::uint32_t s = 0; s < steps; ++s) {
    if (auto done = engine->step(s, launch); !done) return {false, std::string(done.error().sentence()), engine->count()};
    tiny_model::forward(expected, s);
  }
  api.run_all();
  std::memcpy(token.data(), at.token, sizeof token);
  return {token == expected, {}, engine->count()};
}

/// Forgets what streams were told to wait for.
struct without_waits : stream_double {
  using stream_double::stream_double;
  mc::api_code wait(mc::stream_handle, mc::event_handle) noexcept { return {}; }
};

}  // namespace

TEST_CASE("the token has the same bits as with all experts, whatever order the streams run in") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    stream_double api({.seed = seed, .own_targets_only = true});
    const outcome came = run(api, 40);
    CHECK(came.failure == "");
    CHECK(came.same);
    CHECK(came.count.accesses == 40 * tiny_model::layers * tiny_model::top_k);
    CHECK(came.count.hits > came.count.accesses / 8);
    CHECK(came.count.hits < came.count.accesses);  // experts did come and go under the graph
    CHECK(api.misuses() == "");
    CHECK(api.handles() == 0);
    CHECK(api.device_bytes() == 0);
    CHECK(api.pinned_bytes() == 0);
  }
}

TEST_CASE("the waits are what holds that: without them the token is wrong") {
  std::uint32_t wrong = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    without_waits api({.seed = seed});
    const outcome came = run(api, 40);
    wrong += came.same ? 0 : 1;
  }
  CHECK(wrong == 4);
}

TEST_CASE("whichever call fails, it is told, nothing is left behind, and the result is never wrong in silence") {
  bool failed = true;
  std::uint32_t told = 0;
  for (std::uint64_t n = 1; failed; n += n < 400 ? 1 : 37) {
    CAPTURE(n);
    stream_double api({.seed = n});
    api.fail_call(n, stream_double::no_memory);
    const outcome came = run(api, 6);
    failed = api.has_failed();
    const bool right = came.same || came.failure != "";
    CHECK(right);
    told += came.failure != "" ? 1 : 0;
    CHECK(api.handles() == 0);
    CHECK(api.device_bytes() == 0);
    CHECK(api.pinned_bytes() == 0);
  }
  CHECK(told > 50);
}

TEST_CASE("a lost device is a sentence that says so") {
  stream_double api({.seed = 3});
  api.fail_call(400, stream_double::lost);
  const outcome came = run(api, 40);
  CHECK(came.failure.find("the device is lost") != std::string::npos);
}

TEST_CASE("more steps than it was made for are refused") {
  stream_double api;
  auto engine = gpu_slots::slot_engine<stream_double>::create(api, tiny_model{}, 2);
  REQUIRE(engine);
  REQUIRE(engine->begin({}));
  const graph_addresses at = engine->addresses();
  const auto launch = [&](mc::stream_handle stream) -> moesaic::result<void> {
    api.launch(stream, [at] { layer(at); });
    return {};
  };
  CHECK(engine->step(0, launch));
  CHECK(engine->step(1, launch));
  const auto refused = engine->step(2, launch);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == moesaic::error_code::wrong_order);
}
