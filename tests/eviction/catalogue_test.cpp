// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>

#include <moesaic/eviction/catalogue.hpp>

#include "eviction/golden.hpp"
#include "support/catalogue_check.hpp"

namespace {
using namespace moesaic;

TEST_CASE("eviction catalogue: every entry can be made, strangers cannot") {
  moesaic_test::check_catalogue(eviction::entries(), [](std::string_view text) { return eviction::make(text); });
  CHECK(eviction::entries().size() + 1 == std::variant_size_v<eviction::any::choices>);  // erased has the name its library gives it
}

TEST_CASE("eviction catalogue: arguments arrive") {
  CHECK(std::get<eviction::lrfu>(eviction::make("lrfu")->chosen()).half_life == 32);
  CHECK(std::get<eviction::lrfu>(eviction::make(" lrfu( 8 ) ")->chosen()).half_life == 8);
  CHECK(std::get<eviction::lrfu>(eviction::make("lrfu(half_life=16)")->chosen()).half_life == 16);
  CHECK(std::get<eviction::random>(eviction::make("random(seed=7)")->chosen()).seed == 7);
  CHECK(std::get<eviction::random>(eviction::make("random(9)")->chosen()).seed == 9);
  CHECK(std::get<eviction::class_lru>(eviction::make("class_lru")->chosen()).half_life == 128);
  CHECK(std::get<eviction::class_lru>(eviction::make("class_lru(64)")->chosen()).half_life == 64);
  CHECK(std::get<eviction::forecast>(eviction::make("forecast(half_life=8)")->chosen()).half_life == 8);
  CHECK(std::get<eviction::look_ahead>(eviction::make("look_ahead(4)")->chosen()).tokens == 4);
  CHECK(std::get<eviction::protected_lru>(eviction::make("protected_lru")->chosen()).slots == 0);
  CHECK(std::get<eviction::protected_lru>(eviction::make("protected_lru(slots=4)")->chosen()).slots == 4);
  CHECK(std::get<eviction::gdsf>(eviction::make("gdsf(bytes=1)")->chosen()).bytes == 1);
  const auto s3 = std::get<eviction::s3_fifo>(eviction::make("s3_fifo(20,promote=1,least=3)")->chosen());
  CHECK(s3.small == 20);
  CHECK(s3.promote == 1);
  CHECK(s3.least == 3);
}

TEST_CASE("eviction catalogue: errors say what to do") {
  const auto sentence = [](std::string_view text) { return moesaic_test::refusal([](std::string_view t) { return eviction::make(t); }, text); };
  CHECK(sentence("look_ahead(65)").find("1 to 64") != std::string::npos);
  CHECK(sentence("s3_fifo(small=91)").find("1 to 90") != std::string::npos);
  CHECK(sentence("gdsf(2)").find("0 to 1") != std::string::npos);
  CHECK(sentence("lru(3)").find("takes no arguments") != std::string::npos);
  CHECK(sentence("lrfu(0)").find("1 to 65536") != std::string::npos);
  CHECK(sentence("lrfu(half=3)").find("half_life=") != std::string::npos);
  CHECK(sentence("lrfu(x)").find("'x'") != std::string::npos);
  CHECK(sentence("lrfu(").find("bracket") != std::string::npos);
}

TEST_CASE("eviction catalogue: who has a key says so") {
  for (const std::string_view keyed : {"lru", "fifo", "lfu", "lrfu", "lfu_in_cache", "class_lru", "gdsf"}) CHECK(eviction::make(keyed)->keyed());
  for (const std::string_view keyless : {"random", "least_useful", "arc", "sieve", "s3_fifo", "forecast", "look_ahead", "farthest_use", "protected_lru"}) {
    CHECK_FALSE(eviction::make(keyless)->keyed());
    CHECK_FALSE(eviction::make(keyless)->key(make_expert(0, 0)));
  }
}

TEST_CASE("eviction catalogue: the chosen policy behind `any` decides as it does alone") {
  golden::agree("lru", *eviction::make("lru"));
  golden::agree("fifo", *eviction::make("fifo"));
  golden::agree("lfu", *eviction::make("lfu"));
  golden::agree("lrfu(1)", *eviction::make("lrfu(1)"));
}

}  // namespace
