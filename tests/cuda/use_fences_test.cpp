// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <moesaic/cuda/use_fences.hpp>

#include "support/stream_double.hpp"

using namespace moesaic;
using namespace moesaic_test;
using fences = cuda::use_fences<stream_double>;

namespace {
struct engine {
  stream_double api;
  fences uses;
  cuda::stream_handle work, copies;
  explicit engine(std::uint32_t kept, std::uint64_t seed = 1, std::uint32_t eager = 0)
      : api({.seed = seed, .eager = eager}),
        uses(std::move(*fences::create(api, kept))),
        work(api.make_stream(cuda::stream_priority::urgent).value),
        copies(api.make_stream(cuda::stream_priority::idle).value) {}
};
}  // namespace

TEST_CASE("a fence is past when the work before it is done") {
  engine e(4);
  CHECK(e.uses.past({}));
  CHECK(e.uses.knows({}));
  CHECK_FALSE(e.uses.knows({1}));
  bool done = false;
  e.api.launch(e.work, [&] { done = true; });
  const fence f = *e.uses.record(e.work);
  CHECK(f == fence{1});
  CHECK(e.uses.knows(f));
  CHECK_FALSE(e.uses.past(f));
  bool after = false;
  REQUIRE(e.uses.hold(e.copies, f).ok());
  e.api.launch(e.copies, [&] { after = done; });
  e.api.run_all();
  CHECK(after);
  CHECK(e.uses.past(f));
  const std::uint64_t calls = e.api.calls();
  CHECK(e.uses.past(f));
  CHECK(e.uses.hold(e.copies, f).ok());
  CHECK(e.api.calls() == calls);  // known: the runtime is not asked again
}

TEST_CASE("fences of several streams ascend, old ones are waited for by a later one, in any order of things") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    splitmix dice{seed};
    engine e(dice.between(1, 4), seed, 300);
    const std::vector<cuda::stream_handle> streams{e.work, e.api.make_stream(cuda::stream_priority::urgent).value};
    std::vector<char> done(20);
    std::vector<std::pair<std::size_t, bool>> seen;
    for (std::size_t i = 0; i < done.size(); ++i) {
      const auto stream = streams[dice.below(2)];
      e.api.launch(stream, [&done, i] { done[i] = 1; });
      REQUIRE(*e.uses.record(stream) == fence{i + 1});
      const std::size_t asked = dice.below(static_cast<std::uint32_t>(i) + 1);
      if (dice.chance(300) && e.uses.past({asked + 1}))
        for (std::size_t j = 0; j <= asked; ++j) REQUIRE(done[j] == 1);
      REQUIRE(e.uses.hold(e.copies, {asked + 1}).ok());
      e.api.launch(e.copies, [&done, asked] {
        for (std::size_t j = 0; j <= asked; ++j) REQUIRE(done[j] == 1);
      });
      if (dice.chance(300)) e.api.run(dice.below(10));
    }
    e.api.run_all();
    CHECK(e.api.idle());
    CHECK(e.uses.past({done.size()}));
  }
}

TEST_CASE("a fence that cannot be recorded is none, and the next has its number") {
  engine e(2);
  e.api.fail_call(1, stream_double::invalid);
  const auto refused = e.uses.record(e.work);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sentence().find("a fence behind a seat's last use") != std::string_view::npos);
  CHECK_FALSE(e.uses.knows({1}));
  CHECK(*e.uses.record(e.work) == fence{1});
  e.api.fail_call(1, stream_double::invalid);
  CHECK_FALSE(e.uses.record(e.copies));  // could not be made to follow the last
  CHECK(*e.uses.record(e.copies) == fence{2});

  stream_double api;
  api.fail_call(3, stream_double::no_memory);
  const auto none = fences::create(api, 8);
  CHECK(none.error().sentence().find("event 3 of 8") != std::string_view::npos);
  CHECK(api.handles() == 0);
}
