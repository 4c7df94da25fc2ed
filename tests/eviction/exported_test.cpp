// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>

#include <moesaic/eviction/exported.hpp>
#include <moesaic/eviction/lru.hpp>

namespace {
using namespace moesaic;

struct with_a_knob : eviction::lru {
  std::uint64_t knob = 0;
  static result<with_a_knob> from(const spec& written) {
    if (const result<void> fine = written.only(std::array<std::string_view, 1>{"knob"}, true); !fine) return fine.error();
    const auto knob = written.number("knob", 7, 1, 9, true);
    if (!knob) return knob.error();
    with_a_knob made;
    made.knob = *knob;
    return made;
  }
};

MOESAIC_EXPORT_EVICTION_POLICY(with_a_knob, "with_a_knob", "lru under another name");

TEST_CASE("an exported policy is found by the function that programs look for") {
  CHECK(std::string(eviction::exported_symbol) == "moesaic_eviction_policies");
  std::size_t count = 0;
  eviction::exported_function* const find = &moesaic_eviction_policies;
  const eviction::exported* const offered = find(&count);
  REQUIRE(count == 1);
  CHECK(offered->made_with == eviction::layout_word);
  CHECK(offered->entry.name == "with_a_knob");
  CHECK(offered->make(*spec::parse("with_a_knob")));
  CHECK(offered->make(*spec::parse("with_a_knob(3)")));
  CHECK(offered->make(*spec::parse("with_a_knob(3)"))->keyed());
  CHECK_FALSE(offered->make(*spec::parse("with_a_knob(10)")));
  CHECK_FALSE(offered->make(*spec::parse("with_a_knob(colour=3)")));
}

TEST_CASE("a policy without `from` takes no arguments") {
  CHECK(eviction::make_exported<eviction::lru>(*spec::parse("lru")));
  const auto refused = eviction::make_exported<eviction::lru>(*spec::parse("lru(3)"));
  REQUIRE_FALSE(refused);
  CHECK(std::string(refused.error().sentence()).find("lru") != std::string::npos);
}

}  // namespace
