// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <moesaic_c.h>

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <moesaic/admission/catalogue.hpp>
#include <moesaic/eviction/catalogue.hpp>
#include <moesaic/placement/catalogue.hpp>
#include <moesaic/prediction/catalogue.hpp>
#include <moesaic/prefetch/catalogue.hpp>
#include <moesaic/scoring/catalogue.hpp>
#include <moesaic/systems/catalogue.hpp>

#include "c_interface/engine_bench.hpp"
#include "faults.hpp"
#include "toy_run.hpp"

namespace {
using namespace faults;

/// Calls `run` with the n-th allocation failing, for every n until none does; afterwards nothing is left that was not there
/// before. `run` answers false where it saw the failure as an error. How many n there were.
template <class Run>
std::uint64_t for_every_allocation(Run run) {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    REQUIRE(n < 5000);
    const std::int64_t before = living();
    bool passed = false;
    fail_allocation(n);
    try {
      passed = run();
    } catch (const std::bad_alloc&) {}
    const bool fired = heal();
    CHECK(passed != fired);
    CHECK(living() == before);
    if (!fired) return n - 1;
  }
}

TEST_CASE("the loop: the n-th allocation fails while it is made or runs, nothing is lost, the next run is right") {
  const toy_file file;
  const auto expected = right_tokens(file);
  std::vector<moesaic::token_id> tokens;
  tokens.reserve(64);
  const std::uint64_t failures = for_every_allocation([&] {
    auto run = toy_run::make(file);
    if (!run) return false;
    std::vector<error> none;
    tokens = run->go([] {}, none);
    return tokens == expected && none.empty();
  });
  tokens = {};
  CHECK(failures > 40);
}

TEST_CASE("every system and every policy that has a name, by the C interface: out of memory is an answer") {
  struct choice {
    std::string slot, name;
  };
  std::vector<choice> choices;
  for (const auto& s : moesaic::systems::entries()) choices.push_back({"system", std::string(s.name)});
  const auto add = [&](const char* slot, const auto& entries) {
    for (const auto& e : entries) choices.push_back({slot, std::string(e.name)});
  };
  add("eviction", moesaic::eviction::entries());
  add("admission", moesaic::admission::entries());
  add("scoring", moesaic::scoring::entries());
  add("prediction", moesaic::prediction::entries());
  add("prefetch", moesaic::prefetch::entries());
  add("placement", moesaic::placement::entries());
  for (const choice& c : choices) {
    CAPTURE(c.slot);
    CAPTURE(c.name);
    moesaic_test::c_engine engine;
    engine.link.open.reserve(16);
    const std::vector<std::int32_t> routes{3, 6};
    const char*& text = c.slot == "system"       ? engine.options.system
                        : c.slot == "eviction"   ? engine.options.eviction
                        : c.slot == "admission"  ? engine.options.admission
                        : c.slot == "scoring"    ? engine.options.scoring
                        : c.slot == "prediction" ? engine.options.prediction
                        : c.slot == "prefetch"   ? engine.options.prefetch
                                                 : engine.options.placement;
    text = c.name.c_str();
    engine.options.flags = MOESAIC_HOST_POSSIBLE;
    bool possible = true;
    const std::uint64_t failures = for_every_allocation([&] {
      auto why = moesaic_test::sized<moesaic_error>();
      moesaic_cache* cache = nullptr;
      const moesaic_status made = moesaic_create(&engine.options, &cache, &why);
      if (made == MOESAIC_OUT_OF_MEMORY) {
        CHECK(cache == nullptr);
        CHECK(std::string_view(why.sentence).find("memory") != std::string_view::npos);
        return false;
      }
      if (made != MOESAIC_OK) {  // a name that needs more than this engine has
        possible = false;
        return true;
      }
      bool fine = true;
      for (std::uint64_t step = 0; step < 3; ++step)
        for (std::uint32_t l = 0; l < 3; ++l) {
          moesaic_status ran = moesaic_test::run_event(cache, moesaic_test::event_of(l, step, routes));
          if (ran == MOESAIC_OUT_OF_MEMORY) {  // its first routes: nothing has happened, so once more
            fine = false;
            ran = moesaic_test::run_event(cache, moesaic_test::event_of(l, step, routes));
          }
          CHECK(ran == MOESAIC_OK);
        }
      CHECK(moesaic_destroy(&cache) == MOESAIC_OK);
      return fine;
    });
    CHECK((!possible || failures > 5));
  }
}

}  // namespace
